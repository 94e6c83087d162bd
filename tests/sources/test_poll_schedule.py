"""When the Powerwall is read next."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.sources.poll_schedule import (
    LONGEST_WAIT,
    PollSchedule,
)

NOON = datetime(2026, 1, 14, 12, 5, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Wanted:
    """How often a reading is wanted: changed by the test as control changes it."""

    def __init__(self, interval: timedelta) -> None:
        """Begin with an interval."""
        self.interval = interval

    def __call__(self, now: datetime) -> timedelta:
        """The interval now."""
        return self.interval


def test_a_reading_comes_as_often_as_it_is_wanted() -> None:
    """Where nothing fails and no edge is near."""
    assert PollSchedule(Wanted(2 * MINUTE)).arrange(NOON) == 2 * MINUTE


@pytest.mark.parametrize(
    ("before_edge_s", "expected_s"),
    [
        (170, 150),  # twenty seconds before the edge
        (140, 120),  # the usual one is sooner than that, or as soon
        (60, 40),
        (50, 30),
        (40, 180),  # too soon after this one: the next edge's turn
    ],
)
def test_one_reading_falls_just_before_a_half_hours_edge(
    before_edge_s: int, expected_s: int
) -> None:
    """To act on a fresh one at the edge; never two within half a minute."""
    schedule = PollSchedule(Wanted(3 * MINUTE))
    edge = datetime(2026, 1, 14, 12, 30, tzinfo=UTC)
    assert schedule.arrange(edge - before_edge_s * SECOND) == expected_s * SECOND


def test_a_cloud_that_keeps_failing_is_asked_less_and_less_often() -> None:
    """The first failure changes nothing; no wait is longer than five minutes; one reading ends it."""
    schedule = PollSchedule(Wanted(30 * SECOND))
    waits = []
    for _ in range(9):
        schedule.failed(NOON, None)
        waits.append(schedule.arrange(NOON))
    assert waits[0] == 30 * SECOND
    assert 48 * SECOND <= waits[1] <= 60 * SECOND
    assert all(0.8 * LONGEST_WAIT <= wait <= LONGEST_WAIT for wait in waits[5:])
    schedule.succeeded()
    assert schedule.arrange(NOON) == 30 * SECOND


def test_a_slow_interval_is_not_shortened_by_failures() -> None:
    """What is wanted seldom is not asked for more often because it fails."""
    schedule = PollSchedule(Wanted(8 * MINUTE))
    for _ in range(5):
        schedule.failed(NOON, None)
    assert schedule.arrange(NOON) == 8 * MINUTE


def test_an_order_brings_the_next_reading_forward() -> None:
    """Only if it is wanted sooner than it was arranged, and only once something is."""
    wanted = Wanted(3 * MINUTE)
    schedule = PollSchedule(wanted)
    assert schedule.sooner(NOON) is None
    schedule.arrange(NOON)
    assert schedule.sooner(NOON + SECOND) is None
    wanted.interval = 30 * SECOND
    assert schedule.sooner(NOON + SECOND) == 30 * SECOND
    assert schedule.sooner(NOON + 2 * SECOND) is None


def test_a_wait_that_the_cloud_asked_for_is_not_cut_short() -> None:
    """Until it is over, or another reading was begun."""
    wanted = Wanted(3 * MINUTE)
    schedule = PollSchedule(wanted)
    schedule.failed(NOON, 90.0)
    schedule.arrange(NOON)
    wanted.interval = 30 * SECOND
    assert schedule.sooner(NOON + 80 * SECOND) is None
    assert schedule.sooner(NOON + 91 * SECOND) == 30 * SECOND
    schedule.failed(NOON, 3600.0)
    wanted.interval = 3 * MINUTE
    schedule.begin()
    schedule.succeeded()
    schedule.arrange(NOON)
    wanted.interval = 30 * SECOND
    assert schedule.sooner(NOON) == 30 * SECOND


def test_what_our_own_budget_holds_back_comes_as_soon_as_that_allows() -> None:
    """One second after, whatever the interval; no later than five minutes."""
    schedule = PollSchedule(Wanted(3 * MINUTE))
    schedule.hold(NOON, 20.0)
    assert schedule.arrange(NOON) == 21 * SECOND
    assert schedule.arrange(NOON + 22 * SECOND) == 3 * MINUTE
    schedule.hold(NOON, 4000.0)
    assert schedule.arrange(NOON) == LONGEST_WAIT
    schedule.begin()
    assert schedule.arrange(NOON) == 3 * MINUTE
