"""Charges that were done, out of the decision log's lines; requests in the night of the clock's change."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.calendar import charges_done, manual_slot_events
from custom_components.smart_battery_scheduler.control.model import (
    Decision,
    DecisionKind,
    DecisionReason,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.manual_slots import ManualSlot, Repeat

from ..languages import ENGLISH

NIGHT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def line(kind: DecisionKind, at: datetime, action: Action | None = Action.CHARGE) -> Decision:
    """A line about a charge, or about none in particular."""
    return Decision(at=at, kind=kind, reason=DecisionReason.USER, action=action)


@pytest.mark.parametrize(
    ("end", "action"),
    [
        (DecisionKind.COMPLETED, Action.CHARGE),
        (DecisionKind.STOPPED, Action.CHARGE),
        (DecisionKind.FAILED, Action.CHARGE),
        # Settings changed by hand through us end a charge without another word.
        (DecisionKind.SUSPENDED, None),
    ],
)
def test_each_night_is_a_charge_of_its_own(end: DecisionKind, action: Action | None) -> None:
    """However the first one ended."""
    first_end, second_end = NIGHT + timedelta(hours=1), NIGHT + DAY + timedelta(hours=2)
    lines = [
        line(DecisionKind.CONFIRMED, NIGHT),
        line(end, first_end, action),
        line(DecisionKind.CONFIRMED, NIGHT + DAY),
        line(DecisionKind.COMPLETED, second_end),
    ]
    done = [(event.start, event.end) for event in charges_done(lines, second_end, ENGLISH)]
    assert done == [(NIGHT, first_end), (NIGHT + DAY, second_end)]


def test_a_charge_that_is_seen_again_is_the_same() -> None:
    """Another half-hour of it, or another look."""
    lines = [
        line(DecisionKind.CONFIRMED, NIGHT),
        line(DecisionKind.RETRIED, NIGHT + timedelta(minutes=30)),
        line(DecisionKind.CONFIRMED, NIGHT + timedelta(minutes=31)),
        line(DecisionKind.COMPLETED, NIGHT + timedelta(hours=1)),
    ]
    (event,) = charges_done(lines, NIGHT + DAY, ENGLISH)
    assert (event.start, event.end) == (NIGHT, NIGHT + timedelta(hours=1))


def test_a_daily_manual_slot_in_the_night_that_has_no_such_time() -> None:
    """That night has none; the nights around it do, and the calendar stands."""
    spring = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)
    slot = ManualSlot(
        id="x",
        start=spring,
        end=spring + timedelta(minutes=30),
        action=Action.CHARGE,
        repeat=Repeat.DAILY,
    )
    found = manual_slot_events([slot], spring, spring + 2 * DAY, ENGLISH)
    nights = [event.start for event in found]
    assert nights == [spring, spring + 2 * DAY - timedelta(hours=1)]
