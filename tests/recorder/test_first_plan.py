"""The first plan of a new home knows the house already."""

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from homeassistant.core import HomeAssistant

from ..cloud.server import Cloud
from ..days.stage import point_to, site_entry
from .test_load_history import keep, use_dashboard

DAYS = 20
HOURLY_KWH = 1.0
TYPICAL_HALF_HOUR_KWH = 2700 / 365 / 48


async def first_loads(hass: HomeAssistant, cloud: Cloud) -> list[float]:
    """What the first plan of the home expects of the house, tomorrow's half-hours."""
    entry = site_entry(cloud, {"scheduler_enabled": False})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    plan = entry.runtime_data.planner.data
    assert plan is not None
    return [slot.load_kwh for slot in plan.slots[48:96]]


async def test_a_house_with_meters(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three weeks of meters in the Energy dashboard make the first day's forecast."""
    point_to(cloud, monkeypatch)
    await use_dashboard(hass)
    hours = DAYS * 24
    keep(hass, "sensor.import", [HOURLY_KWH] * hours)
    for meter in ("sensor.export", "sensor.sun", "sensor.out", "sensor.in"):
        keep(hass, meter, [0.0] * hours)
    await async_wait_recording_done(hass)
    loads = await first_loads(hass, cloud)
    assert sum(loads) / len(loads) == pytest.approx(HOURLY_KWH / 2, rel=0.1)


async def test_a_house_without_a_past(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The typical home's, until more is known."""
    point_to(cloud, monkeypatch)
    loads = await first_loads(hass, cloud)
    assert sum(loads) / len(loads) == pytest.approx(TYPICAL_HALF_HOUR_KWH, rel=0.5)
