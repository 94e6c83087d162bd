"""Whose setting is it? Ours are recognised once per write; everybody else's are respected."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control import machine
from custom_components.smart_battery_scheduler.control.echoes import bent, echoes, straight
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallState,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.simulated import Delivery, at_once

from .stage import START, Stage, charge, want

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def test_anothers_reserve_of_100_after_our_charge_is_not_our_late_write() -> None:
    """An automation sets it every three minutes: nothing of it is undone (netzero#366, #251)."""
    stage = Stage(wanted=charge(START + HOUR / 2, method=ChargeMethod.RESERVE))
    await stage.until(Phase.RUNNING)
    stage.wanted = None
    await stage.until(Phase.IDLE)
    writes = len(stage.writes)
    for _ in range(30):
        stage.powerwall.set_in_app(Settings(backup_reserve_percent=100))
        await stage.run(3)
    assert len(stage.writes) == writes
    assert stage.shown.backup_reserve_percent == 100


async def test_a_write_that_was_never_seen_is_recognised_once() -> None:
    """The first time it shows it is ours, coming late; the second time it is somebody's."""
    stage = Stage(wanted=charge(START + HOUR))
    stage.powerwall.deliver = lambda _: Delivery(shown=Settings(), obeyed=Settings())
    await stage.run(1)
    (_, ours), *_ = stage.writes
    stage.wanted, stage.powerwall.deliver = None, at_once
    await stage.until(Phase.IDLE)
    stage.powerwall.set_in_app(ours)
    await stage.run(5)
    assert stage.published(DecisionKind.RETRIED) == [DecisionReason.LATE]
    assert stage.shown == stage.owner
    stage.powerwall.set_in_app(ours)
    await stage.run(10)
    assert stage.published(DecisionKind.RETRIED) == [DecisionReason.LATE]
    assert stage.shown.operating_mode is OperatingMode.BACKUP


async def test_a_mode_set_by_somebody_while_we_are_idle_is_respected() -> None:
    """The plan's next request waits; nothing is overwritten."""
    stage = Stage()
    await stage.run(5)
    stage.powerwall.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
    await stage.run(2)
    stage.wanted = want(Action.HOLD, START + 3 * HOUR)
    await stage.run(15)
    assert stage.writes == []
    assert stage.state.suspension is not None
    assert stage.state.suspension.cause is SuspensionCause.SOMEBODY_ELSE
    assert stage.state.suspension.changed == Settings(operating_mode=OperatingMode.TIME_BASED)
    assert stage.published(DecisionKind.SUSPENDED) == [DecisionReason.SOMEBODY_ELSE]
    await stage.run(75)
    assert stage.phase() is Phase.RUNNING


async def test_a_change_and_an_order_in_the_same_minute_do_not_collide() -> None:
    """The first reading that shows a change holds the order back; the second respects it."""
    stage = Stage()
    await stage.run(5)
    stage.powerwall.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
    stage.wanted = charge(START + 3 * HOUR)
    await stage.run(5)
    assert stage.writes == []
    assert stage.phase() is Phase.SUSPENDED


async def test_one_odd_reading_is_no_change() -> None:
    """Nor is a setting that is not reported."""
    stage = Stage()
    await stage.run(5)
    stage.distort = lambda reading: replace(
        reading, settings=replace(reading.settings, backup_reserve_percent=47)
    )
    await stage.run(0.5)
    stage.distort = lambda reading: replace(
        reading, settings=replace(reading.settings, grid_charging=None)
    )
    await stage.run(5)
    assert stage.phase() is Phase.IDLE


async def test_backup_with_grid_charging_is_not_adopted_without_asking() -> None:
    """A new machine without its files in mid-charge: it does not act until a person says whose it is."""
    stage = Stage(wanted=want(Action.HOLD, START + 3 * HOUR))
    left = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
    stage.powerwall.set_in_app(left)
    await stage.run(30)
    assert stage.writes == []
    stage.state = machine.resume(stage.state, stage.situation()).state
    await stage.run(20)
    assert stage.phase() is Phase.RUNNING
    owner = stage.state.owner
    assert owner is not None and owner.settings.grid_charging is True


async def test_settings_whose_owner_is_unknown_wait_for_a_person() -> None:
    """Whatever they are."""
    stage = Stage(wanted=charge(START + HOUR))
    stage.state = replace(stage.state, owner_is_unknown=True)
    await stage.run(10)
    assert stage.writes == []
    stage.state = machine.resume(stage.state, stage.situation()).state
    await stage.run(5)
    assert stage.phase() is Phase.RUNNING


def in_raw_scale(reading: PowerwallState) -> PowerwallState:
    """The cloud shows reserves in the gateway's own scale (core#136957: 25 shows as 29)."""
    reserve = reading.settings.backup_reserve_percent
    assert reserve is not None
    shown = replace(reading.settings, backup_reserve_percent=bent(reserve))
    return replace(reading, settings=shown)


@pytest.mark.parametrize("method", list(ChargeMethod))
async def test_a_reserve_that_is_shown_otherwise_than_written_does_not_climb(
    method: ChargeMethod,
) -> None:
    """Holds and charges all day: the owner's true reserve stands in the evening, nobody is blamed."""
    stage = Stage(level=60.0, house_w=1500.0)
    stage.distort = in_raw_scale
    for hour in range(1, 13):
        end = START + hour * HOUR
        stage.wanted = want(Action.HOLD, end) if hour % 2 else charge(end, method=method)
        await stage.run(30)
        stage.wanted = None
        await stage.run(30)
    await stage.run(30)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == stage.owner
    assert stage.published(DecisionKind.SUSPENDED) == []
    failed = [line for line in stage.decisions if line.kind is DecisionKind.FAILED]
    assert not failed


async def test_a_reserve_off_by_one_does_not_climb_either() -> None:
    """What appears right after our write of a neighbouring value is its echo."""
    stage = Stage(level=60.0, house_w=1500.0)

    def one_more(reading: PowerwallState) -> PowerwallState:
        reserve = reading.settings.backup_reserve_percent
        assert reserve is not None
        shown = replace(reading.settings, backup_reserve_percent=min(100, reserve + 1))
        return replace(reading, settings=shown)

    await stage.run(1)
    first = True
    for hour in range(1, 7):
        stage.wanted = want(Action.HOLD, START + hour * HOUR)
        await stage.run(20)
        if first:
            stage.distort, first = one_more, False
        await stage.run(10)
        stage.wanted = None
        await stage.run(30)
    assert stage.shown.backup_reserve_percent in (20, 21)
    assert stage.published(DecisionKind.SUSPENDED) == []


async def test_two_fights_a_day_are_enough() -> None:
    """A second controller that never rests: two rounds, then it has the battery for a day."""
    stage = Stage(wanted=charge(START + 20 * HOUR))
    for minute in range(12 * 60):
        if minute % 20 == 19:
            stage.powerwall.set_in_app(Settings(backup_reserve_percent=37 + minute % 2))
            stage.powerwall.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
        await stage.run(1)
    assert len(stage.writes) <= 8
    assert len(stage.state.fights) == 2
    assert stage.phase() is Phase.SUSPENDED
    stage.state = machine.resume(stage.state, stage.situation()).state
    assert stage.state.fights == ()


@pytest.mark.parametrize(("written", "shown"), [(25, 29), (20, 24), (58, 60), (80, 81), (50, 51)])
def test_echoes(written: int, shown: int) -> None:
    """As reported, and by one."""
    assert echoes(written, shown)
    assert not echoes(written, shown + 7)
    assert not echoes(None, shown) and not echoes(written, None)


@pytest.mark.parametrize("reserve", range(101))
def test_a_bent_reserve_is_straightened_to_what_was_written(reserve: int) -> None:
    """A hundred and one values in ninety-six: where two show the same it is the rounder one."""
    error = straight(bent(reserve)) - reserve
    assert error == 0 if reserve % 5 == 0 else abs(error) <= 1


def test_what_no_site_of_the_other_scale_shows_stays_as_it_is() -> None:
    """Below five nothing can be shown there."""
    assert straight(3) == 3
