"""What may be forgotten, by a clock that may be wrong."""

from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.common.retention import too_old

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HALVES = [NOON - index * timedelta(minutes=30) for index in range(48 * 10)]
WEEK = timedelta(days=7)


def test_age_is_counted_from_what_was_noted() -> None:
    """A week seen from a day before the newest."""
    old = too_old(HALVES, WEEK, NOON)
    assert max(old) == NOON - timedelta(days=8, minutes=30)
    assert len(old) == len(HALVES) - 8 * 48 - 1


def test_a_clock_that_is_years_ahead_for_minutes_makes_nothing_old() -> None:
    """Two half-hours of 2037 among the others move the limit by an hour."""
    ahead = [NOON + timedelta(days=4000, minutes=30 * index) for index in range(2)]
    moved = too_old([*HALVES, *ahead], WEEK, ahead[-1]) - too_old(HALVES, WEEK, NOON)
    assert moved == set(sorted(HALVES)[95:97])


def test_few_entries_are_never_old() -> None:
    """Nothing is known of the time they belong to."""
    assert too_old(HALVES[:48], timedelta(0), NOON) == frozenset()
    assert too_old([], WEEK, NOON) == frozenset()


def test_what_a_clock_has_noted_that_was_ahead_goes_and_takes_nothing_with_it() -> None:
    """However often that has happened: the rest is as old as it would be without."""
    ahead = [NOON + timedelta(days=1000 + index) for index in range(40)]
    assert too_old([*HALVES, *ahead], WEEK, NOON) == too_old(HALVES, WEEK, NOON) | set(ahead)


def test_a_clock_that_is_behind_finds_nothing_of_the_future_untrue() -> None:
    """A board without a battery for its clock begins years back: all that is known lies ahead."""
    begun = NOON - timedelta(days=4000)
    assert too_old(HALVES, WEEK, begun) == frozenset()
    assert too_old([*HALVES, begun], WEEK, begun) == frozenset()
    assert too_old([*HALVES[:20], begun], WEEK, begun) == frozenset()
