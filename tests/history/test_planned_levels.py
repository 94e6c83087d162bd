"""The plan of the morning, to hold the measured charge level beside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.planned_levels import (
    KEPT,
    PlannedLevel,
    PlannedLevels,
)
from custom_components.smart_battery_scheduler.planner.model import Action, Plan
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from tests.plans import a_slot

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


def plan_of(first: datetime, count: int, level: float) -> Plan:
    """So many half-hours at one level."""
    slot = a_slot(first, Action.HOLD, end_percent=level)
    slots = tuple(
        replace(slot, start=first + index * SLOT, end=first + (index + 1) * SLOT)
        for index in range(count)
    )
    return Plan(made_at=first, slots=slots, cost_p=None, baseline_cost_p=None)


def test_a_later_plan_of_the_day_changes_nothing() -> None:
    """What the first plan of the day said stays; the next day has the plan of its own morning."""
    levels = PlannedLevels(())
    levels.slot_began(MIDNIGHT, plan_of(MIDNIGHT, 96, 40.0))
    later = MIDNIGHT + timedelta(hours=9)
    levels.slot_began(later, plan_of(later, 96, 70.0))
    assert levels.at(later) == 40.0
    assert levels.at(MIDNIGHT + timedelta(hours=24)) is None
    tomorrow = MIDNIGHT + timedelta(days=1)
    levels.slot_began(tomorrow, plan_of(tomorrow, 96, 70.0))
    assert levels.at(tomorrow) == 70.0
    assert levels.at(later) == 40.0


def test_whoever_begins_in_the_day_has_the_rest_of_it() -> None:
    """Nothing is claimed of the hours before; the half-hour that runs is named by its whole start."""
    levels = PlannedLevels(())
    begun = MIDNIGHT + timedelta(hours=10, minutes=12)
    levels.slot_began(begun, None)
    assert levels.at(begun) is None
    levels.slot_began(begun, plan_of(begun, 1, 55.0))
    assert [each.start for each in levels.memory] == [MIDNIGHT + timedelta(hours=10)]
    assert levels.at(MIDNIGHT + timedelta(hours=9)) is None


def test_the_day_of_the_market_ends_at_local_midnight() -> None:
    """In summer that is 23:00 UTC."""
    noon = datetime(2026, 7, 10, 12, tzinfo=UTC)
    levels = PlannedLevels(())
    levels.slot_began(noon, plan_of(noon, 48, 50.0))
    assert levels.memory[-1].start == datetime(2026, 7, 10, 22, 30, tzinfo=UTC)


def test_it_survives_a_restart_and_forgets_what_is_old() -> None:
    """Stored, read again, and no more than some days of it."""
    levels = PlannedLevels(())
    for day in range(8):
        morning = MIDNIGHT + timedelta(days=day)
        levels.slot_began(morning, plan_of(morning, 48, float(day)))
    stored: tuple[PlannedLevel, ...] = decode(tuple[PlannedLevel, ...], encode(levels.memory))
    again = PlannedLevels(stored)
    assert again.memory == levels.memory
    newest = levels.memory[-1].start
    assert levels.memory[0].start >= newest - KEPT - timedelta(days=1)
    assert levels.at(newest) == 7.0
