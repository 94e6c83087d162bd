"""The options pages, over the same values as the entities."""

from typing import Any

import pytest

from custom_components.smart_battery_scheduler.flows.plain_options import from_plain
from custom_components.smart_battery_scheduler.site.preferences import Preferences
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ..days.stage import Day
from ..entities.conftest import entity_id

PAGES: dict[str, dict[str, Any]] = {
    "planning": {
        "reserve_floor_percent": 25,
        "everyday_ceiling_percent": 90,
        "has_price_ceiling": True,
        "price_ceiling_p_per_kwh": 15.5,
        "has_ready_by": True,
        "ready_by_percent": 50,
        "ready_by_time": "07:00:00",
        "has_peak": True,
        "peak_start": "16:30:00",
        "peak_end": "18:30:00",
    },
    "fine_tuning": {
        "wear_p_per_kwh": 1.5,
        "carbon_choice": "a_little",
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
    stored = from_plain(PAGES[page])
    assert {name: published[name] for name in stored} == stored
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
        ("fine_tuning", "carbon_choice", "other"),
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


@pytest.mark.parametrize(
    ("switch", "off"),
    [
        ("has_price_ceiling", {"price_ceiling_p_per_kwh": 100.0}),
        ("has_ready_by", {"ready_by_percent": 0.0}),
        ("has_peak", {"peak_start": "16:30:00", "peak_end": "16:30:00"}),
    ],
)
async def test_a_switch_stands_for_none(site: Day, switch: str, off: dict[str, Any]) -> None:
    """Off, the preference is none, and the page shows the switch off over a value that one could use."""
    form = await open_page(site, "planning")
    flows = site.hass.config_entries.options
    await flows.async_configure(form["flow_id"], {**PAGES["planning"], switch: False})
    await site.settle()
    options = site.site.preferences.as_options()
    assert {name: options[name] for name in off} == off
    form = await open_page(site, "planning")
    shown = {str(key): key.description["suggested_value"] for key in form["data_schema"].schema}
    assert shown[switch] is False
    assert all(shown[name] != value for name, value in off.items() if name != "peak_start")


async def test_times_are_asked_without_seconds(site: Day) -> None:
    """As the selector is sent to the frontend."""
    form = await open_page(site, "planning")
    fields = {str(key): value for key, value in form["data_schema"].schema.items()}
    assert fields["peak_start"].serialize() == {"selector": {"time": {"no_second": True}}}


async def test_a_carbon_price_of_ones_own_is_kept(site: Day) -> None:
    """The page offers it as it is, and leaves it so."""
    await site.site.async_prefer(carbon_gbp_per_tonne=17.0)
    form = await open_page(site, "fine_tuning")
    flows = site.hass.config_entries.options
    given = {**PAGES["fine_tuning"], "carbon_choice": "other"}
    await flows.async_configure(form["flow_id"], given)
    await site.settle()
    assert site.site.preferences.carbon_gbp_per_tonne == 17.0


def test_no_word_of_the_pages_is_stored() -> None:
    """What is stored are preferences."""
    for answers in PAGES.values():
        assert from_plain(answers).keys() <= Preferences().as_options().keys()
