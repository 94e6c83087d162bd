"""A home for benchmarks, generated, so that anyone can reproduce the figures.

It has the rates, the house and the sun of the demo home, and knows them only as they would be known.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from custom_components.smart_battery_scheduler.const import (
    MARKET_TIME_ZONE,
    UNIT_BACKUP_CHARGE_W,
    UNIT_CAPACITY_KWH,
    UNIT_MAX_CHARGE_W,
    UNIT_MAX_DISCHARGE_W,
    UNIT_RESERVE_CHARGE_W,
)
from custom_components.smart_battery_scheduler.demo.home import DemoSolar, available_solar_w
from custom_components.smart_battery_scheduler.demo.house import house_w
from custom_components.smart_battery_scheduler.demo.rates import (
    export_p_per_kwh,
    import_p_per_kwh,
    next_publication,
    published_until,
)
from custom_components.smart_battery_scheduler.planner.load import Consumption, forecast_load
from custom_components.smart_battery_scheduler.planner.model import (
    Battery,
    ChargeMethod,
    ChargeMethodModel,
    HouseholdRules,
    PlanInputs,
    SlotInputs,
    Spread,
)
from custom_components.smart_battery_scheduler.planner.prices import price_scenarios
from custom_components.smart_battery_scheduler.solar.model import SolarForecast
from custom_components.smart_battery_scheduler.tariff.model import floor_slot

SLOT = timedelta(minutes=30)
SAMPLE = timedelta(minutes=10)
HISTORY = timedelta(days=28)
ANNUAL_KWH = 2700.0
PEAK_HOURS = range(16, 19)

POWERWALL = Battery(
    capacity_kwh=UNIT_CAPACITY_KWH,
    max_charge_w=UNIT_MAX_CHARGE_W,
    max_discharge_w=UNIT_MAX_DISCHARGE_W,
    methods=(
        ChargeMethodModel(
            method=ChargeMethod.RESERVE, power_w=UNIT_RESERVE_CHARGE_W, stops_at_target=True
        ),
        ChargeMethodModel(
            method=ChargeMethod.BACKUP, power_w=UNIT_BACKUP_CHARGE_W, stops_at_target=True
        ),
    ),
    export_limit_w=3680.0,
)


@dataclass(frozen=True, slots=True)
class Lived:
    """What the house used and the roof made in one half-hour, kWh."""

    load_kwh: float
    pv_kwh: float


@cache
def lived(start: datetime) -> Lived:
    """The truth about a half-hour."""
    moments = [start + SAMPLE * (index + 0.5) for index in range(SLOT // SAMPLE)]
    share = SAMPLE / timedelta(hours=1) / 1000.0
    return Lived(sum(map(house_w, moments)) * share, sum(map(available_solar_w, moments)) * share)


@cache
def _predicted(day: date) -> SolarForecast:
    midnight = datetime.combine(day, time(), UTC)
    return asyncio.run(DemoSolar(lambda: midnight).fetch())


def inputs_at(
    now: datetime,
    stored_kwh: float,
    *,
    horizon: timedelta = timedelta(hours=48),
    rules: HouseholdRules | None = None,
    slot: timedelta = SLOT,
) -> PlanInputs:
    """What a home knows at ``now``."""
    starts = _starts(now, horizon, slot)
    known_until = published_until(now)

    def published(rate: float, when: datetime) -> float | None:
        return rate if when < known_until else None

    halves = [floor_slot(start) for start in starts]
    history = [
        Consumption(start, lived(start).load_kwh)
        for start in _starts(floor_slot(now) - HISTORY, HISTORY, SLOT)
    ]
    loads = forecast_load(history, halves, now=now, zone=MARKET_TIME_ZONE, annual_kwh=ANNUAL_KWH)
    ends = [*starts[1:], floor_slot(now + horizon)]
    return PlanInputs(
        now=now,
        slots=tuple(
            _slot(now, start, end, load)
            for start, end, load in zip(starts, ends, loads, strict=True)
        ),
        battery=POWERWALL,
        stored_kwh=stored_kwh,
        rules=rules or HouseholdRules(),
        price_scenarios=price_scenarios(
            halves,
            lambda when: published(import_p_per_kwh(when), when),
            lambda when: published(export_p_per_kwh(when), when),
            MARKET_TIME_ZONE,
        ),
        rates_known_at=next_publication(now),
    )


def true_inputs(
    now: datetime, stored_kwh: float, horizon: timedelta, rules: HouseholdRules | None = None
) -> PlanInputs:
    """The same home if it knew everything."""
    starts = _starts(now, horizon, SLOT)
    return PlanInputs(
        now=now,
        slots=tuple(
            SlotInputs(
                start=start,
                end=start + SLOT,
                import_p_per_kwh=import_p_per_kwh(start),
                export_p_per_kwh=export_p_per_kwh(start),
                load_kwh=Spread.certain(lived(start).load_kwh),
                pv_kwh=Spread.certain(lived(start).pv_kwh),
                grid_charge_forbidden=_in_peak(start),
            )
            for start in starts
        ),
        battery=POWERWALL,
        stored_kwh=stored_kwh,
        rules=rules or HouseholdRules(),
    )


def _starts(now: datetime, horizon: timedelta, slot: timedelta) -> list[datetime]:
    """Slot starts from ``now``; the first slot may have begun already."""
    starts, when = [now], floor_slot(now) + SLOT if slot == SLOT else now + slot
    while when < floor_slot(now + horizon):
        starts.append(when)
        when += slot
    return starts


def _slot(now: datetime, start: datetime, end: datetime, load: Spread) -> SlotInputs:
    share = (end - start) / SLOT
    sun = _predicted(now.date()).slots.get(floor_slot(start))
    known = start < published_until(now)
    return SlotInputs(
        start=start,
        end=end,
        import_p_per_kwh=import_p_per_kwh(floor_slot(start)) if known else None,
        export_p_per_kwh=export_p_per_kwh(floor_slot(start)) if known else None,
        load_kwh=_part(load, share),
        pv_kwh=_part(
            Spread(mean=sun.mean_kwh, p10=sun.p10_kwh, p50=sun.p50_kwh, p90=sun.p90_kwh), share
        )
        if sun
        else Spread.certain(0.0),
        grid_charge_forbidden=_in_peak(start),
    )


def _in_peak(start: datetime) -> bool:
    return start.astimezone(MARKET_TIME_ZONE).hour in PEAK_HOURS


def _part(spread: Spread, share: float) -> Spread:
    return Spread(
        mean=spread.mean * share,
        p10=spread.p10 * share,
        p50=spread.p50 * share,
        p90=spread.p90 * share,
    )
