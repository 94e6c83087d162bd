"""The demo home's prices."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from statistics import mean

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.demo import (
    DemoTariff,
    next_publication,
    published_until,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT, RateTable, floor_slot

YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
FAR = datetime(2028, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def imports() -> RateTable:
    """A year of import rates."""
    return DemoTariff(lambda: FAR).imports(*YEAR)


@pytest.fixture(scope="module")
def exports() -> RateTable:
    """A year of export rates."""
    return DemoTariff(lambda: FAR).exports(*YEAR)


def test_half_hours_without_gaps(imports: RateTable, exports: RateTable) -> None:
    """Over both clock changes."""
    for table in (imports, exports):
        assert len(table.rates) == 365 * 48
        assert all(earlier.end == later.start for earlier, later in pairwise(table.rates))
        assert all(rate.end - rate.start == SLOT for rate in table.rates)


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2026, 3, 29), 46), (date(2026, 6, 1), 48), (date(2026, 10, 25), 50)],
)
def test_local_days_have_46_48_or_50(imports: RateTable, day: date, count: int) -> None:
    """As the market's do."""
    begin, end = (
        datetime.combine(each, time(), MARKET_TIME_ZONE) for each in (day, day + timedelta(days=1))
    )
    assert len(imports.between(begin, end)) == count


def test_the_year_looks_like_agile(imports: RateTable, exports: RateTable) -> None:
    """Level, evening peak, some negative hours, a cap; export is never negative and less."""
    prices = [rate.p_per_kwh for rate in imports.rates]
    peak = [
        rate.p_per_kwh
        for rate in imports.rates
        if 16 <= rate.start.astimezone(MARKET_TIME_ZONE).hour < 19
    ]
    assert 15 < mean(prices) < 21
    assert 30 < mean(peak) < 40
    assert 0.01 < sum(price < 0 for price in prices) / len(prices) < 0.06
    assert max(prices) <= 100
    earned = [rate.p_per_kwh for rate in exports.rates]
    assert min(earned) == 0
    assert 6 < mean(earned) < 12


def test_days_differ(imports: RateTable) -> None:
    """Some are worth charging for much more than others."""
    by_day: dict[date, list[float]] = {}
    for rate in imports.rates:
        by_day.setdefault(rate.start.astimezone(MARKET_TIME_ZONE).date(), []).append(rate.p_per_kwh)
    spreads = sorted(max(prices) - min(prices) for prices in by_day.values())
    assert spreads[len(spreads) // 20] + 8 < spreads[len(spreads) * 19 // 20]


@pytest.mark.parametrize(
    ("now", "until", "following"),
    [
        ("2026-01-14T15:59", "2026-01-14T23:00", "2026-01-14T16:00"),
        ("2026-01-14T16:00", "2026-01-15T23:00", "2026-01-15T16:00"),
        ("2026-01-14T23:30", "2026-01-15T23:00", "2026-01-15T16:00"),
        ("2026-06-17T14:59", "2026-06-17T22:00", "2026-06-17T15:00"),
        ("2026-03-28T16:30", "2026-03-29T22:00", "2026-03-29T15:00"),
        ("2026-10-24T15:00", "2026-10-25T23:00", "2026-10-25T16:00"),
    ],
)
def test_publication_is_at_16_local_up_to_23_local(now: str, until: str, following: str) -> None:
    """On days of a clock change too."""
    moment, end, again = (
        datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, until, following)
    )
    assert published_until(moment) == end
    assert next_publication(moment) == again
    table = DemoTariff(lambda: moment).imports(moment, moment + timedelta(days=3))
    assert table.known_until(moment) == end


def test_nothing_is_known_of_the_day_after_tomorrow() -> None:
    """An empty table, not an error."""
    now = datetime(2026, 1, 14, 12, tzinfo=UTC)
    tariff = DemoTariff(lambda: now)
    assert tariff.exports(now + timedelta(days=2), now + timedelta(days=3)).rates == ()


@given(
    now=st.datetimes(timezones=st.just(UTC), min_value=datetime(2025, 1, 1)),
)
def test_a_published_rate_never_changes(now: datetime) -> None:
    """What is known now is the same tomorrow."""
    if now.year > 2040:
        now = now.replace(year=2026, day=1)
    start = floor_slot(now)
    today = DemoTariff(lambda: now).imports(start, now + timedelta(days=2))
    later = DemoTariff(lambda: now + timedelta(days=1)).imports(start, now + timedelta(days=2))
    assert today.rates
    assert today.rates == later.rates[: len(today.rates)]
    assert timedelta(hours=6.5) < today.known_until(now) - now < timedelta(hours=32.1)
