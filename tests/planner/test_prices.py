"""Rates beyond publication."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smart_battery_scheduler.planner.prices import RECENT_DAYS, price_scenarios

UK = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
# Rates of the market day of the 12th end at 23:00 local.
KNOWN_UNTIL = datetime(2026, 1, 12, 23, tzinfo=UTC)
STARTS = [NOW + HALF_HOUR * index for index in range(96)]

type Table = dict[datetime, float]


def table(days: int, until: datetime = KNOWN_UNTIL) -> Table:
    """Published rates: 10 p by night, 20 p by day, 30 p from 16:00 to 19:00, more expensive each day."""
    found: Table = {}
    when = until - HALF_HOUR
    while when >= until - timedelta(days=days):
        local = when.astimezone(UK)
        shape = 30.0 if 16 <= local.hour < 19 else 20.0 if 6 <= local.hour < 23 else 10.0
        found[when] = shape
        when -= HALF_HOUR
    return found


def test_published_rates_stand_in_every_course() -> None:
    """Only what is missing is guessed."""
    rates = table(20)
    courses = price_scenarios(STARTS, rates.get, rates.get, UK)
    assert len(courses) == RECENT_DAYS
    for trajectory in courses:
        for start, rate in zip(STARTS, trajectory.import_p_per_kwh, strict=True):
            if start in rates:
                assert rate == rates[start]


def test_days_alike_give_that_day() -> None:
    """A home whose rates never change has nothing to be unsure of."""
    rates = table(20)
    for trajectory in price_scenarios(STARTS, rates.get, rates.get, UK):
        for start, rate in zip(STARTS, trajectory.import_p_per_kwh, strict=True):
            assert rate == pytest.approx(table(3, STARTS[-1] + HALF_HOUR)[start])


def test_a_course_is_a_recent_day() -> None:
    """The newest day is 10 p more expensive than all before: one course in seven, with the most weight."""
    rates = table(20)
    for when in list(rates):
        if when >= KNOWN_UNTIL - timedelta(days=1):
            rates[when] += 10.0
    courses = price_scenarios(STARTS, rates.get, rates.get, UK)
    noon = STARTS.index(NOW + timedelta(days=1))
    assert [trajectory.import_p_per_kwh[noon] for trajectory in courses] == [30.0] + [20.0] * 6
    assert courses[0].weight == max(trajectory.weight for trajectory in courses)


def test_newer_days_weigh_more() -> None:
    """What happened yesterday tells more than last week."""
    rates = table(20)
    weights = [
        trajectory.weight for trajectory in price_scenarios(STARTS, rates.get, rates.get, UK)
    ]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 1.0


def test_nothing_to_guess_and_nothing_to_guess_from() -> None:
    """All known, or not one whole day: no course."""
    all_known = table(5, STARTS[-1] + HALF_HOUR)
    assert price_scenarios(STARTS, all_known.get, all_known.get, UK) == ()
    few = {when: rate for when, rate in table(20).items() if when >= NOW}
    assert price_scenarios(STARTS, few.get, few.get, UK) == ()


def test_unpaid_exports_stay_unpaid() -> None:
    """Without an export tariff nothing is earned tomorrow either."""
    rates = table(20)

    def nothing(_: datetime) -> None:
        return None

    for trajectory in price_scenarios(STARTS, rates.get, nothing, UK):
        assert set(trajectory.export_p_per_kwh) == {0.0}


@pytest.mark.parametrize(
    "change", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
)
def test_peaks_keep_their_local_hour_over_a_clock_change(change: datetime) -> None:
    """Days of 46 and 50 half-hours: the peak is at 16:00 local before and after."""
    now = change - timedelta(hours=12)
    until = datetime(now.year, now.month, now.day, 23, tzinfo=UK).astimezone(UTC)
    rates = table(20, until)
    starts = [now + HALF_HOUR * index for index in range(96)]
    courses = price_scenarios(starts, rates.get, rates.get, UK)
    assert len(courses) == RECENT_DAYS
    for start, rate in zip(starts, courses[0].import_p_per_kwh, strict=True):
        peak = 16 <= start.astimezone(UK).hour < 19
        assert (rate > 25.0) is peak


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 20), st.sets(st.integers(0, 900), max_size=200))
def test_gaps_are_filled(days: int, gaps: set[int]) -> None:
    """Whatever is missing: every course is complete and finite."""
    rates = table(days)
    for index, when in enumerate(sorted(rates)):
        if index in gaps:
            del rates[when]
    for trajectory in price_scenarios(STARTS, rates.get, rates.get, UK):
        assert len(trajectory.import_p_per_kwh) == len(STARTS)
        assert all(10.0 <= rate <= 30.0 for rate in trajectory.import_p_per_kwh)


def test_a_one_off_is_no_habit() -> None:
    """What was cheap once stands where it is known, and in no guess (springfall2008/batpred#4854)."""
    usual = table(20)
    dispatched = usual | {NOW + HALF_HOUR * index: 7.0 for index in range(8)}
    courses = price_scenarios(STARTS, dispatched.get, usual.get, UK, usual.get)
    assert len(courses) == RECENT_DAYS
    for trajectory in courses:
        assert trajectory.import_p_per_kwh[:8] == (7.0,) * 8
        assert 7.0 not in trajectory.import_p_per_kwh[8:]
