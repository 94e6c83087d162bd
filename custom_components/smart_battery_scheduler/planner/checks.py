"""Refuses inputs that make no sense, naming the field at fault."""

from dataclasses import fields
from datetime import timedelta
from itertools import pairwise
from math import isfinite

from .model import (
    Battery,
    HouseholdRules,
    PlanInputError,
    PlanInputs,
    PriceScenario,
    SlotInputs,
    Spread,
)

MOST_SLOTS = 1000


def check(inputs: PlanInputs) -> None:
    """Raise PlanInputError for the first field that makes no sense."""
    _check_battery(inputs.battery)
    _check_rules(inputs.rules)
    _check_slots(inputs)
    for number, scenario in enumerate(inputs.price_scenarios):
        _check_scenario(f"price_scenarios[{number}]", scenario, len(inputs.slots))
    _require("stored_kwh", inputs.stored_kwh, 0.0, inputs.battery.capacity_kwh * 1.001)
    known_at = inputs.rates_known_at
    if known_at is not None and known_at.tzinfo is None:
        raise PlanInputError("rates_known_at", "has no time zone")


def _check_battery(battery: Battery) -> None:
    for name in ("capacity_kwh", "max_charge_w", "max_discharge_w", "round_trip_efficiency"):
        _require(f"battery.{name}", getattr(battery, name), 0.0, above=True)
    _require("battery.round_trip_efficiency", battery.round_trip_efficiency, 0.0, 1.0)
    _require("battery.taper_from_percent", battery.taper_from_percent, 0.0, 100.0)
    _require("battery.taper_to_fraction", battery.taper_to_fraction, 0.0, 1.0)
    _require("battery.highest_partial_reserve_percent", battery.highest_partial_reserve_percent)
    if battery.export_limit_w is not None:
        _require("battery.export_limit_w", battery.export_limit_w)
    for method in battery.methods:
        _require(f"battery.levers.{method.method.value}.power_w", method.power_w)


def _check_rules(rules: HouseholdRules) -> None:
    _require("rules.reserve_floor_percent", rules.reserve_floor_percent, 0.0, 100.0)
    _require("rules.everyday_ceiling_percent", rules.everyday_ceiling_percent, 0.0, 100.0)
    for name in (
        "wear_p_per_kwh",
        "carbon_gbp_per_tonne",
        "gentleness_p_per_kwh",
        "stability_p",
        "least_charge_kwh",
    ):
        _require(f"rules.{name}", getattr(rules, name))
    if rules.price_ceiling_p_per_kwh is not None:
        _require("rules.price_ceiling_p_per_kwh", rules.price_ceiling_p_per_kwh, -1000.0)
    for rule in rules.ready_by:
        _require("rules.ready_by.percent", rule.percent, 0.0, 100.0)
        if rule.at.tzinfo is None:
            raise PlanInputError("rules.ready_by.at", "has no time zone")


def _check_slots(inputs: PlanInputs) -> None:
    slots = inputs.slots
    if not slots:
        raise PlanInputError("slots", "is empty")
    if len(slots) > MOST_SLOTS:
        raise PlanInputError("slots", f"has more than {MOST_SLOTS} slots")
    if inputs.now.tzinfo is None:
        raise PlanInputError("now", "has no time zone")
    if slots[0].start.tzinfo is None or slots[0].start != inputs.now:
        raise PlanInputError("slots[0].start", "is not the moment of planning")
    for number, slot in enumerate(slots):
        if slot.end <= slot.start:
            raise PlanInputError(f"slots[{number}].end", "is not after its start")
        if slot.end - slot.start > timedelta(hours=2):
            raise PlanInputError(f"slots[{number}].end", "is more than two hours after its start")
        _check_slot(f"slots[{number}]", slot)
    for number, (slot, following) in enumerate(pairwise(slots), start=1):
        if following.start != slot.end:
            raise PlanInputError(f"slots[{number}].start", "is not where the slot before it ends")


def _check_slot(name: str, slot: SlotInputs) -> None:
    for rate in ("import_p_per_kwh", "export_p_per_kwh"):
        value = getattr(slot, rate)
        if value is not None:
            _require(f"{name}.{rate}", value, -10_000.0, 10_000.0)
    if slot.carbon_g_per_kwh is not None:
        _require(f"{name}.carbon_g_per_kwh", slot.carbon_g_per_kwh)
    _check_spread(f"{name}.load_kwh", slot.load_kwh)
    _check_spread(f"{name}.pv_kwh", slot.pv_kwh)


def _check_spread(name: str, spread: Spread) -> None:
    for item in fields(spread):
        _require(f"{name}.{item.name}", getattr(spread, item.name))
    if not spread.p10 <= spread.p50 <= spread.p90:
        raise PlanInputError(name, "has quantiles out of order")


def _check_scenario(name: str, scenario: PriceScenario, slots: int) -> None:
    _require(f"{name}.weight", scenario.weight, 0.0, above=True)
    for rates in ("import_p_per_kwh", "export_p_per_kwh"):
        values = getattr(scenario, rates)
        if len(values) != slots:
            raise PlanInputError(f"{name}.{rates}", f"has {len(values)} values for {slots} slots")
        if not all(isfinite(value) for value in values):
            raise PlanInputError(f"{name}.{rates}", "has a value that is not a finite number")


def _require(
    name: str, value: float, least: float = 0.0, most: float | None = None, *, above: bool = False
) -> None:
    """Raise unless ``value`` is finite and within its bounds."""
    if not isfinite(value):
        raise PlanInputError(name, "is not a finite number")
    if value < least or (above and value <= least):
        raise PlanInputError(
            name, f"is {value:g}, must be {'above' if above else 'at least'} {least:g}"
        )
    if most is not None and value > most:
        raise PlanInputError(name, f"is {value:g}, must be at most {most:g}")
