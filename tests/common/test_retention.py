"""What may be forgotten, by a clock that may be wrong."""

from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.common.retention import too_old

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HALVES = [NOON - index * timedelta(minutes=30) for index in range(48 * 10)]
WEEK = timedelta(days=7)


def test_age_is_counted_from_what_was_noted() -> None:
    """A week seen from a day before the newest."""
    old = too_old(HALVES, WEEK)
    assert max(old) == NOON - timedelta(days=8, minutes=30)
    assert len(old) == len(HALVES) - 8 * 48 - 1


def test_a_clock_that_is_years_ahead_for_minutes_makes_nothing_old() -> None:
    """Two half-hours of 2037 among the others move the limit by an hour."""
    ahead = [NOON + timedelta(days=4000, minutes=30 * index) for index in range(2)]
    moved = too_old([*HALVES, *ahead], WEEK) - too_old(HALVES, WEEK)
    assert moved == set(sorted(HALVES)[95:97])


def test_few_entries_are_never_old() -> None:
    """Nothing is known of the time they belong to."""
    assert too_old(HALVES[:48], timedelta(0)) == frozenset()
    assert too_old([], WEEK) == frozenset()
