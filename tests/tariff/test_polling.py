"""When to ask for tomorrow's rates, also where the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import example, given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE as UK
from custom_components.smart_battery_scheduler.tariff.polling import (
    BACKOFF_WAIT,
    JITTER,
    expected_until,
    next_rates_poll,
)


def local(text: str) -> datetime:
    """UK local time as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UK).astimezone(UTC)


def at_local(day: date, clock: time) -> datetime:
    """A UK local time of a day as UTC."""
    return datetime.combine(day, clock, UK).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-21T00:10", "2026-11-21T23:00"),
        ("2026-11-21T15:49", "2026-11-21T23:00"),
        ("2026-11-21T15:50", "2026-11-22T23:00"),
        ("2026-11-21T23:30", "2026-11-22T23:00"),
        ("2026-03-28T16:30", "2026-03-29T23:00"),
        ("2026-10-24T16:30", "2026-10-25T23:00"),
        ("2026-07-01T16:30", "2026-07-02T23:00"),
    ],
)
def test_rates_are_expected_to_23_local(now: str, until: str) -> None:
    """The hour 23:00-24:00 belongs to the next publication."""
    assert expected_until(local(now), UK) == local(until)


def test_the_watch_begins_just_before_16_local() -> None:
    """When today is complete, with this home's own jitter."""
    now = local("2026-07-01T12:00")
    known = local("2026-07-01T23:00")
    assert next_rates_poll(now, known, UK, chance=0.0) == local("2026-07-01T15:50")
    assert next_rates_poll(now, known, UK, chance=0.5) == local("2026-07-01T15:54")


def test_quiet_once_tomorrow_is_complete() -> None:
    """At most a look every six hours, until the next afternoon."""
    known = local("2026-11-22T23:00")
    now, polls = local("2026-11-21T16:10"), []
    while now < local("2026-11-22T15:50"):
        now = next_rates_poll(now, known, UK, chance=0.3)
        polls.append(now)
    assert len(polls) == 4
    assert polls[-1] == local("2026-11-22T15:50") + 0.3 * JITTER


def test_a_late_publication_is_asked_for_ever_less_often() -> None:
    """All night if need be, every quarter of an hour at first and never less than every 36 min."""
    known = local("2026-11-21T23:00")
    now, polls = local("2026-11-21T15:50"), []
    while now < local("2026-11-22T08:00"):
        polls.append(now)
        now = next_rates_poll(now, known, UK, chance=0.5)
    gaps = [after - before for before, after in pairwise(polls)]
    assert gaps == sorted(gaps)
    assert gaps[0] == timedelta(minutes=16, seconds=30)
    assert gaps[-1] == timedelta(minutes=33)
    assert len(polls) < 40


def test_a_part_of_tomorrow_is_not_tomorrow() -> None:
    """Half a day was published: go on asking."""
    now = local("2026-11-21T17:00")
    partial = local("2026-11-22T11:00")
    assert next_rates_poll(now, partial, UK, chance=0.0) == now + timedelta(minutes=17.5)


def test_flat_rates_need_no_watch() -> None:
    """Known beyond all publication."""
    now = local("2026-11-21T17:00")
    far = now + timedelta(days=3)
    assert next_rates_poll(now, far, UK, chance=0.0) == now + BACKOFF_WAIT


moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(
    now=moments,
    ahead=st.timedeltas(timedelta(0), timedelta(hours=60)),
    chance=st.floats(0.0, 1.0, exclude_max=True),
)
@example(now=datetime(2026, 3, 29, 0, 59, tzinfo=UTC), ahead=timedelta(hours=22), chance=0.5)
@example(now=datetime(2026, 10, 25, 1, 30, tzinfo=UTC), ahead=timedelta(hours=22), chance=0.5)
def test_a_poll_is_always_ahead_and_never_far(
    now: datetime, ahead: timedelta, chance: float
) -> None:
    """Within six hours; and within 36 minutes while something is missing."""
    known_until = now + ahead
    poll = next_rates_poll(now, known_until, UK, chance=chance)
    assert poll.tzinfo is UTC
    assert now < poll <= now + BACKOFF_WAIT
    missing = known_until < expected_until(now, UK)
    assert not missing or timedelta(minutes=15) <= poll - now <= timedelta(minutes=36)


@given(
    day=st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    late=st.timedeltas(timedelta(0), timedelta(hours=12)),
    chance=st.floats(0.0, 1.0, exclude_max=True),
)
@example(day=date(2026, 3, 28), late=timedelta(0), chance=0.0)
@example(day=date(2026, 3, 29), late=timedelta(0), chance=0.0)
@example(day=date(2026, 10, 24), late=timedelta(hours=9), chance=0.9)
@example(day=date(2026, 10, 25), late=timedelta(0), chance=0.9)
def test_every_publication_is_noticed_within_36_minutes(
    day: date, late: timedelta, chance: float
) -> None:
    """On every day of the year, however late it comes; and then there is quiet."""
    now, polls = at_local(day, time(12)), 0
    published = at_local(day, time(16)) + late
    while now < published:
        now = next_rates_poll(now, at_local(day, time(23)), UK, chance=chance)
        polls += 1
    assert now - published <= timedelta(minutes=36)
    assert polls <= 36
    tomorrow = day + timedelta(days=1)
    again = next_rates_poll(now, at_local(tomorrow, time(23)), UK, chance=chance)
    assert again >= min(now + BACKOFF_WAIT, at_local(tomorrow, time(15, 50)))
