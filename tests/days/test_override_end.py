"""An override that ends within a half-hour: at its minute, and without a write too many."""

from datetime import datetime, timedelta

from custom_components.smart_battery_scheduler.control.model import Phase
from custom_components.smart_battery_scheduler.planner.model import Action
from homeassistant.util import dt as dt_util

from .stage import Day

MINUTE = timedelta(minutes=1)


async def charging_until(day: Day, until: datetime) -> None:
    """A charge on a person's word, shortly before its end."""
    await day.hass.services.async_call(
        "smart_battery_scheduler",
        "charge",
        {"until": until.isoformat(), "target_percent": 100},
        blocking=True,
    )
    await day.until(until - timedelta(seconds=1))
    assert day.phase is Phase.RUNNING
    day.cloud.requests.clear()


async def test_it_does_not_go_on_by_habit(day: Day) -> None:
    """The last plan of its time kept the charge; at its end a new one without it is made first."""
    await day.start()
    await day.run(0.03)
    until = dt_util.utcnow() + 50 * MINUTE
    await charging_until(day, until)
    await day.until(until + timedelta(seconds=2))
    (stop,) = day.cloud.requests.writes
    assert stop.at - until < timedelta(seconds=2)
    assert day.site.override is None


async def test_a_plan_that_charges_on_is_followed_without_a_write(day: Day) -> None:
    """It ends in the cheapest hours: what is in force simply goes on."""
    await day.start()
    await day.until(dt_util.utcnow().replace(hour=3, minute=8))
    until = dt_util.utcnow().replace(minute=58)
    await charging_until(day, until)
    await day.until(until + 2 * MINUTE)
    plan = day.site.planner.data
    slot = plan.slot_at(dt_util.utcnow()) if plan else None
    assert slot is not None and slot.action is Action.CHARGE
    assert not day.cloud.requests.writes
    assert day.phase is Phase.RUNNING
