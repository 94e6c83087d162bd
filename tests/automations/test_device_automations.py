"""Device triggers, conditions and actions, found and used as the editor does."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_get_device_automation_capabilities,
    async_get_device_automations,
)

from custom_components.smart_battery_scheduler import (
    device_action,
    device_condition,
    device_trigger,
)
from custom_components.smart_battery_scheduler.actions.targets import entry_id_of_device
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.device_condition import QUESTIONS
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import condition, device_registry as dr, entity_registry as er
from homeassistant.helpers.trigger import TriggerData, TriggerInfo
from homeassistant.setup import async_setup_component

from .conftest import NOW, device_id_of, plan_of


@pytest.fixture(autouse=True)
async def device_automation(hass: HomeAssistant) -> None:
    """What finds them."""
    assert await async_setup_component(hass, "device_automation", {})


async def types(hass: HomeAssistant, kind: DeviceAutomationType, device_id: str) -> list[str]:
    """What the editor offers of ours for a device."""
    found = await async_get_device_automations(hass, kind, device_id)
    return [each["type"] for each in found if each["domain"] == DOMAIN]


async def test_they_are_offered(hass: HomeAssistant, site: Site) -> None:
    """All of them, for the home's device."""
    device_id = device_id_of(hass, site)
    assert await types(hass, DeviceAutomationType.TRIGGER, device_id) == [*SiteEvent]
    assert await types(hass, DeviceAutomationType.CONDITION, device_id) == [*QUESTIONS]
    assert await types(hass, DeviceAutomationType.ACTION, device_id) == [*device_action.TYPES]


async def test_a_trigger(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """For this home's device only."""
    received = async_capture_events(hass, "test_heard")
    trigger = {
        "trigger": "device",
        "domain": DOMAIN,
        "device_id": device_id_of(hass, site),
        "type": "charge_failed",
    }
    action = {"event": "test_heard", "event_data": {"message": "{{ trigger.message }}"}}
    assert await async_setup_component(
        hass, "automation", {"automation": {"triggers": [trigger], "actions": [action]}}
    )
    for each in (site, other_site):
        each.events.publish(SiteEvent.CHARGE_FAILED, {"reason": "not_seen"})
        each.events.publish(SiteEvent.CHARGE_STARTED, {})
    await hass.async_block_till_done()
    assert [event.data["message"] for event in received] == [
        "The charge failed: the settings are in force, but the battery did not charge."
    ]


async def holds(hass: HomeAssistant, device_id: str, question: str) -> bool | None:
    """Ask a device condition."""
    config = {
        "condition": "device",
        "domain": DOMAIN,
        "device_id": device_id,
        "type": question,
    }
    valid = await condition.async_validate_condition_config(hass, config)
    checker = await condition.async_from_config(hass, valid)
    try:
        return checker.async_check()
    finally:
        checker.async_unload()


async def test_conditions(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """They ask the device's home."""
    site.planner.async_set_updated_data(plan_of(Action.HOLD))
    other_site.planner.async_set_updated_data(plan_of(Action.USE))
    here, there = device_id_of(hass, site), device_id_of(hass, other_site)
    answers = {question: await holds(hass, here, question) for question in QUESTIONS}
    assert {question for question, answer in answers.items() if answer} >= {
        "is_to_hold",
        "in_control",
    }
    assert not answers["is_to_use"]
    assert not answers["is_charging"]
    assert await holds(hass, there, "is_to_use")
    await hass.config_entries.async_unload(site.entry.entry_id)
    assert not await holds(hass, here, "is_to_hold")


async def act(hass: HomeAssistant, site: Site, kind: str, **figures: Any) -> None:
    """Run a device action as a script's step."""
    step = {"domain": DOMAIN, "device_id": device_id_of(hass, site), "type": kind, **figures}
    assert await async_setup_component(hass, "script", {"script": {"test": {"sequence": [step]}}})
    await hass.services.async_call("script", "test", blocking=True)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("kind", "figures", "expected"),
    [
        (
            "charge",
            {"for": {"hours": 1}, "target_percent": 80},
            Override(
                action=Action.CHARGE,
                made_at=NOW,
                until=NOW + timedelta(hours=1),
                target_percent=80,
            ),
        ),
        (
            "hold",
            {},
            Override(action=Action.HOLD, made_at=NOW, until=NOW + timedelta(hours=4)),
        ),
        (
            "use",
            {"for": {"minutes": 30}},
            Override(action=Action.USE, made_at=NOW, until=NOW + timedelta(minutes=30)),
        ),
    ],
)
async def test_overriding_actions(
    hass: HomeAssistant, site: Site, kind: str, figures: dict[str, Any], expected: Override
) -> None:
    """An override with an end."""
    await act(hass, site, kind, **figures)
    assert site.override == expected


async def test_a_charge_to_what_is_there_already(hass: HomeAssistant, site: Site) -> None:
    """Refused, as by the action: the battery would be charged beyond."""
    with pytest.raises(ServiceValidationError, match="at 66 %"):
        await act(hass, site, "charge", target_percent=40)
    assert site.override is None


async def test_resume(hass: HomeAssistant, site: Site) -> None:
    """Back to the plan."""
    await site.async_set_override(
        Override(action=Action.HOLD, made_at=NOW, until=NOW + timedelta(hours=4))
    )
    await act(hass, site, "resume")
    assert site.override is None


async def test_replan(hass: HomeAssistant, site: Site, frozen: FrozenDateTimeFactory) -> None:
    """A new plan on what is known now."""
    await hass.async_block_till_done()
    frozen.tick(timedelta(minutes=1))
    await act(hass, site, "replan")
    assert site.planner.data is not None
    assert site.planner.data.made_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("charge", {"for", "target_percent"}), ("hold", {"for"}), ("resume", set())],
)
async def test_capabilities(hass: HomeAssistant, site: Site, kind: str, fields: set[str]) -> None:
    """The fields that the editor shows."""
    action = {"domain": DOMAIN, "device_id": device_id_of(hass, site), "type": kind}
    found = await async_get_device_automation_capabilities(
        hass, DeviceAutomationType.ACTION, action
    )
    assert {field["name"] for field in found.get("extra_fields", [])} == fields


async def test_a_home_that_does_not_run(hass: HomeAssistant, site: Site) -> None:
    """An action says so instead of doing nothing."""
    device_id = device_id_of(hass, site)
    await hass.config_entries.async_unload(site.entry.entry_id)
    with pytest.raises(InvalidDeviceAutomationConfig):
        await device_action.async_call_action_from_config(
            hass, {"device_id": device_id, "type": "resume"}, {}, None
        )


async def test_a_device_that_is_gone(hass: HomeAssistant, site: Site) -> None:
    """Nothing is offered, and a condition that still names it answers no."""
    device_id = device_id_of(hass, site)
    dr.async_get(hass).async_remove_device(device_id)
    for automation in (device_trigger.async_get_triggers, device_condition.async_get_conditions):
        assert await automation(hass, device_id) == []
    assert await device_action.async_get_actions(hass, device_id) == []
    config = {"device_id": device_id, "type": "in_control"}
    assert not device_condition.async_condition_from_config(hass, config)(hass, None)


async def test_a_trigger_of_a_device_that_is_gone(hass: HomeAssistant, site: Site) -> None:
    """It says so instead of listening to nobody."""

    async def act(run_variables: dict[str, Any], context: Context | None = None) -> None:
        """Do nothing."""

    config = {"device_id": "gone", "type": "charge_failed"}
    info = TriggerInfo(
        domain="automation", name="Test", variables=None,
        trigger_data=TriggerData(id="0", idx="0", alias=None),
    )  # fmt: skip
    with pytest.raises(InvalidDeviceAutomationConfig) as caught:
        await device_trigger.async_attach_trigger(hass, config, act, info)
    assert caught.value.translation_key == "device_is_no_home"


async def test_a_device_is_found_by_its_own_entry_whatever_helpers_hang_on_it(
    hass: HomeAssistant, site: Site, other_site: Site
) -> None:
    """A helper's entity on our device belongs to the helper's entry, and comes first by chance."""
    device_id = device_id_of(hass, site)
    helper = MockConfigEntry(domain="derivative", entry_id="0" * 26)
    helper.add_to_hass(hass)
    for name in "abcdefgh":
        er.async_get(hass).async_get_or_create(
            "sensor", "derivative", name, config_entry=helper, device_id=device_id
        )
    assert entry_id_of_device(hass, device_id) == site.entry.entry_id
    assert await types(hass, DeviceAutomationType.TRIGGER, device_id) == [*SiteEvent]


async def test_a_device_of_others_offers_nothing_of_ours(hass: HomeAssistant, site: Site) -> None:
    """Not even with one of our entities on it."""
    other = MockConfigEntry(domain="derivative")
    other.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("derivative", "x")}
    )
    er.async_get(hass).async_update_entity("sensor.demo_home_status", device_id=device.id)
    assert entry_id_of_device(hass, device.id) is None
    assert await types(hass, DeviceAutomationType.ACTION, device.id) == []
