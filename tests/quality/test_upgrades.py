"""What another version has stored is read, or refused in words."""

from __future__ import annotations

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState

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
async def test_a_file_without_newer_fields_is_read(day: Day, file: str) -> None:
    """What an older version did not know takes its default."""
    key = f"{DOMAIN}.{day.entry.entry_id}.{file}"
    day.storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {}}
    await day.start()
    assert day.is_loaded()
    assert day.home.planner.data is not None
