"""Reserves that do not exist on the hardware, and those that the sun has left behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, PowerwallState
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances, Hardware

from .stage import START, Stage, charge, want

HOURS = timedelta(hours=4)


@pytest.mark.parametrize("method", list(ChargeMethod))
async def test_a_charge_to_90_without_backup_mode_goes_there_in_one_go(
    method: ChargeMethod,
) -> None:
    """By the reserve alone: no rest at 80 that looks like a refusal, and no going on to 100."""
    hardware = Hardware(grid_charging_permitted=False)
    stage = Stage(
        level=70, wanted=charge(START + HOURS, method=method, target_percent=90), hardware=hardware
    )
    await stage.run(20)
    failed = len(stage.published(DecisionKind.FAILED))
    await stage.run(210)
    assert len(stage.published(DecisionKind.FAILED)) == failed
    assert stage.published(DecisionKind.COMPLETED)
    assert stage.powerwall.soc_percent == pytest.approx(90, abs=1)


async def test_a_hold_follows_a_level_that_the_sun_has_raised() -> None:
    """Clouds after sun: the battery may be used down to the old level, which is no refusal."""
    stage = Stage(level=50, house_w=800, wanted=want(Action.HOLD, START + HOURS))
    await stage.run(10)
    for _ in range(3):
        stage.available_solar_w = 4000
        await stage.run(20)
        stage.available_solar_w = 0
        full = stage.powerwall.soc_percent
        await stage.run(30)
        assert stage.powerwall.soc_percent > full - 1.5
    assert not stage.published(DecisionKind.FAILED)
    assert len(stage.writes) == 4


async def test_a_hold_that_is_not_obeyed_is_still_found_out() -> None:
    """Discharged in spite of the reserve: the level has not risen, so it is no lag."""
    stage = Stage(level=50, house_w=800, wanted=want(Action.HOLD, START + HOURS))
    await stage.run(20)
    stage.powerwall.meet(Circumstances(forced_battery_w=1500.0))
    await stage.run(60)
    assert DecisionReason.NOT_CONFIRMED in stage.published(DecisionKind.FAILED)
    assert stage.state.suspension is not None
    assert stage.state.suspension.cause is SuspensionCause.CALIBRATION


def without_switch(reading: PowerwallState) -> PowerwallState:
    """A home without panels as Home Assistant's integrations show it: neither switch nor export rule."""
    return replace(
        reading, settings=replace(reading.settings, grid_charging=None, export_rule=None)
    )


def kept_to_mode_and_reserve(stage: Stage) -> bool:
    """Whether nothing was written that could not be restored, nor a mode that needs the switch."""
    return all(
        change.grid_charging is None
        and change.export_rule is None
        and change.operating_mode is not OperatingMode.BACKUP
        for _, change in stage.writes
    )


@pytest.mark.parametrize("method", list(ChargeMethod))
async def test_without_the_switch_a_charge_goes_by_the_reserve(method: ChargeMethod) -> None:
    """Confirmed by its own inflow, whichever method was planned, and put back whole."""
    wanted = charge(START + HOURS / 2, method=method, target_percent=80)
    stage = Stage(level=50, wanted=wanted, distort=without_switch)
    await stage.run(15)
    assert stage.state.command is not None
    assert stage.state.command.current.method is ChargeMethod.RESERVE
    assert stage.state.command.command_status.confirmed_w == pytest.approx(-1800.0)
    await stage.run(120)
    assert stage.powerwall.soc_percent > 70.0
    assert not stage.published(DecisionKind.FAILED)
    assert kept_to_mode_and_reserve(stage)
    assert stage.shown == stage.owner


@pytest.mark.parametrize("level", [30, 50, 80])
async def test_without_the_switch_a_hold_is_the_reserve(level: float) -> None:
    """At every level that exists as a reserve."""
    stage = Stage(
        level=level, house_w=800, wanted=want(Action.HOLD, START + HOURS), distort=without_switch
    )
    await stage.run(60)
    assert stage.shown.backup_reserve_percent == pytest.approx(level, abs=1)
    # A whole percent is held, below the level at the first reading.
    assert stage.powerwall.soc_percent == pytest.approx(level, abs=1.5)
    assert not stage.published(DecisionKind.FAILED)
    assert kept_to_mode_and_reserve(stage)


async def test_without_the_switch_a_hold_at_90_keeps_what_the_reserve_can() -> None:
    """The house uses the battery down to 80; backup mode, which would charge it, is not tried."""
    stage = Stage(
        level=90, house_w=800, wanted=want(Action.HOLD, START + HOURS), distort=without_switch
    )
    await stage.run(230)
    assert stage.powerwall.soc_percent == pytest.approx(80, abs=1)
    assert not stage.published(DecisionKind.FAILED)
    assert kept_to_mode_and_reserve(stage)
