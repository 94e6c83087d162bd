"""The triggers, in real automations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.events.site_events import Happening
from custom_components.smart_battery_scheduler.site.site import Home
from custom_components.smart_battery_scheduler.trigger import TRIGGERS
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import trigger as helper
from homeassistant.setup import async_setup_component

from .conftest import NOW, device_id_of

HEARD = "test_heard"


async def automate(hass: HomeAssistant, **trigger: Any) -> list[Event]:
    """An automation that fires an event with what its trigger tells."""
    heard: list[Event] = async_capture_events(hass, HEARD)
    keys = ("happening", "home", "device_id", "config_entry_id", "message", "data", "platform")
    told = {key: f"{{{{ trigger.{key} }}}}" for key in keys}
    action = {"event": HEARD, "event_data": {**told, "description": "{{ trigger.description }}"}}
    assert await async_setup_component(
        hass, "automation", {"automation": {"triggers": [trigger], "actions": [action]}}
    )
    await hass.async_block_till_done()
    return heard


async def test_a_trigger_runs_an_automation(hass: HomeAssistant, home: Home) -> None:
    """With whose it is, a sentence, and the figures."""
    heard = await automate(hass, trigger=f"{DOMAIN}.charge_failed")
    data: dict[str, Json] = {"reason": "not_seen", "start": NOW.isoformat(), "rate_p_per_kwh": 9.8}
    home.happenings.tell(Happening.CHARGE_FAILED, data)
    await hass.async_block_till_done()
    (event,) = heard
    message = "The charge of 20:00 failed: the settings stand, but the battery did not charge."
    assert event.data == {
        "happening": "charge_failed",
        "home": "Demo home",
        "device_id": device_id_of(hass, home),
        "config_entry_id": home.entry.entry_id,
        "message": message,
        "data": data,
        "platform": f"{DOMAIN}.charge_failed",
        "description": f"Demo home: {message}",
    }


@pytest.mark.parametrize("happening", list(Happening))
async def test_each_has_its_own(hass: HomeAssistant, home: Home, happening: Happening) -> None:
    """It fires for its own happening and for no other."""
    heard = await automate(hass, trigger=f"{DOMAIN}.{happening.value}")
    for each in Happening:
        home.happenings.tell(each, {})
    await hass.async_block_till_done()
    assert [event.data["happening"] for event in heard] == [happening.value]


async def test_a_target_chooses_the_home(hass: HomeAssistant, home: Home, other_home: Home) -> None:
    """Only the home that is meant."""
    heard = await automate(
        hass,
        trigger=f"{DOMAIN}.plan_changed",
        target={"device_id": device_id_of(hass, other_home)},
    )
    home.happenings.tell(Happening.PLAN_CHANGED, {})
    other_home.happenings.tell(Happening.PLAN_CHANGED, {})
    await hass.async_block_till_done()
    assert [event.data["home"] for event in heard] == ["Other home"]


async def test_it_outlives_a_reload(hass: HomeAssistant, home: Home) -> None:
    """The automation was there before the home came back."""
    heard = await automate(hass, trigger=f"{DOMAIN}.plan_changed")
    await hass.config_entries.async_reload(home.entry.entry_id)
    await hass.async_block_till_done()
    heard.clear()
    again: Home = home.entry.runtime_data
    again.happenings.tell(Happening.PLAN_CHANGED, {"next_charge": None})
    await hass.async_block_till_done()
    assert [event.data["message"] for event in heard] == ["The plan changed: no charge is planned."]


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": f"{DOMAIN}.nonsense"},
        {"trigger": f"{DOMAIN}.plan_changed", "options": {"surprise": 1}},
        {"trigger": f"{DOMAIN}.plan_changed", "target": "everything"},
    ],
)
async def test_nonsense_is_refused(
    hass: HomeAssistant, home: Home, trigger: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The automation is not set up, and the log says so."""
    heard = await automate(hass, **trigger)
    home.happenings.tell(Happening.PLAN_CHANGED, {})
    await hass.async_block_till_done()
    assert not heard
    assert "failed to setup" in caplog.text


async def test_every_trigger_is_described(hass: HomeAssistant, home: Home) -> None:
    """The editor can offer each of them, with a target."""
    assert await async_setup_component(hass, "automation", {})
    descriptions = await helper.async_get_all_descriptions(hass)
    described = {name for name in descriptions if name.startswith(DOMAIN)}
    assert described == {f"{DOMAIN}.{name}" for name in TRIGGERS}
    for name in described:
        description = descriptions[name]
        assert description is not None
        assert "target" in description


async def test_a_listener_can_leave(hass: HomeAssistant, home: Home, other_home: Home) -> None:
    """It hears its own home until it does."""
    heard: list[Happening] = []
    leave = home.happenings.async_listen(lambda happening, data: heard.append(happening))
    home.happenings.tell(Happening.SESSION_JOINED, {})
    other_home.happenings.tell(Happening.CHARGE_STARTED, {})
    leave()
    home.happenings.tell(Happening.CHARGE_STARTED, {})
    assert heard == [Happening.SESSION_JOINED]


async def test_the_end_of_a_planned_hour_is_no_change(hass: HomeAssistant, home: Home) -> None:
    """A plan that says the same is told by nobody."""
    heard = await automate(hass, trigger=f"{DOMAIN}.plan_changed")
    await home.async_replan()
    await hass.async_block_till_done()
    assert not heard
    assert home.planner.data is not None
    assert home.planner.data.made_at <= NOW + timedelta(minutes=1)
