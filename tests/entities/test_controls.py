"""Switches, selects, numbers, times and buttons."""

from datetime import datetime, time, timedelta
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import Phase, SuspensionCause
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod, ReasonCode
from custom_components.smart_battery_scheduler.powerwall.base import ExportRule, OperatingMode
from custom_components.smart_battery_scheduler.tariff.model import floor_slot
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Ask, entity_id

FORCED = ReasonCode.FORCED


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
    """Set by its entity, stored in the options, shown again, one plan each."""
    day = all_enabled
    before = day.site
    for key, preference, value in NUMBERS:
        await day.run(0.01)
        plans.clear()
        target = entity_id(day.hass, "number", day, key)
        await day.act("number", "set_value", entity_id=target, value=value)
        await day.run(0.01)
        assert getattr(day.site.preferences, preference) == value
        assert day.entry.options[preference] == value
        assert float(await state(day, "number", key)) == value
        assert len(plans) == 1, key
    assert day.entry.runtime_data is before


@pytest.mark.parametrize(("key", "value"), [("reserve_floor", 81), ("charge_now_target", 0)])
async def test_a_number_out_of_range_is_refused(site: Day, key: str, value: float) -> None:
    """And the preferences stay as they were."""
    before = site.site.preferences
    with pytest.raises(ServiceValidationError):
        await site.act(
            "number",
            "set_value",
            entity_id=entity_id(site.hass, "number", site, key),
            value=value,
        )
    assert site.site.preferences == before


@pytest.mark.parametrize("key", ["peak_start", "peak_end", "ready_by_time"])
async def test_times_are_preferences(site: Day, plans: list[None], key: str) -> None:
    """Set by its entity, stored in the options, shown again, one plan."""
    await site.run(0.01)
    plans.clear()
    target = entity_id(site.hass, "time", site, key)
    await site.act("time", "set_value", entity_id=target, time="05:45:00")
    await site.run(0.01)
    assert getattr(site.site.preferences, key) == time(5, 45)
    assert site.entry.options[key] == "05:45:00"
    assert await state(site, "time", key) == "05:45:00"
    assert len(plans) == 1


@pytest.mark.parametrize("key", ["scheduler", "dry_run", "join_sessions", "carbon_forecast"])
async def test_switches_are_preferences(all_enabled: Day, plans: list[None], key: str) -> None:
    """A toggle changes the state and makes one plan."""
    target = entity_id(all_enabled.hass, "switch", all_enabled, key)
    before = await state(all_enabled, "switch", key)
    await all_enabled.run(0.01)
    plans.clear()
    await all_enabled.act("switch", "toggle", entity_id=target)
    await all_enabled.run(0.01)
    assert {before, await state(all_enabled, "switch", key)} == {"on", "off"}
    assert len(plans) == 1


async def test_charge_now_charges_to_its_target_and_ends(site: Day) -> None:
    """With the preferred 70 % and one hour."""
    target = entity_id(site.hass, "switch", site, "charge_now")
    await site.site.async_prefer(charge_now_percent=70.0, charge_now_hours=1.0)
    await site.settle()
    await site.act("switch", "turn_on", entity_id=target)
    override = site.site.override
    assert override is not None
    assert (override.action, override.target_percent) == (Action.CHARGE, 70)
    shown = site.hass.states.get(target)
    assert shown is not None
    assert shown.state == "on"
    assert shown.attributes["until"] == (dt_util.utcnow() + timedelta(hours=1)).isoformat()
    await site.run(1.1)
    assert await state(site, "switch", "charge_now") == "off"


async def test_without_a_duration_charge_now_ends_with_the_half_hour(site: Day) -> None:
    """A duration of 0 hours means until the next :00 or :30."""
    await site.site.async_prefer(charge_now_hours=0.0)
    await site.run(0.2)
    target = entity_id(site.hass, "switch", site, "charge_now")
    await site.act("switch", "turn_on", entity_id=target)
    override = site.site.override
    assert override is not None
    assert (override.until.minute % 30, override.until.second) == (0, 0)
    assert override.until - dt_util.utcnow() <= timedelta(minutes=30)


async def test_a_charge_to_what_is_there_already_is_refused(site: Day) -> None:
    """By every control and action, with the number to change; the battery is told nothing."""
    level = site.site.battery.data.soc_percent
    assert level is not None
    await site.site.async_prefer(charge_now_percent=float(int(level)))
    await site.settle()
    switch = {"entity_id": entity_id(site.hass, "switch", site, "charge_now")}
    select = {"entity_id": entity_id(site.hass, "select", site, "override"), "option": "charge"}
    for domain, service, data in (
        ("switch", "turn_on", switch),
        ("select", "select_option", select),
        (DOMAIN, "charge", {}),
    ):
        with pytest.raises(ServiceValidationError, match="Charge now target"):
            await site.hass.services.async_call(domain, service, data, blocking=True)
    assert site.site.override is None
    await site.site.async_prefer(charge_now_percent=float(int(level) + 1))
    await site.settle()
    await site.hass.services.async_call("switch", "turn_on", switch, blocking=True)
    assert site.site.override is not None


async def test_a_full_battery_may_be_asked_to_stay_full(day: Day) -> None:
    """The usual target of 100 % is no level that one could mean to stop at."""
    day.cloud.world.powerwall.set_soc(100.0)
    await day.start()
    assert day.site.preferences.charge_now_percent == 100.0
    await day.act("switch", "turn_on", entity_id=entity_id(day.hass, "switch", day, "charge_now"))
    assert day.site.override is not None


async def test_turning_charge_now_off_leaves_another_override(site: Day) -> None:
    """A hold is no charge: the switch is off and does not end it."""
    await site.choose(entity_id(site.hass, "select", site, "override"), "hold")
    target = entity_id(site.hass, "switch", site, "charge_now")
    assert await state(site, "switch", "charge_now") == "off"
    await site.act("switch", "turn_off", entity_id=target)
    assert site.site.override is not None
    await site.act("switch", "turn_on", entity_id=target)
    assert await state(site, "select", "override") == "charge"
    await site.act("button", "press", entity_id=entity_id(site.hass, "button", site, "resume"))
    assert await state(site, "select", "override") == "automatic"


async def test_the_powerwalls_own_settings_are_pushed_and_verified(site: Day) -> None:
    """Reserve and grid charging are shown by the cloud within minutes."""
    await site.site.async_prefer(scheduler_enabled=False)
    await site.run(0.3)
    await site.act(
        "number",
        "set_value",
        entity_id=entity_id(site.hass, "number", site, "backup_reserve"),
        value=33,
    )
    await site.run(0.3)
    assert site.shown.backup_reserve_percent == 33
    grid = entity_id(site.hass, "switch", site, "grid_charging")
    for action, expected in (("turn_off", False), ("turn_on", True)):
        await site.act("switch", action, entity_id=grid)
        await site.run(0.3)
        assert site.shown.grid_charging is expected
        assert await state(site, "switch", "grid_charging") == ("on" if expected else "off")
    await site.choose(entity_id(site.hass, "select", site, "export_rule"), "never")
    await site.run(0.3)
    assert site.shown.export_rule is ExportRule.NEVER
    await site.choose(entity_id(site.hass, "select", site, "operating_mode"), "time_based")
    await site.run(0.3)
    assert site.shown.operating_mode is OperatingMode.TIME_BASED
    assert site.phase is Phase.IDLE


async def test_settings_that_nobody_knows_any_more_are_not_set(site: Day) -> None:
    """Without a reading nothing is saved that could be restored: refused, and nothing sent."""
    await site.site.async_prefer(scheduler_enabled=False)
    await site.run(0.3)
    site.freezer.tick(timedelta(hours=3))
    target = entity_id(site.hass, "switch", site, "grid_charging")
    with pytest.raises(HomeAssistantError) as caught:
        await site.act("switch", "turn_off", entity_id=target)
    assert caught.value.translation_key == "settings_unknown"
    assert site.shown == site.cloud.world.scenario.settings


async def test_a_dry_run_sends_no_settings_of_the_powerwall_either(site: Day) -> None:
    """Nothing leaves in a dry run, not even what is asked for: refused, and said why."""
    await site.site.async_prefer(dry_run=True)
    await site.run(0.3)
    site.cloud.requests.clear()
    target = entity_id(site.hass, "switch", site, "grid_charging")
    with pytest.raises(HomeAssistantError) as caught:
        await site.act("switch", "turn_on", entity_id=target)
    assert caught.value.translation_key == "dry_run"
    assert not site.cloud.requests.writes


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
    site: Day, plans: list[None], platform: str, key: str, action: str, data: dict[str, Any]
) -> None:
    """The Powerwall's own reserve is a floor of plans, so its own settings count too."""
    await site.run(0.01)
    plans.clear()
    target = entity_id(site.hass, platform, site, key)
    await site.act(platform, action, entity_id=target, **data)
    await site.run(0.01)
    assert len(plans) == 1


async def test_a_reserve_that_does_not_exist_is_refused(site: Day) -> None:
    """Tesla turns 81 to 99 % into 80 %."""
    with pytest.raises(ServiceValidationError, match="85"):
        await site.act(
            "number",
            "set_value",
            entity_id=entity_id(site.hass, "number", site, "backup_reserve"),
            value=85,
        )


async def test_setting_the_reserve_during_a_charge_takes_over(site: Day) -> None:
    """The override ends and control is suspended by the user."""
    await site.choose(entity_id(site.hass, "select", site, "override"), "charge")
    await site.run(0.1)
    assert site.phase is Phase.RUNNING
    await site.act(
        "number",
        "set_value",
        entity_id=entity_id(site.hass, "number", site, "backup_reserve"),
        value=40,
    )
    await site.run(0.1)
    assert await state(site, "select", "export_rule") != "unknown"
    suspension = site.site.controller.state.suspension
    assert suspension is not None
    assert suspension.cause is SuspensionCause.USER
    assert site.shown.backup_reserve_percent == 40
    assert await state(site, "number", "backup_reserve") == "40"


async def test_a_car_that_charges_already_re_plans_once_when_it_is_named(
    site: Day, plans: list[None]
) -> None:
    """What the named entity shows is in the plan that the naming makes."""
    site.hass.states.async_set("binary_sensor.car", "on")
    await site.run(0.01)
    plans.clear()
    await site.site.async_prefer(car_charging_entity="binary_sensor.car")
    await site.run(0.01)
    assert len(plans) == 1
    assert site.site.planned_from is not None
    assert site.site.planned_from.car_charging


async def test_a_slot_by_hand_re_plans_once(site: Day, ask: Ask, plans: list[None]) -> None:
    """One new plan, not one for each listener."""
    await site.run(0.01)
    plans.clear()
    start = floor_slot(dt_util.utcnow()) + timedelta(hours=3)
    await ask(
        "add_slot",
        start=start.isoformat(),
        end=(start + timedelta(hours=1)).isoformat(),
        action="hold",
    )
    await site.run(0.01)
    assert len(plans) == 1


def planned_until(day: Day, until: datetime) -> set[Action]:
    """What is planned for the half-hours up to then."""
    plan = day.site.planner.data
    assert plan is not None
    return {slot.action for slot in plan.slots if slot.end <= until}


@pytest.mark.parametrize("action", ["hold", "use"])
async def test_an_override_re_plans_once_and_the_plan_counts_on_it(
    site: Day, ask: Ask, plans: list[None], action: str
) -> None:
    """The plan shows the override for as long as it lasts, and goes on from there."""
    await site.run(0.01)
    plans.clear()
    until = floor_slot(dt_util.utcnow()) + timedelta(hours=3)
    await ask(action, until=until.isoformat())
    await site.run(0.01)
    assert len(plans) == 1
    assert planned_until(site, until) == {Action(action)}
    plans.clear()
    await ask("resume")
    await site.run(0.01)
    assert len(plans) == 1
    assert planned_until(site, until) != {Action(action)}


async def test_a_charge_that_is_asked_for_is_in_the_plan_up_to_its_target(
    site: Day, plans: list[None]
) -> None:
    """No further, by the charge method that does it; when it is reached early, the plan is made anew."""
    await site.site.async_prefer(charge_now_percent=60.0, charge_now_hours=8.0)
    await site.run(0.01)
    plans.clear()
    await site.act(
        "switch", "turn_on", entity_id=entity_id(site.hass, "switch", site, "charge_now")
    )
    await site.run(0.01)
    assert len(plans) == 1
    plan = site.site.planner.data
    assert plan is not None
    charges = [s for s in plan.slots if s.action is Action.CHARGE and s.reason.code is FORCED]
    assert charges[0].start == plan.slots[0].start
    assert {(slot.method, slot.target_percent) for slot in charges} == {(ChargeMethod.BACKUP, 60)}
    assert charges[-1].end_percent <= 61
    assert not plan.notes
    while site.site.override is not None:
        await site.run(0.1)
    assert await state(site, "switch", "charge_now") == "off"
    snapshot = site.site.planned_from
    assert snapshot is not None
    assert snapshot.override is None


async def test_an_override_that_is_ended_ends_at_once(site: Day, ask: Ask) -> None:
    """Even where the next plan has to wait: nothing charges on the word of nobody."""
    await ask("charge", duration={"hours": 4})
    await site.run(0.1)
    assert site.phase is Phase.RUNNING
    with patch.object(site.site, "async_replan", AsyncMock()):
        await site.choose(entity_id(site.hass, "select", site, "override"), "automatic")
    command = site.site.controller.state.command
    assert command is None or command.wanted.action is not Action.CHARGE
