"""The data model of control: phases and their transitions, commands and their status, decisions.

All of it is immutable and can be stored, so that a restart at any instant knows what was going
on. Times are aware UTC; charge levels percent; powers W with the back end's signs.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import Settings

FULL_PERCENT = 100


class Phase(StrEnum):
    """Where the controller stands."""

    IDLE = "idle"
    COMMANDING = "commanding"
    VERIFYING = "verifying"
    RUNNING = "running"
    SUSPENDED = "yielding"
    RESTORING = "restoring"
    FAULT = "fault"


class Trigger(StrEnum):
    """What takes the controller from one phase to another."""

    ORDERED = "ordered"  # something is wanted that is not in force
    ACCEPTED = "accepted"  # the back end took the write
    CONFIRMED = "confirmed"  # read back, and shown by the battery's own power
    IGNORED = "ignored"  # not read back or not confirmed in time: another try is due
    EXHAUSTED = "exhausted"  # every way was tried
    ENDED = "ended"  # the command's end has come, or nothing is wanted any more
    INTERRUPTED = "interrupted"  # outage, Storm Watch, somebody else's change, calibration
    RESTORED = "restored"  # the owner settings stand again
    CLEARED = "cleared"  # what stopped control is over
    OWNER_SETTINGS_CHANGED = "set_home"  # a person sets the owner settings through us
    LATE = "late"  # a write of ours from before has come through after the restore


# Every transition the controller can make; a pair that is not here raises a KeyError.
# Owner settings are saved on the way out of IDLE and forgotten only by RESTORED: whatever else
# happens in between ends in RESTORING.
TRANSITIONS: dict[tuple[Phase, Trigger], Phase] = {
    (Phase.IDLE, Trigger.ORDERED): Phase.COMMANDING,
    (Phase.IDLE, Trigger.INTERRUPTED): Phase.SUSPENDED,
    (Phase.IDLE, Trigger.EXHAUSTED): Phase.FAULT,
    (Phase.IDLE, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.IDLE, Trigger.LATE): Phase.RESTORING,
    (Phase.COMMANDING, Trigger.ORDERED): Phase.COMMANDING,
    (Phase.COMMANDING, Trigger.ACCEPTED): Phase.VERIFYING,
    (Phase.COMMANDING, Trigger.ENDED): Phase.RESTORING,
    (Phase.COMMANDING, Trigger.INTERRUPTED): Phase.RESTORING,
    (Phase.COMMANDING, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.VERIFYING, Trigger.ORDERED): Phase.COMMANDING,
    (Phase.VERIFYING, Trigger.CONFIRMED): Phase.RUNNING,
    (Phase.VERIFYING, Trigger.IGNORED): Phase.COMMANDING,
    (Phase.VERIFYING, Trigger.EXHAUSTED): Phase.RESTORING,
    (Phase.VERIFYING, Trigger.ENDED): Phase.RESTORING,
    (Phase.VERIFYING, Trigger.INTERRUPTED): Phase.RESTORING,
    (Phase.VERIFYING, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.RUNNING, Trigger.ORDERED): Phase.COMMANDING,
    (Phase.RUNNING, Trigger.IGNORED): Phase.COMMANDING,
    (Phase.RUNNING, Trigger.EXHAUSTED): Phase.RESTORING,
    (Phase.RUNNING, Trigger.ENDED): Phase.RESTORING,
    (Phase.RUNNING, Trigger.INTERRUPTED): Phase.RESTORING,
    (Phase.RUNNING, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.RESTORING, Trigger.ORDERED): Phase.COMMANDING,
    (Phase.RESTORING, Trigger.INTERRUPTED): Phase.RESTORING,
    (Phase.RESTORING, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.RESTORING, Trigger.RESTORED): Phase.IDLE,
    (Phase.SUSPENDED, Trigger.INTERRUPTED): Phase.SUSPENDED,
    (Phase.SUSPENDED, Trigger.CLEARED): Phase.IDLE,
    (Phase.SUSPENDED, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.SUSPENDED, Trigger.LATE): Phase.RESTORING,
    (Phase.FAULT, Trigger.INTERRUPTED): Phase.SUSPENDED,
    (Phase.FAULT, Trigger.CLEARED): Phase.IDLE,
    (Phase.FAULT, Trigger.OWNER_SETTINGS_CHANGED): Phase.RESTORING,
    (Phase.FAULT, Trigger.LATE): Phase.RESTORING,
}


class Source(StrEnum):
    """Who asks for what is wanted."""

    PLAN = "plan"
    FORCED = "pin"
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
    method: ChargeMethod | None = None
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
    def deed(self) -> tuple[Action, ChargeMethod | None, int | None, bool]:
        """What the battery is to do, without the time and the origin."""
        return (self.action, self.method, self.target_percent, self.grid_charge_forbidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """One way to do an action on this hardware.

    ``must`` are settings without which it cannot work; ``settings`` all that are asked for.
    """

    method: ChargeMethod | None
    settings: Settings
    must: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStatus:
    """How far a command is proven: sent, then accepted, then read back, then confirmed.

    ``confirmed_w`` is the battery power that was the proof. ``doubted_at`` is since when a command that
    was confirmed before is no longer confirmed.
    """

    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    read_back_at: datetime | None = None
    confirmed_at: datetime | None = None
    confirmed_w: float | None = None
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSettings:
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

    ``setpoint`` is the place in the list of setpoints, ``tries`` how often this one was accepted.
    ``detour``: what is written next leads to it over other settings. ``variation``: it is the same but for
    a reserve that backup mode does not heed.
    """

    wanted: Wanted
    setpoints: tuple[Setpoint, ...]
    begun_at: datetime
    setpoint: int = 0
    tries: int = 0
    command_status: CommandStatus = field(default_factory=CommandStatus)
    detour: bool = False
    variation: bool = False

    @property
    def current(self) -> Setpoint:
        """The setpoint being tried."""
        return self.setpoints[self.setpoint]


class SuspensionCause(StrEnum):
    """Why control is suspended: who or what controls the battery instead."""

    OFF_GRID = "off_grid"
    STORM_WATCH = "storm_watch"
    GRID_SERVICES = "grid_services"
    CALIBRATION = "calibration"
    SOMEBODY_ELSE = "somebody_else"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Control is suspended: why, since when, and until when at the least."""

    cause: SuspensionCause
    since: datetime
    until: datetime
    changed: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The restoring of the owner settings, and how far that has got.

    ``doubts`` counts how often they stood and the battery did not follow; ``detours`` are
    other writes that are still to come before them. ``parts`` are what is left to be written one by
    one, because the whole was refused (``whole_refused``); ``stood_in``: self-powered was sent in place
    of a refused mode.
    """

    begun_at: datetime
    tries: int = 0
    doubts: int = 0
    detours: tuple[Settings, ...] = ()
    parts: tuple[Settings, ...] = ()
    stood_in: bool = False
    whole_refused: bool = False
    command_status: CommandStatus = field(default_factory=CommandStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The control period that has just ended: its writes may still come through, one after another.

    ``owner`` is what has been restored, and what people have changed since; ``sent`` are the writes
    that no reading has shown yet.
    """

    owner: Settings
    sent: tuple[Settings, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """A level at which the battery stands still, and since when."""

    percent: float
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedCharge:
    """A charge that was accepted and whose inflow no reading has shown yet."""

    method: ChargeMethod
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState:
    """Everything the controller knows about itself; stored whenever it changes.

    ``owner`` is set exactly while something of ours may be in force, and ``sent`` holds every
    write that left us since then (stored before it leaves). ``suspension`` and ``fault_until`` may be
    set while the owner settings are still being restored. ``completed`` is the charge that reached
    its target. ``out_of_service`` lists charge methods that were ignored, each with the time from which
    it may be tried again. ``refusals`` counts commands
    that were refused since one was taken, whatever was ordered meanwhile. ``retry_at`` holds back a write after one that failed.
    ``strange_at`` is when settings first showed a value that is not ours. ``recent`` is what writes
    of the period before would be known by. ``touched_at`` is when the last period ended;
    ``doubted_at`` since when the battery has not followed the owner's settings since then.
    ``ordered`` is the charge whose inflow is still awaited, whatever has become of its command.

    ``outstanding`` are writes that have not been read back yet, one entry for each. ``idle`` are the
    settings as they stand while nothing of ours is in force. ``restored`` are the owner's settings
    as they were last written back, ``shown_as`` what readings made of them. ``fights`` are the moments
    at which somebody changed what we had set. ``owner_is_unknown``: a person must say whose settings
    stand before anything is written; ``adopted`` are those that a person has said are their own. ``is_bent``:
    this site shows another reserve than was written (``echoes.py``). ``charges_in_backup``: it charges in backup
    mode although grid charging is off. ``flat`` is where the level stands
    still although there is more to take, ``full`` where it was found to be full so.
    """

    phase: Phase = Phase.IDLE
    owner: OwnerSettings | None = None
    sent: tuple[Settings, ...] = ()
    command: Command | None = None
    restore: Restore | None = None
    suspension: Suspension | None = None
    fault_until: datetime | None = None
    completed: Wanted | None = None
    out_of_service: tuple[tuple[ChargeMethod, datetime], ...] = ()
    failures: int = 0
    refusals: int = 0
    retry_at: datetime | None = None
    strange_at: datetime | None = None
    recent: Recent | None = None
    touched_at: datetime | None = None
    doubted_at: datetime | None = None
    ordered: OrderedCharge | None = None
    outstanding: tuple[Settings, ...] = ()
    idle: Settings | None = None
    restored: Settings | None = None
    shown_as: Settings | None = None
    fights: tuple[datetime, ...] = ()
    owner_is_unknown: bool = False
    adopted: Settings | None = None
    is_bent: bool = False
    charges_in_backup: bool = False
    flat: Flat | None = None
    full: Flat | None = None

    def must_be_stored(self, stored: ControlState) -> bool:
        """True if losing this state for the stored one would lose more than a command's status."""
        return self.vital != stored.vital

    @property
    def vital(self) -> tuple[object, ...]:
        """The part of the state that must survive a crash: what is to be undone or not repeated."""
        command, restore = self.command, self.restore
        return (
            self.phase,
            self.owner,
            self.sent,
            command
            and (
                command.wanted.deed,
                command.wanted.ends_at,
                command.setpoint,
                command.tries,
                command.detour,
                command.variation,
            ),
            restore
            and (restore.tries, restore.detours, restore.parts, restore.command_status.accepted_at),
            self.suspension and self.suspension.cause,
            self.fault_until,
            self.completed,
            self.out_of_service,
            self.recent,
            self.touched_at,
            self.outstanding,
            self.restored,
            self.shown_as,
            self.fights,
            self.owner_is_unknown,
            self.adopted,
            self.is_bent,
            self.charges_in_backup,
            self.full,
        )


class DecisionKind(StrEnum):
    """The kind of a line in the decision log."""

    STARTED = "started"
    CONFIRMED = "seen"
    COMPLETED = "completed"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    KEPT = "kept"
    RETRIED = "retried"
    FAILED = "failed"
    SUSPENDED = "yielded"
    RESUMED = "resumed"
    RESTORED = "restored"
    BROKEN = "broken"


class DecisionReason(StrEnum):
    """The reason of a line in the decision log."""

    PLAN = "plan"
    FORCED = "pin"
    OVERRIDE = "override"
    TARGET_REACHED = "target_reached"
    SLOT_ENDED = "slot_ended"
    PLAN_CHANGED = "plan_changed"
    NOT_ACCEPTED = "not_accepted"
    NOT_READ_BACK = "not_read_back"
    NOT_CONFIRMED = "not_seen"
    OTHER_METHOD = "other_lever"
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
    CHARGES_WHEN_FORBIDDEN = "charges_when_forbidden"
    CHARGES_UNASKED = "charges_unasked"
    DOES_NOT_CHARGE = "does_not_charge"
    DOES_NOT_SERVE = "does_not_serve"
    BELOW_FLOOR = "below_floor"
    EXPORTS = "exports"


# What should be in force now, or None and why nothing should.
type Judged = tuple[Wanted | None, DecisionReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the decision log. ``shown`` are the settings that stood when something failed."""

    at: datetime
    kind: DecisionKind
    reason: DecisionReason
    action: Action | None = None
    method: ChargeMethod | None = None
    slot_start: datetime | None = None
    slot_end: datetime | None = None
    rate_p_per_kwh: float | None = None
    soc_percent: float | None = None
    command_status: CommandStatus | None = None
    detail: str | None = None
    shown: Settings | None = None
