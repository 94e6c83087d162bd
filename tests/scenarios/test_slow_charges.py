"""Homes whose battery charges more slowly than it should: what they get, and what is learned."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("units", "hardware"),
    [
        # Two units of which one is down (core#110516).
        (2, Hardware(units=2, unit_backup_charge_w=1575.0, unit_max_charge_w=2500.0)),
        # One inverter before four packs, entered as four units (Powerwall-Dashboard#576, #632).
        (4, Hardware(units=4, unit_backup_charge_w=1250.0, unit_max_charge_w=1250.0)),
    ],
)
async def test_a_slow_charge_is_delivered_and_its_rate_learned(
    day: Day, script: Script, units: int, hardware: Hardware
) -> None:
    """One order, no failure, all that this home can take, and the next plan counts on no more."""
    world = day.cloud.world
    world.scenario = replace(world.scenario, hardware=hardware, soc_percent=20.0)
    world.begin()
    day.hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "units": units})
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(2.9)
    assert day.phase is Phase.RUNNING
    assert not [line for line in day.decisions if line.kind is DecisionKind.FAILED]
    rate_kw = hardware.unit_backup_charge_w * units / 1000.0
    assert world.powerwall.state.meters.charged_kwh > 0.95 * rate_kw * 2.9
    by_backup = next(
        each
        for each in day.site._battery(dt_util.utcnow()).methods
        if each.method is ChargeMethod.BACKUP
    )
    assert by_backup.power_w == pytest.approx(rate_kw * 1000.0, rel=0.03)
