"""What a person is asked to look at: every case from facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    Command,
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Phase,
    Restore,
    Suspension,
    SuspensionCause,
    Wanted,
)
from custom_components.smart_battery_scheduler.control.setpoints import setpoints_for
from custom_components.smart_battery_scheduler.control.watchdog import Breach, Broken, Watch
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.problems.issues import by_hand
from custom_components.smart_battery_scheduler.problems.site_problems import (
    ProblemSnapshot,
    SiteProblem,
    problems,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT, Rate, RateTable

from ..languages import ENGLISH

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
LATE = datetime(2026, 1, 14, 22, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rates(until: datetime) -> RateTable:
    """Half-hours of the two days before."""
    start = until - timedelta(days=2)
    return RateTable(tuple(Rate(start + SLOT * n, start + SLOT * (n + 1), 20.0) for n in range(96)))


OWNER = OwnerSettings(
    settings=Settings(operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20),
    origin="read",
    saved_at=NOON,
)
WANTED = Wanted(action=Action.HOLD, slot_start=NOON, ends_at=NOON + HOUR)
COMMAND = Command(
    wanted=WANTED,
    setpoints=setpoints_for(WANTED, OWNER.settings, 50.0),
    begun_at=NOON - timedelta(minutes=6),
)
RUNNING = ControlState(phase=Phase.RUNNING, owner=OWNER, command=COMMAND)
BROKEN = Watch(
    broken=(Broken(breach=Breach.DOES_NOT_SERVE, since=NOON - timedelta(minutes=9), last_at=NOON),)
)
WELL = ProblemSnapshot(
    now=NOON,
    control=ControlState(),
    decisions=(),
    shown=Settings(),
    imports=rates(NOON + 11 * HOUR),
    rates_answered=True,
    read_at=NOON,
)


def published(
    kind: DecisionKind, reason: DecisionReason, ago: timedelta, **more: object
) -> Decision:
    """A line of the decision log."""
    line = Decision(at=NOON - ago, kind=kind, reason=reason)
    return replace(line, **more)  # type: ignore[arg-type]  # fields of Decision by name


SUSPENDED = [
    published(DecisionKind.SUSPENDED, DecisionReason.SOMEBODY_ELSE, HOUR * ago) for ago in (6, 4, 2)
]
REFUSED = published(
    DecisionKind.FAILED,
    DecisionReason.NOT_READ_BACK,
    HOUR,
    action=Action.CHARGE,
    method=ChargeMethod.BACKUP,
    shown=Settings(operating_mode=OperatingMode.BACKUP, grid_charging=False),
)
BACKUP_RESTS = ControlState(out_of_service=((ChargeMethod.BACKUP, NOON + HOUR),))
RESUMED = published(DecisionKind.RESUMED, DecisionReason.USER, HOUR / 2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"control": ControlState(fault_until=NOON + HOUR)}, SiteProblem.COMMANDS_IGNORED),
        (
            {
                "control": ControlState(
                    suspension=Suspension(
                        cause=SuspensionCause.CALIBRATION, since=NOON, until=NOON + 2 * HOUR
                    )
                )
            },
            SiteProblem.COMMANDS_IGNORED,
        ),
        (
            {
                "control": ControlState(
                    suspension=Suspension(
                        cause=SuspensionCause.STORM_WATCH, since=NOON, until=NOON + HOUR
                    )
                )
            },
            None,
        ),
        (
            {
                "control": ControlState(
                    phase=Phase.RESTORING, restore=Restore(begun_at=NOON, tries=4)
                )
            },
            SiteProblem.RESTORE_IGNORED,
        ),
        (
            {
                "control": ControlState(
                    phase=Phase.RESTORING, restore=Restore(begun_at=NOON, tries=1)
                )
            },
            None,
        ),
        (
            {"control": ControlState(fights=(NOON - HOUR, NOON - 2 * HOUR))},
            SiteProblem.ANOTHER_CONTROLLER,
        ),
        ({"control": ControlState(fights=(NOON - HOUR, NOON - 25 * HOUR))}, None),
        ({"control": ControlState(owner_is_unknown=True)}, SiteProblem.OWNER_UNKNOWN),
        ({"missing": ("charge_level",)}, SiteProblem.READING_INCOMPLETE),
        ({"clock_ahead": timedelta(minutes=-12)}, SiteProblem.CLOCK_WRONG),
        ({"clock_ahead": timedelta(minutes=3)}, SiteProblem.CLOCK_WRONG),
        ({"clock_ahead": timedelta(seconds=90)}, None),
        (
            {"shown": Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)},
            SiteProblem.OWNER_UNKNOWN,
        ),
        (
            {"control": ControlState(command=COMMAND, phase=Phase.COMMANDING, failures=3)},
            SiteProblem.COMMANDS_REFUSED,
        ),
        ({"control": ControlState(command=COMMAND, phase=Phase.COMMANDING, failures=2)}, None),
        (
            {"control": RUNNING, "read_at": NOON - timedelta(minutes=11)},
            SiteProblem.OUT_OF_CONTACT,
        ),
        ({"control": RUNNING, "read_at": NOON - timedelta(minutes=9)}, None),
        (
            {
                "control": ControlState(
                    phase=Phase.RESTORING,
                    restore=Restore(begun_at=NOON - timedelta(minutes=10), tries=2),
                )
            },
            SiteProblem.RESTORE_IGNORED,
        ),
        (
            {
                "control": ControlState(
                    phase=Phase.RESTORING,
                    failures=2,
                    restore=Restore(begun_at=NOON - timedelta(minutes=10)),
                )
            },
            SiteProblem.RESTORE_IGNORED,
        ),
        (
            {
                "control": ControlState(
                    phase=Phase.RESTORING,
                    restore=Restore(begun_at=NOON - timedelta(minutes=9), tries=2),
                )
            },
            None,
        ),
        ({"watch": BROKEN}, SiteProblem.PROMISE_BROKEN),
        (
            {"watch": BROKEN, "control": ControlState(fault_until=NOON + HOUR)},
            SiteProblem.COMMANDS_IGNORED,
        ),
        ({"decisions": SUSPENDED}, SiteProblem.ANOTHER_CONTROLLER),
        ({"decisions": SUSPENDED[:2]}, None),
        ({"decisions": [replace(SUSPENDED[0], at=NOON - 25 * HOUR), *SUSPENDED[1:]]}, None),
        ({"decisions": [*SUSPENDED, RESUMED]}, None),
        ({"decisions": [REFUSED], "control": BACKUP_RESTS}, SiteProblem.GRID_CHARGING_REFUSED),
        ({"decisions": [REFUSED, RESUMED], "control": BACKUP_RESTS}, None),
        ({"decisions": [REFUSED]}, None),
        ({"imports": rates(NOON - 3 * HOUR)}, SiteProblem.TARIFF_ENDED),
        ({"imports": rates(NOON - 3 * HOUR), "rates_answered": False}, None),
        ({"imports": RateTable()}, None),
        ({"now": LATE}, SiteProblem.RATES_LATE),
        ({"now": LATE, "imports": rates(LATE + 24 * HOUR)}, None),
    ],
)
def test_problem(change: dict[str, object], expected: SiteProblem | None) -> None:
    """One thing wrong, one notice; and none where time or a person's word has settled it."""
    snapshot = replace(WELL, **change)  # type: ignore[arg-type]  # fields of Facts by name
    assert problems(snapshot) == (frozenset() if expected is None else {expected})


@pytest.mark.parametrize(
    ("settings", "raised_as"),
    [
        (
            Settings(
                operating_mode=OperatingMode.TIME_BASED,
                backup_reserve_percent=35,
                grid_charging=True,
            ),
            {"mode": "Time-Based Control (Savings)", "reserve": "35 %", "grid_charging": "on"},
        ),
        (Settings(), {"mode": "as it is", "reserve": "as it is", "grid_charging": "as it is"}),
    ],
)
def test_settings_to_be_set_by_hand(settings: Settings, raised_as: dict[str, str]) -> None:
    """In the Tesla app's own words; what is not known is left alone."""
    assert by_hand(settings, ENGLISH) == raised_as
