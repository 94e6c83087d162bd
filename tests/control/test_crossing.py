"""Writes that cross one another, and a person's change that crosses one of ours."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control import machine
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances
from custom_components.smart_battery_scheduler.powerwall.simulated import after_a_while

from .stage import START, Stage, charge, want

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def charging(ends_at: timedelta = 3 * HOUR, *, latency_s: int = 0) -> Stage:
    """A fast charge that is seen, through a cloud of a given slowness."""
    stage = Stage(wanted=charge(START + ends_at))
    latency = timedelta(seconds=latency_s)
    stage.powerwall.deliver = after_a_while(1, latency, latency)
    await stage.run(10)
    assert stage.phase() is Phase.RUNNING
    return stage


def assert_charging_as_if_nothing_had_been(stage: Stage) -> None:
    """The fast charge is seen; nobody was suspended for and nothing failed."""
    assert stage.phase() is Phase.RUNNING
    assert stage.shown.operating_mode is OperatingMode.BACKUP
    assert not stage.published(DecisionKind.SUSPENDED)
    assert not stage.published(DecisionKind.FAILED)


@pytest.mark.parametrize("latency_s", [20, 60, 120, 180])
@pytest.mark.parametrize("away_s", [10, 40, 60, 100])
async def test_a_charge_asked_for_again_before_its_stop_has_arrived(
    latency_s: int, away_s: int
) -> None:
    """A restart, a reload or a second thought: the stop that comes through late is our own.

    It is neither a stranger's change nor a charge ignored, and the charge goes on behind it.
    """
    stage = await charging(latency_s=latency_s)
    stage.wanted, stage.unwanted = None, DecisionReason.SHUTDOWN
    await stage.look()
    stage.now += away_s * SECOND
    stage.wanted = charge(START + 3 * HOUR)
    await stage.look()
    await stage.run(12)
    assert_charging_as_if_nothing_had_been(stage)
    assert len(stage.writes) == 3


async def test_a_stop_that_is_lost_does_not_keep_the_next_charge_waiting_for_ever() -> None:
    """The stop was accepted and never came: after the usual patience the charge is ordered."""
    stage = await charging()
    stage.powerwall.deliver = after_a_while(1, 9 * HOUR, 9 * HOUR)
    stage.wanted = None
    await stage.look()
    stage.powerwall.deliver = after_a_while(1, 0 * HOUR, 0 * HOUR)
    stage.wanted = charge(START + 3 * HOUR)
    await stage.run(8)
    assert stage.phase() is Phase.RUNNING
    assert len(stage.writes) == 3


async def test_charge_hold_charge_within_seconds_sends_all_three() -> None:
    """The battery still shows the first when the third is asked for: that proves nothing."""
    stage = await charging(latency_s=60)
    stage.wanted = want(Action.HOLD, START + 3 * HOUR)
    await stage.look()
    stage.now += 10 * SECOND
    stage.wanted = charge(START + 3 * HOUR)
    await stage.look()
    await stage.run(10)
    assert_charging_as_if_nothing_had_been(stage)


@pytest.mark.parametrize("latency_s", [90, 150])
async def test_charge_hold_charge_through_a_slow_cloud_is_nobody_elses_doing(
    latency_s: int,
) -> None:
    """The hold comes through when the charge after it has been read back already: our own mail."""
    stage = await charging(latency_s=latency_s)
    stage.wanted = want(Action.HOLD, START + 3 * HOUR)
    await stage.run(1.5)
    stage.wanted = charge(START + 3 * HOUR)
    await stage.run(12)
    assert not stage.published(DecisionKind.SUSPENDED)
    assert stage.phase() is Phase.RUNNING
    assert stage.shown.operating_mode is OperatingMode.BACKUP


async def test_what_a_person_set_while_nobody_was_there_is_theirs() -> None:
    """Home Assistant died in mid-charge; they helped themselves in the app; it comes back later."""
    stage = await charging(HOUR / 2)
    chosen = Settings(
        operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=45, grid_charging=False
    )
    stage.powerwall.set_in_app(chosen)
    stage.now += 3 * HOUR
    stage.wanted = None
    await stage.run(10)
    assert stage.shown == chosen.over(stage.owner)
    assert stage.published(DecisionKind.SUSPENDED) == [DecisionReason.SOMEBODY_ELSE]
    assert stage.state.owner is None


@pytest.mark.parametrize("follows", [None, Action.HOLD])
async def test_a_change_seen_for_the_first_time_just_before_the_end_is_theirs(
    follows: Action | None,
) -> None:
    """One reading shows it, then the slot ends: the stop waits for the next reading."""
    stage = await charging(HOUR / 2)
    await stage.run(19)
    stage.powerwall.set_in_app(Settings(backup_reserve_percent=45))
    await stage.run(0.5)
    seen = stage.now
    stage.distort = lambda reading: replace(reading, read_at=seen)
    stage.now = START + HOUR / 2
    stage.wanted = want(follows, START + HOUR) if follows else None
    await stage.look()
    stage.distort = None
    await stage.run(5)
    assert stage.shown == replace(stage.owner, backup_reserve_percent=45)
    assert stage.state.suspension is not None
    assert stage.state.suspension.cause is SuspensionCause.SOMEBODY_ELSE


async def test_storm_watch_that_charges_is_no_stop_that_failed() -> None:
    """Storm Watch fills the battery by itself: the settings are restored once, and nothing failed."""
    stage = await charging()
    stage.powerwall.meet(Circumstances(storm_watch=True))
    await stage.run(60)
    assert len(stage.writes) == 2
    assert stage.published(DecisionKind.SUSPENDED) == [DecisionReason.STORM_WATCH]
    assert not stage.published(DecisionKind.FAILED)
    assert stage.phase() is Phase.SUSPENDED


async def in_doubt() -> Stage:
    """A charge that should stop, after one reading that shows somebody else's settings."""
    stage = await charging()
    stage.powerwall.set_in_app(Settings(backup_reserve_percent=45))
    await stage.run(0.5)
    seen = stage.now
    stage.distort = lambda reading: replace(reading, read_at=seen)
    stage.wanted = None
    await stage.look()
    assert stage.phase() is Phase.RESTORING
    assert len(stage.writes) == 1
    return stage


async def test_a_stop_in_doubt_does_not_wait_for_long() -> None:
    """No second reading comes: after two minutes the charge is stopped all the same."""
    stage = await in_doubt()
    wake_at = machine.wake_at(stage.state)
    assert wake_at is not None
    assert wake_at <= stage.now + timedelta(minutes=2)
    stage.now = wake_at
    await stage.look()
    assert stage.shown.operating_mode is OperatingMode.SELF_POWERED


async def test_the_last_chance_to_stop_is_taken_in_doubt() -> None:
    """Home Assistant stops now: nobody will read again."""
    stage = await in_doubt()
    step = machine.step(stage.state, replace(stage.situation(), is_last_chance=True))
    assert step.write == replace(stage.owner, export_rule=None)


@pytest.mark.parametrize(
    "meanwhile", [Circumstances(on_grid=False), Circumstances(storm_watch=True)]
)
async def test_a_short_outage_does_not_cut_short_what_a_person_is_owed(
    meanwhile: Circumstances,
) -> None:
    """They changed the settings, then the lights flickered: we stand back as long as without it."""
    stage = await charging()
    stage.powerwall.set_in_app(Settings(backup_reserve_percent=45))
    await stage.run(5)
    assert stage.state.suspension is not None
    until = stage.state.suspension.until
    stage.powerwall.meet(meanwhile)
    await stage.run(1)
    stage.powerwall.meet(Circumstances())
    await stage.run((until - stage.now) / timedelta(minutes=1) - 1)
    assert stage.phase() is Phase.SUSPENDED
    await stage.run(3)
    assert stage.phase() is Phase.RUNNING
