"""The triggers, in real automations."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.trigger import TRIGGERS
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import trigger as helper
from homeassistant.setup import async_setup_component

from .conftest import NOW, device_id_of

RECEIVED = "test_heard"


async def automate(hass: HomeAssistant, **trigger: Any) -> list[Event]:
    """An automation that fires an event with what its trigger tells."""
    received: list[Event] = async_capture_events(hass, RECEIVED)
    keys = ("happening", "home", "device_id", "config_entry_id", "message", "data", "platform")
    published = {key: f"{{{{ trigger.{key} }}}}" for key in keys}
    action = {
        "event": RECEIVED,
        "event_data": {**published, "description": "{{ trigger.description }}"},
    }
    assert await async_setup_component(
        hass, "automation", {"automation": {"triggers": [trigger], "actions": [action]}}
    )
    await hass.async_block_till_done()
    return received


async def test_a_trigger_runs_an_automation(hass: HomeAssistant, site: Site) -> None:
    """With whose it is, a sentence, and the figures."""
    received = await automate(hass, trigger=f"{DOMAIN}.charge_failed")
    data: dict[str, Json] = {"reason": "not_seen", "start": NOW.isoformat(), "rate_p_per_kwh": 9.8}
    site.events.publish(SiteEvent.CHARGE_FAILED, data)
    await hass.async_block_till_done()
    (event,) = received
    message = (
        "The charge of 20:00 failed: the settings are in force, but the battery did not charge."
    )
    assert event.data == {
        "happening": "charge_failed",
        "home": "Demo home",
        "device_id": device_id_of(hass, site),
        "config_entry_id": site.entry.entry_id,
        "message": message,
        "data": data,
        "platform": f"{DOMAIN}.charge_failed",
        "description": f"Demo home: {message}",
    }


@pytest.mark.parametrize("site_event", list(SiteEvent))
async def test_each_has_its_own(hass: HomeAssistant, site: Site, site_event: SiteEvent) -> None:
    """It fires for its own event and for no other."""
    received = await automate(hass, trigger=f"{DOMAIN}.{site_event.value}")
    for each in SiteEvent:
        site.events.publish(each, {})
    await hass.async_block_till_done()
    assert [event.data["happening"] for event in received] == [site_event.value]


async def test_a_target_chooses_the_home(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """Only the home that is meant."""
    received = await automate(
        hass,
        trigger=f"{DOMAIN}.plan_changed",
        target={"device_id": device_id_of(hass, other_site)},
    )
    site.events.publish(SiteEvent.PLAN_CHANGED, {})
    other_site.events.publish(SiteEvent.PLAN_CHANGED, {})
    await hass.async_block_till_done()
    assert [event.data["home"] for event in received] == ["Other home"]


async def test_it_outlives_a_reload(hass: HomeAssistant, site: Site) -> None:
    """The automation was there before the home came back."""
    received = await automate(hass, trigger=f"{DOMAIN}.plan_changed")
    await hass.config_entries.async_reload(site.entry.entry_id)
    await hass.async_block_till_done()
    received.clear()
    again: Site = site.entry.runtime_data
    again.events.publish(SiteEvent.PLAN_CHANGED, {"next_charge": None})
    await hass.async_block_till_done()
    assert [event.data["message"] for event in received] == [
        "The plan changed: no charge is planned."
    ]


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": f"{DOMAIN}.nonsense"},
        {"trigger": f"{DOMAIN}.plan_changed", "options": {"surprise": 1}},
        {"trigger": f"{DOMAIN}.plan_changed", "target": "everything"},
    ],
)
async def test_nonsense_is_refused(
    hass: HomeAssistant, site: Site, trigger: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The automation is not set up, and the log says so."""
    received = await automate(hass, **trigger)
    site.events.publish(SiteEvent.PLAN_CHANGED, {})
    await hass.async_block_till_done()
    assert not received
    assert "failed to setup" in caplog.text


async def test_every_trigger_is_described(hass: HomeAssistant, site: Site) -> None:
    """The editor can offer each of them, with a target."""
    assert await async_setup_component(hass, "automation", {})
    descriptions = await helper.async_get_all_descriptions(hass)
    described = {name for name in descriptions if name.startswith(DOMAIN)}
    assert described == {f"{DOMAIN}.{name}" for name in TRIGGERS}
    for name in described:
        description = descriptions[name]
        assert description is not None
        assert "target" in description


async def test_a_listener_can_leave(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """It hears its own home until it does."""
    received: list[SiteEvent] = []
    leave = site.events.async_listen(lambda site_event, data: received.append(site_event))
    site.events.publish(SiteEvent.SESSION_JOINED, {})
    other_site.events.publish(SiteEvent.CHARGE_STARTED, {})
    leave()
    site.events.publish(SiteEvent.CHARGE_STARTED, {})
    assert received == [SiteEvent.SESSION_JOINED]


async def test_the_end_of_a_planned_hour_is_no_change(hass: HomeAssistant, site: Site) -> None:
    """A plan that says the same is told by nobody."""
    received = await automate(hass, trigger=f"{DOMAIN}.plan_changed")
    await site.async_replan()
    await hass.async_block_till_done()
    assert not received
    assert site.planner.data is not None
    assert site.planner.data.made_at <= NOW + timedelta(minutes=1)
