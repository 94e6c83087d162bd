"""The judgement of control: a pure state machine over readings and time.

``step`` looks at one situation and makes at most one move; call it again until it asks for no
write and changes nothing. It never waits and never does I/O. The moves it may make are the table
``TRANSITIONS``; which settings do an action is in ``ways``; what proves it is in ``evidence``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ..planner.model import Action, Lever
from ..powerwall.base import Islanding, PowerwallState, Settings
from ..tariff.model import SLOT, floor_slot
from .evidence import Verdict, foreign_changes, judge, judge_stopped, shows
from .lines import how_it_ended, of_command, on_whose_word, simple
from .model import (
    TRANSITIONS,
    Command,
    ControlState,
    Cue,
    Decision,
    DecisionKind,
    DecisionReason,
    Evidence,
    HomeSettings,
    Phase,
    Restore,
    Wanted,
    Way,
    YieldCause,
    Yielded,
)
from .situation import Situation, Step
from .ways import FULL_PERCENT, ways_to

TRIES_PER_WAY = 2
KNOWN_SENT = 8
FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 900.0


def step(state: ControlState, at: Situation) -> Step:
    """Make the next move, if one is due."""
    if state.completed is not None and not state.completed.same_deed(at.wanted):
        state = replace(state, completed=None)
    return _interrupted(state, at) or _HANDLERS[state.phase](state, at)


def written(state: ControlState, at: Situation, sent_at: datetime) -> Step:
    """The back end accepted the write that ``step`` asked for."""
    evidence = Evidence(sent_at=sent_at, accepted_at=at.now)
    state = replace(state, failures=0, retry_at=None)
    if state.phase is Phase.RESTORING and state.restore is not None:
        restore = replace(state.restore, tries=state.restore.tries + 1, evidence=evidence)
        return Step(state=replace(state, restore=restore))
    assert state.command is not None
    command = replace(state.command, tries=state.command.tries + 1, evidence=evidence)
    first = command.tries == 1 and command.way == 0
    state = replace(_move(state, Cue.ACCEPTED), command=command)
    kind = DecisionKind.STARTED if first else DecisionKind.RETRIED
    return Step(state=state, decisions=(of_command(command, at, kind, on_whose_word(command)),))


def write_failed(
    state: ControlState, at: Situation, detail: str, wait_s: float | None = None
) -> Step:
    """The write did not get through; try again later. Told on the first failure only."""
    failures = state.failures + 1
    pause_s = min(FIRST_RETRY_S * 2 ** min(failures - 1, 8), LONGEST_RETRY_S)
    retry_at = at.now + timedelta(seconds=max(pause_s, wait_s or 0.0))
    state = replace(state, failures=failures, retry_at=retry_at)
    if failures > 1:
        return Step(state=state)
    decision = Decision(
        at=at.now,
        kind=DecisionKind.FAILED,
        reason=DecisionReason.NOT_ACCEPTED,
        action=state.command.wanted.action if state.command else None,
        charge_level_percent=at.charge_level_percent,
        detail=detail,
    )
    return Step(state=state, decisions=(decision,))


def set_home(state: ControlState, at: Situation, change: Settings) -> Step:
    """A person sets the Powerwall's own settings through us: they are the home settings now.

    While a command of ours is in force this is a wish to take over. Needs a reading when nothing
    is saved yet; without one the state comes back unchanged.
    """
    if state.home is not None:
        base = state.home.settings
    elif at.reading is not None:
        base = replace(at.reading.settings, export_rule=None)
    else:
        return Step(state=state)
    home = HomeSettings(settings=change.over(base), origin="set", saved_at=at.now)
    yielded = state.yielded
    decisions: tuple[Decision, ...] = ()
    if state.command is not None:
        yielded = Yielded(cause=YieldCause.USER, since=at.now, until=_next_slot(at), changed=change)
        decisions = (simple(at, DecisionKind.YIELDED, DecisionReason.USER),)
    state = replace(
        _move(state, Cue.SET_HOME),
        home=home,
        command=None,
        yielded=yielded,
        restore=Restore(begun_at=at.now),
        retry_at=None,
        failures=0,
        strange_at=None,
    )
    return Step(state=state, decisions=decisions)


def resume(state: ControlState, at: Situation) -> Step:
    """The user's word: stop standing back, forget faults, try every lever again."""
    state = replace(state, out_of_service=())
    if state.phase in (Phase.YIELDING, Phase.FAULT):
        state = replace(_move(state, Cue.CLEARED), yielded=None, fault_until=None)
        return Step(
            state=state,
            decisions=(simple(at, DecisionKind.RESUMED, DecisionReason.USER),),
        )
    return Step(state=replace(state, yielded=None, fault_until=None))


def wake_at(state: ControlState) -> datetime | None:
    """When to look again even if no reading comes."""
    moments = [
        state.command.wanted.ends_at if state.command else None,
        state.retry_at,
        state.yielded.until if state.yielded else None,
        state.fault_until,
    ]
    return min((moment for moment in moments if moment is not None), default=None)


# --- interruptions ---------------------------------------------------------------------------


def hands_off(reading: PowerwallState) -> YieldCause | None:
    """What in a reading forbids us to touch the battery."""
    if reading.islanding is Islanding.OFF_GRID:
        return YieldCause.OFF_GRID
    if reading.storm_watch_active:
        return YieldCause.STORM_WATCH
    return None


def _interrupted(state: ControlState, at: Situation) -> Step | None:
    if at.reading is None:
        return None
    cause = hands_off(at.reading)
    if cause is not None and (state.yielded is None or state.yielded.cause is not cause):
        return _stand_back(state, at, cause, until=at.now + at.timing.settled)
    return _strangers(state, at, at.reading)


def _strangers(state: ControlState, at: Situation, reading: PowerwallState) -> Step | None:
    """Somebody else changed the settings: two readings must say so, then we step back.

    What they changed is theirs and becomes part of the home settings; the rest is put back.
    """
    if state.home is None or not state.sent:
        return None
    changed = foreign_changes(reading, state.home.settings, state.sent)
    if changed.is_empty and not _undone(state, reading):
        return None if state.strange_at is None else Step(state=replace(state, strange_at=None))
    if state.strange_at is None:
        return Step(state=replace(state, strange_at=reading.read_at))
    if reading.read_at <= state.strange_at:
        return None
    home = replace(state.home, settings=changed.over(state.home.settings))
    state = replace(state, home=home, strange_at=None)
    if state.yielded is not None:
        return Step(state=state)
    return _stand_back(state, at, YieldCause.SOMEBODY_ELSE, until=_next_slot(at), changed=changed)


def _undone(state: ControlState, reading: PowerwallState) -> bool:
    """A command that had been read back is not there any more."""
    command = state.command
    return (
        command is not None
        and command.evidence.read_back_at is not None
        and not shows(command.current.must, reading.settings)
    )


def _stand_back(
    state: ControlState,
    at: Situation,
    cause: YieldCause,
    until: datetime,
    changed: Settings | None = None,
) -> Step:
    decisions = how_it_ended(state, at, DecisionReason(cause.value))
    yielded = Yielded(cause=cause, since=at.now, until=until, changed=changed or Settings())
    restore = state.restore
    if state.command is not None:
        restore = Restore(begun_at=at.now)
    state = replace(_move(state, Cue.INTERRUPTED), yielded=yielded, command=None, restore=restore)
    told = simple(at, DecisionKind.YIELDED, DecisionReason(cause.value))
    return Step(state=state, decisions=(*decisions, told))


# --- the phases ------------------------------------------------------------------------------


def _idle(state: ControlState, at: Situation) -> Step:
    if state.yielded is not None:
        return Step(state=_move(state, Cue.INTERRUPTED))
    if state.fault_until is not None:
        return Step(state=_move(state, Cue.EXHAUSTED))
    wanted = _effective(state, at)
    if wanted is None or at.reading is None:
        return Step(state=state)
    settings = at.reading.settings
    if settings.operating_mode is None or settings.backup_reserve_percent is None:
        return Step(state=state)
    home = HomeSettings(
        settings=replace(settings, export_rule=None), origin="read", saved_at=at.now
    )
    return _order(state, at, wanted, home) or Step(state=state)


def _commanding(state: ControlState, at: Situation) -> Step:
    if (changed := _superseded(state, at)) is not None:
        return changed
    command = state.command
    assert command is not None
    if state.retry_at is not None and at.now < state.retry_at:
        return Step(state=state)
    way = command.current
    stands = at.reading is not None and shows(way.settings, at.reading.settings)
    if stands and command.tries == 0 and state.sent:
        evidence = Evidence(accepted_at=at.now)
        command = replace(command, tries=1, evidence=evidence)
        decision = of_command(command, at, DecisionKind.STARTED, on_whose_word(command))
        return Step(
            state=replace(_move(state, Cue.ACCEPTED), command=command), decisions=(decision,)
        )
    return Step(state=_sending(state, way.settings), write=way.settings)


def _verifying(state: ControlState, at: Situation) -> Step:
    if (changed := _superseded(state, at)) is not None:
        return changed
    command, reading = state.command, at.reading
    assert command is not None
    evidence = command.evidence
    accepted_at, read_back_at = evidence.accepted_at, evidence.read_back_at
    assert accepted_at is not None
    if reading is None or reading.read_at <= accepted_at:
        return Step(state=state)
    if read_back_at is None:
        if shows(command.current.must, reading.settings):
            evidence = replace(evidence, read_back_at=reading.read_at)
            return Step(state=replace(state, command=replace(command, evidence=evidence)))
        if reading.read_at - accepted_at >= at.timing.read_back:
            return _ignored(state, at, DecisionReason.NOT_READ_BACK)
        return Step(state=state)
    match _verdict(command, at, reading):
        case Verdict.SEEN:
            evidence = replace(evidence, seen_at=reading.read_at, seen_w=reading.battery_power_w)
            command = replace(command, evidence=evidence)
            told = of_command(command, at, DecisionKind.SEEN, on_whose_word(command))
            return Step(
                state=replace(_move(state, Cue.CONFIRMED), command=command), decisions=(told,)
            )
        case Verdict.NOT_SEEN if reading.read_at - read_back_at >= at.timing.seen:
            return _ignored(state, at, DecisionReason.NOT_SEEN)
    return Step(state=state)


def _running(state: ControlState, at: Situation) -> Step:
    if (changed := _superseded(state, at)) is not None:
        return changed
    command, reading = state.command, at.reading
    assert command is not None
    if reading is None:
        return Step(state=state)
    if _reached(command.wanted, reading) and not command.wanted.same_deed(state.completed):
        told = of_command(command, at, DecisionKind.COMPLETED, DecisionReason.TARGET_REACHED)
        return Step(state=replace(state, completed=command.wanted), decisions=(told,))
    evidence, doubted_at = command.evidence, command.evidence.doubted_at
    match _verdict(command, at, reading):
        case Verdict.SEEN:
            evidence = replace(evidence, doubted_at=None, seen_w=reading.battery_power_w)
        case Verdict.NOT_SEEN:
            if doubted_at is not None and reading.read_at - doubted_at >= at.timing.seen:
                return _ignored(state, at, DecisionReason.NOT_SEEN)
            evidence = replace(evidence, doubted_at=doubted_at or reading.read_at)
    return Step(state=replace(state, command=replace(command, evidence=evidence)))


def _restoring(state: ControlState, at: Situation) -> Step:
    assert state.home is not None and state.restore is not None
    wanted = None
    if state.yielded is None and state.fault_until is None:
        wanted = _effective(state, at)
    if wanted is not None and at.reading is not None and state.home.origin != "set":
        ordered = _order(state, at, wanted, state.home)
        if ordered is not None:
            return ordered
    reading, restore = at.reading, state.restore
    accepted_at = restore.evidence.accepted_at
    if accepted_at is None:
        if not state.sent and reading is not None and shows(state.home.settings, reading.settings):
            return _restored(state, at)
        if state.retry_at is not None and at.now < state.retry_at:
            return Step(state=state)
        return Step(state=_sending(state, state.home.settings), write=state.home.settings)
    if reading is None or reading.read_at <= accepted_at:
        return Step(state=state)
    waited = reading.read_at - accepted_at
    if not shows(state.home.settings, reading.settings):
        return _restore_again(state, at, waited, DecisionReason.NOT_READ_BACK)
    if judge_stopped(state.home.settings, reading) is Verdict.NOT_SEEN:
        if waited < at.timing.seen or restore.tries < TRIES_PER_WAY:
            return _restore_again(state, at, waited, DecisionReason.NOT_SEEN)
        done = _restored(replace(state, yielded=state.yielded or _calibration(at)), at)
        told = simple(at, DecisionKind.YIELDED, DecisionReason.CALIBRATION)
        return replace(done, decisions=(*done.decisions, told))
    return _restored(state, at)


def _yielding(state: ControlState, at: Situation) -> Step:
    yielded = state.yielded
    assert yielded is not None
    if yielded.cause in (YieldCause.OFF_GRID, YieldCause.STORM_WATCH):
        if at.reading is None:
            return Step(state=state)
        if hands_off(at.reading) is not None:
            yielded = replace(yielded, until=at.now + at.timing.settled)
            return Step(state=replace(state, yielded=yielded))
    if at.now < yielded.until:
        return Step(state=state)
    told = simple(at, DecisionKind.RESUMED, DecisionReason(yielded.cause.value))
    return Step(state=replace(_move(state, Cue.CLEARED), yielded=None), decisions=(told,))


def _fault(state: ControlState, at: Situation) -> Step:
    if state.fault_until is not None and at.now < state.fault_until:
        return Step(state=state)
    told = simple(at, DecisionKind.RESUMED, DecisionReason.ERROR)
    return Step(state=replace(_move(state, Cue.CLEARED), fault_until=None), decisions=(told,))


_HANDLERS: Mapping[Phase, Callable[[ControlState, Situation], Step]] = {
    Phase.IDLE: _idle,
    Phase.COMMANDING: _commanding,
    Phase.VERIFYING: _verifying,
    Phase.RUNNING: _running,
    Phase.RESTORING: _restoring,
    Phase.YIELDING: _yielding,
    Phase.FAULT: _fault,
}


# --- moves shared by the phases --------------------------------------------------------------


def _move(state: ControlState, cue: Cue) -> ControlState:
    return replace(state, phase=TRANSITIONS[state.phase, cue])


def _sending(state: ControlState, settings: Settings) -> ControlState:
    """Remember a write before it leaves, so that a kill cannot hide it."""
    known = tuple(earlier for earlier in state.sent if earlier != settings)
    return replace(state, sent=(*known, settings)[-KNOWN_SENT:])


def _effective(state: ControlState, at: Situation) -> Wanted | None:
    """What is wanted now: a charge that is complete turns into a hold for its remaining time.

    A lever that stops by itself needs no change for that.
    """
    wanted = at.wanted
    if wanted is None or wanted.ends_at <= at.now:
        return None
    if not wanted.same_deed(state.completed):
        return wanted
    if wanted.lever is Lever.GENTLE or wanted.target_percent in (None, FULL_PERCENT):
        return wanted
    return replace(wanted, action=Action.HOLD, lever=None, target_percent=None)


def _order(state: ControlState, at: Situation, wanted: Wanted, home: HomeSettings) -> Step | None:
    """Begin a command, or None where the home settings do what is wanted or no way is left."""
    level = at.charge_level_percent
    if level is None:
        return None
    ways = _in_service(state, at, ways_to(wanted, home.settings, level))
    if not ways or shows(ways[0].settings, home.settings):
        return None
    command = Command(wanted=wanted, ways=ways, begun_at=at.now)
    return Step(
        state=replace(
            _move(state, Cue.ORDERED),
            home=home,
            command=command,
            restore=None,
            failures=0,
            retry_at=None,
        )
    )


def _in_service(state: ControlState, at: Situation, ways: tuple[Way, ...]) -> tuple[Way, ...]:
    resting = {lever for lever, until in state.out_of_service if at.now < until}
    return tuple(way for way in ways if way.lever not in resting)


def _superseded(state: ControlState, at: Situation) -> Step | None:
    """Something else is wanted than the command in force, or nothing any more."""
    command, home = state.command, state.home
    assert command is not None and home is not None
    wanted = _effective(state, at)
    if wanted is None:
        return _ended(state, at, at.unwanted)
    if wanted.same_deed(command.wanted):
        if wanted == command.wanted:
            return None
        return Step(state=replace(state, command=replace(command, wanted=wanted)))
    level = at.charge_level_percent
    if level is None:
        return _ended(state, at, DecisionReason.NO_READING)
    ways = _in_service(state, at, ways_to(wanted, home.settings, level))
    if not ways or shows(ways[0].settings, home.settings):
        return _ended(state, at, DecisionReason.PLAN_CHANGED)
    told = how_it_ended(state, at, DecisionReason.PLAN_CHANGED)
    ordered = Command(wanted=wanted, ways=ways, begun_at=at.now)
    state = replace(_move(state, Cue.ORDERED), command=ordered, failures=0, retry_at=None)
    return Step(state=state, decisions=told)


def _ended(state: ControlState, at: Situation, reason: DecisionReason) -> Step:
    told = how_it_ended(state, at, reason)
    restore = Restore(begun_at=at.now)
    state = replace(
        _move(state, Cue.ENDED), command=None, restore=restore, failures=0, retry_at=None
    )
    return Step(state=state, decisions=told)


def _ignored(state: ControlState, at: Situation, reason: DecisionReason) -> Step:
    """The battery does not do it: once more, then another way, then give up and say so."""
    command = state.command
    assert command is not None
    told = of_command(command, at, DecisionKind.FAILED, reason)
    if command.tries < TRIES_PER_WAY:
        again = replace(command, evidence=Evidence())
        return Step(state=replace(_move(state, Cue.IGNORED), command=again), decisions=(told,))
    state = _out_of_service(state, at, command.current.lever)
    if command.way + 1 < len(command.ways):
        other = replace(command, way=command.way + 1, tries=0, evidence=Evidence())
        return Step(state=replace(_move(state, Cue.IGNORED), command=other), decisions=(told,))
    state = replace(_move(state, Cue.EXHAUSTED), command=None, restore=Restore(begun_at=at.now))
    if command.evidence.read_back_at is None:
        return Step(state=replace(state, fault_until=_next_slot(at)), decisions=(told,))
    stood_back = simple(at, DecisionKind.YIELDED, DecisionReason.CALIBRATION)
    return Step(state=replace(state, yielded=_calibration(at)), decisions=(told, stood_back))


def _calibration(at: Situation) -> Yielded:
    """The settings are right and the battery does as it likes: that is not ours to fight."""
    until = at.now + at.timing.calibration
    return Yielded(cause=YieldCause.CALIBRATION, since=at.now, until=until)


def _out_of_service(state: ControlState, at: Situation, lever: Lever | None) -> ControlState:
    if lever is None:
        return state
    others = tuple(item for item in state.out_of_service if item[0] is not lever)
    resting = (lever, at.now + at.timing.out_of_service)
    return replace(state, out_of_service=(*others, resting))


def _restore_again(
    state: ControlState, at: Situation, waited: timedelta, reason: DecisionReason
) -> Step:
    """Not put back yet: wait, then send again, each time a little later, without end."""
    restore = state.restore
    assert restore is not None
    patience_s = at.timing.read_back.total_seconds() * 2 ** min(restore.tries - 1, 3)
    if waited.total_seconds() < min(patience_s, LONGEST_RETRY_S):
        return Step(state=state)
    again = replace(restore, evidence=Evidence())
    told = simple(at, DecisionKind.FAILED, reason)
    return Step(state=replace(state, restore=again), decisions=(told,))


def _restored(state: ControlState, at: Situation) -> Step:
    told = () if not state.sent else (simple(at, DecisionKind.RESTORED, at.unwanted),)
    state = replace(
        _move(state, Cue.RESTORED),
        home=None,
        sent=(),
        restore=None,
        retry_at=None,
        failures=0,
        strange_at=None,
    )
    return Step(state=state, decisions=told)


def _verdict(command: Command, at: Situation, reading: PowerwallState) -> Verdict:
    accepted_at = command.evidence.accepted_at
    measured_at = reading.measured_at or reading.read_at
    if accepted_at is not None and measured_at < accepted_at:
        return Verdict.UNKNOWN
    wanted = command.wanted
    return judge(wanted.action, command.current, wanted.target_percent, reading, at.rates_w)


def _reached(wanted: Wanted, reading: PowerwallState) -> bool:
    level = reading.charge_level_percent
    target = FULL_PERCENT if wanted.target_percent is None else wanted.target_percent
    # A full battery may rest a little below 100.
    reached = min(target, FULL_PERCENT - 0.5)
    return wanted.action is Action.CHARGE and level is not None and level >= reached


def _next_slot(at: Situation) -> datetime:
    """The first slot edge after we have stood back long enough."""
    return floor_slot(at.now + at.timing.stand_back) + SLOT
