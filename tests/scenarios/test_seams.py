"""The seams of a life: set-up that fails half-way, unloading that fails, removal, the last seconds."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.smart_battery_scheduler import PLATFORMS
from custom_components.smart_battery_scheduler.control.model import DecisionReason, Phase
from homeassistant.config_entries import ConfigEntryState
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)
# Home Assistant's time for all shutdown jobs of all integrations (core.py).
STOPPING_STAGE = timedelta(seconds=20)


async def test_a_set_up_that_fails_after_control_has_begun_leaves_nothing_running(
    day: Day, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had begun is undone, and no timer of it acts any more."""
    before = day.shown
    now = dt_util.utcnow()
    script.charge(now, now + HOUR)

    async def fail(*_: object) -> None:
        assert day.cloud.requests.writes, "control has not begun, and so proves nothing"
        raise RuntimeError("no platform")

    monkeypatch.setattr(day.hass.config_entries, "async_forward_entry_setups", fail)
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_ERROR
    assert day.shown == before
    requests = len(day.cloud.requests)
    await day.run(2)
    assert len(day.cloud.requests) == requests


async def test_a_set_up_without_a_first_reading_writes_nothing(day: Day, script: Script) -> None:
    """Not even to tidy up."""
    now = dt_util.utcnow()
    script.charge(now, now + 2 * HOUR)
    await day.start()
    await day.run(0.1)
    await day.power_cut()
    writes = len(day.cloud.requests.writes)
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.start()
    await day.run(0.5)
    assert not day.is_loaded()
    assert len(day.cloud.requests.writes) == writes


async def test_a_failed_unload_leaves_a_home_that_goes_on(
    day: Day, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry stays, and so does who looks after its battery."""
    begin = dt_util.utcnow() + HOUR
    script.charge(begin, begin + HOUR)
    await day.start()

    async def fail(*_: object) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(day.hass.config_entries, "async_unload_platforms", fail)
        assert not await day.hass.config_entries.async_unload(day.entry.entry_id)
    assert day.entry.state is ConfigEntryState.FAILED_UNLOAD
    await day.run(1.3)
    assert day.phase is Phase.RUNNING
    await day.hass.config_entries.async_unload_platforms(day.entry, PLATFORMS)
    await day.site.async_stop(DecisionReason.SWITCHED_OFF)
    # Home Assistant would leave its timers running until the restart that it asks for.
    await day.entry._async_process_on_unload(day.hass)


async def test_a_reading_that_ends_during_removal_writes_no_file_anew(
    day: Day, script: Script, hass_storage: dict[str, Any]
) -> None:
    """Removed is removed."""
    now = dt_util.utcnow()
    script.charge(now, now + HOUR)
    await day.start()
    await day.run(0.2)
    site = day.site
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    site._save_soon()
    await site.controller.async_observe(site.battery.data)
    await site.async_remember()
    await day.run(1)
    assert not [key for key in hass_storage if day.entry.entry_id in key]


async def test_the_last_write_leaves_the_others_some_time(day: Day, script: Script) -> None:
    """A cloud that is silent at the stop: given up in time, stored, and undone at the next start."""
    now = dt_util.utcnow()
    before = day.shown
    script.charge(now, now + HOUR)
    await day.start()
    await day.run(0.2)
    assert day.shown != before
    day.cloud.faults.add(Fault.TIMEOUT, Endpoint.NETZERO_WRITE, times=1)

    async def shut_down() -> timedelta:
        begun = dt_util.utcnow()
        await day.site._async_shut_down()
        return dt_util.utcnow() - begun

    assert await day.patiently(shut_down()) < STOPPING_STAGE
    await day.power_cut()
    day.freezer.tick(timedelta(hours=5))
    await day.start(scheduler_enabled=False)
    await day.run(0.2)
    assert day.shown == before
