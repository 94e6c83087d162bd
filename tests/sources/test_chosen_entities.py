"""What an owner chose is followed through renames, and missed when it is gone."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.sources.chosen_entities import (
    CONF_FOLLOWED,
    LostEntities,
    async_follow,
    async_lost,
    async_track_renames,
    chosen,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from ..days.stage import Day

TARIFF = {"source": "entity", "import_entities": ["sensor.price", "sensor.price_tomorrow"]}
OPTIONS = {"car_charging_entity": "binary_sensor.car", "car_statistics": ["sensor.car_energy"]}


def registered(hass: HomeAssistant, *names: str) -> dict[str, er.RegistryEntry]:
    """Entities of some other integration, by name."""
    registry = er.async_get(hass)
    found = {}
    for name in names:
        domain, _, object_id = name.partition(".")
        found[name] = registry.async_get_or_create(
            domain, "other", f"unique_{object_id}", suggested_object_id=object_id
        )
    return found


def entry_with(hass: HomeAssistant, options: Mapping[str, Any] = OPTIONS) -> MockConfigEntry:
    """An entry that holds names in its data and its options."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        data={"kind": "netzero", "token": "not.a.name", "site_id": "1234", "tariff": TARIFF},
        options=dict(options),
    )
    entry.add_to_hass(hass)
    return entry


def rename(hass: HomeAssistant, old: str, new: str) -> None:
    """As a person does in the entity's settings (home-assistant/core#150376)."""
    er.async_get(hass).async_update_entity(old, new_entity_id=new)


def test_every_name_that_an_entry_holds(hass: HomeAssistant) -> None:
    """Entities and statistics, in lists and in sections; nothing else."""
    assert chosen(entry_with(hass)) == {
        *TARIFF["import_entities"],
        "binary_sensor.car",
        "sensor.car_energy",
    }


async def test_a_rename_is_followed_wherever_the_name_is_held(hass: HomeAssistant) -> None:
    """In a list of the data and in the options, while Home Assistant runs."""
    registered(hass, "sensor.price", "binary_sensor.car", "sensor.car_energy")
    entry = entry_with(hass)
    async_follow(hass, entry)
    stop = async_track_renames(hass, entry)
    rename(hass, "sensor.price", "sensor.agile")
    rename(hass, "sensor.car_energy", "sensor.taycan_energy")
    await hass.async_block_till_done()
    assert entry.data["tariff"]["import_entities"] == ["sensor.agile", "sensor.price_tomorrow"]
    assert entry.options["car_statistics"] == ["sensor.taycan_energy"]
    assert entry.options["car_charging_entity"] == "binary_sensor.car"
    stop()
    rename(hass, "binary_sensor.car", "binary_sensor.taycan")
    await hass.async_block_till_done()
    assert entry.options["car_charging_entity"] == "binary_sensor.car"


async def test_a_rename_is_followed_by_the_registry_id_at_set_up(hass: HomeAssistant) -> None:
    """Renamed while the entry was not loaded, and another entity took the old name."""
    registered(hass, "binary_sensor.car")
    entry = entry_with(hass)
    async_follow(hass, entry)
    rename(hass, "binary_sensor.car", "binary_sensor.taycan")
    registry = er.async_get(hass)
    registry.async_get_or_create("binary_sensor", "other", "new", suggested_object_id="car")
    async_follow(hass, entry)
    assert entry.options["car_charging_entity"] == "binary_sensor.taycan"
    assert set(entry.options[CONF_FOLLOWED]) == {"binary_sensor.taycan"}


async def test_what_is_chosen_later_is_followed_too(hass: HomeAssistant) -> None:
    """A new choice in the options."""
    registered(hass, "binary_sensor.car", "binary_sensor.second")
    entry = entry_with(hass)
    async_follow(hass, entry)
    async_track_renames(hass, entry)
    changed = {**entry.options, "car_charging_entity": "binary_sensor.second"}
    hass.config_entries.async_update_entry(entry, options=changed)
    await hass.async_block_till_done()
    rename(hass, "binary_sensor.second", "binary_sensor.van")
    await hass.async_block_till_done()
    assert entry.options["car_charging_entity"] == "binary_sensor.van"


def test_an_entry_without_entities_is_left_alone(hass: HomeAssistant) -> None:
    """Nothing is written into it."""
    entry = MockConfigEntry(domain=DOMAIN, data={"kind": "demo"})
    entry.add_to_hass(hass)
    async_follow(hass, entry)
    assert entry.options == {}


def test_what_is_gone_or_disabled(hass: HomeAssistant) -> None:
    """Not in the registry and without a state; or disabled there."""
    registered(hass, "binary_sensor.car", "sensor.car_energy")
    er.async_get(hass).async_update_entity(
        "binary_sensor.car", disabled_by=er.RegistryEntryDisabler.USER
    )
    hass.states.async_set("sensor.price", "12.3")
    assert async_lost(hass, entry_with(hass)) == LostEntities(
        gone=("sensor.price_tomorrow",), disabled=("binary_sensor.car",)
    )


async def test_a_renamed_car_is_still_spared(day: Day) -> None:
    """Seen: after a rename the battery fed the car."""
    hass = day.hass
    registered(hass, "binary_sensor.car")
    hass.states.async_set("binary_sensor.car", "off")
    await day.start(car_charging_entity="binary_sensor.car")
    hass.states.async_remove("binary_sensor.car")
    rename(hass, "binary_sensor.car", "binary_sensor.taycan")
    hass.states.async_set("binary_sensor.taycan", "off")
    await day.settle()
    hass.states.async_set("binary_sensor.taycan", "on")
    await day.settle()
    assert day.entry.runtime_data.grid_events.ev_charging.charging
    assert not ir.async_get(hass).issues


@pytest.mark.parametrize("problem", ["entity_gone", "entity_disabled"])
async def test_a_notice_comes_when_a_chosen_entity_is_gone_or_disabled(
    day: Day, problem: str
) -> None:
    """And goes when it is back."""
    hass, registry = day.hass, er.async_get(day.hass)
    registered(hass, "binary_sensor.car")
    await day.start(car_charging_entity="binary_sensor.car")
    issue_id = f"{day.entry.entry_id}_{problem}"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
    if problem == "entity_gone":
        registry.async_remove("binary_sensor.car")
    else:
        by_user = er.RegistryEntryDisabler.USER
        registry.async_update_entity("binary_sensor.car", disabled_by=by_user)
    await day.settle()
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {
        "home": day.entry.title,
        "entities": "`binary_sensor.car`",
    }
    if problem == "entity_gone":
        registered(hass, "binary_sensor.car")
    else:
        registry.async_update_entity("binary_sensor.car", disabled_by=None)
    await day.settle()
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
