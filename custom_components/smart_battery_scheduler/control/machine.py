"""The state machine of control: pure, over readings and time.

``step`` judges one situation and makes at most one transition; call it again until it asks for no
write and changes nothing. It never waits and never does I/O. The transitions it may make are the table
``TRANSITIONS``, made by ``transitions``; who outranks us is in ``interruptions``; which settings do an
action is in ``setpoints``; what proves it is in ``command_status``.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ..powerwall.base import PowerwallState, Settings
from .ceiling import full_percent, with_ceiling
from .command_status import (
    LATEST_INFLOW,
    Verdict,
    charges_without_permission,
    inflow_since,
    judge_stopped,
    reports,
    shows,
)
from .decisions import of_command, origin_reason, simple
from .echoes import as_written, read_back, stands
from .interruptions import changed_at_rest, hands_off, interrupted, is_doubtful_owner
from .late_writes import is_watched, late_write, unstopped
from .model import (
    Command,
    CommandStatus,
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Phase,
    Restore,
    Suspension,
    SuspensionCause,
    Trigger,
)
from .situation import Situation, Step
from .transitions import (
    arrived,
    by_mode_alone,
    charges_instead,
    earlier,
    effective,
    ignored,
    most_tries,
    next_body,
    next_slot,
    order,
    reached,
    refreshed,
    restore_again,
    restored,
    sending,
    superseded,
    transition,
    verdict,
)
from .write_outcomes import write_failed, write_held, written

__all__ = [
    "is_watched",
    "resume",
    "set_owner_settings",
    "step",
    "wake_at",
    "write_failed",
    "write_held",
    "written",
]

# So long a stop waits for the reading that says whether a change is a person's.
LONGEST_DOUBT = timedelta(minutes=2)
# These last until a reading says that they are over.
LASTS_UNTIL_READ = (
    SuspensionCause.OFF_GRID,
    SuspensionCause.STORM_WATCH,
    SuspensionCause.GRID_SERVICES,
)


def step(state: ControlState, at: Situation) -> Step:
    """Make the next transition, if one is due."""
    if state.completed is not None and not state.completed.same_deed(at.wanted):
        state = replace(state, completed=None)
    state = _still_awaited(state, at)
    if at.reading is not None:
        state = with_ceiling(state, at.reading)
    return (
        interrupted(state, at)
        or late_write(state, at)
        or changed_at_rest(state, at)
        or unstopped(state, at)
        or _HANDLERS[state.phase](state, at)
    )


def _still_awaited(state: ControlState, at: Situation) -> ControlState:
    """No inflow is awaited any more once there is one, or after an hour without."""
    ordered = state.ordered
    if ordered is None:
        return state
    has_come = at.reading is not None and inflow_since(ordered, at.reading)
    return (
        replace(state, ordered=None) if has_come or at.now - ordered.at > LATEST_INFLOW else state
    )


def set_owner_settings(state: ControlState, at: Situation, change: Settings) -> Step:
    """A person sets the Powerwall's own settings through us: they are the owner settings now.

    While a command of ours is in force this is a request to take over. Needs a reading when nothing
    is saved yet; without one the state comes back unchanged.
    """
    if state.owner is not None:
        base = state.owner.settings
    elif at.reading is not None:
        base = as_written(state, replace(at.reading.settings, export_rule=None))
    else:
        return Step(state=state)
    owner = OwnerSettings(settings=change.over(base), origin="set", saved_at=at.now, before=base)
    suspension = state.suspension
    decisions: tuple[Decision, ...] = ()
    if state.command is not None:
        suspension = Suspension(
            cause=SuspensionCause.USER, since=at.now, until=next_slot(at), changed=change
        )
        decisions = (simple(at, DecisionKind.SUSPENDED, DecisionReason.USER),)
    state = replace(
        transition(state, Trigger.OWNER_SETTINGS_CHANGED),
        owner=owner,
        sent=state.sent or earlier(state),
        command=None,
        suspension=suspension,
        restore=Restore(begun_at=at.now),
        retry_at=None,
        failures=0,
        strange_at=None,
    )
    return Step(state=state, decisions=decisions)


def resume(state: ControlState, at: Situation) -> Step:
    """At a person's request end a suspension, forget faults and try every charge method again.

    What stands is their own, if that was the question.
    """
    shown = None if at.reading is None else replace(at.reading.settings, export_rule=None)
    adopted = shown if state.phase is Phase.IDLE else state.adopted
    state = replace(state, out_of_service=(), fights=(), owner_is_unknown=False, adopted=adopted)
    if state.phase in (Phase.SUSPENDED, Phase.FAULT):
        state = replace(transition(state, Trigger.CLEARED), suspension=None, fault_until=None)
        return Step(
            state=state,
            decisions=(simple(at, DecisionKind.RESUMED, DecisionReason.USER),),
        )
    return Step(state=replace(state, suspension=None, fault_until=None))


def wake_at(state: ControlState) -> datetime | None:
    """When to check again even if no reading comes."""
    moments = [
        state.command.wanted.ends_at if state.command else None,
        state.retry_at,
        state.suspension.until if state.suspension else None,
        state.fault_until,
        state.strange_at + LONGEST_DOUBT if state.strange_at else None,
    ]
    return min((moment for moment in moments if moment is not None), default=None)


# --- the phases ------------------------------------------------------------------------------


def _idle(state: ControlState, at: Situation) -> Step:
    if state.suspension is not None:
        return Step(state=transition(state, Trigger.INTERRUPTED))
    if state.fault_until is not None:
        return Step(state=transition(state, Trigger.EXHAUSTED))
    wanted = effective(state, at)
    if wanted is None or at.reading is None:
        return Step(state=state)
    settings = replace(at.reading.settings, export_rule=None)
    if settings.operating_mode is None or settings.backup_reserve_percent is None:
        return Step(state=state)
    if state.strange_at is not None or is_doubtful_owner(state, settings):
        return Step(state=state)
    settings = as_written(state, settings)
    owner = OwnerSettings(settings=settings, origin="read", saved_at=at.now)
    return order(state, at, wanted, owner) or Step(state=state)


def _commanding(state: ControlState, at: Situation) -> Step:
    if (changed := superseded(state, at)) is not None:
        return changed
    command = state.command
    assert command is not None
    if state.retry_at is not None and at.now < state.retry_at:
        return Step(state=state)
    if at.reading is not None and _is_doubtful(state, at.reading):
        return Step(state=state)
    if command.tries == 0:
        command = refreshed(state, at)
        state = replace(state, command=command)
    setpoint = command.current
    stands = at.reading is not None and shows(setpoint.settings, at.reading.settings)
    # A later write of ours that is still on its way may end what is in force.
    if stands and command.tries == 0 and state.sent and shows(setpoint.settings, state.sent[-1]):
        command_status = CommandStatus(accepted_at=at.now)
        command = replace(command, tries=1, command_status=command_status)
        decision = of_command(command, at, DecisionKind.STARTED, origin_reason(command))
        return Step(
            state=replace(transition(state, Trigger.ACCEPTED), command=command),
            decisions=(decision,),
        )
    body = next_body(state, command)
    return Step(state=sending(state, body), write=body)


def _verifying(state: ControlState, at: Situation) -> Step:
    if (changed := superseded(state, at)) is not None:
        return changed
    command, reading = state.command, at.reading
    assert command is not None
    command_status = command.command_status
    accepted_at, read_back_at = command_status.accepted_at, command_status.read_back_at
    assert accepted_at is not None
    if reading is None or reading.read_at <= accepted_at or _is_doubtful(state, reading):
        return Step(state=state)
    if read_back_at is None:
        if stands(state, command.current.must, reading.settings):
            command_status = replace(command_status, read_back_at=reading.read_at)
            state = replace(state, command=replace(command, command_status=command_status))
            state = arrived(state, command.current.settings)
            return Step(state=read_back(state, command.current.must, reading.settings))
        if charges_without_permission(command.current, reading, accepted_at):
            state = replace(state, command=by_mode_alone(command), charges_in_backup=True)
            return Step(state=state)
        is_reported = reports(command.current.must, reading.settings)
        patience = at.timing.read_back if is_reported else at.timing.unreported
        if reading.read_at - accepted_at >= patience:
            return ignored(state, at, DecisionReason.NOT_READ_BACK)
        return Step(state=state)
    match verdict(state, at, reading):
        case Verdict.CONFIRMED:
            command_status = replace(
                command_status, confirmed_at=reading.read_at, confirmed_w=reading.battery_power_w
            )
            command = replace(command, command_status=command_status)
            decision = of_command(command, at, DecisionKind.CONFIRMED, origin_reason(command))
            return Step(
                state=replace(transition(state, Trigger.CONFIRMED), command=command),
                decisions=(decision,),
            )
        case Verdict.NOT_CONFIRMED if state.flat is not None:
            # Perhaps it is full: that shows within ten minutes.
            return Step(state=state)
        case Verdict.NOT_CONFIRMED if reading.read_at - read_back_at >= _patience(command, at):
            return ignored(state, at, DecisionReason.NOT_CONFIRMED)
    return Step(state=state)


def _patience(command: Command, at: Situation) -> timedelta:
    """How long a command may stay unconfirmed: longer than this site's usual delay before its method changes."""
    is_soon = command.tries < most_tries(command) or charges_instead(command, at)
    return at.timing.confirmed if is_soon else at.timing.change


def _is_doubtful(state: ControlState, reading: PowerwallState) -> bool:
    """Whether this reading is the first to show a stranger's settings.

    The next one says whether they are a person's: to send ours again now would wipe them out.
    """
    return reading.read_at == state.strange_at


def _running(state: ControlState, at: Situation) -> Step:
    if (changed := superseded(state, at)) is not None:
        return changed
    command, reading = state.command, at.reading
    assert command is not None
    if reading is None or _is_doubtful(state, reading):
        return Step(state=state)
    full = full_percent(state, at.now)
    if reached(command.wanted, reading, full) and not command.wanted.same_deed(state.completed):
        decision = of_command(command, at, DecisionKind.COMPLETED, DecisionReason.TARGET_REACHED)
        return Step(state=replace(state, completed=command.wanted), decisions=(decision,))
    command_status, doubted_at = command.command_status, command.command_status.doubted_at
    match verdict(state, at, reading):
        case Verdict.CONFIRMED:
            command_status = replace(
                command_status, doubted_at=None, confirmed_w=reading.battery_power_w
            )
        case Verdict.NOT_CONFIRMED if state.flat is not None:
            # Perhaps it is full: that shows within ten minutes.
            return Step(state=state)
        case Verdict.NOT_CONFIRMED:
            if doubted_at is not None and reading.read_at - doubted_at >= _patience(command, at):
                return ignored(state, at, DecisionReason.NOT_CONFIRMED)
            command_status = replace(command_status, doubted_at=doubted_at or reading.read_at)
    return Step(state=replace(state, command=replace(command, command_status=command_status)))


def _restoring(state: ControlState, at: Situation) -> Step:
    assert state.owner is not None and state.restore is not None
    wanted = None
    if state.suspension is None and state.fault_until is None:
        wanted = effective(state, at)
    may_order = state.owner.origin != "set" and not _is_on_its_way(state.restore, at)
    if wanted is not None and at.reading is not None and may_order:
        ordered = order(state, at, wanted, state.owner)
        if ordered is not None:
            return ordered
    accepted_at = state.restore.command_status.accepted_at
    if accepted_at is None:
        return _restore_to(state, at, state.owner.settings)
    reading = at.reading
    if reading is None or reading.read_at <= accepted_at or _is_doubtful(state, reading):
        return Step(state=state)
    return _proving(state, at, state.owner.settings, reading, reading.read_at - accepted_at)


def _restore_to(state: ControlState, at: Situation, owner: Settings) -> Step:
    """Send the owner settings, unless nothing of ours can be in force."""
    reading, restore = at.reading, state.restore
    assert restore is not None
    unsent = not state.sent and restore.doubts == 0
    if unsent and reading is not None and shows(owner, reading.settings):
        return restored(state, at)
    if state.retry_at is not None and at.now < state.retry_at:
        return Step(state=state)
    if reading is not None and _is_doubtful(state, reading) and not at.is_last_chance:
        if at.now - reading.read_at < LONGEST_DOUBT:
            return Step(state=state)
    if at.is_last_chance:
        restore = replace(restore, detours=())
    body, *_ = (*restore.detours, *restore.parts, owner)
    state = replace(state, restore=restore)
    return Step(state=sending(state, body), write=body)


def _proving(
    state: ControlState, at: Situation, owner: Settings, reading: PowerwallState, waited: timedelta
) -> Step:
    """Whether a reading from after the write shows the owner settings, and no charging of ours."""
    if not stands(state, owner, reading.settings):
        if not reports(owner, reading.settings) and waited < at.timing.unreported:
            return Step(state=state)
        return restore_again(state, at, waited, DecisionReason.NOT_READ_BACK)
    known = read_back(arrived(state, owner), owner, reading.settings)
    if known.owner != state.owner and known.restore is not None:
        # They were read in another scale than they were written: once more, in the right one.
        restore = replace(known.restore, command_status=CommandStatus())
        return Step(state=replace(known, restore=restore))
    state = known
    # Storm Watch charges by itself, and so may grid services.
    if hands_off(reading) is not None or judge_stopped(owner, reading) is not Verdict.NOT_CONFIRMED:
        return restored(state, at)
    return restore_again(state, at, waited, DecisionReason.NOT_CONFIRMED)


def _is_on_its_way(restore: Restore, at: Situation) -> bool:
    """Whether the owner settings were accepted and may still arrive: then they would undo an order.

    It would look like somebody else's change, or like a command that was ignored.
    """
    accepted_at = restore.command_status.accepted_at
    return accepted_at is not None and at.now - accepted_at < at.timing.read_back


def _suspending(state: ControlState, at: Situation) -> Step:
    suspension = state.suspension
    assert suspension is not None
    if suspension.cause in LASTS_UNTIL_READ:
        if at.reading is None:
            return Step(state=state)
        if hands_off(at.reading) is not None:
            # The reading's time, not the clock's: another step over the same reading must change nothing.
            over = at.reading.read_at + at.timing.settled
            suspension = replace(suspension, until=max(suspension.until, over))
            return Step(state=replace(state, suspension=suspension))
    if at.now < suspension.until:
        return Step(state=state)
    decision = simple(at, DecisionKind.RESUMED, DecisionReason(suspension.cause.value))
    return Step(
        state=replace(transition(state, Trigger.CLEARED), suspension=None), decisions=(decision,)
    )


def _fault(state: ControlState, at: Situation) -> Step:
    if state.fault_until is not None and at.now < state.fault_until:
        return Step(state=state)
    decision = simple(at, DecisionKind.RESUMED, DecisionReason.ERROR)
    return Step(
        state=replace(transition(state, Trigger.CLEARED), fault_until=None), decisions=(decision,)
    )


_HANDLERS: Mapping[Phase, Callable[[ControlState, Situation], Step]] = {
    Phase.IDLE: _idle,
    Phase.COMMANDING: _commanding,
    Phase.VERIFYING: _verifying,
    Phase.RUNNING: _running,
    Phase.RESTORING: _restoring,
    Phase.SUSPENDED: _suspending,
    Phase.FAULT: _fault,
}
