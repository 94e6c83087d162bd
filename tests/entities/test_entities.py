"""What a home shows: the registry as a whole, and values that follow the home."""

from datetime import timedelta
from pathlib import Path
import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import CommandStatus
from custom_components.smart_battery_scheduler.entities.plan_sensors import Proof, proof_of
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.core import State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day

HOUR = timedelta(hours=1)
REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"


def shown(day: Day, platform: str, key: str) -> State:
    """The state of an entity by its key."""
    entity_id = er.async_get(day.hass).async_get_entity_id(
        platform, DOMAIN, f"{day.entry.unique_id}_{key}"
    )
    assert entity_id is not None
    found = day.hass.states.get(entity_id)
    assert found is not None
    return found


async def reload(day: Day) -> None:
    """Reload and wait until the Powerwall may be asked again."""
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    await day.run(0.1)
    assert day.is_loaded()
    day.adopt()


async def test_the_registry_is_as_it_was(site: Day, snapshot: SnapshotAssertion) -> None:
    """A snapshot of ids, names, classes, units and options of all entities."""
    entries = er.async_entries_for_config_entry(er.async_get(site.hass), site.entry.entry_id)
    assert {
        entry.entity_id: {
            "category": entry.entity_category and entry.entity_category.value,
            "class": entry.original_device_class,
            "disabled": entry.disabled_by and entry.disabled_by.value,
            "key": entry.unique_id.removeprefix(f"{site.entry.unique_id}_"),
            "name": entry.original_name,
            "options": entry.capabilities,
            "unit": entry.unit_of_measurement,
        }
        for entry in sorted(entries, key=lambda entry: entry.entity_id)
    } == snapshot


async def test_the_reference_marks_what_is_disabled_at_first(site: Day) -> None:
    """With a circle behind the name. This home has no panels, whose entities are marked too."""
    entries = er.async_entries_for_config_entry(er.async_get(site.hass), site.entry.entry_id)
    marked = set(re.findall(r"\*\*([^*]+)\*\* ○", REFERENCE.read_text("utf-8")))
    ours = {entry.original_name: entry.disabled_by is not None for entry in entries}
    assert {name for name, disabled in ours.items() if disabled} == marked & set(ours)


async def test_every_entity_has_its_words_and_none_is_broken(day: Day, enabled: None) -> None:
    """More than 70 entities with a name, an icon or class, and a state."""
    await day.start()
    entries = er.async_entries_for_config_entry(er.async_get(day.hass), day.entry.entry_id)
    assert len(entries) > 70
    for entry in entries:
        assert entry.has_entity_name
        assert entry.original_name, entry.entity_id
        assert entry.original_icon or entry.original_device_class or entry.translation_key
        state = day.hass.states.get(entry.entity_id)
        assert state is not None, entry.entity_id
        assert state.state != "unavailable", entry.entity_id


async def test_status_and_reason_follow_the_home(site: Day) -> None:
    """From the plan's sentence to a charge that is confirmed."""
    assert shown(site, "sensor", "reason").state.startswith("The plan is to ")
    await site.choose("select.home_battery_override", "charge")
    await site.run(0.1)
    assert shown(site, "sensor", "status").state == "charging"
    assert shown(site, "binary_sensor", "charging").state == "on"
    proof = shown(site, "sensor", "last_command")
    assert proof.state == "seen"
    assert proof.attributes["seen_w"] < 0
    assert proof.attributes["source"] == "override"
    assert "somebody asked" in shown(site, "sensor", "reason").state
    await site.choose("select.home_battery_override", "automatic")
    await site.site.async_prefer(scheduler_enabled=False)
    await site.run(0.2)
    assert shown(site, "sensor", "status").state == "off"
    await site.site.async_prefer(scheduler_enabled=True, dry_run=True)
    await site.run(0.2)
    assert shown(site, "sensor", "status").state == "dry_run"


async def test_rates_and_the_next_charge_are_those_of_the_plan(site: Day) -> None:
    """Rates in £/kWh; the next charge begins with the plan's first one."""
    now = dt_util.utcnow()
    rate = site.site.rates.data.imports.at(now)
    assert rate is not None
    assert float(shown(site, "sensor", "current_rate").state) == pytest.approx(rate.p_per_kwh / 100)
    plan = site.site.planner.data
    assert plan is not None
    first = plan.next_charge(now)
    assert first is not None
    charge = shown(site, "sensor", "next_charge")
    assert dt_util.parse_datetime(charge.state) == first.start.replace(microsecond=0)
    reached = charge.attributes["reaches_percent"]
    assert float(shown(site, "sensor", "next_charge_target").state) == reached
    costs = [slot.cost_p or 0.0 for slot in plan.slots]
    assert float(shown(site, "sensor", "plan_cost").state) == pytest.approx(
        sum(costs) / 100, abs=0.01
    )
    cheapest = shown(site, "sensor", "cheapest_slot")
    known = site.site.rates.data.imports.between(now, now + 24 * HOUR)
    assert cheapest.attributes["rate_p_per_kwh"] == min(each.p_per_kwh for each in known)
    worth = float(shown(site, "sensor", "stored_worth").state)
    assert worth == pytest.approx(plan.slots[0].marginal_value_p_per_kwh, abs=0.1)
    assert float(shown(site, "sensor", "plan_saving").state) > 0


async def test_large_attributes_are_not_recorded(site: Day) -> None:
    """Slots and notes are in the state but not in the recorder."""
    plan = shown(site, "sensor", "plan")
    assert plan.state_info is not None
    assert "slots" in plan.attributes
    assert {"slots", "notes"} <= plan.state_info["unrecorded_attributes"]


async def test_energy_counts_up_and_goes_on_after_a_restart(site: Day) -> None:
    """A total that increases and loses at most the readings between."""
    await site.run(1)
    keys = ("house_energy", "grid_import_energy")
    before = {key: float(shown(site, "sensor", key).state) for key in keys}
    assert before["house_energy"] > 0
    assert shown(site, "sensor", "house_energy").attributes["state_class"] == "total_increasing"
    await reload(site)
    for key in keys:
        assert float(shown(site, "sensor", key).state) == pytest.approx(before[key], abs=0.3)
    await site.run(0.5)
    assert float(shown(site, "sensor", "house_energy").state) > before["house_energy"]


async def test_savings_are_shown_and_kept(site: Day) -> None:
    """Savings are told and kept."""
    await site.run(1.05)
    account = site.site.savings.memory
    assert account.days[0].half_hours == 2
    assert account.days[0].expected_p is not None, "the home runs since midnight"
    total = float(shown(site, "sensor", "saving_total").state)
    assert total == pytest.approx(account.saved_p / 100, abs=0.001)
    today = shown(site, "sensor", "saving_today")
    assert today.attributes["state_class"] == "total"
    assert today.attributes["last_reset"].startswith("2026-01-14T00:00:00")
    assert float(shown(site, "sensor", "saving_this_month").state) == pytest.approx(total)
    await reload(site)
    assert site.site.savings.memory.days == account.days
    assert float(shown(site, "sensor", "saving_total").state) == total


async def test_off_grid_problem_and_tomorrows_rates(site: Day) -> None:
    """Off at first; a cloud that fails turns the problem on."""
    assert shown(site, "binary_sensor", "off_grid").state == "off"
    assert shown(site, "binary_sensor", "problem").state == "off"
    assert shown(site, "binary_sensor", "tomorrows_rates").state == "off"
    site.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await site.run(0.2)
    problem = shown(site, "binary_sensor", "problem")
    assert problem.state == "on"
    assert problem.attributes["battery_unreachable"] is True
    assert shown(site, "sensor", "charge_level").state == "unavailable"


async def test_a_session_is_shown_while_it_runs(site: Day) -> None:
    """Off with its data before it begins, on from its start."""
    start = dt_util.utcnow() + HOUR / 2
    await site.site.sessions.async_add(
        SessionKind.FREE, start, start + HOUR / 2, now=dt_util.utcnow()
    )
    await site.settle()
    ahead = shown(site, "binary_sensor", "session")
    assert (ahead.state, ahead.attributes["kind"]) == ("off", "free")
    await site.run(0.6)
    assert shown(site, "binary_sensor", "session").state == "on"


NOW = dt_util.utcnow()


@pytest.mark.parametrize(
    ("command_status", "proof"),
    [
        (None, Proof.NONE),
        (CommandStatus(sent_at=NOW), Proof.SENDING),
        (CommandStatus(sent_at=NOW, accepted_at=NOW), Proof.ACCEPTED),
        (CommandStatus(sent_at=NOW, accepted_at=NOW, read_back_at=NOW), Proof.READ_BACK),
        (
            CommandStatus(sent_at=NOW, accepted_at=NOW, read_back_at=NOW, confirmed_at=NOW),
            Proof.CONFIRMED,
        ),
    ],
)
def test_a_command_is_as_proven_as_its_evidence(
    command_status: CommandStatus | None, proof: Proof
) -> None:
    """The furthest of the four levels that has a time."""
    assert proof_of(command_status) is proof


async def calendar(day: Day, hours: float) -> list[dict[str, Any]]:
    """Calendar."""
    answer = await day.hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": "calendar.home_battery_schedule",
            "start_date_time": (dt_util.utcnow() - 6 * HOUR).isoformat(),
            "end_date_time": (dt_util.utcnow() + hours * HOUR).isoformat(),
        },
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    found: Any = answer["calendar.home_battery_schedule"]
    return list(found["events"])


async def test_the_calendar_has_charges_sessions_and_manual_slots(site: Day) -> None:
    """The calendar has charges sessions and requests."""
    now = dt_util.utcnow()
    await site.site.sessions.async_add(
        SessionKind.POWER_DOWN, now + 17 * HOUR, now + 18 * HOUR, now=now
    )
    site.site.manual.add(now + 20 * HOUR, now + 21 * HOUR, None, now=now)
    site.site.manual.add(now + 22 * HOUR, now + 23 * HOUR, Action.HOLD, now=now)
    await site.run(0.1)
    events = await calendar(site, 24)
    summaries = [event["summary"] for event in events]
    assert {"Power down", "Do not charge (requested)", "Hold (requested)"} <= set(summaries)
    charges = [event for event in events if event["summary"].startswith("Charge ")]
    assert charges
    assert all(event["description"].startswith("Because ") for event in charges)
    assert [event["start"] for event in events] == sorted(event["start"] for event in events)
    assert shown(site, "calendar", "schedule").attributes["message"] in summaries


async def test_a_charge_that_was_made_stays_in_the_calendar(site: Day) -> None:
    """One event, also after the override was taken back."""
    await site.choose("select.home_battery_override", "charge")
    await site.run(0.3)
    await site.choose("select.home_battery_override", "automatic")
    await site.run(0.3)
    done = [each for each in await calendar(site, 1) if each["summary"].startswith("Charged")]
    assert len(done) == 1


async def test_the_event_entity_and_the_bus_tell_what_happens(site: Day) -> None:
    """Both carry the event's type, and the entity its sentence."""
    received: list[Any] = []
    site.hass.bus.async_listen(f"{DOMAIN}_activity", received.append)
    await site.choose("select.home_battery_override", "charge")
    await site.run(0.1)
    published = shown(site, "event", "activity")
    assert published.attributes["event_type"] == "charge_started"
    assert published.attributes["message"].startswith("Charging from the grid")
    started = [event for event in received if event.data["happening"] == "charge_started"]
    assert len(started) == 1
    assert started[0].data["name"] == "Home battery"
    assert started[0].data["device_id"]
