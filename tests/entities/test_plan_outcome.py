"""Plan against actual as a sensor."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.history.accuracy import day_start
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from ..plans import a_plan, a_slot
from .conftest import entity_id


async def test_yesterday_is_shown_with_its_parts_and_its_charges(site: Day) -> None:
    """Unknown at first; then the pence more, their parts, and what each charge was given."""
    sensor = entity_id(site.hass, "sensor", site, "plan_outcome")
    first = site.hass.states.get(sensor)
    assert first is not None
    assert first.state == "unknown"
    assert "load_p" not in first.attributes
    today = dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()
    midnight, start = day_start(today), day_start(today - timedelta(days=1))
    rates = RateTable.of([Rate(start, midnight, 10.0)])
    slot = a_slot(
        start, Action.CHARGE, import_p_per_kwh=10.0, grid_import_kwh=1.8, battery_in_kwh=1.6
    )
    energies = Energies(load_kwh=0.5, import_kwh=2.1, battery_in_kwh=1.6)
    site.site.measurements.adopt([MeasuredSlot(start=start, energies=energies, observed_s=1800.0)])
    outcomes = site.site.plan_outcomes
    outcomes.slot_began(start, a_plan(slot), rates, None, 0.9)
    outcomes.slot_began(midnight, None, rates, None, 0.9)
    site.site.publisher.notify()
    await site.settle()
    shown = site.hass.states.get(sensor)
    assert shown is not None
    assert float(shown.state) == 3.0
    assert shown.attributes["planned_p"] == 18.0
    assert shown.attributes["load_p"] == shown.attributes["week_p"] == 3.0
    assert shown.attributes["obedience_p"] == 0.0
    (charge,) = shown.attributes["charges"]
    assert (charge["planned_kwh"], charge["delivered_kwh"]) == (1.6, 1.6)
