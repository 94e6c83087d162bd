"""A forecast held against the usual sun and the season."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.solar.doubt import believable
from custom_components.smart_battery_scheduler.solar.model import SolarSlot
from custom_components.smart_battery_scheduler.tariff.model import SLOT

DAY = datetime(2026, 6, 20, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
TOMORROW = timedelta(days=1)


def slot(kwh: float) -> SolarSlot:
    """Of this mean, with a spread."""
    return SolarSlot(mean_kwh=kwh, p10_kwh=0.6 * kwh, p50_kwh=kwh, p90_kwh=1.4 * kwh)


def days(
    kwh: Callable[[int], float], count: int = 2, but: tuple[datetime, ...] = ()
) -> dict[datetime, SolarSlot]:
    """Days of 12 kWh times ``kwh(day)``, from 06:00 to 18:00 UTC, dark else."""
    starts = [DAY + index * SLOT for index in range(48 * count)]
    return {
        start: slot(0.5 * kwh((start - DAY).days) if 6 <= start.hour < 18 else 0.0)
        for start in starts
        if start not in but
    }


def day_kwh(found: dict[datetime, SolarSlot], day: int) -> float:
    """A day's sum."""
    return sum(each.mean_kwh for start, each in found.items() if (start - DAY).days == day)


def test_a_forecast_of_zero_for_a_whole_day_is_not_believed_against_the_usual_sun() -> None:
    """A source's empty answer: the usual sun is planned by, and nothing at all stays possible."""
    found = believable(days(lambda day: 1.0 - day), days(lambda _: 0.75))
    assert day_kwh(found, 0) == pytest.approx(12.0)
    assert day_kwh(found, 1) == pytest.approx(9.0)
    assert found[NOON + TOMORROW].p10_kwh == 0.0


def test_without_a_past_the_other_days_of_the_forecast_are_the_season() -> None:
    """On the first day of a home nothing has been measured."""
    found = believable(days(lambda day: 0.0 if day == 1 else 0.8, count=3), {})
    assert day_kwh(found, 1) == pytest.approx(9.6)


def test_a_tenth_of_the_usual_is_weighed_against_it() -> None:
    """Two thirds believed, and open to both ends."""
    found = believable(days(lambda _: 0.1), days(lambda _: 1.0))
    assert day_kwh(found, 0) == pytest.approx(12.0 * (2 / 3 * 0.1 + 1 / 3))
    assert found[NOON].p10_kwh == pytest.approx(0.03)
    assert found[NOON].p90_kwh == pytest.approx(0.7)


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0, 3.0])
def test_a_dark_day_that_can_be_is_believed(share: float) -> None:
    """A fifth of the usual is a rainy day; more than usual is a fine one."""
    published = days(lambda _: share)
    assert believable(published, days(lambda _: 1.0)) == published


def test_where_little_is_usual_nothing_is_doubted() -> None:
    """A small roof in December."""
    published = days(lambda _: 0.0)
    assert believable(published, days(lambda _: 0.05)) == published


def test_holes_are_filled_with_the_usual_sun() -> None:
    """What is not reported is not dark."""
    published = days(lambda _: 1.0, but=(NOON, NOON + SLOT))
    found = believable(published, days(lambda _: 0.7))
    assert found[NOON].mean_kwh == pytest.approx(0.35)
    assert found[NOON - SLOT].mean_kwh == pytest.approx(0.5)


def test_holes_are_filled_with_the_forecasts_other_days_where_no_past_is_known() -> None:
    """On the first day of a home."""
    published = days(lambda day: 1.0 - 0.4 * day, but=(NOON,))
    assert believable(published, {})[NOON].mean_kwh == pytest.approx(0.3)
    assert believable({}, {}) == {}


def test_a_source_that_is_still_at_zero_after_midnight_buys_nothing() -> None:
    """ffunes/Omnibattery#492: at 00:05 the new day's forecast is yesterday evening's zero."""
    published = {
        start: each for start, each in days(lambda _: 0.0).items() if start < DAY + TOMORROW
    }
    found = believable(published, days(lambda _: 0.9))
    assert day_kwh(found, 0) == pytest.approx(10.8)


@pytest.mark.parametrize("hours", [1, 2])
def test_no_darkness_in_the_middle_of_the_day_is_believed(hours: int) -> None:
    """Nothing at ten on every day (core#133325), in a model's first hour (open-meteo#787)."""
    forecast = days(lambda _: 1.0)
    dark = [start for start in forecast if 10 <= start.hour < 10 + hours]
    found = believable(forecast | dict.fromkeys(dark, slot(0.0)), {})
    assert [found[start].mean_kwh for start in dark] == pytest.approx([0.5] * len(dark))
    assert day_kwh(found, 0) == pytest.approx(12.0)


def test_between_unlike_half_hours_a_dip_is_filled_by_what_lies_between_them() -> None:
    """Evenly from one to the other."""
    kwh = [0.2, 0.0, 0.0, 0.5]
    forecast = {NOON + index * SLOT: slot(each) for index, each in enumerate(kwh)}
    assert [each.mean_kwh for each in believable(forecast, {}).values()] == pytest.approx(
        [0.2, 0.3, 0.4, 0.5]
    )


@pytest.mark.parametrize(
    "kwh",
    [[0.05, 0.0, 0.5], [0.5, 0.0, 0.05], [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5], [0.5, 0.0]],
    ids=["dawn", "dusk", "too long", "the end"],
)
def test_darkness_at_the_ends_of_a_day_is_darkness(kwh: list[float]) -> None:
    """As are hours on end: that is a question for the usual energy."""
    forecast = {NOON + index * SLOT: slot(each) for index, each in enumerate(kwh)}
    assert believable(forecast, {}) == forecast
