"""A refusal is evidence too: the same body again gets the same answer, so something else is sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control import machine
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.control.refusals import parts_of
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings

from .stage import START, Stage, charge

HOUR = timedelta(hours=1)
TIME_BASED = OperatingMode.TIME_BASED


def refuses_mode(mode: OperatingMode) -> Stage:
    """A site that refuses every write that names this mode (netzero#322, #255)."""
    stage = Stage(house_w=800.0, wanted=charge(START + HOUR))
    stage.refuses = lambda settings: settings.operating_mode is mode
    return stage


async def test_a_refused_way_gives_place_to_the_other_after_three_refusals() -> None:
    """Backup mode is refused: within minutes it is charged by the reserve, and planned so."""
    stage = refuses_mode(OperatingMode.BACKUP)
    await stage.run(10)
    assert stage.phase() is Phase.RUNNING
    command = stage.state.command
    assert command is not None and command.current.method is ChargeMethod.RESERVE
    assert [settings.operating_mode for _, settings in stage.writes[:4]] == [
        OperatingMode.BACKUP,
        OperatingMode.BACKUP,
        OperatingMode.BACKUP,
        OperatingMode.SELF_POWERED,
    ]
    assert [method for method, _ in stage.state.out_of_service] == [ChargeMethod.BACKUP]
    assert stage.published(DecisionKind.FAILED) == [DecisionReason.NOT_ACCEPTED]


async def test_refusals_do_not_flood_the_log_and_are_counted_there() -> None:
    """One line, then how many there were."""
    stage = refuses_mode(OperatingMode.BACKUP)
    await stage.run(10)
    started = next(line for line in stage.decisions if line.kind is DecisionKind.RETRIED)
    assert started.detail == "not taken before: 3"
    assert len(stage.decisions) <= 4


async def test_a_charge_that_was_never_taken_is_skipped_for_that_reason() -> None:
    """Not because its time is over."""
    stage = Stage(wanted=charge(START + HOUR))
    stage.refuses = lambda _: True
    await stage.run(61)
    assert stage.published(DecisionKind.SKIPPED) == [DecisionReason.NOT_ACCEPTED]
    assert len(stage.writes) < 20


async def test_a_stop_whose_mode_is_refused_ends_the_charge_all_the_same() -> None:
    """No rate plan, so no time-based mode: grid charging goes off, and self-powered stands in."""
    stage = refuses_mode(TIME_BASED)
    stage.powerwall.set_in_app(Settings(operating_mode=TIME_BASED))
    await stage.until(Phase.RUNNING)
    stage.wanted = None
    await stage.run(6)
    shown = stage.shown
    assert (shown.operating_mode, shown.grid_charging) == (OperatingMode.SELF_POWERED, False)
    assert stage.powerwall.reading().battery_power_w == pytest.approx(800.0)
    assert stage.phase() is Phase.RESTORING, "the mode is still owed"
    owner = stage.state.owner
    assert owner is not None and owner.settings.operating_mode is TIME_BASED


async def test_what_is_owed_is_tried_seldom_and_given_back_when_it_is_taken() -> None:
    """Few refusals in 17 hours; the owner's mode stands as soon as the site takes it."""
    stage = refuses_mode(TIME_BASED)
    stage.powerwall.set_in_app(Settings(operating_mode=TIME_BASED))
    await stage.until(Phase.RUNNING)
    begun = len(stage.writes)
    stage.wanted = None
    await stage.run(17 * 60, every_s=120)
    assert len(stage.writes) - begun < 40
    stage.refuses = lambda _: False
    await stage.run(70)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == replace(stage.owner, operating_mode=TIME_BASED)


async def test_a_stop_refused_as_a_whole_is_taken_in_parts() -> None:
    """Whatever part is taken is in force; those first that end the charge."""
    stage = Stage(house_w=800.0, wanted=charge(START + HOUR))
    await stage.until(Phase.RUNNING)
    stage.refuses = lambda settings: (
        settings.operating_mode is not None and settings.grid_charging is not None
    )
    begun = len(stage.writes)
    stage.wanted = None
    await stage.run(10)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == stage.owner
    whole, again, first, *_ = [settings for _, settings in stage.writes[begun:]]
    assert whole == again == replace(stage.owner, export_rule=None)
    assert first == Settings(grid_charging=False)


async def test_a_cloud_that_fails_for_hours_is_asked_every_five_minutes_and_obeyed_at_once() -> (
    None
):
    """A stop never gives up, and does not hammer either."""
    stage = Stage(house_w=800.0, wanted=charge(START + HOUR))
    await stage.until(Phase.RUNNING)
    begun = len(stage.writes)
    stage.writes_arrive, stage.wanted = False, None
    await stage.run(5 * 60)
    assert 40 < len(stage.writes) - begun < 75
    stage.writes_arrive = True
    await stage.run(10)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == stage.owner


async def test_a_refused_token_changes_nothing_about_what_is_sent() -> None:
    """Another body would not be taken either."""
    stage = Stage(wanted=charge(START + HOUR))
    stage.writes_arrive = False
    await stage.look()
    state = stage.state
    for _ in range(5):
        state = machine.write_failed(state, stage.situation(), "token", may_differ=False).state
    assert state.command is not None and state.command.setpoint == 0


def test_parts_are_what_does_not_stand_and_those_first_that_end_a_charge() -> None:
    """Grid charging off comes first, on comes last."""
    owner = Settings(
        operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20, grid_charging=False
    )
    assert [part.grid_charging for part in parts_of(owner, None)] == [False, None, None]
    on = replace(owner, grid_charging=True)
    assert [part.grid_charging for part in parts_of(on, None)] == [None, None, True]
    shown = Settings(operating_mode=OperatingMode.BACKUP, backup_reserve_percent=20)
    assert parts_of(on, shown) == (
        Settings(operating_mode=OperatingMode.SELF_POWERED),
        Settings(grid_charging=True),
    )
