"""What Activity says, asked for as its page asks: through the logbook's own API."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

SCHEDULER = "switch.demo_home_scheduler"


@pytest.fixture
async def demo_home(hass: HomeAssistant) -> MockConfigEntry:
    """The demo home beside the logbook."""
    assert await async_setup_component(hass, "logbook", {})
    entry = MockConfigEntry(domain=DOMAIN, title="Demo home", data={"kind": "demo"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def lines(hass: HomeAssistant, client: Any) -> list[dict[str, Any]]:
    """What is filed under the scheduler, as its more-info and our dashboard show it."""
    await async_wait_recording_done(hass)
    await client.send_json_auto_id(
        {
            "type": "logbook/get_events",
            "start_time": (dt_util.utcnow() - timedelta(hours=1)).isoformat(),
            "entity_ids": [SCHEDULER],
        }
    )
    found: list[dict[str, Any]] = (await client.receive_json())["result"]
    return found


async def press(hass: HomeAssistant, action: str) -> None:
    """Touch the switch that charges now."""
    entity_id = "switch.demo_home_charge_now"
    await hass.services.async_call("switch", action, {"entity_id": entity_id}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_one_press_makes_one_line_with_its_sentence(
    hass: HomeAssistant,
    demo_home: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Read back from the database, where an event has no time of its own; nothing is raised."""
    client = await hass_ws_client(hass)
    before = await lines(hass, client)
    await press(hass, "turn_on")
    (line,) = (await lines(hass, client))[len(before) :]
    until = dt_util.as_local(demo_home.runtime_data.override.until)
    assert line["name"] == "Demo home"
    assert line["message"] == f"Asked to charge from the grid to 100 % until {until:%H:%M}."
    await press(hass, "turn_off")
    published = [line["message"] for line in (await lines(hass, client))[len(before) + 1 :]]
    assert published[0] == "Asked to return to the plan."
    assert all(each.endswith(".") for each in published)
    assert "Error with" not in caplog.text


async def test_lines_stored_by_an_earlier_release_are_read(
    hass: HomeAssistant, demo_home: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """They bear neither an entity nor a time, and are found among all of them."""
    client = await hass_ws_client(hass)
    data = {"name": None, "happening": "charge_completed", "data": {"charge_level_percent": 80.2}}
    hass.bus.async_fire("smart_battery_scheduler_activity", data)
    await async_wait_recording_done(hass)
    since = (dt_util.utcnow() - timedelta(hours=1)).isoformat()
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": since})
    published = [line for line in (await client.receive_json())["result"] if line.get("message")]
    assert [(line["name"], line["message"]) for line in published] == [
        ("Smart Battery Scheduler", "The charge is done at 80 %.")
    ]
