"""The judgement of control: a pure state machine over readings and time.

``step`` looks at one situation and makes at most one move; call it again until it asks for no
write and changes nothing. It never waits and never does I/O. The moves it may make are the table
``TRANSITIONS``, made by ``moves``; who outranks us is in ``interruptions``; which settings do an
action is in ``setpoints``; what proves it is in ``command_status``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ..powerwall.base import PowerwallState, Settings
from .decisions import of_command, on_whose_word, simple
from .evidence import Verdict, judge_stopped, shows, tells
from .interruptions import hands_off, interrupted
from .late_writes import latecomer
from .model import (
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
    LONGEST_RESTORE_RETRY_S,
    LONGEST_RETRY_S,
    TRIES_PER_WAY,
    calibration,
    earlier,
    effective,
    ignored,
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

FIRST_RETRY_S = 30.0
# So long a stop waits for the reading that says whether a change is a person's.
LONGEST_DOUBT = timedelta(minutes=2)


def step(state: ControlState, at: Situation) -> Step:
    """Make the next move, if one is due."""
    if state.completed is not None and not state.completed.same_deed(at.wanted):
        state = replace(state, completed=None)
    return interrupted(state, at) or latecomer(state, at) or _HANDLERS[state.phase](state, at)


def written(state: ControlState, at: Situation, sent_at: datetime) -> Step:
    """The back end accepted the write that ``step`` asked for."""
    command_status = CommandStatus(sent_at=sent_at, accepted_at=at.now)
    state = replace(state, failures=0, retry_at=None)
    if state.phase is Phase.RESTORING and state.restore is not None:
        restore = replace(
            state.restore, tries=state.restore.tries + 1, command_status=command_status
        )
        return Step(state=replace(state, restore=restore))
    assert state.command is not None
    command = replace(state.command, tries=state.command.tries + 1, command_status=command_status)
    first = command.tries == 1 and command.setpoint == 0
    state = replace(transition(state, Trigger.ACCEPTED), command=command)
    kind = DecisionKind.STARTED if first else DecisionKind.RETRIED
    by_other_way = command.tries == 1 and command.setpoint > 0
    reason = DecisionReason.OTHER_METHOD if by_other_way else on_whose_word(command)
    return Step(state=state, decisions=(of_command(command, at, kind, reason),))


def write_failed(
    state: ControlState,
    at: Situation,
    detail: str,
    wait_s: float | None = None,
    chance: float = 0.0,
) -> Step:
    """The write did not get through; try again later. Told on the first failure only.

    ``chance`` in [0, 1) makes the wait up to a fifth longer, so that homes do not ask in step.
    """
    failures = state.failures + 1
    longest_s = LONGEST_RESTORE_RETRY_S if state.phase is Phase.RESTORING else LONGEST_RETRY_S
    pause_s = min(FIRST_RETRY_S * 2 ** min(failures - 1, 8), longest_s) * (1.0 + 0.2 * chance)
    retry_at = at.now + timedelta(seconds=max(pause_s, wait_s or 0.0))
    state = replace(state, failures=failures, retry_at=retry_at)
    if failures > 1:
        return Step(state=state)
    decision = Decision(
        at=at.now,
        kind=DecisionKind.FAILED,
        reason=DecisionReason.NOT_ACCEPTED,
        action=state.command.wanted.action if state.command else None,
        soc_percent=at.soc_percent,
        detail=detail,
    )
    return Step(state=state, decisions=(decision,))


def write_held(state: ControlState, at: Situation, wait_s: float) -> Step:
    """Our own budget of requests keeps the write back: it leaves as soon as that allows."""
    return Step(state=replace(state, retry_at=at.now + timedelta(seconds=wait_s)))


def set_owner_settings(state: ControlState, at: Situation, change: Settings) -> Step:
    """A person sets the Powerwall's own settings through us: they are the home settings now.

    While a command of ours is in force this is a wish to take over. Needs a reading when nothing
    is saved yet; without one the state comes back unchanged.
    """
    if state.owner is not None:
        base = state.owner.settings
    elif at.reading is not None:
        base = replace(at.reading.settings, export_rule=None)
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
    """The user's word: stop standing back, forget faults, try every lever again."""
    state = replace(state, out_of_service=())
    if state.phase in (Phase.SUSPENDED, Phase.FAULT):
        state = replace(transition(state, Trigger.CLEARED), suspension=None, fault_until=None)
        return Step(
            state=state,
            decisions=(simple(at, DecisionKind.RESUMED, DecisionReason.USER),),
        )
    return Step(state=replace(state, suspension=None, fault_until=None))


def wake_at(state: ControlState) -> datetime | None:
    """When to look again even if no reading comes."""
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
    settings = at.reading.settings
    if settings.operating_mode is None or settings.backup_reserve_percent is None:
        return Step(state=state)
    owner = OwnerSettings(
        settings=replace(settings, export_rule=None), origin="read", saved_at=at.now
    )
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
    # What stands may be about to be undone by a later write of ours that is still on its way.
    if stands and command.tries == 0 and state.sent and shows(setpoint.settings, state.sent[-1]):
        command_status = CommandStatus(accepted_at=at.now)
        command = replace(command, tries=1, command_status=command_status)
        decision = of_command(command, at, DecisionKind.STARTED, on_whose_word(command))
        return Step(
            state=replace(transition(state, Trigger.ACCEPTED), command=command),
            decisions=(decision,),
        )
    return Step(state=sending(state, setpoint.settings), write=setpoint.settings)


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
        if shows(command.current.must, reading.settings):
            command_status = replace(command_status, read_back_at=reading.read_at)
            return Step(
                state=replace(state, command=replace(command, command_status=command_status))
            )
        is_published = tells(command.current.must, reading.settings)
        patience = at.timing.read_back if is_published else at.timing.untold
        if reading.read_at - accepted_at >= patience:
            return ignored(state, at, DecisionReason.NOT_READ_BACK)
        return Step(state=state)
    match verdict(command, at, reading):
        case Verdict.CONFIRMED:
            command_status = replace(
                command_status, confirmed_at=reading.read_at, confirmed_w=reading.battery_power_w
            )
            command = replace(command, command_status=command_status)
            published = of_command(command, at, DecisionKind.CONFIRMED, on_whose_word(command))
            return Step(
                state=replace(transition(state, Trigger.CONFIRMED), command=command),
                decisions=(published,),
            )
        case Verdict.NOT_CONFIRMED if reading.read_at - read_back_at >= at.timing.seen:
            return ignored(state, at, DecisionReason.NOT_CONFIRMED)
    return Step(state=state)


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
    if reached(command.wanted, reading) and not command.wanted.same_deed(state.completed):
        published = of_command(command, at, DecisionKind.COMPLETED, DecisionReason.TARGET_REACHED)
        return Step(state=replace(state, completed=command.wanted), decisions=(published,))
    command_status, doubted_at = command.command_status, command.command_status.doubted_at
    match verdict(command, at, reading):
        case Verdict.CONFIRMED:
            command_status = replace(
                command_status, doubted_at=None, confirmed_w=reading.battery_power_w
            )
        case Verdict.NOT_CONFIRMED:
            if doubted_at is not None and reading.read_at - doubted_at >= at.timing.seen:
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
    """Send the home settings, unless nothing of ours can be in force."""
    reading = at.reading
    if not state.sent and reading is not None and shows(owner, reading.settings):
        return restored(state, at)
    if state.retry_at is not None and at.now < state.retry_at:
        return Step(state=state)
    if reading is not None and _is_doubtful(state, reading) and not at.is_last_chance:
        if at.now - reading.read_at < LONGEST_DOUBT:
            return Step(state=state)
    return Step(state=sending(state, owner), write=owner)


def _proving(
    state: ControlState, at: Situation, owner: Settings, reading: PowerwallState, waited: timedelta
) -> Step:
    """Whether a reading from after the write shows the home settings, and no charging of ours."""
    if not shows(owner, reading.settings):
        if not tells(owner, reading.settings) and waited < at.timing.untold:
            return Step(state=state)
        return restore_again(state, at, waited, DecisionReason.NOT_READ_BACK)
    # Storm Watch charges by itself.
    if hands_off(reading) is not None or judge_stopped(owner, reading) is not Verdict.NOT_CONFIRMED:
        return restored(state, at)
    assert state.restore is not None
    if waited < at.timing.seen or state.restore.tries < TRIES_PER_WAY:
        return restore_again(state, at, waited, DecisionReason.NOT_CONFIRMED)
    done = restored(replace(state, suspension=state.suspension or calibration(at)), at)
    published = simple(at, DecisionKind.SUSPENDED, DecisionReason.CALIBRATION)
    return replace(done, decisions=(*done.decisions, published))


def _is_on_its_way(restore: Restore, at: Situation) -> bool:
    """Whether the home settings were accepted and may still arrive: then they would undo an order.

    It would look like a stranger's change, or like an order ignored.
    """
    accepted_at = restore.command_status.accepted_at
    return accepted_at is not None and at.now - accepted_at < at.timing.read_back


def _suspending(state: ControlState, at: Situation) -> Step:
    suspension = state.suspension
    assert suspension is not None
    if suspension.cause in (SuspensionCause.OFF_GRID, SuspensionCause.STORM_WATCH):
        if at.reading is None:
            return Step(state=state)
        if hands_off(at.reading) is not None:
            suspension = replace(
                suspension, until=max(suspension.until, at.now + at.timing.settled)
            )
            return Step(state=replace(state, suspension=suspension))
    if at.now < suspension.until:
        return Step(state=state)
    published = simple(at, DecisionKind.RESUMED, DecisionReason(suspension.cause.value))
    return Step(
        state=replace(transition(state, Trigger.CLEARED), suspension=None), decisions=(published,)
    )


def _fault(state: ControlState, at: Situation) -> Step:
    if state.fault_until is not None and at.now < state.fault_until:
        return Step(state=state)
    published = simple(at, DecisionKind.RESUMED, DecisionReason.ERROR)
    return Step(
        state=replace(transition(state, Trigger.CLEARED), fault_until=None), decisions=(published,)
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
