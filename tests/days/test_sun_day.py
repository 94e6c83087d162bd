"""A home with a roof over half a day: what it asks, notes, learns and keeps."""

from datetime import date, timedelta
from types import MappingProxyType

import pytest

from custom_components.smart_battery_scheduler.history.accuracy import day_start
from homeassistant.config_entries import ConfigSubentry

from .stage import Day

DATE = date(2026, 6, 18)
MIDNIGHT = day_start(DATE)


def add_roof(day: Day) -> None:
    """The panels of the fake cloud's home, by their real size."""
    plane = {"peak_kw": 4.0, "declination": 35, "azimuth": 180}
    subentry = ConfigSubentry(
        data=MappingProxyType(plane), subentry_type="roof_plane", title="Roof", unique_id=None
    )
    day.hass.config_entries.async_add_subentry(day.entry, subentry)


def forecasts_asked(day: Day) -> int:
    """How often Open-Meteo was asked."""
    return sum("forecast" in received.path for received in day.cloud.requests)


@pytest.mark.parametrize("scenario", ["sunny"])
async def test_half_a_day(day: Day) -> None:
    """The day's expectation is noted, half-hours are judged; a restart asks and forgets nothing."""
    day.hass.config.latitude, day.hass.config.longitude = 51.5, -0.12
    day.freezer.move_to(MIDNIGHT - timedelta(minutes=5))
    day.cloud.world.begin()
    add_roof(day)
    await day.start(scheduler_enabled=False)
    await day.until(MIDNIGHT + timedelta(hours=13, minutes=5))
    assert forecasts_asked(day) <= 12
    expected = day.site.accuracy.result(DATE)
    assert expected.load_expected_kwh is not None
    assert expected.pv_expected_kwh is not None
    assert expected.pv_expected_kwh > 10.0
    score = day.site.accuracy.pv_score()
    assert score is not None
    assert score.error_percent < 40
    before = day.site.solar_forecast.memory
    assert before.learned_at is not None
    asked = forecasts_asked(day)
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    await day.settle()
    day.adopt()
    assert day.site.solar_forecast.memory == before
    assert forecasts_asked(day) == asked
    assert day.site.accuracy.result(DATE) == expected
