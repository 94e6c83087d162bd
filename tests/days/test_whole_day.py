"""A winter day and a sunny day, from midnight to midnight, on the wire."""

from datetime import timedelta
import sys

import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.control.model import DecisionKind
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState
from homeassistant.util import dt as dt_util

from ..cloud.bill import Bill
from .stage import Day

# Above this the battery takes more than the sun and the meter's noise can explain.
GRID_CHARGING_W = 300.0


def from_grid_w(reading: PowerwallState) -> float:
    """What flows from the grid into the battery."""
    battery, solar, house = (
        reading.battery_power_w or 0.0,
        reading.solar_power_w or 0.0,
        reading.house_power_w or 0.0,
    )
    return max(0.0, -battery - max(0.0, solar - house))


def in_peak(day: Day) -> bool:
    """Between 16:00 and 19:00 of the local day."""
    return 16 <= dt_util.utcnow().astimezone(MARKET_TIME_ZONE).hour < 19


def show_writes(day: Day) -> None:
    """Print every write with the evidence that the decision log has for it."""
    for write in day.cloud.requests.writes:
        sys.stdout.write(f"{write.at:%H:%M:%S} {write.body}\n")
    for decision in day.decisions:
        proof = decision.command_status
        seen = f" seen {proof.confirmed_w:.0f} W" if proof and proof.confirmed_w is not None else ""
        sys.stdout.write(
            f"{decision.at:%H:%M:%S} {decision.kind} {decision.reason} {decision.action}{seen}\n"
        )


@pytest.mark.parametrize("scenario", ["winter", "sunny"])
async def test_a_whole_day(day: Day, scenario: str) -> None:
    """Charged where it is cheap, never at the peak, all proven, and everything restored."""
    await day.start()
    world = day.cloud.world
    before, baseline = world.powerwall.state.shown, world.baseline()
    ours, theirs = Bill(world, world.powerwall), Bill(world, baseline)
    bought_p, bought_kwh = 0.0, 0.0
    rates = day.site.rates.data.imports
    for _ in range(24 * 6):
        await day.run(1 / 6)
        reading = world.powerwall.reading()
        drawn_w = from_grid_w(reading)
        if drawn_w > GRID_CHARGING_W:
            assert not in_peak(day), "charged from the grid at the peak"
            rate = day.site.rates.data.imports.at(dt_util.utcnow() - timedelta(seconds=1))
            assert rate is not None
            bought_kwh += drawn_w / 6000
            bought_p += drawn_w / 6000 * rate.p_per_kwh
        ours.note()
        theirs.note()
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    show_writes(day)
    left_kwh = world.powerwall.state.stored_kwh - baseline.state.stored_kwh
    today = [rate.p_per_kwh for rate in rates.rates]
    cost_p = ours.cost_p - left_kwh * min(today)
    sys.stdout.write(f"{scenario}: {cost_p:.0f} p against {theirs.cost_p:.0f} p self-powered\n")
    assert world.powerwall.state.shown == before
    assert bought_kwh > 0.5
    assert bought_p / bought_kwh < sum(today) / len(today)
    assert cost_p < theirs.cost_p
    assert not [d for d in day.decisions if d.kind is DecisionKind.FAILED]
