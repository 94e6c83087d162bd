"""The transitions that phases share: beginning, ending and giving up commands, restoring."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import OperatingMode, PowerwallState, Settings
from ..tariff.model import SLOT, floor_slot
from .ceiling import full_percent
from .command_status import GRID_CHARGING_W, NOISE_W, Verdict, grid_charging_w, judge, shows
from .decisions import how_it_ended, of_command, simple
from .detours import in_parts, to_owner_settings, to_setpoint, varied
from .model import (
    FULL_PERCENT,
    TRANSITIONS,
    Command,
    CommandStatus,
    ControlState,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Recent,
    Restore,
    Setpoint,
    Suspension,
    SuspensionCause,
    Trigger,
    Wanted,
)
from .setpoints import HIGHEST_PARTIAL_RESERVE_PERCENT, setpoints_for
from .situation import Situation, Step

TRIES_PER_METHOD = 2
# A command that is refused for hours asks for other reserves as the level moves; what was in force before it must
# stay known all the while.
KNOWN_SENT = 32
LONGEST_RETRY_S = 900.0
# The owner settings come before a new command: what draws from the grid is ended first.
LONGEST_RESTORE_RETRY_S = 300.0
# The settings stand and the battery does something else. A gateway that misses one write after the other
# costs money every minute, so for the first two hours a stop is sent at least this often; after
# that it is more likely a calibration, which takes hours.
DOUBTED_RETRY_S = 900.0
OFTEN_DOUBTED = 8
LONGEST_DOUBTED_RETRY_S = 3600.0


def transition(state: ControlState, trigger: Trigger) -> ControlState:
    """Go to the next phase by the table. Raises KeyError for a pair that it does not have."""
    return replace(state, phase=TRANSITIONS[state.phase, trigger])


def earlier(state: ControlState) -> tuple[Settings, ...]:
    """Writes of the period before that may still come through."""
    return () if state.recent is None else state.recent.sent


def sending(state: ControlState, settings: Settings) -> ControlState:
    """Remember a write before it leaves, so that a kill cannot hide it."""
    known = tuple(earlier for earlier in state.sent if earlier != settings)
    return replace(
        state,
        sent=(*known, settings)[-KNOWN_SENT:],
        outstanding=(*state.outstanding, settings)[-KNOWN_SENT:],
    )


def arrived(state: ControlState, settings: Settings) -> ControlState:
    """The state once a write was read back: it will not come through a second time."""
    if settings not in state.outstanding:
        return state
    at = state.outstanding.index(settings)
    return replace(state, outstanding=(*state.outstanding[:at], *state.outstanding[at + 1 :]))


def effective(state: ControlState, at: Situation) -> Wanted | None:
    """What is wanted now: a charge that is complete turns into a hold for its remaining time.

    A charge method that stops by itself needs no change for that.
    """
    wanted = at.wanted
    if wanted is None or wanted.ends_at <= at.now:
        return None
    if not wanted.same_deed(state.completed):
        return wanted
    target = wanted.charge_until_percent
    is_reserve = wanted.method is ChargeMethod.RESERVE and target <= HIGHEST_PARTIAL_RESERVE_PERCENT
    if is_reserve or target == FULL_PERCENT:
        return wanted
    return replace(wanted, action=Action.HOLD, method=None, target_percent=None)


def order(state: ControlState, at: Situation, wanted: Wanted, owner: OwnerSettings) -> Step | None:
    """Begin a command, or None where the owner settings do what is wanted or no way is left."""
    level = at.soc_percent
    if level is None:
        return None
    setpoints = _in_service(state, at, setpoints_for(wanted, owner.settings, level))
    if not setpoints or shows(setpoints[0].settings, owner.settings):
        return None
    command = Command(wanted=wanted, setpoints=setpoints, begun_at=at.now)
    return Step(
        state=replace(
            transition(state, Trigger.ORDERED),
            owner=owner,
            sent=state.sent or earlier(state),
            idle=None,
            command=command,
            restore=None,
            failures=0,
            retry_at=None,
        )
    )


def _in_service(
    state: ControlState, at: Situation, setpoints: tuple[Setpoint, ...]
) -> tuple[Setpoint, ...]:
    resting = {method for method, until in state.out_of_service if at.now < until}
    usable = tuple(setpoint for setpoint in setpoints if setpoint.method not in resting)
    if not state.charges_in_backup:
        return usable
    # There backup mode holds nothing.
    return tuple(each for each in usable if not _is_hold_in_backup(each)) or usable


def _is_hold_in_backup(setpoint: Setpoint) -> bool:
    settings = setpoint.settings
    return settings.operating_mode is OperatingMode.BACKUP and settings.grid_charging is False


def refreshed(state: ControlState, at: Situation) -> Command:
    """The command in force by the charge level of now: a hold's reserve may lag behind it.

    Where that leaves other setpoints than before, the command stays as it is.
    """
    command, level = state.command, at.soc_percent
    assert command is not None and state.owner is not None
    if level is None:
        return command
    setpoints = setpoints_for(command.wanted, state.owner.settings, level)
    by_method = {
        (setpoint.method, setpoint.settings.operating_mode): setpoint for setpoint in setpoints
    }
    keys = [(setpoint.method, setpoint.settings.operating_mode) for setpoint in command.setpoints]
    if any(key not in by_method for key in keys):
        return command
    return replace(command, setpoints=tuple(by_method[key] for key in keys))


def superseded(state: ControlState, at: Situation) -> Step | None:
    """Something else is wanted than the command in force, or nothing any more."""
    command, owner = state.command, state.owner
    assert command is not None and owner is not None
    wanted = effective(state, at)
    if wanted is None:
        return ended(state, at, at.unwanted)
    if wanted.same_deed(command.wanted):
        if wanted.source is command.wanted.source:
            # The next half-hour of the same charge is still that charge.
            wanted = replace(wanted, slot_start=command.wanted.slot_start)
        if wanted == command.wanted:
            return None
        return Step(state=replace(state, command=replace(command, wanted=wanted)))
    level = at.soc_percent
    if level is None:
        return ended(state, at, DecisionReason.NO_READING)
    setpoints = _in_service(state, at, setpoints_for(wanted, owner.settings, level))
    if not setpoints or shows(setpoints[0].settings, owner.settings):
        return ended(state, at, DecisionReason.PLAN_CHANGED)
    decisions = how_it_ended(state, at, DecisionReason.PLAN_CHANGED)
    ordered = Command(wanted=wanted, setpoints=setpoints, begun_at=at.now)
    state = replace(transition(state, Trigger.ORDERED), command=ordered, failures=0, retry_at=None)
    return Step(state=state, decisions=decisions)


def ended(state: ControlState, at: Situation, reason: DecisionReason) -> Step:
    """End the command in force: the owner settings are to be restored."""
    decisions = how_it_ended(state, at, reason)
    restore = Restore(begun_at=at.now)
    state = replace(
        transition(state, Trigger.ENDED), command=None, restore=restore, failures=0, retry_at=None
    )
    return Step(state=state, decisions=decisions)


def ignored(state: ControlState, at: Situation, reason: DecisionReason) -> Step:
    """The battery does not follow: send again, then by another method, then give up with a notice."""
    command = state.command
    assert command is not None
    decision = of_command(command, at, DecisionKind.FAILED, reason)
    lagging, command = command, refreshed(state, at)
    if reason is DecisionReason.NOT_CONFIRMED and _has_risen_above(lagging, command):
        # Solar power has lifted the level above the reserve of the hold: the command is out of date.
        again = replace(command, tries=1, command_status=CommandStatus())
        return Step(state=replace(transition(state, Trigger.IGNORED), command=again))
    unconfirmed = reason is DecisionReason.NOT_CONFIRMED
    may_repeat = not charges_instead(lagging, at)
    if not may_repeat:
        state = replace(state, charges_in_backup=True)
    if may_repeat and command.tries < (most_tries(command) if unconfirmed else TRIES_PER_METHOD):
        # A setting that stands already would not be passed on when it is sent again.
        again = replace(
            command,
            command_status=CommandStatus(),
            detour=unconfirmed and command.tries < TRIES_PER_METHOD,
            variation=unconfirmed and command.tries >= TRIES_PER_METHOD,
        )
        return Step(
            state=replace(transition(state, Trigger.IGNORED), command=again), decisions=(decision,)
        )
    state = out_of_service(state, at, command.current.method)
    if command.setpoint + 1 < len(command.setpoints):
        other = replace(
            command,
            setpoint=command.setpoint + 1,
            tries=0,
            command_status=CommandStatus(),
            detour=False,
            variation=False,
        )
        return Step(
            state=replace(transition(state, Trigger.IGNORED), command=other), decisions=(decision,)
        )
    state = replace(
        transition(state, Trigger.EXHAUSTED),
        command=None,
        restore=Restore(begun_at=at.now),
        # Suspending is enough: when that is over every charge method gets its chance again.
        out_of_service=(),
    )
    if command.command_status.read_back_at is None or _serves_above_its_hold(command, at):
        return Step(state=replace(state, fault_until=next_slot(at)), decisions=(decision,))
    suspended = simple(at, DecisionKind.SUSPENDED, DecisionReason.CALIBRATION)
    return Step(state=replace(state, suspension=calibration(at)), decisions=(decision, suspended))


def charges_instead(command: Command, at: Situation) -> bool:
    """Whether a hold in backup mode draws from the grid: some sites charge by the mode alone.

    Where that is allowed for a while, it must still be so after it was sent again: an earlier charge may
    go on for minutes.
    """
    in_backup = command.current.settings.operating_mode is OperatingMode.BACKUP
    if command.wanted.action is not Action.HOLD or not in_backup or at.reading is None:
        return False
    from_grid_w = grid_charging_w(at.reading)
    charges = from_grid_w is not None and from_grid_w > GRID_CHARGING_W
    return charges and (command.wanted.grid_charge_forbidden or command.tries >= TRIES_PER_METHOD)


def most_tries(command: Command) -> int:
    """How often a method is tried: in backup mode once more, varied by a reserve that it does not heed."""
    in_backup = command.current.settings.operating_mode is OperatingMode.BACKUP
    return TRIES_PER_METHOD + in_backup


def next_body(state: ControlState, command: Command) -> Settings:
    """What is written next for a command: itself, or what leads to it."""
    owner, settings = state.owner, command.current.settings
    if owner is not None and command.detour:
        return to_setpoint(owner.settings, settings)
    if owner is not None and command.variation:
        return varied(owner.settings, settings)
    return settings


def by_mode_alone(command: Command) -> Command:
    """The command as it is on a site that charges in backup mode whatever the switch shows."""
    current = command.current
    alone = replace(current, must=replace(current.must, grid_charging=None))
    setpoints = tuple(alone if each is current else each for each in command.setpoints)
    return replace(command, setpoints=setpoints)


def _serves_above_its_hold(command: Command, at: Situation) -> bool:
    """Whether a hold has no higher reserve to stand at: the battery obeys, it is no calibration."""
    reserve, reading = command.current.settings.backup_reserve_percent, at.reading
    if command.wanted.action is not Action.HOLD or reserve is None or reading is None:
        return False
    level, battery_w = reading.soc_percent, reading.battery_power_w
    return level is not None and level > reserve and battery_w is not None and battery_w > NOISE_W


def _has_risen_above(lagging: Command, refreshed: Command) -> bool:
    """Whether a hold keeps less than there is by now."""
    before = lagging.current.settings.backup_reserve_percent
    now = refreshed.current.settings.backup_reserve_percent
    is_hold = lagging.wanted.action is Action.HOLD
    return is_hold and before is not None and now is not None and now > before


def calibration(at: Situation) -> Suspension:
    """The settings are right and the battery does something else: control is suspended."""
    until = at.now + at.timing.calibration
    return Suspension(cause=SuspensionCause.CALIBRATION, since=at.now, until=until)


def out_of_service(state: ControlState, at: Situation, method: ChargeMethod | None) -> ControlState:
    """Plan and command without this charge method for some hours."""
    if method is None:
        return state
    others = tuple(item for item in state.out_of_service if item[0] is not method)
    resting = (method, at.now + at.timing.out_of_service)
    return replace(state, out_of_service=(*others, resting))


def restore_again(
    state: ControlState, at: Situation, waited: timedelta, reason: DecisionReason
) -> Step:
    """Not restored yet: wait, then send again, each time a little later, without end.

    Where the settings stand and only the battery does not follow, by a detour. Logged at the first,
    second, fourth, eighth time and so on: a battery that does not follow may go on so for a day.
    """
    restore, owner = state.restore, state.owner
    assert restore is not None and owner is not None
    unseen = reason is DecisionReason.NOT_CONFIRMED
    times = restore.doubts + 1 if unseen else max(restore.tries, 1)
    patience_s = at.timing.read_back.total_seconds() * 2 ** min(times - 1, 6)
    longest_s = _longest_doubted_s(times) if unseen else LONGEST_RESTORE_RETRY_S
    if waited.total_seconds() < min(patience_s, longest_s):
        return Step(state=state)
    again = replace(restore, command_status=CommandStatus())
    if unseen:
        detours = to_owner_settings(owner.settings, state.sent)
        if times > 1 and len(detours) > 1:
            # After one full detour its parts take turns, which needs fewer writes.
            detours = (detours[times % 2],)
        again = replace(again, doubts=times, detours=detours)
        if restore.whole_refused:
            again = replace(again, detours=(), parts=in_parts(owner.settings))
    decisions = (simple(at, DecisionKind.FAILED, reason),) if times & (times - 1) == 0 else ()
    return Step(state=replace(state, restore=again), decisions=decisions)


def _longest_doubted_s(times: int) -> float:
    return DOUBTED_RETRY_S if times <= OFTEN_DOUBTED else LONGEST_DOUBTED_RETRY_S


def restored(state: ControlState, at: Situation) -> Step:
    """The owner settings stand again: forget them and what was sent."""
    decisions = () if not state.sent else (simple(at, DecisionKind.RESTORED, at.unwanted),)
    recent = state.recent
    if state.owner is not None and state.sent:
        until = at.now + at.timing.late
        owner = state.owner.settings
        # A write that restores the owner settings is ours, even after a person's change.
        ours = tuple(each for each in state.outstanding if each != owner)
        recent = Recent(owner=owner, sent=ours, until=until)
        shown = None if at.reading is None else replace(at.reading.settings, export_rule=None)
        state = replace(state, restored=owner, shown_as=shown)
    state = replace(
        transition(state, Trigger.RESTORED),
        owner=None,
        sent=(),
        outstanding=(),
        idle=None,
        recent=recent,
        restore=None,
        retry_at=None,
        failures=0,
        strange_at=None,
        touched_at=at.now if state.sent else state.touched_at,
        doubted_at=None,
    )
    return Step(state=state, decisions=decisions)


def verdict(state: ControlState, at: Situation, reading: PowerwallState) -> Verdict:
    """What the reading says about the command, if it was measured after it was accepted."""
    command = state.command
    assert command is not None
    accepted_at = command.command_status.accepted_at
    measured_at = reading.measured_at or reading.read_at
    if accepted_at is not None and measured_at < accepted_at:
        return Verdict.UNKNOWN
    wanted = command.wanted
    target = min(float(wanted.charge_until_percent), full_percent(state, at.now))
    return judge(wanted.action, command.current, target, reading, at.rates_w)


def reached(wanted: Wanted, reading: PowerwallState, full: float) -> bool:
    """True if a charge is at its target, or where this battery is full."""
    level = reading.soc_percent
    # A full battery may rest a little below that.
    reached = min(wanted.charge_until_percent, full - 0.5)
    return wanted.action is Action.CHARGE and level is not None and level >= reached


def next_slot(at: Situation) -> datetime:
    """The first slot edge at which a suspension may end."""
    return floor_slot(at.now + at.timing.suspended) + SLOT
