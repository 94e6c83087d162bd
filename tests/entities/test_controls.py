"""Switches, selects, numbers, times and buttons."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import Phase, YieldCause
from custom_components.smart_battery_scheduler.planner.model import Action, Lever, ReasonCode
from custom_components.smart_battery_scheduler.powerwall.base import ExportRule, OperatingMode
from custom_components.smart_battery_scheduler.tariff.model import floor_slot
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Ask, entity_id

PINNED = ReasonCode.PINNED


@pytest.fixture
async def all_enabled(day: Day, enabled: None) -> Day:
    """All enabled."""
    await day.start()
    return day


async def state(day: Day, platform: str, key: str) -> str:
    """State."""
    found = day.hass.states.get(entity_id(day.hass, platform, day, key))
    assert found is not None
    return found.state


NUMBERS = [
    ("reserve_floor", "reserve_floor_percent", 35),
    ("everyday_ceiling", "everyday_ceiling_percent", 85),
    ("price_ceiling", "price_ceiling_p_per_kwh", 12.5),
    ("ready_by_target", "ready_by_percent", 60),
    ("charge_now_target", "charge_now_percent", 70),
    ("charge_now_duration", "charge_now_hours", 1.5),
    ("wear", "wear_p_per_kwh", 2.1),
    ("carbon_price", "carbon_gbp_per_tonne", 50),
    ("stability", "stability_p", 0),
    ("annual_load", "annual_load_kwh", 4100),
]


async def test_every_number_is_its_preference_and_re_plans_once(
    all_enabled: Day, plans: list[None]
) -> None:
    """Every number is its preference and re plans once."""
    day = all_enabled
    before = day.home
    for key, preference, value in NUMBERS:
        await day.run(0.01)
        plans.clear()
        target = entity_id(day.hass, "number", day, key)
        await day.act("number", "set_value", entity_id=target, value=value)
        await day.run(0.01)
        assert getattr(day.home.preferences, preference) == value
        assert day.entry.options[preference] == value
        assert float(await state(day, "number", key)) == value
        assert len(plans) == 1, key
    assert day.entry.runtime_data is before


@pytest.mark.parametrize(("key", "value"), [("reserve_floor", 81), ("charge_now_target", 0)])
async def test_a_number_out_of_range_is_refused(home: Day, key: str, value: float) -> None:
    """A number out of range is refused."""
    before = home.home.preferences
    with pytest.raises(ServiceValidationError):
        await home.act(
            "number",
            "set_value",
            entity_id=entity_id(home.hass, "number", home, key),
            value=value,
        )
    assert home.home.preferences == before


@pytest.mark.parametrize("key", ["peak_start", "peak_end", "ready_by_time"])
async def test_times_are_preferences(home: Day, plans: list[None], key: str) -> None:
    """Times are preferences."""
    await home.run(0.01)
    plans.clear()
    target = entity_id(home.hass, "time", home, key)
    await home.act("time", "set_value", entity_id=target, time="05:45:00")
    await home.run(0.01)
    assert getattr(home.home.preferences, key) == time(5, 45)
    assert home.entry.options[key] == "05:45:00"
    assert await state(home, "time", key) == "05:45:00"
    assert len(plans) == 1


@pytest.mark.parametrize("key", ["scheduler", "dry_run", "join_sessions", "carbon_forecast"])
async def test_switches_are_preferences(all_enabled: Day, plans: list[None], key: str) -> None:
    """Switches are preferences."""
    target = entity_id(all_enabled.hass, "switch", all_enabled, key)
    before = await state(all_enabled, "switch", key)
    await all_enabled.run(0.01)
    plans.clear()
    await all_enabled.act("switch", "toggle", entity_id=target)
    await all_enabled.run(0.01)
    assert {before, await state(all_enabled, "switch", key)} == {"on", "off"}
    assert len(plans) == 1


async def test_charge_now_charges_to_its_target_and_ends(home: Day) -> None:
    """Charge now charges to its target and ends."""
    target = entity_id(home.hass, "switch", home, "charge_now")
    await home.home.async_prefer(charge_now_percent=70.0, charge_now_hours=1.0)
    await home.settle()
    await home.act("switch", "turn_on", entity_id=target)
    override = home.home.override
    assert override is not None
    assert (override.action, override.target_percent) == (Action.CHARGE, 70)
    shown = home.hass.states.get(target)
    assert shown is not None
    assert shown.state == "on"
    assert shown.attributes["until"] == (dt_util.utcnow() + timedelta(hours=1)).isoformat()
    await home.run(1.1)
    assert await state(home, "switch", "charge_now") == "off"


async def test_without_a_duration_charge_now_ends_with_the_half_hour(home: Day) -> None:
    """Without a duration charge now ends with the half hour."""
    await home.home.async_prefer(charge_now_hours=0.0)
    await home.run(0.2)
    target = entity_id(home.hass, "switch", home, "charge_now")
    await home.act("switch", "turn_on", entity_id=target)
    override = home.home.override
    assert override is not None
    assert (override.until.minute % 30, override.until.second) == (0, 0)
    assert override.until - dt_util.utcnow() <= timedelta(minutes=30)


async def test_a_charge_to_what_is_there_already_is_refused(home: Day) -> None:
    """By every control and action, with the number to change; the battery is told nothing."""
    level = home.home.battery.data.charge_level_percent
    assert level is not None
    await home.home.async_prefer(charge_now_percent=float(int(level)))
    await home.settle()
    switch = {"entity_id": entity_id(home.hass, "switch", home, "charge_now")}
    select = {"entity_id": entity_id(home.hass, "select", home, "override"), "option": "charge"}
    for domain, service, data in (
        ("switch", "turn_on", switch),
        ("select", "select_option", select),
        (DOMAIN, "charge", {}),
    ):
        with pytest.raises(ServiceValidationError, match="Charge now target"):
            await home.hass.services.async_call(domain, service, data, blocking=True)
    assert home.home.override is None
    await home.home.async_prefer(charge_now_percent=float(int(level) + 1))
    await home.settle()
    await home.hass.services.async_call("switch", "turn_on", switch, blocking=True)
    assert home.home.override is not None


async def test_a_full_battery_may_be_asked_to_stay_full(day: Day) -> None:
    """The usual target of 100 % is no level that one could mean to stop at."""
    day.cloud.world.powerwall.set_charge_level(100.0)
    await day.start()
    assert day.home.preferences.charge_now_percent == 100.0
    await day.act("switch", "turn_on", entity_id=entity_id(day.hass, "switch", day, "charge_now"))
    assert day.home.override is not None


async def test_turning_charge_now_off_leaves_another_override(home: Day) -> None:
    """Turning charge now off leaves another override."""
    await home.choose(entity_id(home.hass, "select", home, "override"), "hold")
    target = entity_id(home.hass, "switch", home, "charge_now")
    assert await state(home, "switch", "charge_now") == "off"
    await home.act("switch", "turn_off", entity_id=target)
    assert home.home.override is not None
    await home.act("switch", "turn_on", entity_id=target)
    assert await state(home, "select", "override") == "charge"
    await home.act("button", "press", entity_id=entity_id(home.hass, "button", home, "resume"))
    assert await state(home, "select", "override") == "automatic"


async def test_the_powerwalls_own_settings_are_pushed_and_verified(home: Day) -> None:
    """The powerwalls own settings are pushed and verified."""
    await home.home.async_prefer(scheduler_enabled=False)
    await home.run(0.3)
    await home.act(
        "number",
        "set_value",
        entity_id=entity_id(home.hass, "number", home, "backup_reserve"),
        value=33,
    )
    await home.run(0.3)
    assert home.shown.backup_reserve_percent == 33
    grid = entity_id(home.hass, "switch", home, "grid_charging")
    for action, expected in (("turn_off", False), ("turn_on", True)):
        await home.act("switch", action, entity_id=grid)
        await home.run(0.3)
        assert home.shown.grid_charging is expected
        assert await state(home, "switch", "grid_charging") == ("on" if expected else "off")
    await home.choose(entity_id(home.hass, "select", home, "export_rule"), "never")
    await home.run(0.3)
    assert home.shown.export_rule is ExportRule.NEVER
    await home.choose(entity_id(home.hass, "select", home, "operating_mode"), "time_based")
    await home.run(0.3)
    assert home.shown.operating_mode is OperatingMode.TIME_BASED
    assert home.phase is Phase.IDLE


async def test_settings_that_nobody_knows_any_more_are_not_set(home: Day) -> None:
    """Without a reading nothing is saved that could be put back: refused, and nothing sent."""
    await home.home.async_prefer(scheduler_enabled=False)
    await home.run(0.3)
    home.freezer.tick(timedelta(hours=3))
    target = entity_id(home.hass, "switch", home, "grid_charging")
    with pytest.raises(HomeAssistantError) as caught:
        await home.act("switch", "turn_off", entity_id=target)
    assert caught.value.translation_key == "settings_unknown"
    assert home.shown == home.cloud.world.scenario.settings


async def test_a_dry_run_sends_no_settings_of_the_powerwall_either(home: Day) -> None:
    """Nothing leaves in a dry run, not even what is asked for: refused, and said why."""
    await home.home.async_prefer(dry_run=True)
    await home.run(0.3)
    home.cloud.requests.clear()
    target = entity_id(home.hass, "switch", home, "grid_charging")
    with pytest.raises(HomeAssistantError) as caught:
        await home.act("switch", "turn_on", entity_id=target)
    assert caught.value.translation_key == "dry_run"
    assert not home.cloud.requests.writes


@pytest.mark.parametrize(
    ("platform", "key", "action", "data"),
    [
        ("number", "backup_reserve", "set_value", {"value": 45}),
        ("switch", "grid_charging", "toggle", {}),
        ("select", "export_rule", "select_option", {"option": "everything"}),
        ("select", "operating_mode", "select_option", {"option": "time_based"}),
        ("select", "override", "select_option", {"option": "hold"}),
        ("button", "resume", "press", {}),
        ("button", "replan", "press", {}),
    ],
)
async def test_every_other_control_re_plans_once(
    home: Day, plans: list[None], platform: str, key: str, action: str, data: dict[str, Any]
) -> None:
    """The Powerwall's own reserve is a floor of plans, so its own settings count too."""
    await home.run(0.01)
    plans.clear()
    target = entity_id(home.hass, platform, home, key)
    await home.act(platform, action, entity_id=target, **data)
    await home.run(0.01)
    assert len(plans) == 1


async def test_a_reserve_that_does_not_exist_is_refused(home: Day) -> None:
    """A reserve that does not exist is refused."""
    with pytest.raises(ServiceValidationError, match="85"):
        await home.act(
            "number",
            "set_value",
            entity_id=entity_id(home.hass, "number", home, "backup_reserve"),
            value=85,
        )


async def test_setting_the_reserve_during_a_charge_takes_over(home: Day) -> None:
    """Setting the reserve during a charge takes over."""
    await home.choose(entity_id(home.hass, "select", home, "override"), "charge")
    await home.run(0.1)
    assert home.phase is Phase.RUNNING
    await home.act(
        "number",
        "set_value",
        entity_id=entity_id(home.hass, "number", home, "backup_reserve"),
        value=40,
    )
    await home.run(0.1)
    assert await state(home, "select", "export_rule") != "unknown"
    yielded = home.home.controller.state.yielded
    assert yielded is not None
    assert yielded.cause is YieldCause.USER
    assert home.shown.backup_reserve_percent == 40
    assert await state(home, "number", "backup_reserve") == "40"


async def test_a_car_that_charges_already_re_plans_once_when_it_is_named(
    home: Day, plans: list[None]
) -> None:
    """What the named entity shows is in the plan that the naming makes."""
    home.hass.states.async_set("binary_sensor.car", "on")
    await home.run(0.01)
    plans.clear()
    await home.home.async_prefer(car_charging_entity="binary_sensor.car")
    await home.run(0.01)
    assert len(plans) == 1
    assert home.home.planned_from is not None
    assert home.home.planned_from.car_charging


async def test_a_slot_by_hand_re_plans_once(home: Day, ask: Ask, plans: list[None]) -> None:
    """A slot by hand re plans once."""
    await home.run(0.01)
    plans.clear()
    start = floor_slot(dt_util.utcnow()) + timedelta(hours=3)
    await ask(
        "add_slot",
        start=start.isoformat(),
        end=(start + timedelta(hours=1)).isoformat(),
        action="hold",
    )
    await home.run(0.01)
    assert len(plans) == 1


def planned_until(day: Day, until: datetime) -> set[Action]:
    """What is planned for the half-hours up to then."""
    plan = day.home.planner.data
    assert plan is not None
    return {slot.action for slot in plan.slots if slot.end <= until}


@pytest.mark.parametrize("action", ["hold", "use"])
async def test_an_override_re_plans_once_and_the_plan_counts_on_it(
    home: Day, ask: Ask, plans: list[None], action: str
) -> None:
    """The plan shows the override for as long as it lasts, and goes on from there."""
    await home.run(0.01)
    plans.clear()
    until = floor_slot(dt_util.utcnow()) + timedelta(hours=3)
    await ask(action, until=until.isoformat())
    await home.run(0.01)
    assert len(plans) == 1
    assert planned_until(home, until) == {Action(action)}
    plans.clear()
    await ask("resume")
    await home.run(0.01)
    assert len(plans) == 1
    assert planned_until(home, until) != {Action(action)}


async def test_a_charge_that_is_asked_for_is_in_the_plan_up_to_its_target(
    home: Day, plans: list[None]
) -> None:
    """No further, by the lever that does it; when it is reached early, the plan is made anew."""
    await home.home.async_prefer(charge_now_percent=60.0, charge_now_hours=8.0)
    await home.run(0.01)
    plans.clear()
    await home.act(
        "switch", "turn_on", entity_id=entity_id(home.hass, "switch", home, "charge_now")
    )
    await home.run(0.01)
    assert len(plans) == 1
    plan = home.home.planner.data
    assert plan is not None
    charges = [s for s in plan.slots if s.action is Action.CHARGE and s.reason.code is PINNED]
    assert charges[0].start == plan.slots[0].start
    assert {(slot.lever, slot.target_percent) for slot in charges} == {(Lever.FAST, 60)}
    assert charges[-1].end_percent <= 61
    assert not plan.notes
    while home.home.override is not None:
        await home.run(0.1)
    assert await state(home, "switch", "charge_now") == "off"
    material = home.home.planned_from
    assert material is not None
    assert material.override is None


async def test_an_override_that_is_ended_ends_at_once(home: Day, ask: Ask) -> None:
    """Even where the next plan has to wait: nothing charges on the word of nobody."""
    await ask("charge", duration={"hours": 4})
    await home.run(0.1)
    assert home.phase is Phase.RUNNING
    with patch.object(home.home, "async_replan", AsyncMock()):
        await home.choose(entity_id(home.hass, "select", home, "override"), "automatic")
    command = home.home.controller.state.command
    assert command is None or command.wanted.action is not Action.CHARGE
