"""Octopus' meter readings: late, loosely cut, and with the odd stamps of clock changes.

The meter of a home without a battery: what the house takes beyond the sun, or the sun beyond the
house. Yesterday's half-hours arrive at 10:00 local today.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from custom_components.smart_battery_scheduler.codec import Json
from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot

from .rates import at_local
from .world import World

ARRIVAL = time(10)
SAMPLE = timedelta(minutes=10)


def consumption_rows(
    world: World, start: datetime, end: datetime, *, export: bool, newest_first: bool
) -> list[Json]:
    """The rows of a window; as on the real API also the one that starts at its end."""
    end = min(end + SLOT, _arrived_until(world.clock()))
    slots, at = list[datetime](), floor_slot(start)
    while at < end:
        slots.append(at)
        at += SLOT
    return [_row(world, slot, export=export) for slot in (slots[::-1] if newest_first else slots)]


def newest_first(query: Mapping[str, str]) -> bool:
    """The order asked for."""
    return query.get("order_by", "-period") != "period"


def _arrived_until(now: datetime) -> datetime:
    local = now.astimezone(MARKET_TIME_ZONE)
    return at_local(local.date() - timedelta(days=local.time() < ARRIVAL), time())


def _row(world: World, start: datetime, *, export: bool) -> Json:
    kwh_per_w = SAMPLE.total_seconds() / 3600.0 / 1000.0
    moments = [start + SAMPLE * (index + 0.5) for index in range(SLOT // SAMPLE)]
    net_kwh = sum(world.house_w(at) - world.sun_w(at) for at in moments) * kwh_per_w
    return {
        "consumption": round(max(-net_kwh if export else net_kwh, 0.0), 3),
        "interval_start": _stamp(start),
        "interval_end": _stamp(start + SLOT),
    }


def _stamp(when: datetime) -> str:
    """Local time; in winter, when it is UTC, written with a Z."""
    local = when.astimezone(MARKET_TIME_ZONE)
    if local.utcoffset() == timedelta():
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return local.isoformat(timespec="seconds")
