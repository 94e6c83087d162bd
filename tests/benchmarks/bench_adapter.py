"""Runs the planner inside a neutral benchmark of half-hourly Powerwall commands.

The benchmark calls ``plan(inputs)`` at every half-hour with published rates, forecasts and measured
history, and applies the first command that comes back. Nothing is learned from its forecasts'
errors. A load forecast that only repeats one day's profile is replaced by our own, made from the
measured history; any other is taken at its word: it comes without a spread, so it has none. The
roof's is taken as given.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from math import isclose
from typing import Protocol
from zoneinfo import ZoneInfo

from bench.model import Command
import numpy as np
from numpy.typing import NDArray

from custom_components.smart_battery_scheduler.planner.load import Consumption, forecast_load
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Battery,
    ChargeMethod,
    ChargeMethodModel,
    HouseholdRules,
    PlanInputs,
    PlannedSlot,
    SlotInputs,
    Spread,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan as make_plan
from custom_components.smart_battery_scheduler.planner.prices import price_scenarios

UK = ZoneInfo("Europe/London")
SLOT = timedelta(minutes=30)
PUBLISHED_AT = time(16)
ANNUAL_KWH = 2700.0

type Floats = NDArray[np.float64]


class BenchBattery(Protocol):
    """The benchmark's battery: kWh and kW, all units together."""

    capacity: float
    charge_kw: float
    discharge_kw: float
    round_trip: float
    grid_kw_self: float
    grid_kw_auto: float
    grid_kw_backup: float
    reserve_snap: bool
    export_limit_kw: float
    force_export: bool
    taper_from: float
    taper_to: float


class BenchInputs(Protocol):
    """What the benchmark tells a planner, half-hours from ``now``."""

    now: datetime
    starts: Sequence[datetime]
    import_p: Floats
    export_p: Floats
    pv: Floats
    pv_p10: Floats
    pv_p90: Floats
    soc: float
    battery: BenchBattery
    floor_pct: float
    load: Floats
    history_starts: Sequence[datetime]
    history_load: Floats
    history_import_p: Floats
    history_export_p: Floats


def plan(inputs: BenchInputs) -> list[Command]:
    """The command for the next half-hour."""
    return [_command(make_plan(plan_inputs(inputs)).slots[0], inputs)]


def plan_inputs(inputs: BenchInputs) -> PlanInputs:
    """The benchmark's half-hours in the planner's words."""
    return PlanInputs(
        now=inputs.now,
        slots=tuple(_slot(inputs, index, load) for index, load in enumerate(_loads(inputs))),
        battery=_battery(inputs.battery),
        stored_kwh=inputs.soc,
        rules=HouseholdRules(
            reserve_floor_percent=inputs.floor_pct,
            wear_p_per_kwh=0.0,
            gentleness_p_per_kwh=0.0,
            stability_p=0.0,
        ),
        price_scenarios=price_scenarios(
            inputs.starts, _table(inputs, "import_p").get, _table(inputs, "export_p").get, UK
        ),
        rates_known_at=_next_publication(inputs.now),
    )


def _loads(inputs: BenchInputs) -> tuple[Spread, ...]:
    if not _repeats(inputs):
        return tuple(Spread.certain(float(kwh)) for kwh in inputs.load)
    history = [
        Consumption(start, float(kwh))
        for start, kwh in zip(inputs.history_starts, inputs.history_load, strict=True)
    ]
    return forecast_load(history, inputs.starts, now=inputs.now, zone=UK, annual_kwh=ANNUAL_KWH)


def _repeats(inputs: BenchInputs) -> bool:
    """Whether the given load forecast is one day over and over."""
    profile: dict[time, float] = {}
    for start, kwh in zip(inputs.starts, inputs.load, strict=True):
        usual = profile.setdefault(start.astimezone(UK).time(), float(kwh))
        if not isclose(usual, kwh, abs_tol=1e-9):
            return False
    return True


def _table(inputs: BenchInputs, name: str) -> dict[datetime, float]:
    starts = [*inputs.history_starts, *inputs.starts]
    rates = [*getattr(inputs, f"history_{name}"), *getattr(inputs, name)]
    return {s: float(r) for s, r in zip(starts, rates, strict=True) if not np.isnan(r)}


def _next_publication(now: datetime) -> datetime:
    local = now.astimezone(UK)
    day = local.date() + timedelta(days=local.time() >= PUBLISHED_AT)
    return datetime.combine(day, PUBLISHED_AT, UK).astimezone(now.tzinfo)


def _slot(inputs: BenchInputs, index: int, load: Spread) -> SlotInputs:
    imported, exported = float(inputs.import_p[index]), float(inputs.export_p[index])
    pv = float(inputs.pv[index])
    return SlotInputs(
        start=inputs.starts[index],
        end=inputs.starts[index] + SLOT,
        import_p_per_kwh=None if np.isnan(imported) else imported,
        export_p_per_kwh=None if np.isnan(exported) else exported,
        load_kwh=load,
        pv_kwh=Spread(
            mean=pv, p10=float(inputs.pv_p10[index]), p50=pv, p90=float(inputs.pv_p90[index])
        ),
    )


def _battery(battery: BenchBattery) -> Battery:
    reserve_kw = max(battery.grid_kw_self, battery.grid_kw_auto)
    return Battery(
        capacity_kwh=battery.capacity,
        taper_from_percent=battery.taper_from * 100.0,
        taper_to_fraction=battery.taper_to,
        max_charge_w=battery.charge_kw * 1000.0,
        max_discharge_w=battery.discharge_kw * 1000.0,
        methods=(
            ChargeMethodModel(
                method=ChargeMethod.RESERVE, power_w=reserve_kw * 1000.0, stops_at_target=True
            ),
            ChargeMethodModel(
                method=ChargeMethod.BACKUP,
                power_w=battery.grid_kw_backup * 1000.0,
                stops_at_target=False,
            ),
        ),
        round_trip_efficiency=battery.round_trip,
        highest_partial_reserve_percent=80 if battery.reserve_snap else 99,
        export_limit_w=battery.export_limit_kw * 1000.0,
        can_export_stored=battery.force_export,
    )


def _command(slot: PlannedSlot, inputs: BenchInputs) -> Command:
    """The settings that make the first planned slot so."""
    match slot.action, slot.method:
        case Action.USE, _:
            reserve = max(slot.target_percent or 0, int(inputs.floor_pct))
            return Command("self_consumption", reserve, False)
        case Action.CHARGE, ChargeMethod.RESERVE:
            battery = inputs.battery
            quicker = battery.grid_kw_auto > battery.grid_kw_self
            mode = "autonomous" if quicker else "self_consumption"
            return Command(mode, slot.target_percent or 100, True)
        case Action.CHARGE, _:
            return Command("backup", 100, True)
        case Action.EXPORT, _:
            return Command("autonomous", slot.target_percent or 0, False, "battery_ok")
        case _:
            return Command("backup", 100, False)
