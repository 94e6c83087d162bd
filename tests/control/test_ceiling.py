"""Full is where this battery takes no more, whatever its percentage says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.ceiling import full_percent, with_ceiling
from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    DecisionKind,
    DecisionReason,
    Flat,
    Phase,
)
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances

from .stage import START, Stage, charge

HOUR = timedelta(hours=1)


def full_at(stage: Stage, percent: float) -> None:
    """A pack that takes no more there (TeslaPy#70)."""

    def distort(reading: PowerwallState) -> PowerwallState:
        level = stage.powerwall.soc_percent
        forced = None if level < percent else 0.0
        charging = stage.powerwall.state.obeyed != stage.owner
        stage.powerwall.meet(Circumstances(forced_battery_w=forced if charging else None))
        return stage.powerwall.reading()

    stage.distort = distort


@pytest.mark.parametrize("method", list(ChargeMethod))
@pytest.mark.parametrize("percent", [98.6, 88.0])
async def test_a_pack_that_is_full_below_100_completes_and_keeps(
    percent: float, method: ChargeMethod
) -> None:
    """One order, no failure: complete, remembered, and held until the end of its time."""
    stage = Stage(level=percent - 4.0, wanted=charge(START + 3 * HOUR, method=method))
    full_at(stage, percent)
    await stage.run(175)
    assert stage.published(DecisionKind.FAILED) == []
    assert stage.published(DecisionKind.SUSPENDED) == []
    assert stage.published(DecisionKind.COMPLETED) == [DecisionReason.TARGET_REACHED]
    assert full_percent(stage.state, stage.now) == pytest.approx(percent, abs=0.4)
    assert stage.powerwall.soc_percent == pytest.approx(percent, abs=0.4)
    assert len(stage.writes) == 1


async def test_the_next_night_knows_and_asks_for_nothing() -> None:
    """Full already: complete at once, without a try."""
    stage = Stage(level=88.0, wanted=charge(START + 3 * HOUR))
    stage.state = replace(stage.state, full=Flat(percent=88.0, since=START - 12 * HOUR))
    full_at(stage, 88.0)
    await stage.run(60)
    assert stage.published(DecisionKind.FAILED) == []
    assert stage.published(DecisionKind.COMPLETED) == [DecisionReason.TARGET_REACHED]
    assert stage.phase() is Phase.RUNNING


def reading(level: float, *, minute: int, available_solar_w: float = 2000.0) -> PowerwallState:
    """A battery that takes nothing of what the sun leaves over."""
    at = START + timedelta(minutes=minute)
    stage = Stage()
    return replace(
        stage.powerwall.reading(),
        read_at=at,
        soc_percent=level,
        battery_power_w=0.0,
        solar_power_w=available_solar_w,
        house_power_w=400.0,
        grid_power_w=400.0 - available_solar_w,
    )


@pytest.mark.parametrize(
    ("levels", "available_solar_w", "expected"),
    [
        ((88.0, 88.1, 88.0, 88.1), 2000.0, 88.1),
        ((88.0, 88.5, 89.0, 89.5), 2000.0, 100.0),
        ((88.0, 88.1, 88.0, 88.1), 300.0, 100.0),
        ((70.0, 70.0, 70.0, 70.0), 2000.0, 100.0),
        ((99.8, 99.8, 99.8, 99.8), 2000.0, 100.0),
    ],
)
def test_the_sun_shows_where_it_is_full_too(
    levels: tuple[float, ...], available_solar_w: float, expected: float
) -> None:
    """Flat for ten minutes while energy is left over, high enough to be the end."""
    state = ControlState()
    for minute, level in zip((0, 4, 8, 12), levels, strict=True):
        state = with_ceiling(
            state, reading(level, minute=minute, available_solar_w=available_solar_w)
        )
    assert full_percent(state, START) == expected


def test_a_ceiling_is_forgotten_when_the_level_rises_above_it_and_after_a_week() -> None:
    """A calibration may have been mistaken for the end."""
    state = ControlState(full=Flat(percent=88.0, since=START))
    assert full_percent(state, START + timedelta(days=8)) == 100.0
    above = with_ceiling(state, reading(91.0, minute=1))
    assert full_percent(above, START) == 100.0
