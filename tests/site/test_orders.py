"""Overrides and the clock: an override ends by time, and comes back with the time that was wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import Source, Wanted
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.orders import Orders
from custom_components.smart_battery_scheduler.site.preferences import Preferences

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CHARGE = Override(action=Action.CHARGE, until=NOON + HOUR, made_at=NOON)


@pytest.fixture
def orders() -> Orders:
    """A charge for an hour."""
    return Orders(preferences=Preferences.from_options({}), override=CHARGE)


def test_an_override_ends_at_its_end_and_stays_ended(orders: Orders) -> None:
    """Noticed in time it is over, also for a board that starts up an hour back (no clock battery)."""
    assert not orders.follow_clock(NOON + HOUR - MINUTE, None)
    assert orders.follow_clock(NOON + HOUR + MINUTE, None)
    assert not orders.follow_clock(NOON + HOUR / 2, None)
    assert orders.override is None


def test_a_clock_far_ahead_for_minutes_ends_no_override_for_good(orders: Orders) -> None:
    """Years ahead it is over; when the clock is right again it goes on, to its own end."""
    found = []
    for now in (NOON + timedelta(days=4000), NOON + 5 * MINUTE):
        assert orders.follow_clock(now, None)
        found.append(orders.override)
    assert found == [None, CHARGE]
    assert orders.follow_clock(NOON + HOUR, None)
    assert orders.ended_late is None


def test_an_override_that_ended_while_nobody_looked_comes_back_only_in_its_own_time(
    orders: Orders,
) -> None:
    """After a night without power it is over; before it was asked for it does not hold either."""
    assert orders.follow_clock(NOON + 9 * HOUR, None)
    for hours in (9, 10, -1):
        assert not orders.follow_clock(NOON + hours * HOUR, None)
    assert orders.override is None


def test_a_persons_next_word_replaces_what_a_wrong_clock_ended(orders: Orders) -> None:
    """Back to the plan means the plan."""
    orders.follow_clock(NOON + timedelta(days=4000), None)
    orders.order(None)
    assert not orders.follow_clock(NOON + 5 * MINUTE, None)


def test_an_override_ends_at_its_target(orders: Orders) -> None:
    """And does not come back, whatever the clock says then."""
    reached = Wanted(
        action=Action.CHARGE, slot_start=NOON, ends_at=NOON + HOUR, source=Source.OVERRIDE
    )
    assert orders.follow_clock(NOON + timedelta(days=4000), reached)
    assert orders.ended_late is None
