"""Inputs that make no sense are refused by the name of the field."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.planner.model import (
    PlanInputError,
    PlanInputs,
    PriceScenario,
    ReadyBy,
    Spread,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .homes import BACKUP, MONEY_ONLY, NOW, POWERWALL, site, with_slot

GOOD = site([10.0, 20.0, 30.0])
NAN = float("nan")


def battery(**changes: object) -> PlanInputs:
    """A home with another battery."""
    return replace(GOOD, battery=replace(POWERWALL, **changes))  # type: ignore[arg-type]  # by name


def rules(**changes: object) -> PlanInputs:
    """A home with other requests."""
    return replace(GOOD, rules=replace(MONEY_ONLY, **changes))  # type: ignore[arg-type]  # by name


def trajectory(**changes: object) -> PlanInputs:
    """A home with one price course."""
    good = PriceScenario(weight=1.0, import_p_per_kwh=(1.0,) * 3, export_p_per_kwh=(1.0,) * 3)
    return replace(GOOD, price_scenarios=(replace(good, **changes),))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (replace(GOOD, slots=()), "slots"),
        (site([10.0] * 1001), "slots"),
        (replace(GOOD, now=datetime(2026, 1, 1)), "now"),
        (replace(GOOD, now=NOW + timedelta(minutes=1)), "slots[0].start"),
        (replace(GOOD, slots=GOOD.slots[:1] + GOOD.slots[2:]), "slots[1].start"),
        (replace(GOOD, slots=(*GOOD.slots, GOOD.slots[0])), "slots[3].start"),
        (with_slot(GOOD, 2, end=GOOD.slots[2].start), "slots[2].end"),
        (with_slot(GOOD, 2, end=GOOD.slots[2].start + timedelta(hours=3)), "slots[2].end"),
        (with_slot(GOOD, 1, import_p_per_kwh=NAN), "slots[1].import_p_per_kwh"),
        (with_slot(GOOD, 1, export_p_per_kwh=1e9), "slots[1].export_p_per_kwh"),
        (with_slot(GOOD, 1, carbon_g_per_kwh=-1.0), "slots[1].carbon_g_per_kwh"),
        (with_slot(GOOD, 1, load_kwh=Spread.certain(-1.0)), "slots[1].load_kwh.mean"),
        (
            with_slot(GOOD, 1, pv_kwh=Spread(mean=1.0, p10=2.0, p50=1.0, p90=0.5)),
            "slots[1].pv_kwh",
        ),
        (replace(GOOD, stored_kwh=NAN), "stored_kwh"),
        (replace(GOOD, stored_kwh=-0.1), "stored_kwh"),
        (replace(GOOD, stored_kwh=14.0), "stored_kwh"),
        (replace(GOOD, rates_known_at=datetime(2026, 1, 1)), "rates_known_at"),
        (battery(capacity_kwh=0.0), "battery.capacity_kwh"),
        (battery(max_charge_w=-1.0), "battery.max_charge_w"),
        (battery(max_discharge_w=float("inf")), "battery.max_discharge_w"),
        (battery(round_trip_efficiency=1.1), "battery.round_trip_efficiency"),
        (battery(taper_from_percent=120.0), "battery.taper_from_percent"),
        (battery(export_limit_w=-1.0), "battery.export_limit_w"),
        (battery(methods=(replace(BACKUP, power_w=-1.0),)), "battery.levers.fast.power_w"),
        (rules(reserve_floor_percent=101.0), "rules.reserve_floor_percent"),
        (rules(wear_p_per_kwh=-1.0), "rules.wear_p_per_kwh"),
        (rules(price_ceiling_p_per_kwh=NAN), "rules.price_ceiling_p_per_kwh"),
        (rules(ready_by=(ReadyBy(at=NOW, percent=120.0),)), "rules.ready_by.percent"),
        (
            rules(ready_by=(ReadyBy(at=datetime(2026, 1, 1), percent=20.0),)),
            "rules.ready_by.at",
        ),
        (trajectory(weight=0.0), "price_scenarios[0].weight"),
        (trajectory(import_p_per_kwh=(1.0,)), "price_scenarios[0].import_p_per_kwh"),
        (trajectory(export_p_per_kwh=(1.0, NAN, 1.0)), "price_scenarios[0].export_p_per_kwh"),
    ],
)
def test_refused_by_name(inputs: PlanInputs, field: str) -> None:
    """The error names the field and what is wrong with it."""
    with pytest.raises(PlanInputError) as refused:
        plan(inputs)
    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


def test_the_good_one_is_planned() -> None:
    """So that the refusals above are for what they change."""
    assert len(plan(GOOD).slots) == 3
