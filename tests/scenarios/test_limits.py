"""Limits that outrank a plan already in force: a charge ends when they begin, whatever was planned."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)
SOON = timedelta(seconds=10)


def stopped(day: Day) -> list[DecisionReason]:
    """Why charges were stopped."""
    return [line.reason for line in day.decisions if line.kind is DecisionKind.STOPPED]


async def charging(day: Day, script: Script, **options: object) -> None:
    """A charge of four hours that is seen."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 4 * HOUR)
    await day.start(**options)
    await day.run(0.2)
    assert day.phase is Phase.RUNNING


async def test_a_power_down_ends_a_charge_at_its_first_second(day: Day, script: Script) -> None:
    """Settings back at the edge, no write in between, and the charge goes on afterwards."""
    begin = dt_util.utcnow()
    await charging(day, script)
    await day.site.sessions.async_add(SessionKind.POWER_DOWN, begin + HOUR, begin + 2 * HOUR)
    day.cloud.requests.clear()
    await day.until(begin + HOUR + SOON)
    (write,) = day.cloud.requests.writes
    assert timedelta() <= write.at - begin - HOUR < SOON
    assert day.shown == day.cloud.world.scenario.settings
    await day.until(begin + 2 * HOUR)
    assert stopped(day) == [DecisionReason.SESSION]
    await day.run(0.2)
    assert day.phase is Phase.RUNNING


async def test_the_peak_window_ends_a_charge_at_its_first_second(day: Day, script: Script) -> None:
    """Even a plan that forgot about it."""
    begin = dt_util.utcnow()
    await charging(day, script, peak_start="01:00:00", peak_end="02:00:00")
    day.cloud.requests.clear()
    await day.until(begin + HOUR + SOON)
    (write,) = day.cloud.requests.writes
    assert timedelta() <= write.at - begin - HOUR < SOON
    assert stopped(day) == [DecisionReason.PEAK]
    assert day.shown == day.cloud.world.scenario.settings


async def test_a_ceiling_that_is_lowered_ends_a_charge_at_once(day: Day, script: Script) -> None:
    """Not at the next reading, not at the next half-hour."""
    await charging(day, script)
    await day.site.async_prefer(price_ceiling_p_per_kwh=1.0)
    await day.settle()
    assert stopped(day) == [DecisionReason.PRICE]
    assert day.shown == day.cloud.world.scenario.settings
