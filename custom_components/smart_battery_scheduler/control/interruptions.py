"""When control is suspended: an outage, Storm Watch, grid services, a change by somebody else."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..powerwall.base import Islanding, OperatingMode, PowerwallState, Settings
from .command_status import foreign_changes, left_by, reports
from .decisions import how_it_ended, simple
from .echoes import as_shown, echoes, stands
from .model import (
    ControlState,
    DecisionKind,
    DecisionReason,
    Phase,
    Restore,
    Suspension,
    SuspensionCause,
    Trigger,
)
from .situation import Situation, Step
from .transitions import next_slot, transition

DAY = timedelta(days=1)
FIGHTS_A_DAY = 2
# Settings that must be reported before a difference counts as a change.
REPORTED = Settings(operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=0)


def hands_off(reading: PowerwallState) -> SuspensionCause | None:
    """What in a reading forbids us to touch the battery."""
    if reading.islanding is Islanding.OFF_GRID:
        return SuspensionCause.OFF_GRID
    if reading.storm_watch_active:
        return SuspensionCause.STORM_WATCH
    if reading.grid_services_active:
        return SuspensionCause.GRID_SERVICES
    return None


def interrupted(state: ControlState, at: Situation) -> Step | None:
    """Suspend control, if the reading shows somebody or something else in charge."""
    if at.reading is None:
        return None
    cause = hands_off(at.reading)
    if cause is not None and (state.suspension is None or state.suspension.cause is not cause):
        return suspend(state, at, cause, until=at.now + at.timing.settled)
    return _strangers(state, at, at.reading)


def _strangers(state: ControlState, at: Situation, reading: PowerwallState) -> Step | None:
    """Somebody else changed the settings: two readings must say so, then control is suspended.

    What they changed is theirs and becomes part of the owner settings; the rest is restored.
    """
    if state.owner is None or not state.sent:
        return None
    before = () if state.owner.before is None else (state.owner.before,)
    ours = (*before, as_shown(state, state.owner.settings), *state.sent)
    reserve = reading.settings.backup_reserve_percent
    echoed = any(echoes(each.backup_reserve_percent, reserve) for each in state.sent)
    changed = foreign_changes(reading, state.owner.settings, ours, echoed)
    if changed.is_empty and not _undone(state, at, reading):
        return None if state.strange_at is None else Step(state=replace(state, strange_at=None))
    if state.strange_at is None:
        return Step(state=replace(state, strange_at=reading.read_at))
    if reading.read_at <= state.strange_at:
        return None
    owner = replace(state.owner, settings=changed.over(state.owner.settings))
    state = replace(state, owner=owner, strange_at=None)
    if state.suspension is not None:
        return Step(state=state)
    fights = (*(each for each in state.fights if at.now - each < DAY), at.now)
    # Two such changes within a day count as another controller.
    until = next_slot(at) if len(fights) < FIGHTS_A_DAY else at.now + DAY
    state = replace(state, fights=fights)
    return suspend(state, at, SuspensionCause.SOMEBODY_ELSE, until=until, changed=changed)


def changed_at_rest(state: ControlState, at: Situation) -> Step | None:
    """Suspend control, if somebody has changed the settings while nothing of ours is in force.

    Two readings must say so. What they have set is theirs, and they have set it for now.
    """
    reading = at.reading
    if state.phase is not Phase.IDLE or state.suspension is not None or reading is None:
        return None
    shown = replace(reading.settings, export_rule=None)
    if not reports(REPORTED, shown):
        return None
    if state.idle is None:
        return Step(state=replace(state, idle=shown, strange_at=None))
    shown = shown.over(state.idle)
    if shown == state.idle:
        return None if state.strange_at is None else Step(state=replace(state, strange_at=None))
    if state.strange_at is None:
        return Step(state=replace(state, strange_at=reading.read_at))
    if reading.read_at <= state.strange_at:
        return None
    changed = foreign_changes(reading, state.idle, ())
    state = replace(state, idle=shown, strange_at=None)
    cause = SuspensionCause.SOMEBODY_ELSE
    return suspend(state, at, cause, until=next_slot(at), changed=changed)


def is_doubtful_owner(state: ControlState, shown: Settings) -> bool:
    """Whether it is unknown if the settings in force are the owner's, so that a person must say.

    Backup mode with grid charging is what a charge of ours leaves behind where its state was lost.
    """
    if shown == state.adopted:
        return False
    is_charge = shown.operating_mode is OperatingMode.BACKUP and shown.grid_charging is True
    return state.owner_is_unknown or is_charge


def _undone(state: ControlState, at: Situation, reading: PowerwallState) -> bool:
    """A command that had been read back is no longer in force, and no write of ours ended it.

    Shortly after a write an earlier one may still arrive.
    """
    command = state.command
    if command is None or command.command_status.read_back_at is None:
        return False
    must, shown = command.current.must, reading.settings
    if not reports(must, shown) or stands(state, must, shown):
        return False
    accepted_at = command.command_status.accepted_at
    is_young = accepted_at is not None and at.now - accepted_at < at.timing.read_back
    others = (each for each in state.sent if each != command.current.settings)
    return not (is_young and any(left_by(each, shown) for each in others))


def suspend(
    state: ControlState,
    at: Situation,
    cause: SuspensionCause,
    until: datetime,
    changed: Settings | None = None,
) -> Step:
    """End what is in force and leave the battery alone until ``until`` at the least."""
    decisions = how_it_ended(state, at, DecisionReason(cause.value))
    if state.suspension is not None:
        until = max(until, state.suspension.until)
    suspension = Suspension(cause=cause, since=at.now, until=until, changed=changed or Settings())
    restore = state.restore
    if state.command is not None:
        restore = Restore(begun_at=at.now)
    state = replace(
        transition(state, Trigger.INTERRUPTED), suspension=suspension, command=None, restore=restore
    )
    decision = simple(at, DecisionKind.SUSPENDED, DecisionReason(cause.value))
    return Step(state=state, decisions=(*decisions, decision))
