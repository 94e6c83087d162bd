"""What becomes of a write that ``step`` asked for: accepted, refused, or held back."""

from dataclasses import replace
from datetime import datetime, timedelta

from .decisions import of_command, origin_reason
from .detours import PAUSE
from .model import (
    CommandStatus,
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    OrderedCharge,
    Phase,
    Restore,
    Trigger,
)
from .refusals import REFUSALS_PER_METHOD, differently
from .situation import Situation, Step
from .transitions import (
    LONGEST_DOUBTED_RETRY_S,
    LONGEST_RESTORE_RETRY_S,
    LONGEST_RETRY_S,
    out_of_service,
    transition,
)

FIRST_RETRY_S = 30.0
REFUSED_EVERY_WAY = 2 * REFUSALS_PER_METHOD


def written(state: ControlState, at: Situation, sent_at: datetime) -> Step:
    """The back end accepted the write that ``step`` asked for."""
    command_status = CommandStatus(sent_at=sent_at, accepted_at=at.now)
    failures = state.failures
    if state.phase is Phase.RESTORING and state.restore is not None:
        return Step(state=_restore_written(state, state.restore, at, command_status))
    state = replace(_refused_methods_rest(state, at), failures=0, refusals=0, retry_at=None)
    assert state.command is not None
    if state.command.detour:
        command = replace(state.command, detour=False)
        return Step(state=replace(state, command=command, retry_at=at.now + PAUSE))
    command = replace(
        state.command,
        tries=state.command.tries + 1,
        command_status=command_status,
        variation=False,
    )
    first = command.tries == 1 and command.setpoint == 0
    state = replace(
        transition(state, Trigger.ACCEPTED), command=command, ordered=_awaited(state, at)
    )
    kind = DecisionKind.STARTED if first else DecisionKind.RETRIED
    by_other_method = command.tries == 1 and command.setpoint > 0
    reason = DecisionReason.OTHER_METHOD if by_other_method else origin_reason(command)
    decision = of_command(command, at, kind, reason)
    if failures > 0:
        decision = replace(decision, detail=f"not taken before: {failures}")
    return Step(state=state, decisions=(decision,))


def _awaited(state: ControlState, at: Situation) -> OrderedCharge | None:
    """The charge whose inflow is awaited after a command was accepted: the first of several tries."""
    command = state.command
    if state.ordered is not None or command is None or command.current.method is None:
        return state.ordered
    return OrderedCharge(method=command.current.method, at=at.now)


def _refused_methods_rest(state: ControlState, at: Situation) -> ControlState:
    """A setpoint that was refused until another was taken is left out of service for some hours."""
    command = state.command
    if command is None or command.tries > 0 or state.failures < REFUSALS_PER_METHOD:
        return state
    for setpoint in command.setpoints[: command.setpoint]:
        state = out_of_service(state, at, setpoint.method)
    return state


def _restore_written(
    state: ControlState, restore: Restore, at: Situation, command_status: CommandStatus
) -> ControlState:
    if restore.detours:
        restore = replace(restore, detours=restore.detours[1:])
        return replace(state, restore=restore, failures=0, retry_at=at.now + PAUSE)
    if len(restore.parts) > 1:
        restore = replace(restore, parts=restore.parts[1:])
        pause = timedelta(seconds=_retry_s(state)) if state.failures > len(restore.parts) else PAUSE
        return replace(state, restore=restore, retry_at=at.now + pause)
    state = replace(state, failures=0, retry_at=None)
    restore = replace(restore, parts=())
    restore = replace(restore, tries=restore.tries + 1, command_status=command_status)
    return replace(state, restore=restore)


def write_failed(
    state: ControlState,
    at: Situation,
    detail: str,
    wait_s: float | None = None,
    chance: float = 0.0,
    may_differ: bool = True,
) -> Step:
    """The write did not get through; try again later or differently. Logged on the first failure only.

    ``chance`` in [0, 1) makes the wait up to a fifth longer, so that homes do not ask in step.
    ``may_differ``: something else may be taken where this was not.
    """
    state = replace(state, failures=state.failures + 1)
    if may_differ:
        is_command = state.phase is Phase.COMMANDING
        state = replace(differently(state, at), refusals=state.refusals + is_command)
    pause_s = _retry_s(state) * (1.0 + 0.2 * chance)
    retry_at = at.now + timedelta(seconds=max(pause_s, wait_s or 0.0))
    state = replace(state, retry_at=retry_at)
    if state.failures > 1:
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


def _retry_s(state: ControlState) -> float:
    """How long to wait after so many failures; the count starts afresh for another setpoint or part."""
    failures, restore, command = state.failures, state.restore, state.command
    longest_s, fresh = LONGEST_RETRY_S, 1
    if state.phase is Phase.RESTORING:
        parts = () if restore is None else restore.parts
        # Of parts that are refused while others were taken none ends a charge any more.
        refused = restore is not None and restore.stood_in and len(parts) == 1
        longest_s = LONGEST_DOUBTED_RETRY_S if refused else LONGEST_RESTORE_RETRY_S
        fresh += len(parts)
    elif state.refusals >= REFUSED_EVERY_WAY:
        # Whatever was wanted, and by every method: one try now and then, until one is taken.
        return longest_s
    elif command is not None and len(command.setpoints) > 1 and failures >= REFUSALS_PER_METHOD:
        fresh = REFUSALS_PER_METHOD
    return float(min(FIRST_RETRY_S * 2 ** min(max(failures - fresh, 0), 8), longest_s))


def write_held(state: ControlState, at: Situation, wait_s: float) -> Step:
    """Our own budget of requests keeps the write back: it leaves as soon as that allows."""
    return Step(state=replace(state, retry_at=at.now + timedelta(seconds=wait_s)))
