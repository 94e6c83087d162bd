"""Whom the battery belongs to instead of us: the grid's outage, Storm Watch, other people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..powerwall.base import Islanding, PowerwallState, Settings
from .command_status import foreign_changes, left_by, shows, tells
from .decisions import how_it_ended, simple
from .model import (
    ControlState,
    DecisionKind,
    DecisionReason,
    Restore,
    Suspension,
    SuspensionCause,
    Trigger,
)
from .situation import Situation, Step
from .transitions import next_slot, transition


def hands_off(reading: PowerwallState) -> SuspensionCause | None:
    """What in a reading forbids us to touch the battery."""
    if reading.islanding is Islanding.OFF_GRID:
        return SuspensionCause.OFF_GRID
    if reading.storm_watch_active:
        return SuspensionCause.STORM_WATCH
    return None


def interrupted(state: ControlState, at: Situation) -> Step | None:
    """Step back, if the reading shows somebody or something else in charge."""
    if at.reading is None:
        return None
    cause = hands_off(at.reading)
    if cause is not None and (state.suspension is None or state.suspension.cause is not cause):
        return stand_back(state, at, cause, until=at.now + at.timing.settled)
    return _strangers(state, at, at.reading)


def _strangers(state: ControlState, at: Situation, reading: PowerwallState) -> Step | None:
    """Somebody else changed the settings: two readings must say so, then we step back.

    What they changed is theirs and becomes part of the home settings; the rest is put back.
    """
    if state.owner is None or not state.sent:
        return None
    before = () if state.owner.before is None else (state.owner.before,)
    changed = foreign_changes(reading, state.owner.settings, (*before, *state.sent))
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
    return stand_back(
        state, at, SuspensionCause.SOMEBODY_ELSE, until=next_slot(at), changed=changed
    )


def _undone(state: ControlState, at: Situation, reading: PowerwallState) -> bool:
    """A command that had been read back is not there any more, and no write of ours undid it.

    Shortly after an order one from before it may still come through.
    """
    command = state.command
    if command is None or command.command_status.read_back_at is None:
        return False
    must, shown = command.current.must, reading.settings
    if not tells(must, shown) or shows(must, shown):
        return False
    accepted_at = command.command_status.accepted_at
    is_young = accepted_at is not None and at.now - accepted_at < at.timing.read_back
    others = (each for each in state.sent if each != command.current.settings)
    return not (is_young and any(left_by(each, shown) for each in others))


def stand_back(
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
    published = simple(at, DecisionKind.SUSPENDED, DecisionReason(cause.value))
    return Step(state=state, decisions=(*decisions, published))
