"""Writes that overtake each other, and stops that reached the cloud but not the gateway.

One of ours may come through after the owner settings stand again. It would look like a person's change
and be taken for the owner settings. So the writes of a control period are remembered for some time
after it. And a stop that the cloud shows may never reach the gateway: the battery is watched for a day.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ..powerwall.base import PowerwallState, Settings
from .command_status import Verdict, foreign_changes, judge_stopped, left_by, shows
from .decisions import simple
from .detours import to_owner_settings
from .echoes import as_written
from .interruptions import hands_off
from .model import (
    ControlState,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Phase,
    Recent,
    Restore,
    Trigger,
)
from .situation import Situation, Step
from .transitions import arrived, transition

# After this long the battery's behaviour is no longer a result of our writes.
WATCHED = timedelta(hours=24)
# Two doubtful readings further apart than this are treated as unrelated.
DOUBT_FADES = timedelta(minutes=15)
AT_REST = frozenset({Phase.IDLE, Phase.SUSPENDED, Phase.FAULT})


def late_write(state: ControlState, at: Situation) -> Step | None:
    """Restore the owner settings once more, if the reading shows a whole write of ours."""
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
    # Once for each write: settings that come again after that were set by somebody else.
    come = next(each for each in recent.sent if left_by(each, reading.settings))
    state = replace(
        transition(state, Trigger.LATE),
        owner=owner,
        sent=recent.sent,
        outstanding=arrived(replace(state, outstanding=recent.sent), come).outstanding,
        restore=Restore(begun_at=at.now),
        recent=None,
    )
    decision = simple(at, DecisionKind.RETRIED, DecisionReason.LATE)
    return Step(state=state, decisions=(decision,))


def _is_ours(recent: Recent, reading: PowerwallState) -> bool:
    shown = reading.settings
    return not shows(recent.owner, shown) and any(left_by(each, shown) for each in recent.sent)


def _changed_since(state: ControlState, recent: Recent, reading: PowerwallState) -> Step | None:
    changed = foreign_changes(reading, recent.owner, recent.sent)
    if changed.is_empty:
        return None
    owner: Settings = changed.over(recent.owner)
    return Step(state=replace(state, recent=replace(recent, owner=owner)))


def is_watched(state: ControlState, now: datetime) -> bool:
    """Whether the battery may still be following one of our writes."""
    return state.touched_at is not None and now - state.touched_at <= WATCHED


def unstopped(state: ControlState, at: Situation) -> Step | None:
    """Stop the battery once more, if it does not follow the settings that stand.

    Nothing of ours is in force by the cloud's word, but the battery charges from the grid, or idles
    above its reserve while the house buys: two such readings some minutes apart mean that the stop
    """
    reading = at.reading
    if state.phase not in AT_REST or reading is None or not is_watched(state, at.now):
        return None
    if hands_off(reading) is not None:
        return None
    match judge_stopped(reading.settings, reading):
        case Verdict.CONFIRMED if state.doubted_at is not None:
            return Step(state=replace(state, doubted_at=None))
        case Verdict.NOT_CONFIRMED:
            return _doubted(state, at, reading)
    return None


def _doubted(state: ControlState, at: Situation, reading: PowerwallState) -> Step | None:
    since = state.doubted_at
    if since is None or reading.read_at - since > DOUBT_FADES:
        return Step(state=replace(state, doubted_at=reading.read_at))
    if reading.read_at - since < at.timing.confirmed:
        return None
    settings = as_written(state, replace(reading.settings, export_rule=None))
    sent = () if state.recent is None else state.recent.sent
    detours = to_owner_settings(settings, sent)
    restore = Restore(begun_at=since, doubts=1, detours=detours)
    state = replace(
        transition(state, Trigger.LATE),
        owner=OwnerSettings(settings=settings, origin="unheard", saved_at=at.now),
        sent=sent,
        restore=restore,
        recent=None,
        doubted_at=None,
    )
    decision = simple(at, DecisionKind.RETRIED, DecisionReason.NOT_CONFIRMED)
    return Step(state=state, decisions=(decision,))
