"""Two homes at once, users who may not do everything, entities that were renamed or disabled."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.auth.permissions.models import PermissionLookup
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..days.stage import Day
from ..entities.conftest import Ask


@pytest.fixture
async def two(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> list[Site]:
    """Two demo homes."""
    freezer.move_to("2026-11-21T09:17:00+00:00")
    sites = []
    for name in ("Town", "Country"):
        entry: MockConfigEntry = MockConfigEntry(
            domain=DOMAIN, title=name, unique_id=f"demo-{name}", data={"kind": "demo", "units": 1}
        )
        entry.add_to_hass(hass)
        if not await hass.config_entries.async_setup(entry.entry_id):
            pytest.fail("a demo home did not start")
        await hass.async_block_till_done(wait_background_tasks=True)
        sites.append(entry.runtime_data)
    return sites


def device_of(hass: HomeAssistant, site: Site) -> str:
    """The device of a home."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), site.entry.entry_id)
    return devices[0].id


async def test_with_two_homes_an_action_needs_to_know_which(
    hass: HomeAssistant, two: list[Site], ask: Ask
) -> None:
    """Refused without a device; with one only that home is commanded."""
    town, country = two
    with pytest.raises(ServiceValidationError) as caught:
        await ask("charge")
    assert caught.value.translation_key == "which_home"
    await ask("hold", device_id=device_of(hass, country))
    assert (town.override, country.override is None) == (None, False)
    both = [device_of(hass, site) for site in two]
    with pytest.raises(ServiceValidationError) as caught:
        await ask.answer("get_plan", device_id=both)
    assert caught.value.translation_key == "one_home_only"
    await ask("resume", device_id=both)
    assert country.override is None
    plan = await ask.answer("get_plan", entity_id="sensor.town_plan")
    assert plan["slots"]
    assert (await ask.answer("get_plan", config_entry_id=town.entry.entry_id)) == plan


async def test_two_homes_keep_their_settings_apart(hass: HomeAssistant, two: list[Site]) -> None:
    """A floor set for one leaves the other's."""
    town, country = two
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.town_reserve_floor", "value": 50},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert town.preferences.reserve_floor_percent == 50
    assert country.preferences.reserve_floor_percent == 20


async def test_a_slot_of_one_home_is_unknown_to_the_other(
    hass: HomeAssistant, two: list[Site], ask: Ask
) -> None:
    """Its id is refused by the other home."""
    town, country = (device_of(hass, site) for site in two)
    added = await ask.answer(
        "add_slot",
        device_id=town,
        start="2026-11-22 02:00:00+00:00",
        end="2026-11-22 03:00:00+00:00",
        action="charge",
    )
    with pytest.raises(ServiceValidationError) as caught:
        await ask("remove_slot", device_id=country, slot_id=added["slot"]["slot_id"])
    assert caught.value.translation_key == "no_such_slot"
    with pytest.raises(ServiceValidationError):
        await ask("remove_slot", device_id=[town, country], slot_id="any")


async def test_a_user_may_ask_only_of_homes_that_are_theirs(
    hass: HomeAssistant, site: Day, ask: Ask
) -> None:
    """Reading needs one readable entity, commanding control of all."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    lookup = PermissionLookup(entities, devices)
    for policy, may_read, may_control in (
        ({}, False, False),
        ({"entities": {"domains": {"sensor": {"read": True}}}}, True, False),
        ({"entities": True}, True, True),
    ):
        user = MockUser(id=f"user-{may_read}-{may_control}").add_to_hass(hass)
        user.permissions = PolicyPermissions(policy, lookup)
        context = Context(user_id=user.id)
        for action, allowed in (("list_slots", may_read), ("hold", may_control)):
            call = hass.services.async_call(
                DOMAIN,
                action,
                {},
                blocking=True,
                context=context,
                return_response=action == "list_slots",
            )
            if allowed:
                await call
            else:
                with pytest.raises(Unauthorized):
                    await call
    with pytest.raises(Unauthorized):
        await ask("hold", context=Context(user_id="nobody"))


async def test_renamed_and_disabled_entities_change_nothing_for_the_rest(
    hass: HomeAssistant, site: Day, ask: Ask
) -> None:
    """The site still loads, and actions still find it."""
    registry = er.async_get(hass)
    registry.async_update_entity("sensor.home_battery_plan", new_entity_id="sensor.my_plan")
    registry.async_update_entity(
        "select.home_battery_override", disabled_by=er.RegistryEntryDisabler.USER
    )
    await site.run(timedelta(seconds=40) / timedelta(hours=1))
    assert site.is_loaded()
    site.adopt()
    assert hass.states.get("select.home_battery_override") is None
    assert (await ask.answer("get_plan", entity_id="sensor.my_plan"))["slots"]
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": "switch.home_battery_charge_now"}, blocking=True
    )
    assert site.site.override is not None
