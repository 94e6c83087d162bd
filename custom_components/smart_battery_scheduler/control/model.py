"""The words of control: phases and their transitions, commands, evidence, decisions.

All of it is immutable and can be stored, so that a restart at any instant knows what was going
on. Times are aware UTC; charge levels percent; powers W with the back end's signs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..planner.model import Action, Lever
from ..powerwall.base import Settings

FULL_PERCENT = 100


class Phase(StrEnum):
    """Where the controller stands."""

    IDLE = "idle"
    COMMANDING = "commanding"
    VERIFYING = "verifying"
    RUNNING = "running"
    YIELDING = "yielding"
    RESTORING = "restoring"
    FAULT = "fault"


class Cue(StrEnum):
    """What moves the controller from one phase to another."""

    ORDERED = "ordered"  # something is wanted that is not in force
    ACCEPTED = "accepted"  # the back end took the write
    CONFIRMED = "confirmed"  # read back, and seen in the battery's power
    IGNORED = "ignored"  # not read back or not seen in time: another try is due
    EXHAUSTED = "exhausted"  # every way was tried
    ENDED = "ended"  # the command's end has come, or nothing is wanted any more
    INTERRUPTED = "interrupted"  # outage, Storm Watch, somebody else's change, calibration
    RESTORED = "restored"  # the home settings stand again
    CLEARED = "cleared"  # what stopped us is over
    SET_HOME = "set_home"  # a person sets the home settings through us
    LATE = "late"  # a write of ours from before has come through after the restore


# Every move the controller can make; a pair that is not here cannot happen.
# Home settings are saved on the way out of IDLE and forgotten only by RESTORED: whatever else
# happens in between ends in RESTORING.
TRANSITIONS: dict[tuple[Phase, Cue], Phase] = {
    (Phase.IDLE, Cue.ORDERED): Phase.COMMANDING,
    (Phase.IDLE, Cue.INTERRUPTED): Phase.YIELDING,
    (Phase.IDLE, Cue.EXHAUSTED): Phase.FAULT,
    (Phase.IDLE, Cue.SET_HOME): Phase.RESTORING,
    (Phase.IDLE, Cue.LATE): Phase.RESTORING,
    (Phase.COMMANDING, Cue.ORDERED): Phase.COMMANDING,
    (Phase.COMMANDING, Cue.ACCEPTED): Phase.VERIFYING,
    (Phase.COMMANDING, Cue.ENDED): Phase.RESTORING,
    (Phase.COMMANDING, Cue.INTERRUPTED): Phase.RESTORING,
    (Phase.COMMANDING, Cue.SET_HOME): Phase.RESTORING,
    (Phase.VERIFYING, Cue.ORDERED): Phase.COMMANDING,
    (Phase.VERIFYING, Cue.CONFIRMED): Phase.RUNNING,
    (Phase.VERIFYING, Cue.IGNORED): Phase.COMMANDING,
    (Phase.VERIFYING, Cue.EXHAUSTED): Phase.RESTORING,
    (Phase.VERIFYING, Cue.ENDED): Phase.RESTORING,
    (Phase.VERIFYING, Cue.INTERRUPTED): Phase.RESTORING,
    (Phase.VERIFYING, Cue.SET_HOME): Phase.RESTORING,
    (Phase.RUNNING, Cue.ORDERED): Phase.COMMANDING,
    (Phase.RUNNING, Cue.IGNORED): Phase.COMMANDING,
    (Phase.RUNNING, Cue.EXHAUSTED): Phase.RESTORING,
    (Phase.RUNNING, Cue.ENDED): Phase.RESTORING,
    (Phase.RUNNING, Cue.INTERRUPTED): Phase.RESTORING,
    (Phase.RUNNING, Cue.SET_HOME): Phase.RESTORING,
    (Phase.RESTORING, Cue.ORDERED): Phase.COMMANDING,
    (Phase.RESTORING, Cue.INTERRUPTED): Phase.RESTORING,
    (Phase.RESTORING, Cue.SET_HOME): Phase.RESTORING,
    (Phase.RESTORING, Cue.RESTORED): Phase.IDLE,
    (Phase.YIELDING, Cue.INTERRUPTED): Phase.YIELDING,
    (Phase.YIELDING, Cue.CLEARED): Phase.IDLE,
    (Phase.YIELDING, Cue.SET_HOME): Phase.RESTORING,
    (Phase.YIELDING, Cue.LATE): Phase.RESTORING,
    (Phase.FAULT, Cue.INTERRUPTED): Phase.YIELDING,
    (Phase.FAULT, Cue.CLEARED): Phase.IDLE,
    (Phase.FAULT, Cue.SET_HOME): Phase.RESTORING,
    (Phase.FAULT, Cue.LATE): Phase.RESTORING,
}


class Source(StrEnum):
    """On whose word something is wanted."""

    PLAN = "plan"
    PIN = "pin"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should be in force now, and until when at the latest.

    ``grid_charge_forbidden`` says that the moment is one in which nothing may be drawn from the
    grid into the battery (peak window, power-down session).
    """

    action: Action
    ends_at: datetime
    slot_start: datetime
    source: Source = Source.PLAN
    lever: Lever | None = None
    target_percent: int | None = None
    rate_p_per_kwh: float | None = None
    grid_charge_forbidden: bool = False

    @property
    def charge_until_percent(self) -> int:
        """The level at which a charge ends: without a target it goes as far as it can."""
        return FULL_PERCENT if self.target_percent is None else self.target_percent

    def same_deed(self, other: Wanted | None) -> bool:
        """True if going from one to the other changes nothing on the battery."""
        return other is not None and self.deed == other.deed

    @property
    def deed(self) -> tuple[Action, Lever | None, int | None, bool]:
        """What the battery is to do, without when and on whose word."""
        return (self.action, self.lever, self.target_percent, self.grid_charge_forbidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to do an action on this hardware.

    ``must`` are settings without which it cannot work; ``settings`` all that are asked for.
    """

    lever: Lever | None
    settings: Settings
    must: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How far a command is proven: sent is not accepted is not read back is not seen.

    ``seen_w`` is the battery power that was the proof. ``doubted_at`` is since when a command that
    was seen before is not seen any more.
    """

    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    read_back_at: datetime | None = None
    seen_at: datetime | None = None
    seen_w: float | None = None
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """The user's own settings, as they were read before our first write (or set through us).

    ``before`` are those that stood until they were set through us: no stranger's doing either.
    """

    settings: Settings
    origin: str
    saved_at: datetime
    before: Settings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is asked of the battery, and how far that has got.

    ``way`` is the place in the list of ways, ``tries`` how often the present one was accepted.
    """

    wanted: Wanted
    ways: tuple[Way, ...]
    begun_at: datetime
    way: int = 0
    tries: int = 0
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def current(self) -> Way:
        """The way being tried."""
        return self.ways[self.way]


class YieldCause(StrEnum):
    """Who or what has the battery instead of us."""

    OFF_GRID = "off_grid"
    STORM_WATCH = "storm_watch"
    GRID_SERVICES = "grid_services"
    CALIBRATION = "calibration"
    SOMEBODY_ELSE = "somebody_else"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yielded:
    """We stepped back: why, since when, and until when at the least."""

    cause: YieldCause
    since: datetime
    until: datetime
    changed: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The putting back of the home settings, and how far that has got."""

    begun_at: datetime
    tries: int = 0
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The control period that has just ended: its writes may still come through, one after another.

    ``home`` is what has been put back, and what people have changed since.
    """

    home: Settings
    sent: tuple[Settings, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState:
    """Everything the controller knows about itself; stored whenever it changes.

    ``home`` is set exactly while something of ours may be in force, and ``sent`` holds every
    write that left us since then (stored before it leaves). ``yielded`` and ``fault_until`` may be
    set while the home settings are still being put back. ``completed`` is the charge that reached
    its target. ``out_of_service`` lists levers that were ignored, each with the time from which
    it may be tried again. ``retry_at`` holds back a write after one that failed.
    ``strange_at`` is when settings first showed a value that is not ours. ``recent`` is what writes
    of the period before would be known by.
    """

    phase: Phase = Phase.IDLE
    home: HomeSettings | None = None
    sent: tuple[Settings, ...] = ()
    command: Command | None = None
    restore: Restore | None = None
    yielded: Yielded | None = None
    fault_until: datetime | None = None
    completed: Wanted | None = None
    out_of_service: tuple[tuple[Lever, datetime], ...] = ()
    failures: int = 0
    retry_at: datetime | None = None
    strange_at: datetime | None = None
    recent: Recent | None = None

    def must_be_stored(self, stored: ControlState) -> bool:
        """True if losing this state for the stored one would lose more than evidence."""
        return self.vital != stored.vital

    @property
    def vital(self) -> tuple[object, ...]:
        """What decides about what must be undone or not done again."""
        command, restore = self.command, self.restore
        return (
            self.phase,
            self.home,
            self.sent,
            command and (command.wanted.deed, command.wanted.ends_at, command.way, command.tries),
            restore and (restore.tries, restore.evidence.accepted_at),
            self.yielded and self.yielded.cause,
            self.fault_until,
            self.completed,
            self.out_of_service,
            self.recent,
        )


class DecisionKind(StrEnum):
    """What became of something."""

    STARTED = "started"
    SEEN = "seen"
    COMPLETED = "completed"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    KEPT = "kept"
    RETRIED = "retried"
    FAILED = "failed"
    YIELDED = "yielded"
    RESUMED = "resumed"
    RESTORED = "restored"


class DecisionReason(StrEnum):
    """Why it became so."""

    PLAN = "plan"
    PIN = "pin"
    OVERRIDE = "override"
    TARGET_REACHED = "target_reached"
    SLOT_ENDED = "slot_ended"
    PLAN_CHANGED = "plan_changed"
    NOT_ACCEPTED = "not_accepted"
    NOT_READ_BACK = "not_read_back"
    NOT_SEEN = "not_seen"
    OTHER_LEVER = "other_lever"
    OFF_GRID = "off_grid"
    STORM_WATCH = "storm_watch"
    GRID_SERVICES = "grid_services"
    CALIBRATION = "calibration"
    SOMEBODY_ELSE = "somebody_else"
    USER = "user"
    OVER = "over"
    PEAK = "peak"
    PRICE = "price"
    HIGH_CHARGE = "high_charge"
    SOLAR = "solar"
    SESSION = "session"
    DELETED = "deleted"
    MISSED = "missed"
    SWITCHED_OFF = "switched_off"
    DRY_RUN = "dry_run"
    SHUTDOWN = "shutdown"
    NO_READING = "no_reading"
    LATE = "late"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the ledger. ``shown`` are the settings that stood when something failed."""

    at: datetime
    kind: DecisionKind
    reason: DecisionReason
    action: Action | None = None
    lever: Lever | None = None
    slot_start: datetime | None = None
    slot_end: datetime | None = None
    rate_p_per_kwh: float | None = None
    charge_level_percent: float | None = None
    evidence: Evidence | None = None
    detail: str | None = None
    shown: Settings | None = None
