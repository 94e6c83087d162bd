"""Our counters as the Energy dashboard wants them."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder.statistics import list_statistic_ids
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component

COUNTERS = (
    "grid_import_energy",
    "grid_export_energy",
    "solar_energy",
    "house_energy",
    "battery_charge_energy",
    "battery_discharge_energy",
)
SAVINGS = ("saving_today", "saving_this_month", "saving_in_all")


@pytest.fixture
async def demo_home(hass: HomeAssistant) -> MockConfigEntry:
    """The demo home beside a running Energy dashboard."""
    assert await async_setup_component(hass, "energy", {})
    entry = MockConfigEntry(domain=DOMAIN, title="Home", data={"kind": "demo", "units": 1})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def test_the_dashboard_takes_them_as_they_are(
    hass: HomeAssistant, demo_home: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """Grid with its rates, sun and battery: nothing to complain about."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "energy/save_prefs",
            "energy_sources": [
                {
                    "type": "grid",
                    "stat_energy_from": "sensor.home_grid_import_energy",
                    "stat_energy_to": "sensor.home_grid_export_energy",
                    "stat_cost": None,
                    "entity_energy_price": "sensor.home_current_rate",
                    "number_energy_price": None,
                    "stat_compensation": None,
                    "entity_energy_price_export": "sensor.home_export_rate",
                    "number_energy_price_export": None,
                    "cost_adjustment_day": 0,
                },
                {"type": "solar", "stat_energy_from": "sensor.home_solar_energy"},
                {
                    "type": "battery",
                    "stat_energy_from": "sensor.home_battery_discharge_energy",
                    "stat_energy_to": "sensor.home_battery_charge_energy",
                },
            ],
        }
    )
    answer = await client.receive_json()
    assert answer["success"], answer
    await hass.async_block_till_done()
    manager = await async_get_manager(hass)
    assert manager.data is not None
    complaints = (await async_validate(hass)).as_dict()["energy_sources"]
    # Statistics are first written at the next five minutes.
    published = {issue["type"] for source in complaints for issue in source}
    assert published <= {"statistics_not_defined"}


async def test_counters_and_savings_have_long_term_statistics(
    hass: HomeAssistant, demo_home: MockConfigEntry
) -> None:
    """The recorder knows their sums."""
    instance = get_instance(hass)
    await instance.async_block_till_done()
    listed = await instance.async_add_executor_job(list_statistic_ids, hass)
    by_id = {each["statistic_id"]: each for each in listed}
    for key in (*COUNTERS, *SAVINGS):
        assert by_id[f"sensor.home_{key}"]["has_sum"], key
