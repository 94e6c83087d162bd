"""What a person is asked to look at: every case from facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    Phase,
    Restore,
    YieldCause,
    Yielded,
)
from custom_components.smart_battery_scheduler.planner.model import Action, Lever
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.problems.issues import by_hand
from custom_components.smart_battery_scheduler.problems.site_problems import (
    Facts,
    Trouble,
    troubles,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT, Rate, RateTable

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
LATE = datetime(2026, 1, 14, 22, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rates(until: datetime) -> RateTable:
    """Half-hours of the two days before."""
    start = until - timedelta(days=2)
    return RateTable(tuple(Rate(start + SLOT * n, start + SLOT * (n + 1), 20.0) for n in range(96)))


WELL = Facts(
    now=NOON,
    control=ControlState(),
    decisions=(),
    shown=Settings(),
    imports=rates(NOON + 11 * HOUR),
    rates_answered=True,
)


def told(kind: DecisionKind, reason: DecisionReason, ago: timedelta, **more: object) -> Decision:
    """A line of the ledger."""
    line = Decision(at=NOON - ago, kind=kind, reason=reason)
    return replace(line, **more)  # type: ignore[arg-type]  # fields of Decision by name


YIELDED = [
    told(DecisionKind.YIELDED, DecisionReason.SOMEBODY_ELSE, HOUR * ago) for ago in (6, 4, 2)
]
REFUSED = told(
    DecisionKind.FAILED,
    DecisionReason.NOT_READ_BACK,
    HOUR,
    action=Action.CHARGE,
    lever=Lever.FAST,
    shown=Settings(operating_mode=OperatingMode.BACKUP, grid_charging=False),
)
FAST_RESTS = ControlState(out_of_service=((Lever.FAST, NOON + HOUR),))
RESUMED = told(DecisionKind.RESUMED, DecisionReason.USER, HOUR / 2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"control": ControlState(fault_until=NOON + HOUR)}, Trouble.COMMANDS_IGNORED),
        (
            {
                "control": ControlState(
                    yielded=Yielded(cause=YieldCause.CALIBRATION, since=NOON, until=NOON + 2 * HOUR)
                )
            },
            Trouble.COMMANDS_IGNORED,
        ),
        (
            {
                "control": ControlState(
                    yielded=Yielded(cause=YieldCause.STORM_WATCH, since=NOON, until=NOON + HOUR)
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
            Trouble.RESTORE_IGNORED,
        ),
        (
            {
                "control": ControlState(
                    phase=Phase.RESTORING, restore=Restore(begun_at=NOON, tries=1)
                )
            },
            None,
        ),
        ({"decisions": YIELDED}, Trouble.ANOTHER_CONTROLLER),
        ({"decisions": YIELDED[:2]}, None),
        ({"decisions": [replace(YIELDED[0], at=NOON - 25 * HOUR), *YIELDED[1:]]}, None),
        ({"decisions": [*YIELDED, RESUMED]}, None),
        ({"decisions": [REFUSED], "control": FAST_RESTS}, Trouble.GRID_CHARGING_REFUSED),
        ({"decisions": [REFUSED, RESUMED], "control": FAST_RESTS}, None),
        ({"decisions": [REFUSED]}, None),
        ({"imports": rates(NOON - 3 * HOUR)}, Trouble.TARIFF_ENDED),
        ({"imports": rates(NOON - 3 * HOUR), "rates_answered": False}, None),
        ({"imports": RateTable()}, None),
        ({"now": LATE}, Trouble.RATES_LATE),
        ({"now": LATE, "imports": rates(LATE + 24 * HOUR)}, None),
    ],
)
def test_trouble(change: dict[str, object], expected: Trouble | None) -> None:
    """One thing wrong, one notice; and none where time or a person's word has settled it."""
    facts = replace(WELL, **change)  # type: ignore[arg-type]  # fields of Facts by name
    assert troubles(facts) == (frozenset() if expected is None else {expected})


@pytest.mark.parametrize(
    ("settings", "told_as"),
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
def test_settings_to_be_set_by_hand(settings: Settings, told_as: dict[str, str]) -> None:
    """In the Tesla app's own words; what is not known is left alone."""
    assert by_hand(settings) == told_as
