"""From what a home knows to a plan: assembles PlanInputs. Pure, and run in the executor."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from ..carbon.client import CarbonForecast
from ..const import MARKET_TIME_ZONE
from ..control.rules import Override
from ..planner.load import Consumption, forecast_load
from ..planner.load_band import LoadWidths
from ..planner.load_household import Household
from ..planner.model import (
    Action,
    Battery,
    ChargeMethod,
    HouseholdRules,
    Plan,
    PlanInputs,
    ReadyBy,
    ReasonCode,
    SlotInputs,
    Spread,
)
from ..planner.optimiser import plan
from ..planner.prices import price_scenarios
from ..solar.model import SolarForecast
from ..sources.grid_sessions import (
    SessionWindow,
    export_reward_within,
    rebate_within,
    session_within,
)
from ..tariff.model import SLOT, RateTable, floor_slot
from .manual_slots import ManualSlot, forced_within, is_blocked
from .preferences import NO_PRICE_CEILING_P_PER_KWH, Preferences

HORIZON = timedelta(hours=48)
# Octopus publishes the rates of the next market day (from 23:00 local) at about this local time.
PUBLISHED_AT = time(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSnapshot:
    """All that a plan is made from, as the home knows it.

    ``reserve_percent`` is the Powerwall's own reserve: the plan never goes below it.
    ``ready_once`` is a request for one time only. ``override`` is what somebody asked for now: the plan
    counts on it and goes on from where it leads. ``car_charging``: the car charges now;
    ``car_planned``: from when to when it will be charged.
    ``published`` are the import rates without what the car's charging makes cheap.
    ``load_widths`` is how wide this house's bands have to be; ``household`` is who is at home.
    ``full_percent`` is the level at which this battery takes no more.
    """

    now: datetime
    soc_percent: float
    battery: Battery
    preferences: Preferences
    reserve_percent: int
    imports: RateTable
    exports: RateTable | None
    solar: SolarForecast | None
    history: tuple[Consumption, ...]
    running: Plan | None
    ready_once: ReadyBy | None = None
    override: Override | None = None
    sessions: tuple[SessionWindow, ...] = ()
    manual: tuple[ManualSlot, ...] = ()
    carbon: CarbonForecast | None = None
    car_charging: bool = False
    car_planned: tuple[tuple[datetime, datetime], ...] = ()
    published: RateTable | None = None
    load_widths: LoadWidths = field(default_factory=LoadWidths)
    household: Household = field(default_factory=Household)
    full_percent: float = 100.0


def make_plan(snapshot: SiteSnapshot) -> Plan:
    """Assemble the inputs and plan."""
    return plan(plan_inputs(snapshot))


def plan_inputs(snapshot: SiteSnapshot) -> PlanInputs:
    """The planner's view of a home."""
    starts = tuple(floor_slot(start) for start, _ in _slots(snapshot.now))
    loads = forecast_load(
        snapshot.history,
        starts,
        now=snapshot.now,
        zone=MARKET_TIME_ZONE,
        annual_kwh=snapshot.preferences.annual_load_kwh,
        widths=snapshot.load_widths,
        household=snapshot.household,
    )
    slots = tuple(
        _slot(snapshot, start, end, load)
        for (start, end), load in zip(_slots(snapshot.now), loads, strict=True)
    )
    return PlanInputs(
        now=snapshot.now,
        slots=slots,
        battery=snapshot.battery,
        stored_kwh=snapshot.soc_percent / 100.0 * snapshot.battery.capacity_kwh,
        rules=_rules(snapshot),
        price_scenarios=price_scenarios(
            starts,
            lambda when: _p_per_kwh(snapshot.imports, when),
            lambda when: 0.0 if snapshot.exports is None else _p_per_kwh(snapshot.exports, when),
            MARKET_TIME_ZONE,
            # A half-hour that a dispatch made cheap yesterday does not predict tomorrow's rate.
            lambda when: _p_per_kwh(snapshot.published or snapshot.imports, when),
        ),
        rates_known_at=_next_publication(snapshot.now, snapshot.imports),
        running=_running(snapshot),
    )


def _slots(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Half-hours from now; the first one has begun already."""
    start, end = now, floor_slot(now) + SLOT
    while start < now + HORIZON:
        yield start, end
        start, end = end, end + SLOT


def _slot(snapshot: SiteSnapshot, start: datetime, end: datetime, load: Spread) -> SlotInputs:
    share = (end - start) / SLOT
    local = [when.astimezone(MARKET_TIME_ZONE).time() for when in (start, end)]
    asked = _overridden(snapshot.override, start, end)
    charging = asked is not None and asked.action is Action.CHARGE
    return SlotInputs(
        start=start,
        end=end,
        import_p_per_kwh=_bought_p_per_kwh(snapshot, start, end),
        export_p_per_kwh=_sold_p_per_kwh(snapshot, start, end),
        load_kwh=_part(load, share),
        pv_kwh=_part(_pv(snapshot.solar, floor_slot(start)), share),
        forced=asked.action if asked else forced_within(snapshot.manual, start, end),
        forced_target_percent=(asked.target_percent or 100) if asked and charging else None,
        forced_method=ChargeMethod.BACKUP if charging else None,
        charge_blocked=not charging and is_blocked(snapshot.manual, start, end),
        grid_charge_forbidden=snapshot.preferences.touches_peak(*local),
        carbon_g_per_kwh=_carbon(snapshot.carbon, start),
        session=session_within(snapshot.sessions, start, end),
        car_charging=_is_for_car(snapshot, start, end),
    )


def _overridden(asked: Override | None, start: datetime, end: datetime) -> Override | None:
    """The override, if it rules most of this slot."""
    return asked if asked is not None and asked.until >= start + (end - start) / 2 else None


def _is_for_car(snapshot: SiteSnapshot, start: datetime, end: datetime) -> bool:
    """Whether the car takes its power then: as it is in the running half-hour, as planned later."""
    if start == snapshot.now:
        return snapshot.car_charging
    planned = (
        max(min(end, until) - max(start, since), timedelta(0))
        for since, until in snapshot.car_planned
    )
    return any(2 * each >= end - start for each in planned)


def _next_publication(now: datetime, imports: RateTable) -> datetime:
    """When the first rates that are missing now are due: 16:00 local on the day before theirs."""
    local = imports.known_until(now).astimezone(MARKET_TIME_ZONE)
    eve = (local + timedelta(hours=1)).date() - timedelta(days=1)
    due = datetime.combine(eve, PUBLISHED_AT, MARKET_TIME_ZONE).astimezone(now.tzinfo)
    return max(due, now + SLOT)


def _p_per_kwh(table: RateTable, when: datetime) -> float | None:
    rate = table.at(when)
    return None if rate is None else rate.p_per_kwh


def _sold_p_per_kwh(snapshot: SiteSnapshot, start: datetime, end: datetime) -> float | None:
    """What a kWh exported earns, with what a session pays for it."""
    earned = 0.0 if snapshot.exports is None else _p_per_kwh(snapshot.exports, start)
    return None if earned is None else earned + export_reward_within(snapshot.sessions, start, end)


def _bought_p_per_kwh(snapshot: SiteSnapshot, start: datetime, end: datetime) -> float | None:
    """The rate, less what a session pays for each kWh."""
    rate = _p_per_kwh(snapshot.imports, start)
    return None if rate is None else rate - rebate_within(snapshot.sessions, start, end)


def _running(snapshot: SiteSnapshot) -> Plan | None:
    """The plan in force, unless it avoids feeding a car that has stopped charging: then it is replaced."""
    running = snapshot.running
    slot = running.slot_at(snapshot.now) if running else None
    avoids_car = slot is not None and slot.reason.code is ReasonCode.CAR_CHARGING
    return None if avoids_car and not snapshot.car_charging else running


def _carbon(forecast: CarbonForecast | None, when: datetime) -> float | None:
    slot = forecast.at(when) if forecast else None
    return None if slot is None else slot.g_per_kwh


def _pv(forecast: SolarForecast | None, start: datetime) -> Spread:
    slot = forecast.slots.get(start) if forecast else None
    if slot is None:
        return Spread.certain(0.0)
    return Spread(mean=slot.mean_kwh, p10=slot.p10_kwh, p50=slot.p50_kwh, p90=slot.p90_kwh)


def _part(spread: Spread, share: float) -> Spread:
    return Spread(
        mean=spread.mean * share,
        p10=spread.p10 * share,
        p50=spread.p50 * share,
        p90=spread.p90 * share,
    )


def _rules(snapshot: SiteSnapshot) -> HouseholdRules:
    wants = snapshot.preferences
    ceiling = wants.price_ceiling_p_per_kwh
    return HouseholdRules(
        reserve_floor_percent=max(wants.reserve_floor_percent, snapshot.reserve_percent),
        everyday_ceiling_percent=min(wants.everyday_ceiling_percent, snapshot.full_percent),
        price_ceiling_p_per_kwh=None if ceiling >= NO_PRICE_CEILING_P_PER_KWH else ceiling,
        ready_by=(
            *_ready_by(snapshot.now, wants.ready_by_time, wants.ready_by_percent),
            *_ready_once(snapshot.now, snapshot.ready_once),
        ),
        wear_p_per_kwh=wants.wear_p_per_kwh,
        carbon_gbp_per_tonne=wants.carbon_gbp_per_tonne,
        stability_p=wants.stability_p,
    )


def _ready_once(now: datetime, rule: ReadyBy | None) -> Iterator[ReadyBy]:
    if rule is not None and now < rule.at <= now + HORIZON:
        yield rule


def _ready_by(now: datetime, at: time, percent: float) -> Iterator[ReadyBy]:
    """The next times at which the battery shall be ready, each local day once."""
    if percent <= 0.0:
        return
    today = now.astimezone(MARKET_TIME_ZONE).date()
    for days in range(3):
        local = datetime.combine(today + timedelta(days=days), at, MARKET_TIME_ZONE)
        moment = local.astimezone(now.tzinfo)
        if now < moment <= now + HORIZON:
            yield ReadyBy(at=moment, percent=percent)
