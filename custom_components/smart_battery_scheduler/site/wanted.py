"""What should be in force at a site now: the plan and the orders, checked against the hard rules."""

from datetime import datetime

from ..const import MARKET_TIME_ZONE
from ..control.model import Judged
from ..control.rules import Moment, wanted_now
from ..planner.model import Plan
from ..sources.rates_coordinator import Rates
from .grid_events import GridEvents
from .manual_slots import ManualSlots
from .orders import Orders


def wanted_at(
    now: datetime,
    plan: Plan | None,
    orders: Orders,
    rates: Rates,
    manual: ManualSlots,
    grid_events: GridEvents,
) -> Judged:
    """What should be in force now, or None and why nothing should."""
    rate, preferences = rates.imports.at(now), orders.preferences
    return wanted_now(
        plan,
        Moment(
            now=now,
            scheduler_enabled=preferences.scheduler_enabled,
            dry_run=preferences.dry_run,
            in_peak=preferences.in_peak(now.astimezone(MARKET_TIME_ZONE).time()),
            rate_p_per_kwh=rate.p_per_kwh if rate else None,
            price_ceiling_p_per_kwh=preferences.price_ceiling_p_per_kwh,
            session=grid_events.sessions.at(now),
            override=orders.override,
            is_forced=manual.forced_at(now) is not None,
            charge_blocked=manual.blocked_at(now),
            car_charging=grid_events.ev_charging.charging,
        ),
    )
