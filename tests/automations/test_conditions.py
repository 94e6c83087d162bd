"""The conditions, asked as an automation asks them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
import voluptuous as vol

from custom_components.smart_battery_scheduler.condition import CONDITIONS
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition as helper
from homeassistant.setup import async_setup_component

from .conftest import NOW, device_id_of, plan_of

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(autouse=True)
async def automation(hass: HomeAssistant) -> None:
    """Home Assistant's automations bring the conditions of all integrations."""
    assert await async_setup_component(hass, "automation", {})


async def answer(
    hass: HomeAssistant, name: str, target: dict[str, Any] | None = None, **options: object
) -> bool | None:
    """Validate, build and ask a condition."""
    config: dict[str, Any] = {"condition": f"{DOMAIN}.{name}"}
    if options:
        config["options"] = options
    if target is not None:
        config["target"] = target
    valid = await helper.async_validate_condition_config(hass, config)
    checker = await helper.async_from_config(hass, valid)
    try:
        return checker.async_check()
    finally:
        checker.async_unload()


def set_rates(site: Site, *p_per_kwh: float) -> None:
    """Publish rates from now on, one per half-hour, and nothing else."""
    imports = RateTable.of(
        Rate(start=NOW + HALF_HOUR * i, end=NOW + HALF_HOUR * (i + 1), p_per_kwh=p)
        for i, p in enumerate(p_per_kwh)
    )
    site.rates.data = replace(site.rates.data, imports=imports)


async def test_the_action_is_the_plans(hass: HomeAssistant, site: Site) -> None:
    """The plan's slot of this moment counts."""
    site.planner.async_set_updated_data(plan_of(Action.HOLD, Action.CHARGE))
    assert await answer(hass, "action_is", action="hold")
    assert not await answer(hass, "action_is", action="charge")


async def test_an_override_stands_in_the_plans_place(
    hass: HomeAssistant, site: Site, frozen: FrozenDateTimeFactory
) -> None:
    """Until its end, and no longer."""
    await site.async_set_override(
        Override(action=Action.CHARGE, made_at=NOW, until=NOW + HALF_HOUR, target_percent=100)
    )
    site.planner.async_set_updated_data(plan_of(*[Action.HOLD] * 8))
    assert await answer(hass, "override_is_active")
    assert await answer(hass, "action_is", action="charge")
    frozen.tick(HALF_HOUR)
    assert not await answer(hass, "override_is_active")
    assert await answer(hass, "action_is", action="hold")


async def test_charging_is_what_is_seen(hass: HomeAssistant, site: Site) -> None:
    """A command alone is not a charge; its effect in the battery's power is."""
    await site.async_set_override(
        Override(action=Action.CHARGE, made_at=NOW, until=NOW + HALF_HOUR, target_percent=100)
    )
    assert not await answer(hass, "is_charging")
    state = site.controller.state
    assert state.command is not None
    seen = replace(
        state.command, command_status=replace(state.command.command_status, confirmed_at=NOW)
    )
    site.controller.state = replace(state, command=seen)
    assert await answer(hass, "is_charging")


@pytest.mark.parametrize(("bound", "below"), [(9.8, False), (9.9, True)])
async def test_the_rate_is_below(
    hass: HomeAssistant, site: Site, bound: float, below: bool
) -> None:
    """Below means below."""
    set_rates(site, 9.8)
    assert await answer(hass, "rate_is_below", p_per_kwh=bound) is below


async def test_an_unknown_rate_is_below_nothing(hass: HomeAssistant, site: Site) -> None:
    """A missing rate is not zero."""
    set_rates(site)
    assert not await answer(hass, "rate_is_below", p_per_kwh=100)


@pytest.mark.parametrize(("hours", "planned"), [(0.5, False), (1, True)])
async def test_a_charge_is_planned(
    hass: HomeAssistant, site: Site, hours: float, planned: bool
) -> None:
    """Within the hours asked for."""
    site.planner.async_set_updated_data(plan_of(Action.USE, Action.USE, Action.CHARGE))
    assert await answer(hass, "charge_is_planned", hours=hours) is planned


@pytest.mark.parametrize(("slots", "known"), [(51, False), (60, True)])
async def test_tomorrows_rates(hass: HomeAssistant, site: Site, slots: int, known: bool) -> None:
    """The market's day ends at 23:00 local time."""
    set_rates(site, *[20.0] * slots)
    assert await answer(hass, "tomorrows_rates_known") is known


@pytest.mark.parametrize(
    ("options", "in_control"),
    [({}, True), ({"scheduler_enabled": False}, False), ({"dry_run": True}, False)],
)
async def test_in_control(
    hass: HomeAssistant, site: Site, options: dict[str, Any], in_control: bool
) -> None:
    """Switched off or dry, the scheduler controls nothing."""
    if options:
        await site.async_prefer(**options)
        await hass.async_block_till_done()
    assert await answer(hass, "in_control") is in_control


async def test_a_target_chooses_the_home(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """By device or by entity; one home that answers yes is enough."""
    site.planner.async_set_updated_data(plan_of(Action.HOLD))
    other_site.planner.async_set_updated_data(plan_of(Action.USE))
    here = {"device_id": device_id_of(hass, site)}
    there = {"entity_id": "switch.other_home_scheduler"}
    both = {"device_id": [device_id_of(hass, site), device_id_of(hass, other_site)]}
    assert await answer(hass, "action_is", here, action="hold")
    assert not await answer(hass, "action_is", here, action="use")
    assert await answer(hass, "action_is", there, action="use")
    assert await answer(hass, "action_is", both, action="use")
    assert await answer(hass, "action_is", action="use")
    assert not await answer(hass, "action_is", {"device_id": "gone"}, action="use")


@pytest.mark.parametrize("name", sorted(CONDITIONS))
async def test_a_home_that_does_not_run_answers_no(
    hass: HomeAssistant, site: Site, name: str
) -> None:
    """Unloaded, everything is unknown."""
    required: dict[str, dict[str, Any]] = {
        "action_is": {"action": "use"},
        "rate_is_below": {"p_per_kwh": 200},
    }
    await hass.config_entries.async_unload(site.entry.entry_id)
    assert not await answer(hass, name, **required.get(name, {}))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("action_is", {}),
        ("action_is", {"action": "explode"}),
        ("rate_is_below", {"p_per_kwh": "cheap"}),
        ("rate_is_below", {"p_per_kwh": 1000}),
        ("charge_is_planned", {"hours": -1}),
        ("is_charging", {"surprise": 1}),
    ],
)
async def test_nonsense_is_refused(
    hass: HomeAssistant, site: Site, name: str, options: dict[str, Any]
) -> None:
    """Before the automation runs."""
    with pytest.raises(vol.Invalid):
        await answer(hass, name, **options)


async def test_every_condition_is_described(hass: HomeAssistant, site: Site) -> None:
    """The editor can offer each of them with its fields."""
    descriptions = await helper.async_get_all_descriptions(hass)
    described = {name for name in descriptions if name.startswith(DOMAIN)}
    assert described == {f"{DOMAIN}.{name}" for name in CONDITIONS}
    assert all(descriptions[name] for name in described)
