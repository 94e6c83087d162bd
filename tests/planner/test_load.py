"""The house-load forecast."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smart_battery_scheduler.planner.load import Consumption, forecast_load
from custom_components.smart_battery_scheduler.planner.load_household import Household, Occupancy
from custom_components.smart_battery_scheduler.planner.model import Spread

UK = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
# A Monday at midnight.
NOW = datetime(2026, 1, 12, tzinfo=UTC)
ANNUAL_KWH = 2700.0


def past(days: int, kwh: Callable[[datetime], float]) -> list[Consumption]:
    """So many days of half-hours before NOW."""
    starts = [NOW - HALF_HOUR * (index + 1) for index in range(48 * days)]
    return [Consumption(start, kwh(start)) for start in starts]


def forecast(history: list[Consumption], slots: int = 48) -> tuple[Spread, ...]:
    """The half-hours from NOW."""
    starts = [NOW + HALF_HOUR * index for index in range(slots)]
    return forecast_load(history, starts, now=NOW, zone=UK, annual_kwh=ANNUAL_KWH)


def day_kwh(spreads: tuple[Spread, ...]) -> float:
    """What the first day uses."""
    return sum(spread.mean for spread in spreads[:48])


def test_a_typical_home_before_anything_is_known() -> None:
    """The year's energy over the year, two-peaked, and honestly unsure."""
    found = forecast([])
    assert day_kwh(found) == pytest.approx(ANNUAL_KWH / 365.25, rel=0.05)
    assert found[37].mean > 1.3 * found[7].mean
    assert all(spread.p10 < spread.p50 < spread.p90 for spread in found)


def test_better_each_day() -> None:
    """The home's own days take over from the typical one's."""
    errors = [abs(day_kwh(forecast(past(days, lambda _: 0.5))) - 24.0) for days in (0, 1, 3, 14)]
    assert errors == sorted(errors, reverse=True)
    assert errors[1] < 0.6 * errors[0]
    assert errors[3] < 0.7


def test_weekdays_and_weekends_differ() -> None:
    """A Tuesday is forecast from weekdays, a Saturday from weekends."""
    history = past(28, lambda start: 0.6 if start.weekday() >= 5 else 0.3)
    found = forecast(history, slots=48 * 6)
    # What a Sunday's surprise leaves behind is gone by Tuesday.
    tuesday = sum(spread.mean for spread in found[48:96])
    saturday = sum(spread.mean for spread in found[48 * 5 :])
    assert saturday > 1.3 * tuesday


def test_recent_days_count_more() -> None:
    """A home that has changed its ways two weeks ago is mostly forecast by its new ones."""
    history = past(56, lambda start: 0.6 if start >= NOW - timedelta(days=14) else 0.2)
    assert day_kwh(forecast(history)) > 48 * 0.42


def test_a_day_away_does_not_poison_the_week() -> None:
    """Three days away last week: the forecast is that of the days at home."""
    away = {(NOW - timedelta(days=days)).date() for days in (4, 5, 6)}
    history = past(21, lambda start: 0.08 if start.date() in away else 0.5)
    assert day_kwh(forecast(history)) == pytest.approx(24.0, rel=0.05)


def at_home(start: datetime) -> float:
    """About 10 kWh a day, most of it in the evening, with a spread."""
    wave = 1.0 + 0.25 * ((start.toordinal() * 7 + start.hour * 3) % 5 - 2) / 2
    return (0.46 if 16 <= start.astimezone(UK).hour < 22 else 0.13) * wave


def lately(days: float, kwh: float) -> Callable[[datetime], float]:
    """A house that has used so much in each half-hour of the last days."""
    return lambda start: kwh if start >= NOW - timedelta(days=days) else at_home(start)


@pytest.mark.parametrize(("days", "most"), [(2, 4.0), (4, 3.6), (14, 3.4)])
def test_a_long_absence_is_learned_in_days(days: int, most: float) -> None:
    """3 kWh a day where 10 were usual: after two days the forecast is the empty house's."""
    assert 2.7 < day_kwh(forecast(past(60, lately(days, 3 / 48)))) < most


@pytest.mark.parametrize(("days", "least", "most"), [(2, 34, 50), (4, 36, 46), (14, 38, 44)])
def test_a_lasting_change_is_learned_in_days(days: int, least: float, most: float) -> None:
    """A heat pump's 24 kWh a day on top of 17: after two days most of the 41 is foreseen."""

    def heated(start: datetime) -> float:
        pump = 24 / 48 if start >= NOW - timedelta(days=days) else 0.0
        return 1.5 * at_home(start) + pump

    assert least < day_kwh(forecast(past(60, heated))) < most


def test_one_odd_day_is_no_change() -> None:
    """A day of twice the usual is mostly followed by a usual one."""
    odd = forecast(past(60, lambda start: at_home(start) * (2.0 if start >= NOW - DAY else 1.0)))
    usual = forecast(past(60, at_home))
    assert day_kwh(odd) < 1.5 * day_kwh(usual)


def test_weekends_are_no_change() -> None:
    """On a Monday at midnight the last two days were a weekend, as every week."""
    found = forecast(past(60, lambda start: at_home(start) * (1.5 if start.weekday() >= 5 else 1)))
    assert day_kwh(found) < 1.25 * day_kwh(forecast(past(60, at_home)))


@pytest.mark.parametrize("days", [3, 7, 14])
@pytest.mark.parametrize("hours", [2, 3])
def test_the_return_home_is_noticed_within_hours(days: int, hours: int) -> None:
    """Back at 17:00 after days of 3 kWh: the evening and the next day are the household's."""
    back = NOW - timedelta(days=1) + timedelta(hours=17)
    now = back + timedelta(hours=hours)

    def kwh(start: datetime) -> float:
        away = back - timedelta(days=days) <= start < back
        return 3 / 48 if away else at_home(start)

    starts = [now - HALF_HOUR * (index + 1) for index in range(48 * 60)]
    found = forecast_load(
        [Consumption(start, kwh(start)) for start in starts],
        [now + HALF_HOUR * index for index in range(48)],
        now=now,
        zone=UK,
        annual_kwh=ANNUAL_KWH,
    )
    assert day_kwh(found) > 7.5


def test_today_so_far_counts() -> None:
    """A house that has used twice the usual these hours is expected to go on for a while."""
    calm = forecast(past(21, lambda _: 0.3))
    busy = forecast(past(21, lambda start: 0.6 if start >= NOW - timedelta(hours=2) else 0.3))
    assert busy[0].mean > 1.25 * calm[0].mean
    assert busy[0].mean > busy[8].mean > busy[40].mean
    assert busy[40].mean < 1.1 * calm[40].mean


def test_the_clock_changes_with_the_household() -> None:
    """Supper at 18:00 is at 18:00 local on both sides of a clock change."""
    change = datetime(2026, 3, 29, 12, tzinfo=UTC)

    def supper(start: datetime) -> float:
        return 2.0 if start.astimezone(UK).hour == 18 else 0.1

    starts = [change - HALF_HOUR * (index + 1) for index in range(48 * 14)]
    found = forecast_load(
        [Consumption(start, supper(start)) for start in starts],
        [change + HALF_HOUR * index for index in range(24)],
        now=change,
        zone=UK,
        annual_kwh=ANNUAL_KWH,
    )
    most = max(range(24), key=lambda index: found[index].mean)
    assert (change + HALF_HOUR * most).astimezone(UK).hour == 18


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.0, 5.0), max_size=200))
def test_always_a_spread(values: list[float]) -> None:
    """Never negative, quantiles in order, whatever was measured."""
    history = [Consumption(NOW - HALF_HOUR * (i + 1), kwh) for i, kwh in enumerate(values)]
    for spread in forecast(history):
        assert 0.0 <= spread.p10 <= spread.p50 <= spread.p90
        assert spread.mean >= 0.0


def lived(history: list[Consumption], household: Household) -> tuple[Spread, ...]:
    """The day from NOW, with what is known of the people."""
    starts = [NOW + HALF_HOUR * index for index in range(48)]
    return forecast_load(
        history, starts, now=NOW, zone=UK, annual_kwh=ANNUAL_KWH, household=household
    )


def all_day(occupancy: Occupancy) -> Household:
    """The whole day ahead is of this kind."""
    return Household(ahead={NOW + HALF_HOUR * index: occupancy for index in range(48)})


def test_an_empty_house_uses_what_it_uses_at_night() -> None:
    """Known ahead: no evening is bought for; where it was away before, as it was then."""
    usual, away = past(30, at_home), past(30, lately(3, 2 / 48))
    assert day_kwh(lived(usual, all_day(Occupancy.AWAY))) < 0.7 * day_kwh(forecast(usual))
    assert day_kwh(lived(away, all_day(Occupancy.AWAY))) == pytest.approx(2.0, rel=0.15)


def test_an_absence_without_an_end_leaves_both_open() -> None:
    """Half-way, and a band that holds either."""
    found = lived(past(30, at_home), all_day(Occupancy.PERHAPS_AWAY))
    usual = forecast(past(30, at_home))
    assert found[38].mean < usual[38].mean
    assert found[38].p90 == usual[38].p90
    assert found[38].p10 < usual[38].p10


def test_guests_use_more() -> None:
    """And nobody knows how much."""
    found, usual = lived(past(30, at_home), all_day(Occupancy.GUESTS)), forecast(past(30, at_home))
    assert day_kwh(found) == pytest.approx(1.3 * day_kwh(usual))
    assert found[38].p90 - found[38].p50 > usual[38].p90 - usual[38].p50


def test_a_day_at_home_is_like_a_weekends() -> None:
    """A Monday on which somebody works from home."""
    history = past(28, lambda start: 0.6 if start.weekday() >= 5 else 0.3)
    at_work, at_home_today = forecast(history), lived(history, all_day(Occupancy.HOME_ALL_DAY))
    assert day_kwh(at_home_today) > 1.3 * day_kwh(at_work)


def test_who_is_at_home_ends_an_absence_at_once() -> None:
    """Two weeks of an empty house, and somebody has just opened the door."""
    history = past(60, lately(14, 2 / 48))
    assert day_kwh(lived(history, Household(somebody_home=False))) < 3.0
    assert day_kwh(lived(history, Household(somebody_home=True))) > 7.0
