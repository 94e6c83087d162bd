"""Writes that overtake each other: one of ours may come through after the home settings stand again.

It would look like a person's change and be taken for the home settings. So the writes of a control
period are remembered for some time after it.
"""

from __future__ import annotations

from dataclasses import replace

from ..powerwall.base import PowerwallState, Settings
from .decisions import simple
from .evidence import foreign_changes, left_by, shows
from .model import (
    ControlState,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Recent,
    Restore,
    Trigger,
)
from .situation import Situation, Step
from .transitions import transition


def latecomer(state: ControlState, at: Situation) -> Step | None:
    """Put the home settings back once more, if the reading shows a whole write of ours."""
    recent, reading = state.recent, at.reading
    if recent is None or state.owner is not None:
        return None
    if at.now >= recent.until:
        return Step(state=replace(state, recent=None))
    if reading is None:
        return None
    if not _is_ours(recent, reading):
        return _changed_since(state, recent, reading)
    owner = OwnerSettings(settings=recent.owner, origin="late", saved_at=at.now)
    state = replace(
        transition(state, Trigger.LATE),
        owner=owner,
        sent=recent.sent,
        restore=Restore(begun_at=at.now),
        recent=None,
    )
    published = simple(at, DecisionKind.RETRIED, DecisionReason.LATE)
    return Step(state=state, decisions=(published,))


def _is_ours(recent: Recent, reading: PowerwallState) -> bool:
    shown = reading.settings
    return not shows(recent.owner, shown) and any(left_by(each, shown) for each in recent.sent)


def _changed_since(state: ControlState, recent: Recent, reading: PowerwallState) -> Step | None:
    changed = foreign_changes(reading, recent.owner, recent.sent)
    if changed.is_empty:
        return None
    owner: Settings = changed.over(recent.owner)
    return Step(state=replace(state, recent=replace(recent, owner=owner)))
