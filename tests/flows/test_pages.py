"""The options pages, over the same values as the entities."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ..days.stage import Day
from ..entities.conftest import entity_id

PAGES: dict[str, dict[str, Any]] = {
    "planning": {
        "reserve_floor_percent": 25,
        "everyday_ceiling_percent": 90,
        "price_ceiling_p_per_kwh": 15.5,
        "ready_by_percent": 50,
        "ready_by_time": "07:00:00",
        "peak_start": "16:30:00",
        "peak_end": "18:30:00",
    },
    "fine_tuning": {
        "wear_p_per_kwh": 1.5,
        "carbon_gbp_per_tonne": 20,
        "stability_p": 1,
        "annual_load_kwh": 3500,
    },
    "control": {
        "scheduler_enabled": True,
        "dry_run": True,
        "charge_now_percent": 90,
        "charge_now_hours": 2,
        "join_sessions": False,
        "carbon_forecast": True,
        "car_charging_entity": "binary_sensor.car",
        "axle_p_per_kwh": 0,
        "power_setpoints": True,
    },
}


async def open_page(day: Day, page: str) -> Any:
    """Open page."""
    flows = day.hass.config_entries.options
    menu = await flows.async_init(day.entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    return await flows.async_configure(menu["flow_id"], {"next_step_id": page})


@pytest.mark.parametrize("page", PAGES)
async def test_an_options_page_re_plans_once_without_reload(
    site: Day, plans: list[None], page: str
) -> None:
    """The same site runs on with the new preferences."""
    running = site.site
    await site.run(0.01)
    plans.clear()
    form = await open_page(site, page)
    assert form["errors"] is None
    flows = site.hass.config_entries.options
    done = await flows.async_configure(form["flow_id"], PAGES[page])
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await site.run(0.01)
    assert site.entry.runtime_data is running
    assert site.entry.state is ConfigEntryState.LOADED
    published = site.site.preferences.as_options()
    assert {name: published[name] for name in PAGES[page]} == PAGES[page]
    assert len(plans) == 1


async def test_the_pages_show_what_the_entities_set(site: Day) -> None:
    """The options page suggests the value that the number was set to."""
    target = entity_id(site.hass, "number", site, "reserve_floor")
    await site.act("number", "set_value", entity_id=target, value=44)
    form = await open_page(site, "planning")
    suggested = {str(key): key.description["suggested_value"] for key in form["data_schema"].schema}
    assert suggested["reserve_floor_percent"] == 44
    assert suggested["peak_start"] == "16:00:00"


async def test_a_cleared_car_is_forgotten(site: Day) -> None:
    """The form leaves the field out; the old entity must not stay."""
    await site.site.async_prefer(car_charging_entity="binary_sensor.car")
    form = await open_page(site, "control")
    flows = site.hass.config_entries.options
    given = {key: value for key, value in PAGES["control"].items() if key != "car_charging_entity"}
    await flows.async_configure(form["flow_id"], given)
    await site.settle()
    assert site.site.preferences.car_charging_entity == ""


@pytest.mark.parametrize(
    ("page", "name", "value"),
    [
        ("planning", "reserve_floor_percent", 99),
        ("planning", "peak_start", "25:00"),
        ("fine_tuning", "stability_p", -1),
        ("control", "car_charging_entity", "light.lamp"),
    ],
)
async def test_a_page_refuses_what_makes_no_sense(
    site: Day, page: str, name: str, value: object
) -> None:
    """The schema refuses it, and the preferences stay."""
    before = site.site.preferences
    form = await open_page(site, page)
    with pytest.raises(InvalidData):
        await site.hass.config_entries.options.async_configure(
            form["flow_id"], {**PAGES[page], name: value}
        )
    assert site.site.preferences == before
