"""Paid grid events of Home Assistant's own Axle Energy integration, in a whole home.

Its sensors are read as the integration writes them (homeassistant/components/axle_energy of 2026.10
and 2026.11): unknown without an event or when opted out, unavailable when Axle does not answer.
"""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.planner.model import Action, Session
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..days.stage import Day

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = ("import_export", "start", "end")


def axle(hass: HomeAssistant) -> None:
    """Its entities, as they stand in the registry."""
    entry = MockConfigEntry(domain="axle_energy", entry_id="axle-entry")
    entry.add_to_hass(hass)
    for name in NAMES:
        er.async_get(hass).async_get_or_create(
            "sensor",
            "axle_energy",
            f"axle-entry_{name}",
            config_entry=entry,
            suggested_object_id=f"axle_energy_event_{name}",
        )


def tell(hass: HomeAssistant, *values: str) -> None:
    """What the three sensors say."""
    for name, value in zip(NAMES, values, strict=True):
        hass.states.async_set(f"sensor.axle_energy_event_{name}", value)


async def test_an_export_event_is_met_full_and_nothing_is_bought_in_it(day: Day) -> None:
    """And each kWh exported earns what was entered, beside the tariff's own price."""
    axle(day.hass)
    tell(day.hass, "export", NOON.isoformat(), (NOON + HOUR).isoformat())
    await day.start(axle_p_per_kwh=100.0)
    (window,) = day.site.sessions.known
    assert (window.kind, window.start, window.end) == (SessionKind.POWER_DOWN, NOON, NOON + HOUR)
    assert day.site.sessions.at(NOON) is Session.POWER_DOWN
    await day.run(0.01)
    plan, exports = day.site.planner.data, day.site.rates.data.exports
    assert plan is not None
    assert exports is not None
    rate, before, within = exports.at(NOON), plan.slot_at(NOON - HOUR / 2), plan.slot_at(NOON)
    assert rate is not None
    assert before is not None
    assert within is not None
    assert before.end_percent > 90.0
    assert within.action is not Action.CHARGE
    assert within.export_p_per_kwh == pytest.approx(rate.p_per_kwh + 100.0)


async def test_an_import_event_makes_the_rate_lower_by_what_is_paid(day: Day) -> None:
    """It is no gift, and no reason to run from the battery."""
    axle(day.hass)
    tell(day.hass, "import", NOON.isoformat(), (NOON + HOUR).isoformat())
    await day.start(axle_p_per_kwh=15.0)
    await day.run(0.01)
    plan, rate = day.site.planner.data, day.site.rates.data.imports.at(NOON)
    assert plan is not None
    assert rate is not None
    slot = plan.slot_at(NOON)
    assert slot is not None
    assert slot.import_p_per_kwh == pytest.approx(rate.p_per_kwh - 15.0)
    assert day.site.sessions.at(NOON) is None


async def test_without_a_price_its_events_do_not_count(day: Day) -> None:
    """Nobody has chosen it as a source; entered later it counts at once."""
    axle(day.hass)
    tell(day.hass, "export", NOON.isoformat(), (NOON + HOUR).isoformat())
    await day.start()
    assert day.site.sessions.known == ()
    await day.site.async_prefer(axle_p_per_kwh=100.0)
    assert day.site.sessions.at(NOON) is Session.POWER_DOWN


async def test_an_outage_takes_no_event_back_and_opting_out_does(day: Day) -> None:
    """Unavailable is not unknown."""
    axle(day.hass)
    tell(day.hass, "export", NOON.isoformat(), (NOON + HOUR).isoformat())
    await day.start(axle_p_per_kwh=100.0)
    tell(day.hass, "unavailable", "unavailable", "unavailable")
    await day.settle()
    assert day.site.sessions.at(NOON) is Session.POWER_DOWN
    tell(day.hass, "unknown", "unknown", "unknown")
    await day.settle()
    assert day.site.sessions.at(NOON) is None
