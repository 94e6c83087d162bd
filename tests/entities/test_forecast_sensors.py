"""The sensors of what is expected and of how right that was."""

from datetime import timedelta
import json
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.const import DOMAIN, MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.entities.forecast_sensors import ForecastSensor
from custom_components.smart_battery_scheduler.history.accuracy import (
    AccuracyMemory,
    Expected,
    day_start,
)
from custom_components.smart_battery_scheduler.history.load_quality import LoadQuality
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.site.forecast_report import forecasts_as_dict
from custom_components.smart_battery_scheduler.site.records import Records
from custom_components.smart_battery_scheduler.site.storage import SiteStorage
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..cloud.server import Cloud
from ..cloud.world import SCENARIOS
from ..days.stage import point_to, site_entry

KEYS = (
    "solar_forecast_today",
    "solar_forecast_tomorrow",
    "load_forecast_today",
    "load_forecast_tomorrow",
    "solar_forecast_error",
    "load_forecast_error",
)


@pytest.fixture
def frozen(freezer: FrozenDateTimeFactory, scenario: str) -> FrozenDateTimeFactory:
    """The clock at the scenario's beginning, before Home Assistant and the cloud start."""
    freezer.move_to(SCENARIOS[scenario].start)
    return freezer


def with_roof(entry: MockConfigEntry) -> MockConfigEntry:
    """The same home with a plane of panels."""
    plane = {"peak_kw": 4.0, "declination": 35, "azimuth": 180}
    subentry = ConfigSubentryData(
        data=plane, subentry_type="roof_plane", title="Roof", unique_id=None
    )
    return MockConfigEntry(
        domain=DOMAIN,
        title=entry.title,
        unique_id=entry.unique_id,
        data=dict(entry.data),
        subentries_data=[subentry],
    )


def state_of(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> State | None:
    """A sensor's state."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, f"{entry.unique_id}_{key}")
    return None if entity_id is None else hass.states.get(entity_id)


def a_known_yesterday() -> Records:
    """Yesterday was expected at 0.3 kWh a half-hour of each, and was 0.2."""
    today = dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()
    first, end = day_start(today - timedelta(days=1)), day_start(today)
    starts = [first + index * SLOT for index in range((end - first) // SLOT)]
    energies = Energies(load_kwh=0.2, pv_kwh=0.2)
    return Records(
        measured=tuple(
            MeasuredSlot(start=at, energies=energies, observed_s=1800, soc_percent=50.0)
            for at in starts
        ),
        accuracy=AccuracyMemory(
            half_hours=tuple(Expected(start=at, load_kwh=0.3, pv_kwh=0.3) for at in starts),
            days=(Expected(start=first, load_kwh=14.4, pv_kwh=14.4),),
        ),
    )


async def test_what_is_expected_and_how_right_it_was(
    frozen: FrozenDateTimeFactory,
    hass: HomeAssistant,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tomorrow in kWh; yesterday's expectation beside what came."""
    monkeypatch.setattr(ForecastSensor, "entity_registry_enabled_default", True)
    point_to(cloud, monkeypatch)
    entry = with_roof(site_entry(cloud))
    entry.add_to_hass(hass)
    await SiteStorage(hass, entry.entry_id).async_save_records(a_known_yesterday())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for key in ("solar_forecast_today", "solar_forecast_tomorrow", "load_forecast_tomorrow"):
        state = state_of(hass, entry, key)
        assert state is not None, key
        assert float(state.state) > 0.5, key
        credit = "Weather data by Open-Meteo.com" if key.startswith("solar") else None
        assert state.attributes.get("attribution") == credit
    for key in ("solar_forecast_error", "load_forecast_error"):
        state = state_of(hass, entry, key)
        assert state is not None, key
        assert float(state.state) == pytest.approx(50.0)
        assert state.attributes["bias_percent"] == 50.0
        assert state.attributes["half_hours"] == 48
        assert state.attributes["yesterday_expected_kwh"] == 14.4
        assert state.attributes["yesterday_measured_kwh"] == 9.6
    load_error = state_of(hass, entry, "load_forecast_error")
    assert load_error is not None
    assert load_error.attributes["of_last_week_percent"] is None
    report = cast(dict[str, Any], forecasts_as_dict(entry.runtime_data, dt_util.utcnow()))
    json.dumps(report)
    assert report["sun"]["source"] == "OpenMeteo"
    assert report["sun"]["learned_factors"] == [1.0] * 24
    assert report["sun"]["under_cover_share"] is None
    assert report["house"]["day_ahead"] is None
    entry.runtime_data.load_history.record.quality = LoadQuality(
        error_percent=12.34,
        of_last_week_percent=81.0,
        of_mean_percent=90.0,
        coverage_percent=79.96,
        half_hours=480,
    )
    judged = cast(dict[str, Any], forecasts_as_dict(entry.runtime_data, dt_util.utcnow()))
    assert judged["house"]["day_ahead"] == {
        "error_percent": 12.3,
        "of_last_week_percent": 81.0,
        "of_mean_percent": 90.0,
        "coverage_percent": 80.0,
        "half_hours": 480,
    }
    assert report["house"]["half_hours_known"] == 48
    assert report["house"]["day_ahead"] is None
    assert report["house"]["band_widened_by"]["evening"] == 1.0
    for part in ("sun", "house"):
        assert report[part]["yesterday_expected_kwh"] == 14.4
        assert report[part]["last_week"] == {
            "error_percent": 50.0,
            "bias_percent": 50.0,
            "half_hours": 48,
        }


async def test_quiet_by_default_and_no_sun_without_panels(
    frozen: FrozenDateTimeFactory,
    hass: HomeAssistant,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The day's figures are for who enables them; a home without panels has none of the sun's."""
    point_to(cloud, monkeypatch)
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [key for key in KEYS if state_of(hass, entry, key)] == ["load_forecast_error"]
    registry = er.async_get(hass)
    known = {
        key
        for key in KEYS
        if registry.async_get_entity_id("sensor", DOMAIN, f"{entry.unique_id}_{key}")
    }
    assert known == {key for key in KEYS if key.startswith("load")}
    report = cast(dict[str, Any], forecasts_as_dict(entry.runtime_data, dt_util.utcnow()))
    assert report["sun"]["source"] is None
    assert report["sun"]["last_week"] is None
    assert report["house"]["yesterday_expected_kwh"] is None


async def test_sensors_of_a_roof_that_is_gone_go_too(
    frozen: FrozenDateTimeFactory,
    hass: HomeAssistant,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After "no solar panels" nothing is left that could never have a value again."""
    point_to(cloud, monkeypatch)
    entry = with_roof(site_entry(cloud))
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    registry = er.async_get(hass)

    def known() -> set[str]:
        entities = er.async_entries_for_config_entry(registry, entry.entry_id)
        return {entity.unique_id.removeprefix(f"{entry.unique_id}_") for entity in entities}

    at_first = known()
    data = {**entry.data, "solar": {"source": "none"}}
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert at_first - known() == {key for key in KEYS if key.startswith("solar")}
