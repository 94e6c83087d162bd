"""Against the optimum of a linear program that knows nothing of grids and charge methods' steps."""

from dataclasses import replace

from hypothesis import example, given, settings, strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest
from scipy.optimize import linprog

from custom_components.smart_battery_scheduler.planner.model import PlanInputs
from custom_components.smart_battery_scheduler.planner.problem import Problem
from custom_components.smart_battery_scheduler.planner.recursion import solve

from .homes import BACKUP, MONEY_ONLY, POWERWALL, rates, site

ETA = 0.9
BATTERY = replace(POWERWALL, capacity_kwh=10.0, round_trip_efficiency=ETA * ETA, methods=(BACKUP,))


def least_cost_p(inputs: PlanInputs) -> float:
    """The least cost of the slots and the same slots again, less the worth of what is left.

    Per slot: bought for the battery, sun into the battery, out of the battery (kWh AC), stored
    energy at the end. What is left is worth the cheapest quarter's rate with the loss of storing, and
    no more than the most expensive quarter's rate with the loss of using it.
    """
    slots = [*inputs.slots, *inputs.slots]
    count = len(slots)
    rate = np.array([slot.import_p_per_kwh or 0.0 for slot in slots])
    net = np.array([slot.load_kwh.mean - slot.pv_kwh.mean for slot in slots])
    need, surplus = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    cheap, expensive = np.quantile(rate[: count // 2], [0.25, 0.75])
    left_p = max(min(float(cheap) / ETA, float(expensive) * ETA), 0.0)
    cost = np.concatenate([rate, np.zeros(count), -rate, np.zeros(count)])
    cost[-1] = -left_p
    keeps = np.zeros((count, 4 * count))
    begins = np.zeros(count)
    begins[0] = inputs.stored_kwh
    for slot in range(count):
        keeps[slot, slot] = keeps[slot, count + slot] = -ETA
        keeps[slot, 2 * count + slot] = 1.0 / ETA
        keeps[slot, 3 * count + slot] = 1.0
        if slot:
            keeps[slot, 3 * count + slot - 1] = -1.0
    limits = [
        *[(0.0, BACKUP.power_w / 2000.0)] * count,
        *[(0.0, float(most)) for most in surplus],
        *[(0.0, float(min(most, 2.5))) for most in need],
        *[(0.0, inputs.battery.capacity_kwh)] * count,
    ]
    into = np.hstack([np.eye(count), np.eye(count), np.zeros((count, 2 * count))])
    most_in = np.full(count, inputs.battery.max_charge_w / 2000.0)
    found = linprog(cost, A_ub=into, b_ub=most_in, A_eq=keeps, b_eq=begins, bounds=limits)
    assert found.success
    return float(found.fun + rate @ need)


def expected_p(inputs: PlanInputs) -> float:
    """What the recursion finds from the present level."""
    problem = Problem(inputs)
    value: NDArray[np.float64] = solve(problem).values[0]
    return float(np.interp(inputs.stored_kwh, problem.grid, value))


@settings(max_examples=30, deadline=None)
# Sun and grid together would be more than the battery takes.
@example(slots=[(3.0, 0.0, 0.0), (3.0, 0.0, 0.0), (0.5, 0.0, 1.0)], stored_kwh=0.0)
@given(
    st.lists(
        st.tuples(rates(0.5), st.floats(0.0, 1.2), st.floats(0.0, 1.5)), min_size=3, max_size=16
    ),
    st.floats(0.0, 10.0),
)
def test_as_good_as_the_linear_program(
    slots: list[tuple[float, float, float]], stored_kwh: float
) -> None:
    """Never better than the bound, and within the error of the grid's steps of it."""
    inputs = site(
        [rate for rate, _, _ in slots],
        load_kwh=[load for _, load, _ in slots],
        pv_kwh=[sun for _, _, sun in slots],
        stored_kwh=stored_kwh,
        battery=BATTERY,
        rules=MONEY_ONLY,
    )
    bound_p = least_cost_p(inputs)
    found_p = expected_p(inputs)
    dearest_p = max(rate for rate, _, _ in slots)
    # Half a step of the grid (0.025 kWh) per slot at most, mostly far less; each slot comes twice.
    assert bound_p - 0.01 * dearest_p <= found_p
    assert found_p <= bound_p + 0.025 * dearest_p * 2 * len(slots)


def test_the_error_is_small_on_an_ordinary_day() -> None:
    """48 half-hours with a cheap night, a sunny noon and a expensive evening."""
    day = [18.0] * 4 + [9.0] * 8 + [20.0] * 16 + [14.0] * 8 + [34.0] * 6 + [22.0] * 6
    sun = [0.0] * 14 + [0.3, 0.6, 0.9, 1.1, 1.2, 1.2, 1.1, 0.9, 0.6, 0.3] + [0.0] * 24
    inputs = site(day, load_kwh=0.35, pv_kwh=sun, stored_kwh=4.0, battery=BATTERY)
    assert expected_p(inputs) == pytest.approx(least_cost_p(inputs), abs=2.0)
