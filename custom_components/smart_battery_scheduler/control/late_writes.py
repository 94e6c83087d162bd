"""Writes that overtake each other: one of ours may come through after the home settings stand again.

It would look like a person's change and be taken for the home settings. So the writes of a control
period are remembered for some time after it.
"""

from __future__ import annotations

from dataclasses import replace

from ..powerwall.base import PowerwallState, Settings
from .decisions import simple
from .evidence import foreign_changes, left_by, shows
from .model import ControlState, Cue, DecisionKind, DecisionReason, HomeSettings, Recent, Restore
from .situation import Situation, Step
from .transitions import move


def latecomer(state: ControlState, at: Situation) -> Step | None:
    """Put the home settings back once more, if the reading shows a whole write of ours."""
    recent, reading = state.recent, at.reading
    if recent is None or state.home is not None:
        return None
    if at.now >= recent.until:
        return Step(state=replace(state, recent=None))
    if reading is None:
        return None
    if not _is_ours(recent, reading):
        return _changed_since(state, recent, reading)
    home = HomeSettings(settings=recent.home, origin="late", saved_at=at.now)
    state = replace(
        move(state, Cue.LATE),
        home=home,
        sent=recent.sent,
        restore=Restore(begun_at=at.now),
        recent=None,
    )
    told = simple(at, DecisionKind.RETRIED, DecisionReason.LATE)
    return Step(state=state, decisions=(told,))


def _is_ours(recent: Recent, reading: PowerwallState) -> bool:
    shown = reading.settings
    return not shows(recent.home, shown) and any(left_by(each, shown) for each in recent.sent)


def _changed_since(state: ControlState, recent: Recent, reading: PowerwallState) -> Step | None:
    changed = foreign_changes(reading, recent.home, recent.sent)
    if changed.is_empty:
        return None
    home: Settings = changed.over(recent.home)
    return Step(state=replace(state, recent=replace(recent, home=home)))
