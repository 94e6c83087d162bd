"""The home's past from the Energy dashboard's statistics."""

from datetime import timedelta
from typing import Any, cast

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from sqlalchemy.exc import OperationalError

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.history.backtest.meters import PastMeters
from custom_components.smart_battery_scheduler.sources import past_meters
from custom_components.smart_battery_scheduler.sources.rates_coordinator import RateSource
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.components.energy.data import SourceType, async_get_manager
from homeassistant.core import HomeAssistant

from .test_load_history import LAST_HOUR, keep, use_dashboard

SINCE = LAST_HOUR - timedelta(hours=4)


async def past_of(hass: HomeAssistant) -> PastMeters:
    """The last four hours of a home without an account and without readings of its own."""
    entry = MockConfigEntry(domain=DOMAIN, data={"kind": "netzero"})
    await async_wait_recording_done(hass)
    nobody = cast(RateSource, object())
    return await past_meters.async_past_meters(hass, entry, (), nobody, SINCE, LAST_HOUR)


async def dashboard(hass: HomeAssistant, *sources: dict[str, Any]) -> None:
    """Let the owner name these meters."""
    await use_dashboard(hass)
    manager = await async_get_manager(hass)
    await manager.async_update(
        {"energy_sources": cast(list[SourceType], list(sources)), "device_consumption": []}
    )


GRID = {"type": "grid", "stat_energy_from": "sensor.import", "stat_energy_to": "sensor.export"}
SOLAR = {"type": "solar", "stat_energy_from": "sensor.sun"}
BATTERY = {"type": "battery", "stat_energy_from": "sensor.out", "stat_energy_to": "sensor.in"}


async def test_hours_of_the_dashboards_meters_become_half_hours(hass: HomeAssistant) -> None:
    """Every kind of energy from its meter, in kWh though the recorder keeps Wh."""
    await dashboard(hass, GRID, SOLAR, BATTERY, {"type": "gas", "stat_energy_from": "sensor.gas"})
    for name, hours in {
        "import": [0.0, 1.0, 2.0],
        "export": [0.0, 0.0, 0.4],
        "sun": [0.0, 0.6, 1.2],
        "out": [0.0, 0.4, 0.0],
        "in": [0.0, 0.0, 1.8],
    }.items():
        keep(hass, f"sensor.{name}", hours)
    found = await past_of(hass)
    assert [slot.start for slot in found.slots] == [LAST_HOUR - n * SLOT for n in (4, 3, 2, 1)]
    assert [slot.import_kwh for slot in found.slots] == pytest.approx([0.5, 0.5, 1.0, 1.0])
    assert [slot.export_kwh for slot in found.slots] == pytest.approx([0.0, 0.0, 0.2, 0.2])
    assert [slot.pv_kwh for slot in found.slots] == pytest.approx([0.3, 0.3, 0.6, 0.6])
    assert [slot.battery_in_kwh for slot in found.slots] == pytest.approx([0.0, 0.0, 0.9, 0.9])
    assert [slot.battery_out_kwh for slot in found.slots] == pytest.approx([0.2, 0.2, 0.0, 0.0])
    assert found.sources["import"] == {"dashboard": 4}


async def test_a_dashboard_without_a_roof_has_no_sun_and_no_export(hass: HomeAssistant) -> None:
    """What the dashboard does not have is nothing; two registers of one meter are added up."""
    night = {"type": "grid", "stat_energy_from": "sensor.night", "stat_energy_to": None}
    day = {"type": "grid", "stat_energy_from": "sensor.day", "stat_energy_to": None}
    await dashboard(hass, night, day, BATTERY)
    keep(hass, "sensor.day", [0.0, 1.0, 1.0])
    keep(hass, "sensor.night", [0.0, 0.2, 0.4])
    found = await past_of(hass)
    assert [slot.import_kwh for slot in found.slots] == pytest.approx([0.6, 0.6, 0.7, 0.7])
    assert {(slot.pv_kwh, slot.export_kwh) for slot in found.slots} == {(0.0, 0.0)}
    assert {slot.battery_in_kwh for slot in found.slots} == {None}


async def test_feed_in_that_nobody_counts_is_not_known(hass: HomeAssistant) -> None:
    """A roof without an export meter may well feed in unseen: the export is not known, not 0."""
    await dashboard(hass, {**GRID, "stat_energy_to": None}, SOLAR)
    keep(hass, "sensor.import", [0.0, 1.0])
    keep(hass, "sensor.sun", [0.0, 0.6])
    found = await past_of(hass)
    assert {slot.export_kwh for slot in found.slots} == {None}


async def test_without_a_grid_in_the_dashboard_nothing_is_read(hass: HomeAssistant) -> None:
    """Neither without a dashboard nor from one that has no grid."""
    assert (await past_of(hass)).slots == ()
    await dashboard(hass, SOLAR)
    keep(hass, "sensor.sun", [0.0, 0.6])
    assert (await past_of(hass)).slots == ()


@pytest.mark.parametrize(
    "error", [OperationalError("SELECT", {}, Exception("database is locked")), TimeoutError()]
)
async def test_a_recorder_that_fails_is_named_and_fails_nothing(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A recorder that is busy or broken is named as failed; there is a result without it."""
    await dashboard(hass, GRID)

    async def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(past_meters, "async_recorded", broken)
    found = await past_of(hass)
    assert (found.slots, found.failed) == ((), ("recorder",))
