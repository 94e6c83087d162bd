"""The search for the best stop, against trying every point."""

from hypothesis import given, settings, strategies as st
import numpy as np

from custom_components.smart_battery_scheduler.planner.paths import PER_PERCENT, POINTS
from custom_components.smart_battery_scheduler.planner.recursion import NEVER_P, windowed


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    window=st.integers(-2, POINTS + 20),
    share=st.sampled_from([0.0, 0.1, 0.8, 1.0]),
    downwards=st.booleans(),
)
def test_the_best_stop_within_reach_is_found(
    seed: int, window: int, share: float, downwards: bool
) -> None:
    """From every level, for charging and, turned round, for selling."""
    draws = np.random.default_rng(seed)
    worth = draws.normal(size=(3, POINTS))
    stops = np.zeros(POINTS, dtype=np.bool_)
    stops[::PER_PERCENT] = draws.random(POINTS // PER_PERCENT + 1) < share
    if downwards:
        worth, stops = worth[:, ::-1], stops[::-1]
    expected = np.full_like(worth, NEVER_P)
    for level in range(POINTS):
        reach = slice(level + 1, max(level + window, level) + 1)
        within = worth[:, reach][:, stops[reach]]
        if within.size:
            expected[:, level] = within.min(axis=1)
    assert np.array_equal(windowed(worth, stops, window), expected)
