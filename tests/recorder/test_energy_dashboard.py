"""Our forecast as Home Assistant's own Energy dashboard finds it."""

from datetime import datetime

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component


@pytest.fixture
async def demo_home(hass: HomeAssistant) -> MockConfigEntry:
    """The demo home beside a running Energy dashboard."""
    assert await async_setup_component(hass, "energy", {})
    entry = MockConfigEntry(domain=DOMAIN, title="Demo home", data={"kind": "demo"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def test_the_dashboard_finds_our_forecast(
    hass: HomeAssistant, demo_home: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """We are among those who forecast; chosen, we give whole hours of days ahead in Wh."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "energy/info"})
    info = (await client.receive_json())["result"]
    assert DOMAIN in info["solar_forecast_domains"]
    manager = await async_get_manager(hass)
    await manager.async_update(
        {
            "energy_sources": [
                {
                    "type": "solar",
                    "stat_energy_from": "sensor.roof",
                    "config_entry_solar_forecast": [demo_home.entry_id],
                }
            ],
            "device_consumption": [],
        }
    )
    await client.send_json_auto_id({"type": "energy/solar_forecast"})
    hours = (await client.receive_json())["result"][demo_home.entry_id]["wh_hours"]
    stamps = [datetime.fromisoformat(stamp) for stamp in hours]
    assert all(stamp.tzinfo and stamp.minute == 0 for stamp in stamps)
    assert len(stamps) == len(set(stamps)) >= 48
    assert max(hours.values()) > 100
