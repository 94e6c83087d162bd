"""Problems that need a person, judged from a snapshot. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from ..const import MARKET_TIME_ZONE
from ..control.interruptions import FIGHTS_A_DAY, is_doubtful_owner
from ..control.model import (
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    Phase,
    SuspensionCause,
)
from ..control.watchdog import Watch
from ..control.write_outcomes import REFUSED_EVERY_WAY
from ..planner.model import Action, ChargeMethod
from ..powerwall.base import OperatingMode, Settings
from ..tariff.model import RateTable

DAY = timedelta(days=1)
# Octopus publishes at about 16:00; by this local time something is wrong.
RATES_EXPECTED_BY = time(22)
# A rate that ended so long ago while the source answers is no gap in publication.
TARIFF_ENDED_AFTER = timedelta(hours=2)
# A single foreign change is a person's; this many in a day come from another controller.
FOREIGN_CHANGES_A_DAY = 3
# This many ignored writes, or this long after the second, are more than a slow gateway explains.
RESTORE_TRIES = 4
RESTORE_PATIENCE = timedelta(minutes=10)
# How long readings may be missing while a command is in force.
OUT_OF_CONTACT_AFTER = timedelta(minutes=10)
# Refused this often, and for this long, by every method.
REFUSALS = 3
REFUSED_AFTER = timedelta(minutes=5)
# A clock wrong by more than this is a problem: half-hours begin too early or too late by as much.
CLOCK_MAY_BE_OFF = timedelta(minutes=2)


class SiteProblem(StrEnum):
    """A problem; its value is the translation key of its repair notice."""

    GRID_CHARGING_REFUSED = "grid_charging_refused"
    COMMANDS_IGNORED = "commands_ignored"
    RESTORE_IGNORED = "restore_ignored"
    ANOTHER_CONTROLLER = "another_controller"
    TARIFF_ENDED = "tariff_ended"
    RATES_LATE = "rates_late"
    PROMISE_BROKEN = "promise_broken"
    OUT_OF_CONTACT = "out_of_contact"
    COMMANDS_REFUSED = "commands_refused"
    READING_INCOMPLETE = "reading_incomplete"
    CLOCK_WRONG = "clock_wrong"
    OWNER_UNKNOWN = "owner_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemSnapshot:
    """What problems are judged by. ``shown`` are the settings of the last reading, of ``read_at``.

    ``missing`` names what no reading has reported for an hour; ``clock_ahead`` is how far the cloud's
    clock is ahead of this machine's.
    """

    now: datetime
    control: ControlState
    decisions: Sequence[Decision]
    shown: Settings
    imports: RateTable
    rates_answered: bool
    read_at: datetime | None = None
    watch: Watch = field(default_factory=Watch)
    missing: tuple[str, ...] = ()
    clock_ahead: timedelta | None = None


def problems(snapshot: ProblemSnapshot) -> frozenset[SiteProblem]:
    """All problems at present."""
    checks: Mapping[SiteProblem, bool] = {
        SiteProblem.GRID_CHARGING_REFUSED: _grid_charging_refused(snapshot),
        **of_control(snapshot.control, snapshot.watch, snapshot.read_at, snapshot.now),
        SiteProblem.ANOTHER_CONTROLLER: _another_controller(snapshot),
        SiteProblem.OWNER_UNKNOWN: _owner_unknown(snapshot),
        SiteProblem.READING_INCOMPLETE: bool(snapshot.missing),
        SiteProblem.CLOCK_WRONG: abs(snapshot.clock_ahead or timedelta()) > CLOCK_MAY_BE_OFF,
        SiteProblem.TARIFF_ENDED: _tariff_ended(snapshot),
        SiteProblem.RATES_LATE: _rates_late(snapshot),
    }
    return frozenset(problem for problem, applies in checks.items() if applies)


def of_control(
    control: ControlState, watch: Watch, read_at: datetime | None, now: datetime
) -> dict[SiteProblem, bool]:
    """The problems of commanding the battery, each with whether it exists now.

    A broken promise is not a problem of its own where another problem explains it.
    """
    found = {
        SiteProblem.COMMANDS_IGNORED: _commands_ignored(control),
        SiteProblem.RESTORE_IGNORED: _restore_ignored(control, now),
        SiteProblem.OUT_OF_CONTACT: _out_of_contact(control, read_at, now),
        SiteProblem.COMMANDS_REFUSED: _commands_refused(control, now),
    }
    notified_already = any(found.values())
    return {**found, SiteProblem.PROMISE_BROKEN: bool(watch.lasting()) and not notified_already}


def _since_resumed(snapshot: ProblemSnapshot) -> Iterator[Decision]:
    """The decisions of a day, the newest first, but none from before a person said to go on."""
    since = snapshot.now - DAY
    for decision in reversed(snapshot.decisions):
        by_user = decision.reason is DecisionReason.USER
        if decision.at <= since or (decision.kind is DecisionKind.RESUMED and by_user):
            return
        yield decision


def _grid_charging_refused(snapshot: ProblemSnapshot) -> bool:
    """The fast charge method was not read back although its mode was: only grid charging is missing.

    The installer, or the rules of the grid, forbid it on such a site.
    """
    resting = {method for method, until in snapshot.control.out_of_service if snapshot.now < until}
    refused = any(
        decision.kind is DecisionKind.FAILED
        and decision.reason is DecisionReason.NOT_READ_BACK
        and decision.action is Action.CHARGE
        and decision.method is ChargeMethod.BACKUP
        and decision.shown is not None
        and decision.shown.operating_mode is OperatingMode.BACKUP
        and decision.shown.grid_charging is False
        for decision in _since_resumed(snapshot)
    )
    return refused and ChargeMethod.BACKUP in resting


def _commands_ignored(control: ControlState) -> bool:
    """Every way was tried, or the settings stand and the battery does something else."""
    suspension = control.suspension
    calibrating = suspension is not None and suspension.cause is SuspensionCause.CALIBRATION
    return control.fault_until is not None or calibrating


def _restore_ignored(control: ControlState, now: datetime) -> bool:
    """The owner's settings do not come back: not taken, not shown, or not followed."""
    restore = control.restore
    if control.phase is not Phase.RESTORING or restore is None:
        return False
    long = now - restore.begun_at >= RESTORE_PATIENCE
    again = restore.tries + control.failures >= 2
    return restore.tries >= RESTORE_TRIES or (long and again)


def _commands_refused(control: ControlState, now: datetime) -> bool:
    """The command of now is not taken: nothing of what is wanted is in force."""
    command = control.command
    if command is None or max(control.failures, control.refusals) < REFUSALS:
        return False
    if control.refusals >= REFUSED_EVERY_WAY:
        return True
    return now - command.begun_at >= REFUSED_AFTER


def _out_of_contact(control: ControlState, read_at: datetime | None, now: datetime) -> bool:
    """A command is in force and no reading comes: only a person can check the battery."""
    silent = read_at is None or now - read_at >= OUT_OF_CONTACT_AFTER
    return control.owner is not None and silent


def _another_controller(snapshot: ProblemSnapshot) -> bool:
    foreign = sum(
        decision.kind is DecisionKind.SUSPENDED and decision.reason is DecisionReason.SOMEBODY_ELSE
        for decision in _since_resumed(snapshot)
    )
    fights = sum(snapshot.now - at < DAY for at in snapshot.control.fights)
    return foreign >= FOREIGN_CHANGES_A_DAY or fights >= FIGHTS_A_DAY


def _owner_unknown(snapshot: ProblemSnapshot) -> bool:
    """Nothing of ours is known to be in force, and the settings look like those of a charge."""
    at_rest = snapshot.control.phase is Phase.IDLE and snapshot.control.owner is None
    shown = replace(snapshot.shown, export_rule=None)
    return at_rest and is_doubtful_owner(snapshot.control, shown)


def _tariff_ended(snapshot: ProblemSnapshot) -> bool:
    rates = snapshot.imports.rates
    return (
        snapshot.rates_answered
        and bool(rates)
        and rates[-1].end + TARIFF_ENDED_AFTER <= snapshot.now
    )


def _rates_late(snapshot: ProblemSnapshot) -> bool:
    local = snapshot.now.astimezone(MARKET_TIME_ZONE)
    noon = datetime.combine(local.date() + DAY, time(12), MARKET_TIME_ZONE)
    late = local.time() >= RATES_EXPECTED_BY
    return late and not _tariff_ended(snapshot) and snapshot.imports.at(noon) is None
