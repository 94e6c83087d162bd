"""The pure judgement, driven by a simulated Powerwall through simulated time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control import machine
from custom_components.smart_battery_scheduler.control.model import (
    TRANSITIONS,
    DecisionKind,
    DecisionReason,
    Phase,
    Source,
    SuspensionCause,
    Trigger,
)
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances, Hardware
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    Delivery,
    after_a_while,
    at_once,
)

from .stage import START, Stage, charge, want

HOUR = timedelta(hours=1)
NOTHING = Settings()


async def test_charge_is_proven_and_undone() -> None:
    """A charge goes from sent to seen, and at its end the owner settings stand as before."""
    stage = Stage(wanted=charge(START + HOUR))
    await stage.run(10)
    assert stage.phase() is Phase.RUNNING
    command = stage.state.command
    assert command is not None
    proof = command.command_status
    assert proof.sent_at and proof.accepted_at and proof.read_back_at and proof.confirmed_at
    assert proof.confirmed_w == pytest.approx(-3300, rel=0.02)
    stage.wanted = None
    await stage.run(10)
    assert stage.phase() is Phase.IDLE
    assert stage.state.owner is None
    assert stage.shown == stage.owner
    assert [settings for _, settings in stage.writes] == [
        Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True),
        replace(stage.owner, export_rule=None),
    ]


async def test_wanting_what_stands_writes_nothing() -> None:
    """Running the house from the battery is what the owner settings do already."""
    stage = Stage(wanted=want(Action.USE, START + HOUR, target_percent=20))
    await stage.run(30)
    assert stage.writes == []
    assert stage.phase() is Phase.IDLE


async def test_nothing_is_written_without_a_reading() -> None:
    """No first command on a battery that has not been read."""
    stage = Stage(wanted=charge(START + HOUR), readings_arrive=False)
    await stage.run(30)
    assert stage.writes == []


async def test_a_charge_by_reserve_stops_by_itself_and_needs_no_further_write() -> None:
    """The reserve at the target is the whole command: reaching it needs no further write."""
    stage = Stage(
        level=50, wanted=charge(START + HOUR, method=ChargeMethod.RESERVE, target_percent=54)
    )
    await stage.run(50)
    assert len(stage.writes) == 1
    assert stage.powerwall.soc_percent == pytest.approx(54, abs=0.3)
    assert stage.published(DecisionKind.COMPLETED) == [DecisionReason.TARGET_REACHED]


async def test_fast_charge_is_stopped_at_its_target() -> None:
    """Backup mode runs until it is told otherwise: at the target it is told to hold."""
    stage = Stage(level=50, wanted=charge(START + HOUR, target_percent=60))
    await stage.run(50)
    assert stage.powerwall.soc_percent == pytest.approx(60, abs=0.6)
    assert stage.shown.operating_mode is OperatingMode.SELF_POWERED
    assert stage.shown.backup_reserve_percent == 60
    stage.wanted = None
    await stage.run(10)
    assert stage.shown == stage.owner


async def test_the_same_charge_tomorrow_is_not_taken_for_done() -> None:
    """A target reached counts only until something else is wanted."""
    stage = Stage(level=58, wanted=charge(START + HOUR, target_percent=60))
    await stage.run(30)
    stage.wanted = None
    await stage.run(10)
    stage.powerwall.set_soc(40)
    stage.wanted = charge(stage.now + HOUR, target_percent=60)
    await stage.run(10)
    assert stage.phase() is Phase.RUNNING
    assert stage.shown.operating_mode is OperatingMode.BACKUP


@pytest.mark.parametrize(("level", "mode"), [(64.7, "self_consumption"), (88.0, "backup")])
async def test_hold_keeps_the_level(level: float, mode: str) -> None:
    """Below 81 % by the reserve, above by backup mode, since reserves of 81-99 do not exist."""
    stage = Stage(level=level, house_w=2000, wanted=want(Action.HOLD, START + HOUR))
    await stage.run(50)
    assert stage.shown.operating_mode == mode
    assert stage.powerwall.soc_percent == pytest.approx(level, abs=1.0)


async def test_hold_in_backup_mode_that_charges_from_the_grid_is_noticed() -> None:
    """Some sites charge in backup mode with grid charging off: the other way is taken."""
    stage = Stage(level=88, house_w=2000, wanted=want(Action.HOLD, START + HOUR))

    def misbehave(change: Settings) -> Delivery:
        obeyed = change
        if change.operating_mode is OperatingMode.BACKUP:
            obeyed = replace(change, grid_charging=True)
        return Delivery(shown=change, obeyed=obeyed)

    stage.powerwall.deliver = misbehave
    await stage.run(20)
    assert DecisionReason.NOT_CONFIRMED in stage.published(DecisionKind.FAILED)
    assert stage.shown.operating_mode is OperatingMode.SELF_POWERED


async def test_peak_window_is_not_filled_up_to_the_users_reserve() -> None:
    """Below the user's reserve a Powerwall charges at any rate; where that is forbidden we hold."""
    wanted = want(Action.USE, START + HOUR, grid_charge_forbidden=True)
    stage = Stage(level=12, wanted=wanted)
    before = stage.powerwall.state.meters.imported_kwh
    await stage.run(50)
    assert stage.shown.backup_reserve_percent == 12
    house_kwh = 0.4 * 50 / 60
    assert stage.powerwall.state.meters.imported_kwh - before == pytest.approx(house_kwh, rel=0.2)
    stage.wanted = None
    await stage.run(10)
    assert stage.shown == stage.owner


async def test_an_ignored_write_is_sent_again_then_by_the_other_method() -> None:
    """Accepted is not obeyed: twice by the first charge method, then by the second."""
    stage = Stage(wanted=charge(START + HOUR))

    def only_reserve(change: Settings) -> Delivery:
        if change.operating_mode is OperatingMode.BACKUP:
            return Delivery(shown=NOTHING, obeyed=NOTHING)
        return Delivery(shown=change, obeyed=change)

    stage.powerwall.deliver = only_reserve
    await stage.run(20)
    assert stage.published(DecisionKind.FAILED) == [DecisionReason.NOT_READ_BACK] * 2
    assert stage.published(DecisionKind.RETRIED) == [
        DecisionReason.PLAN,
        DecisionReason.OTHER_METHOD,
    ]
    assert stage.phase() is Phase.RUNNING
    command = stage.state.command
    assert command is not None and command.current.method is ChargeMethod.RESERVE
    assert [method for method, _ in stage.state.out_of_service] == [ChargeMethod.BACKUP]


async def test_a_method_out_of_service_is_not_chosen_next_time() -> None:
    """What was ignored is left alone for some hours."""
    stage = Stage(wanted=charge(START + HOUR))
    resting = ((ChargeMethod.BACKUP, START + 6 * HOUR),)
    stage.state = replace(stage.state, out_of_service=resting)
    await stage.run(5)
    assert stage.shown.operating_mode is OperatingMode.SELF_POWERED
    assert stage.shown.backup_reserve_percent == 100


async def test_all_methods_ignored_is_a_fault_and_then_tried_again() -> None:
    """Nothing is read back by any charge method: fault until a later slot, owner settings untouched."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    stage.powerwall.deliver = lambda _: Delivery(shown=NOTHING, obeyed=NOTHING)
    await stage.until(Phase.FAULT, minutes=40)
    assert stage.shown == stage.owner
    assert stage.state.owner is None
    assert len(stage.published(DecisionKind.FAILED)) == 4
    await stage.until(Phase.VERIFYING, minutes=70)


async def test_settings_right_and_power_wrong_is_taken_for_calibration() -> None:
    """The Powerwall shows the command and does something else: step back, do not fight."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    stage.powerwall.deliver = lambda change: Delivery(shown=change, obeyed=NOTHING)
    await stage.until(Phase.SUSPENDED, minutes=40)
    assert stage.state.suspension is not None
    assert stage.state.suspension.cause is SuspensionCause.CALIBRATION
    assert stage.shown == stage.owner
    writes = len(stage.writes)
    await stage.run(60)
    assert len(stage.writes) == writes


async def test_a_battery_that_charges_on_by_itself_is_never_called_stopped() -> None:
    """A calibration begins in mid-charge: the stop is repeated, seldom, until it is over."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    await stage.until(Phase.RUNNING)
    stage.powerwall.meet(Circumstances(forced_battery_w=-3300.0))
    stage.wanted = None
    await stage.run(3 * 60)
    assert stage.phase() is Phase.RESTORING
    assert stage.published(DecisionKind.RESTORED) == stage.published(DecisionKind.SUSPENDED) == []
    assert stage.shown == stage.owner
    assert len(stage.writes) < 25
    stage.powerwall.meet(Circumstances())
    await stage.run(60)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == stage.owner
    assert len(stage.published(DecisionKind.RESTORED)) == 1


async def test_late_application_is_waited_for() -> None:
    """Up to three minutes of delay are usual and cause no second write."""
    stage = Stage(wanted=charge(START + HOUR))
    late = timedelta(seconds=170)
    stage.powerwall.deliver = after_a_while(1, late, late)
    await stage.run(10)
    assert stage.phase() is Phase.RUNNING
    assert len(stage.writes) == 1


async def test_stop_before_a_late_command_arrives_is_still_a_stop() -> None:
    """The owner settings are still shown because the command is late: they are sent all the same."""
    stage = Stage(wanted=charge(START + HOUR))
    late = timedelta(seconds=170)
    stage.powerwall.deliver = after_a_while(1, late, late)
    await stage.run(1)
    stage.wanted = None
    await stage.run(15)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == stage.owner
    assert stage.powerwall.state.pending == ()


async def test_an_overtaken_write_does_not_undo_what_a_person_changed_since() -> None:
    """A write of ours comes through after the end: the owner settings of now are restored."""
    stage = Stage(wanted=charge(START + HOUR))
    late = timedelta(minutes=8)
    stage.powerwall.deliver = after_a_while(1, late, late)
    await stage.run(1)
    stage.powerwall.deliver = at_once
    await stage.until(Phase.RUNNING)
    stage.wanted = None
    await stage.until(Phase.IDLE)
    assert stage.now < START + late
    await stage.powerwall.write(Settings(backup_reserve_percent=35))
    await stage.run(15)
    assert stage.published(DecisionKind.RETRIED) == [DecisionReason.PLAN, DecisionReason.LATE]
    assert stage.shown == replace(stage.owner, backup_reserve_percent=35)


async def test_stop_that_is_ignored_is_sent_again_until_it_holds() -> None:
    """Stop outranks everything and never gives up."""
    stage = Stage(wanted=charge(START + HOUR))
    await stage.run(5)
    stage.powerwall.deliver = lambda _: Delivery(shown=NOTHING, obeyed=NOTHING)
    stage.wanted = None
    await stage.run(40)
    assert stage.phase() is Phase.RESTORING
    assert len(stage.published(DecisionKind.FAILED)) >= 2
    stage.powerwall.deliver = lambda change: Delivery(shown=change, obeyed=change)
    await stage.run(20)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == stage.owner


async def test_writes_that_do_not_arrive_are_spaced_out() -> None:
    """A dead link is tried again with growing pauses, and told once."""
    stage = Stage(wanted=charge(START + 3 * HOUR), writes_arrive=False)
    await stage.run(60)
    pauses = [
        second - first
        for (first, _), (second, _) in zip(stage.writes, stage.writes[1:], strict=False)
    ]
    # Each of both ways gets its three tries first.
    assert pauses[5:] == sorted(pauses[5:])
    assert len(stage.writes) < 12
    assert stage.published(DecisionKind.FAILED) == [DecisionReason.NOT_ACCEPTED]
    stage.writes_arrive = True
    await stage.run(20)
    assert stage.phase() is Phase.RUNNING


async def test_stop_works_without_a_reading() -> None:
    """Every command has an end, also when the battery cannot be read any more."""
    stage = Stage(wanted=charge(START + HOUR))
    await stage.run(10)
    stage.readings_arrive = False
    stage.wanted = None
    await stage.run(1)
    assert stage.shown == stage.owner
    assert stage.state.owner is not None, "not confirmed yet, so not forgotten"
    stage.readings_arrive = True
    await stage.run(5)
    assert stage.state.owner is None


async def test_setting_the_powerwall_through_us_takes_over() -> None:
    """A mode chosen while a charge runs ends it, is put in force and stays."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    await stage.run(10)
    chosen = Settings(operating_mode=OperatingMode.TIME_BASED)
    step = machine.set_owner_settings(stage.state, stage.situation(), chosen)
    stage.state = step.state
    await stage.run(10)
    assert stage.phase() is Phase.SUSPENDED
    assert stage.shown == replace(stage.owner, operating_mode=OperatingMode.TIME_BASED)
    step = machine.resume(stage.state, stage.situation())
    stage.state = step.state
    await stage.run(5)
    assert stage.phase() is Phase.RUNNING, "on the user's word"


async def test_setting_the_powerwall_while_idle_is_verified() -> None:
    """With nothing of ours in force a chosen reserve is written and read back."""
    stage = Stage()
    await stage.run(1)
    step = machine.set_owner_settings(
        stage.state, stage.situation(), Settings(backup_reserve_percent=35)
    )
    stage.state = step.state
    await stage.run(5)
    assert stage.phase() is Phase.IDLE
    assert stage.shown == replace(stage.owner, backup_reserve_percent=35)


async def test_grid_charging_that_may_not_be_switched_on_leaves_charging_by_reserve() -> None:
    """Where the installer forbids grid charging, charging up to the reserve still works."""
    stage = Stage(wanted=charge(START + HOUR), hardware=Hardware(grid_charging_permitted=False))
    await stage.run(20)
    assert stage.phase() is Phase.RUNNING
    command = stage.state.command
    assert command is not None and command.current.method is ChargeMethod.RESERVE


async def test_next_slot_with_the_same_action_writes_nothing() -> None:
    """Neighbouring slots of one kind are one command."""
    stage = Stage(wanted=charge(START + HOUR))
    await stage.run(25)
    stage.wanted = replace(charge(START + 2 * HOUR), slot_start=START + HOUR / 2)
    await stage.run(25)
    assert len(stage.writes) == 1
    assert stage.state.command is not None
    assert stage.state.command.wanted.ends_at == START + 2 * HOUR


def test_every_way_out_of_a_command_leads_through_restoring() -> None:
    """From the table alone: owner settings cannot be skipped on the way back to idle."""
    in_force = {Phase.COMMANDING, Phase.VERIFYING, Phase.RUNNING}
    for (phase, _), target in TRANSITIONS.items():
        if phase in in_force:
            assert target in in_force | {Phase.RESTORING}
    leaving = {
        trigger
        for (phase, trigger), to in TRANSITIONS.items()
        if phase is Phase.RESTORING and to is Phase.IDLE
    }
    assert leaving == {Trigger.RESTORED}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Source.PLAN, DecisionReason.OVER),
        (Source.FORCED, DecisionReason.DELETED),
        (Source.OVERRIDE, DecisionReason.USER),
    ],
)
async def test_a_removed_manual_slot_is_logged_with_its_cause(
    source: Source, reason: DecisionReason
) -> None:
    """The same stop means something else for a plan, a deleted slot and an ended override."""
    stage = Stage(wanted=replace(charge(START + HOUR), source=source))
    await stage.until(Phase.RUNNING)
    stage.wanted = None
    await stage.run(1)
    assert stage.published(DecisionKind.STOPPED) == [reason]


async def test_a_site_that_makes_80_of_100_is_no_stranger() -> None:
    """A gentle charge to 100 shows 80: ours, and the owner settings are not taken from it."""
    hardware = Hardware(full_reserve_exists=False)
    stage = Stage(
        wanted=charge(START + HOUR, method=ChargeMethod.RESERVE), level=83.0, hardware=hardware
    )
    await stage.run(30)
    stage.wanted = None
    await stage.run(30)
    assert stage.shown == stage.owner
    assert DecisionReason.SOMEBODY_ELSE not in stage.published(DecisionKind.SUSPENDED)


async def test_settings_that_are_not_reported_prove_nothing() -> None:
    """Readings without settings: no false alarm, no repeated write, until they are told again."""
    stage = Stage(wanted=charge(START + HOUR))
    await stage.run(0.5)
    stage.distort = lambda reading: replace(reading, settings=Settings())
    await stage.run(10)
    assert len(stage.writes) == 1
    assert not stage.published(DecisionKind.FAILED)
    stage.distort = None
    await stage.run(2)
    assert stage.phase() is Phase.RUNNING


async def test_a_use_never_buys() -> None:
    """A floor above the charge level would charge from the grid: it is lowered to the level."""
    stage = Stage(level=25.0, wanted=want(Action.USE, START + HOUR, target_percent=60))
    await stage.run(10)
    assert (stage.shown.backup_reserve_percent or 0) <= 25


async def test_a_set_mode_is_not_undone_by_what_stood_before() -> None:
    """Set through us while writes are refused: the old mode still shows, and is no stranger's."""
    stage = Stage(wanted=charge(START + HOUR))
    await stage.until(Phase.RUNNING)
    stage.writes_arrive = False
    change = Settings(operating_mode=OperatingMode.TIME_BASED)
    step = machine.set_owner_settings(stage.state, stage.situation(), change)
    stage.state = step.state
    await stage.run(10)
    stage.writes_arrive = True
    await stage.run(20)
    assert stage.shown.operating_mode is OperatingMode.TIME_BASED


@pytest.mark.parametrize("action", [Action.CHARGE, Action.HOLD])
async def test_a_switch_of_unknown_position_is_left_alone(action: Action) -> None:
    """What was not read could not be restored, so it is not written."""
    stage = Stage(wanted=want(action, START + HOUR, method=ChargeMethod.BACKUP), level=90.0)
    stage.distort = lambda reading: replace(
        reading, settings=replace(reading.settings, grid_charging=None)
    )
    await stage.run(5)
    assert stage.writes
    assert all(settings.grid_charging is None for _, settings in stage.writes)
