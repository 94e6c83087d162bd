"""The house-load forecast, with its spread, from the home's own half-hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from .model import Spread

SLOT_HOURS = 0.5
HALF_LIFE_DAYS = 10.0
# The default profile counts as this many days of experience.
DEFAULT_DAYS = 2.0

# Share of the day's energy by local hour for a typical British home (two-peaked, own estimate).
HOURLY_SHARE = np.array(
    [
        *(2.6, 2.2, 2.0, 2.0, 2.0, 2.3, 3.2, 4.6, 4.9, 4.4, 4.2, 4.3),
        *(4.5, 4.2, 4.0, 4.2, 5.2, 6.6, 7.0, 6.6, 5.9, 5.2, 4.3, 3.6),
    ]
)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What the house used in the half-hour that begins at ``start``, kWh."""

    start: datetime
    kwh: float


def default_kwh(start: datetime, zone: ZoneInfo, annual_kwh: float) -> float:
    """The half-hour of a typical home with this annual consumption."""
    local = start.astimezone(zone)
    share = HOURLY_SHARE[local.hour] / HOURLY_SHARE.sum()
    return float(annual_kwh / 365.25 * share * SLOT_HOURS)


def forecast_load(
    history: Iterable[Consumption],
    starts: Sequence[datetime],
    *,
    now: datetime,
    zone: ZoneInfo,
    annual_kwh: float,
) -> tuple[Spread, ...]:
    """A spread per half-hour start, by local half-hour and kind of day."""
    samples: dict[tuple[bool, int], list[tuple[float, float]]] = defaultdict(list)
    for item in history:
        age_days = (now - item.start) / timedelta(days=1)
        weekend, half_hour = _kind(item.start, zone)
        weight = 0.5 ** (age_days / HALF_LIFE_DAYS)
        samples[weekend, half_hour].append((item.kwh, weight))
        samples[not weekend, half_hour].append((item.kwh, weight * 0.3))
    return tuple(
        _spread(samples[_kind(start, zone)], default_kwh(start, zone, annual_kwh))
        for start in starts
    )


def _kind(start: datetime, zone: ZoneInfo) -> tuple[bool, int]:
    local = start.astimezone(zone)
    return local.weekday() >= 5, local.hour * 2 + local.minute // 30


def _spread(samples: list[tuple[float, float]], default: float) -> Spread:
    values = np.array([default * f for f in (0.6, 1.0, 1.5)] + [value for value, _ in samples])
    weights = np.array([DEFAULT_DAYS / 10] * 3 + [weight for _, weight in samples])
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    through = (np.cumsum(weights) - weights / 2) / weights.sum()
    p10, p50, p90 = np.interp([0.1, 0.5, 0.9], through, values)
    mean = float(np.average(values, weights=weights))
    return Spread(mean=mean, p10=float(p10), p50=float(p50), p90=float(p90))
