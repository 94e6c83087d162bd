"""The car, carbon, sessions by hand and price sensors, in a whole home."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN, MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.control.model import DecisionReason
from custom_components.smart_battery_scheduler.planner.model import Action, Session
from custom_components.smart_battery_scheduler.site.planner_inputs import plan_inputs
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.carbon import forecast_g_per_kwh
from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud
from ..days.stage import Day
from ..days.test_sun_day import add_roof
from ..sources.test_account_rates import notices

CAR = "binary_sensor.car_charging"
HOUR = timedelta(hours=1)


def wanted(site: Site) -> Action | None:
    """What the rules want now."""
    found = site.wanted_at(dt_util.utcnow())[0]
    return None if found is None else found.action


async def test_the_battery_is_held_while_the_car_charges_and_let_go_at_once(day: Day) -> None:
    """At any hour; the plan says why, and follows within seconds of the end."""
    day.freezer.tick(timedelta(hours=7.6))
    await day.start(car_charging_entity=CAR)
    await day.run(0.05)
    assert wanted(day.site) is Action.USE
    day.hass.states.async_set(CAR, "on")
    await day.settle()
    assert wanted(day.site) is Action.HOLD
    await day.run(0.1)
    plan = day.site.planner.data
    assert plan is not None
    slot = plan.slot_at(dt_util.utcnow())
    assert slot is not None
    assert slot.action is Action.HOLD
    before = day.site.battery.data.soc_percent
    await day.run(0.3)
    after = day.site.battery.data.soc_percent
    assert before is not None
    assert after is not None
    assert after > before - 0.3
    day.hass.states.async_set(CAR, "off")
    await day.settle()
    await day.run(0.01)
    assert wanted(day.site) is Action.USE


async def test_a_car_at_rest_and_a_car_that_is_gone_hold_nothing(day: Day) -> None:
    """An entity that vanishes does not hold the battery for ever."""
    day.hass.states.async_set(CAR, "on")
    await day.start(car_charging_entity=CAR)
    seen = [day.site.grid_events.ev_charging.charging]
    day.hass.states.async_remove(CAR)
    await day.settle()
    seen.append(day.site.grid_events.ev_charging.charging)
    day.hass.states.async_set(CAR, "on")
    await day.settle()
    seen.append(day.site.grid_events.ev_charging.charging)
    await day.site.async_prefer(car_charging_entity="")
    await day.settle()
    seen.append(day.site.grid_events.ev_charging.charging)
    assert seen == [True, False, True, False]


async def test_a_session_entered_by_hand_survives_a_restart_and_forbids_charging(day: Day) -> None:
    """As the account's own would; taken back, it is gone from plan and rules."""
    await day.start()
    now = dt_util.utcnow()
    window = await day.site.sessions.async_add(SessionKind.POWER_DOWN, now + HOUR, now + 2 * HOUR)
    await day.settle()
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    await day.settle()
    day.adopt()
    assert day.site.sessions.known == (window,)
    await day.stride(1.1)
    assert day.site.sessions.at(dt_util.utcnow()) is Session.POWER_DOWN
    found, reason = day.site.wanted_at(dt_util.utcnow())
    assert found is None or found.action is not Action.CHARGE
    assert reason in (DecisionReason.SESSION, DecisionReason.OVER)
    assert await day.site.sessions.async_remove(window.id)
    assert day.site.sessions.at(dt_util.utcnow()) is None


async def test_carbon_of_the_region_is_in_the_plans_inputs(day: Day) -> None:
    """Half-hour by half-hour, asked about once an hour for the tariff's region."""
    await day.start()
    snapshot = day.site.snapshot()
    assert snapshot is not None
    slots = plan_inputs(snapshot).slots
    assert [slot.carbon_g_per_kwh for slot in slots[:10]] == [
        forecast_g_per_kwh(slot.start) for slot in slots[:10]
    ]
    state = day.hass.states.get("sensor.home_battery_grid_carbon_intensity")
    assert state is not None
    assert float(state.state) == forecast_g_per_kwh(dt_util.utcnow())
    assert "CC BY 4.0" in state.attributes["attribution"]
    assert state.attributes["cleanest_at"] == "2026-01-14T06:00:00+00:00"
    await day.stride(3)
    asked = [each for each in day.cloud.requests if each.endpoint is Endpoint.CARBON]
    assert 3 <= len(asked) <= 4
    assert all(each.path.endswith("/regionid/13") for each in asked)


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR_PAGE, Fault.PAGE, Fault.WRONG_SHAPE, Fault.RATE_LIMITED]
)
async def test_without_carbon_everything_goes_on(day: Day, fault: Fault) -> None:
    """Its absence never matters."""
    day.cloud.faults.add(fault, Endpoint.CARBON)
    await day.start(carbon_gbp_per_tonne=100.0)
    plan = day.site.planner.data
    assert plan is not None
    assert all(slot.import_p_per_kwh is not None for slot in plan.slots[:20])
    day.cloud.faults.clear(fault)
    await day.stride(0.5)
    assert day.site.grid_events.carbon_forecast is not None


async def test_carbon_that_is_not_wanted_is_not_asked_for(day: Day) -> None:
    """And asked for as soon as it is."""
    await day.start(carbon_forecast=False)
    await day.stride(1.5)
    assert not [each for each in day.cloud.requests if each.endpoint is Endpoint.CARBON]
    assert day.site.grid_events.carbon_forecast is None
    await day.site.async_prefer(carbon_forecast=True)
    await day.settle()
    assert day.site.grid_events.carbon_forecast is not None


async def test_rates_of_a_price_sensor_are_followed_as_it_changes(
    day: Day, hass: HomeAssistant
) -> None:
    """Tomorrow's list is in the plan as soon as the sensor has it; its loss loses nothing."""
    midnight = datetime(2026, 1, 14, tzinfo=UTC)

    def prices(first: datetime, hours: int) -> list[dict[str, object]]:
        return [
            {"start": first + index * HOUR, "end": first + (index + 1) * HOUR, "value": 10 + index}
            for index in range(hours)
        ]

    attributes: dict[str, object] = {
        "unit_of_measurement": "p/kWh",
        "raw_today": prices(midnight, 24),
        "raw_tomorrow": [],
    }
    hass.states.async_set("sensor.price", "10", attributes)
    tariff = {"rate_entities": ["sensor.price"], "export_entities": [], "dispatch_entity": CAR}
    hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "tariff": tariff})
    await day.start()
    imports = day.site.rates.data.imports
    assert imports.known_until(midnight) == midnight + 24 * HOUR
    assert day.site.rates.data.exports is None
    attributes["raw_tomorrow"] = prices(midnight + 24 * HOUR, 24)
    hass.states.async_set("sensor.price", "10", attributes)
    await day.run(0.02)
    assert day.site.rates.data.imports.known_until(midnight) == midnight + 48 * HOUR
    hass.states.async_remove("sensor.price")
    await day.stride(0.6)
    assert day.site.rates.data.imports.known_until(dt_util.utcnow()) == midnight + 48 * HOUR
    assert notices(day) == {"rate_entity"}
    asked = [each for each in day.cloud.requests if each.endpoint is Endpoint.RATES]
    assert asked == []


@pytest.mark.parametrize(
    ("tariff_code", "state", "cheap_now", "cheap_later"),
    [
        ("E-1R-INTELLI-VAR-24-10-29-C", "off", True, True),
        ("E-1R-IOG-SMB-VAR-24-10-29-C", "off", False, False),
        ("E-1R-IOG-SMB-VAR-24-10-29-C", "on", True, False),
        (None, "off", False, False),
        (None, "on", True, False),
    ],
    ids=["no allowance", "idle car", "car charges", "idle, tariff not told", "charges, not told"],
)
async def test_a_dispatch_entity_makes_cheap_what_the_tariff_lets_it(
    day: Day,
    hass: HomeAssistant,
    tariff_code: str | None,
    state: str,
    cheap_now: bool,
    cheap_later: bool,
) -> None:
    """Seen: an entity that was off, and a plan that bought at 30 p for 6.9 (netzero#390)."""
    now = floor_slot(dt_util.utcnow())
    prices = [
        {"start": now + index * SLOT, "end": now + (index + 1) * SLOT, "value": value}
        for index, value in enumerate([30.0] * 12 + [6.9] * 12)
    ]
    attributes = {"unit_of_measurement": "p/kWh", "rates": prices, "tariff_code": tariff_code}
    hass.states.async_set("sensor.price", "30", attributes)
    planned = [
        {"start": now, "end": now + 2 * SLOT, "source": "SMART"},
        {"start": now + 6 * SLOT, "end": now + 8 * SLOT, "source": "SMART"},
    ]
    hass.states.async_set(CAR, state, {"planned_dispatches": planned})
    tariff = {"rate_entities": ["sensor.price"], "export_entities": [], "dispatch_entity": CAR}
    hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "tariff": tariff})
    await day.start()
    await day.settle()
    imports = day.site.rates.data.imports
    published = [imports.at(now + index * SLOT) for index in (0, 1, 2, 6)]
    prices_p = [rate.p_per_kwh if rate else None for rate in published]
    low, later = 6.9 if cheap_now else 30.0, 6.9 if cheap_later else 30.0
    assert prices_p == [low, low, 30.0, later]


async def test_what_a_dispatch_made_cheap_is_no_guess_of_tomorrow(
    day: Day, hass: HomeAssistant
) -> None:
    """Seen: 17.4 p guessed for an hour of 30 p, and the battery filled less (batpred#4854)."""
    now = floor_slot(dt_util.utcnow())
    start = now - timedelta(days=1)
    prices = [
        {
            "start": start + index * SLOT,
            "end": start + (index + 1) * SLOT,
            "value": 6.9 if index in (32, 80) else 30.0,
        }
        for index in range(96)
    ]
    code = "E-1R-INTELLI-VAR-24-10-29-C"
    attributes = {
        "unit_of_measurement": "p/kWh",
        "rates": prices,
        "tariff_code": code,
    }
    hass.states.async_set("sensor.price", "30", attributes)
    dispatch = {"start": now - 4 * HOUR, "end": now + 4 * HOUR, "source": "SMART"}
    hass.states.async_set(CAR, "on", {"planned_dispatches": [dispatch]})
    tariff = {"rate_entities": ["sensor.price"], "export_entities": [], "dispatch_entity": CAR}
    hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "tariff": tariff})
    await day.start()
    cheap = day.site.rates.data.imports.at(now)
    assert cheap is not None
    assert cheap.p_per_kwh < 30.0
    snapshot = day.site.snapshot()
    assert snapshot is not None
    inputs = plan_inputs(snapshot)
    assert inputs.price_scenarios
    guessed = {
        each.import_p_per_kwh[index]
        for each in inputs.price_scenarios
        for index, slot in enumerate(inputs.slots)
        if slot.import_p_per_kwh is None and slot.start.hour in (20, 21, 22, 0, 1, 2, 3)
    }
    assert guessed == {30.0}


async def test_an_export_entity_that_is_gone_leaves_the_imports(
    day: Day, hass: HomeAssistant
) -> None:
    """What it earned is known as long as it was told; what the house buys goes on."""
    pence = {"unit_of_measurement": "p/kWh"}
    hass.states.async_set("sensor.price", "10", pence)
    hass.states.async_set("sensor.export", "15", pence)
    tariff = {"rate_entities": ["sensor.price"], "export_entities": ["sensor.export"]}
    hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "tariff": tariff})
    await day.start()
    began = dt_util.utcnow()
    hass.states.async_remove("sensor.export")
    await day.stride(0.6)
    rates, now = day.site.rates.data, dt_util.utcnow()
    assert rates.imports.at(now) is not None
    assert rates.exports is not None
    assert rates.exports.at(began) is not None
    assert rates.exports.at(now) is None
    assert notices(day) == {"rate_entity"}


async def test_a_price_entity_may_come_later_than_the_home_at_every_start(
    day: Day, hass: HomeAssistant
) -> None:
    """Its own integration starts too: nobody is told before Home Assistant is up."""
    hass.set_state(CoreState.starting)
    hass.states.async_set("sensor.price", "unavailable")
    tariff = {"rate_entities": ["sensor.price"], "export_entities": []}
    hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "tariff": tariff})
    await day.start()
    assert notices(day) == set()
    hass.set_state(CoreState.running)
    await day.run(0.05)
    assert notices(day) == {"rate_entity"}
    hass.states.async_set("sensor.price", "10", {"unit_of_measurement": "p/kWh"})
    await day.run(0.05)
    assert notices(day) == set()


async def test_a_refused_forecast_is_forgotten_with_its_source(day: Day) -> None:
    """Who changes to no forecast at all has nothing left to mend."""
    add_roof(day)
    day.cloud.faults.add(Fault.FORBIDDEN, Endpoint.FORECAST)
    await day.start()

    def refused() -> bool:
        issue_id = f"{day.entry.entry_id}_solar_refused"
        return ir.async_get(day.hass).async_get_issue(DOMAIN, issue_id) is not None

    assert refused()
    data = {**day.entry.data, "solar": {"source": "none"}}
    day.hass.config_entries.async_update_entry(day.entry, data=data)
    await day.settle()
    day.adopt()
    assert day.site.solar is None
    assert not refused()


async def test_the_demo_home_asks_nobody(hass: HomeAssistant, cloud: Cloud) -> None:
    """Sessions can be entered by hand; nothing else is there."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "demo"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    site: Site = result["result"].runtime_data
    assert site.grid_events.carbon is None
    assert site.grid_events.octoplus is None
    assert list(cloud.requests) == []


async def test_a_slot_in_which_the_peak_begins_is_not_for_charging(day: Day) -> None:
    """A peak from 16:10 forbids the half-hour from 16:00, not the one before."""
    await day.start()
    snapshot = day.site.snapshot()
    assert snapshot is not None
    early = replace(snapshot.preferences, peak_start=time(16, 10))
    slots = plan_inputs(replace(snapshot, preferences=early)).slots
    allowed = {
        slot.start.astimezone(MARKET_TIME_ZONE).time(): not slot.grid_charge_forbidden
        for slot in slots
    }
    assert allowed[time(15, 30)]
    assert not allowed[time(16)]
    assert not allowed[time(18, 30)]
    assert allowed[time(19)]
