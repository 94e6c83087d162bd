"""A silent Powerwall makes unavailable what comes from it, on every platform, and nothing else."""

import logging

import pytest

from custom_components.smart_battery_scheduler import PLATFORMS
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.helpers import entity_registry as er

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day

FROM_THE_BATTERY = {
    "sensor.charge_level",
    "sensor.battery_power",
    "sensor.solar_power",
    "sensor.house_power",
    "sensor.grid_power",
    "binary_sensor.charging_from_the_grid",
    "binary_sensor.off_grid",
}
SHOWN = {
    # Of each platform one that goes on: the plan, published rates, what the household wants, what
    # was stored as its own settings, what has happened.
    "sensor.plan",
    "sensor.current_rate",
    "binary_sensor.problem",
    "switch.scheduler",
    "switch.grid_charging",
    "select.override",
    "select.operating_mode",
    "number.backup_reserve",
    "number.reserve_floor",
    "time.peak_start",
    "button.re_plan",
    "calendar.schedule",
    "event.activity",
}


def unavailable(day: Day) -> set[str]:
    """The entities of the home that are unavailable, without the home's name."""
    entities = er.async_entries_for_config_entry(er.async_get(day.hass), day.entry.entry_id)
    found = set()
    for entity in entities:
        state = day.hass.states.get(entity.entity_id)
        if state is not None and state.state == STATE_UNAVAILABLE:
            found.add(entity.entity_id.replace("home_battery_", "", 1))
    return found


def published(caplog: pytest.LogCaptureFixture) -> int:
    """How many lines the log has about the reading of the battery."""
    return sum("battery data" in line for line in caplog.messages)


async def test_a_silent_powerwall(day: Day, caplog: pytest.LogCaptureFixture) -> None:
    """Its readings and settings are not shown; plan, rates and the household's requests are.

    The log has one line when it falls silent and one when it is back.
    """
    caplog.set_level(logging.INFO)
    await day.start()
    assert unavailable(day) == set()
    assert published(caplog) == 0
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    for _ in range(3):
        await day.site.battery.async_refresh()
        await day.settle()
    assert published(caplog) == 1
    assert unavailable(day) == FROM_THE_BATTERY
    names = {each.replace("home_battery_", "", 1) for each in day.hass.states.async_entity_ids()}
    assert names >= SHOWN | FROM_THE_BATTERY
    assert {name.split(".")[0] for name in SHOWN} == {str(each) for each in PLATFORMS}
    problem = day.hass.states.get("binary_sensor.home_battery_problem")
    assert problem is not None
    assert (problem.state, problem.attributes["battery_unreachable"]) == ("on", True)
    day.cloud.faults.clear(Fault.UNAVAILABLE)
    await day.run(hours=0.2)
    assert unavailable(day) == set()
    assert any("battery data recovered" in line for line in caplog.messages)
    assert published(caplog) == 2


async def test_silent_rates_and_forecasts(day: Day) -> None:
    """What is published stays true while the services are away: nothing is unavailable."""
    await day.start()
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.RATES, Endpoint.FORECAST, Endpoint.CARBON)
    await day.site.rates.async_refresh()
    await day.settle()
    assert not day.site.rates.last_update_success
    assert unavailable(day) == set()
