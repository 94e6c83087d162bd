"""Makes the lines of the decision log."""

from datetime import timedelta

from .model import Command, ControlState, Decision, DecisionKind, DecisionReason, Source
from .situation import Situation

LATE = timedelta(minutes=5)


def origin_reason(command: Command) -> DecisionReason:
    """The plan, a manual slot or an override."""
    return {
        Source.PLAN: DecisionReason.PLAN,
        Source.FORCED: DecisionReason.FORCED,
        Source.OVERRIDE: DecisionReason.OVERRIDE,
    }[command.wanted.source]


def of_command(
    command: Command, at: Situation, kind: DecisionKind, reason: DecisionReason
) -> Decision:
    """A line about a command."""
    wanted = command.wanted
    return Decision(
        at=at.now,
        kind=kind,
        reason=reason,
        action=wanted.action,
        method=command.current.method,
        slot_start=wanted.slot_start,
        slot_end=wanted.ends_at,
        rate_p_per_kwh=wanted.rate_p_per_kwh,
        soc_percent=at.soc_percent,
        command_status=command.command_status,
        shown=at.reading.settings if at.reading and kind is DecisionKind.FAILED else None,
    )


def simple(at: Situation, kind: DecisionKind, reason: DecisionReason) -> Decision:
    """A line about no command in particular."""
    return Decision(at=at.now, kind=kind, reason=reason, soc_percent=at.soc_percent)


def end_reason(command: Command, at: Situation, reason: DecisionReason) -> DecisionReason:
    """A manual slot that is not there any more before its end was taken back by a person."""
    wanted, begun = at.wanted, command.wanted
    if reason not in (DecisionReason.PLAN_CHANGED, DecisionReason.OVER):
        return reason
    if at.now >= begun.ends_at or (wanted is not None and wanted.source is begun.source):
        return reason
    match begun.source:
        case Source.FORCED:
            return DecisionReason.DELETED
        case Source.OVERRIDE:
            return DecisionReason.USER
        case Source.PLAN:
            return reason


def how_it_ended(
    state: ControlState, at: Situation, reason: DecisionReason
) -> tuple[Decision, ...]:
    """How the command in force ended: completed, stopped early, or never proven."""
    command = state.command
    if command is None or command.wanted.same_deed(state.completed):
        return ()
    reason = end_reason(command, at, reason)
    if command.tries == 0:
        reason = DecisionReason.NOT_ACCEPTED if state.failures else reason
        return (of_command(command, at, DecisionKind.SKIPPED, reason),)
    patience = at.timing.read_back + at.timing.confirmed
    if command.command_status.confirmed_at is None and at.now - command.begun_at > patience:
        return (of_command(command, at, DecisionKind.FAILED, DecisionReason.NOT_CONFIRMED),)
    if at.now > command.wanted.ends_at + LATE:
        # Home Assistant was not running at its end.
        return (of_command(command, at, DecisionKind.STOPPED, DecisionReason.MISSED),)
    if at.now >= command.wanted.ends_at:
        done = DecisionReason.SLOT_ENDED
        return (of_command(command, at, DecisionKind.COMPLETED, done),)
    return (of_command(command, at, DecisionKind.STOPPED, reason),)
