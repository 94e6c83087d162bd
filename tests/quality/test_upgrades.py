"""What another version has stored is read, or refused in words."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.site.records import Records
from custom_components.smart_battery_scheduler.site.storage import SiteStorage
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from ..days.stage import Day


async def test_an_entry_of_a_newer_version_is_refused(
    day: Day, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant says so, and the home is not set up."""
    day.hass.config_entries.async_update_entry(day.entry, version=2)
    await day.start()
    assert day.entry.state is ConfigEntryState.MIGRATION_ERROR
    assert "has version 2 which is higher" in caplog.text


async def test_an_entry_with_a_newer_minor_version_is_read(day: Day) -> None:
    """A minor version only adds what an older one may leave alone."""
    day.hass.config_entries.async_update_entry(day.entry, minor_version=9)
    await day.start()
    assert day.is_loaded()


@pytest.mark.parametrize("file", ["control", "records"])
async def test_a_file_of_a_newer_version_is_refused(day: Day, file: str) -> None:
    """It is left as it is, for the version that can read it."""
    key = f"{DOMAIN}.{day.entry.entry_id}.{file}"
    stored = {"version": 99, "minor_version": 1, "key": key, "data": {"of": "tomorrow"}}
    day.storage[key] = dict(stored)
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_ERROR
    assert day.entry.error_reason_translation_key == "stored_by_newer_version"
    assert day.storage[key] == stored


@pytest.mark.parametrize("file", ["control", "records"])
async def test_a_damaged_file_is_left_out(
    day: Day, file: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The home runs without what cannot be read, and the log says so."""
    key = f"{DOMAIN}.{day.entry.entry_id}.{file}"
    damaged = {"phase": ["no", "phase"], "measured": "yesterday"}
    day.storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": damaged}
    await day.start()
    assert day.is_loaded()
    assert f"The stored file {key} could not be read whole" in caplog.text


async def test_what_comes_while_saving_is_saved_too(
    hass: HomeAssistant, hass_storage: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    """Saving now takes the place of what was to be saved later, which must not be lost by it."""
    storage = SiteStorage(hass, "entry")
    saving = hass.async_create_task(storage.async_save_records(Records(tariff_mark="now")))
    storage.async_save_records_soon(Records(tariff_mark="newer"))
    await saving
    freezer.tick(timedelta(minutes=10))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await storage.async_load()).records == Records(tariff_mark="newer")
    assert hass_storage[f"{DOMAIN}.entry.records"]["data"]["tariff_mark"] == "newer"


@pytest.mark.parametrize("file", ["control", "records"])
async def test_a_file_without_newer_fields_is_read(day: Day, file: str) -> None:
    """What an older version did not know takes its default."""
    key = f"{DOMAIN}.{day.entry.entry_id}.{file}"
    day.storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {}}
    await day.start()
    assert day.is_loaded()
    assert day.site.planner.data is not None
