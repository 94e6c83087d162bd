"""Solar energy without any forecast: as it was on the days before. Pure.

When no source answers, or none was named though the roof makes power, the half-hours of the last
days at the same time of day say what is usual, with their whole spread: weather is not known.
"""

from collections import defaultdict
from collections.abc import Container, Mapping
from datetime import UTC, datetime, time, timedelta

from ..tariff.model import SLOT, floor_slot
from .model import SolarSlot

LOOK_BACK = timedelta(days=10)
AHEAD = timedelta(hours=60)
# Fewer days say too little of the weather.
LEAST_DAYS = 3
# kWh. A meter shows a few watts by night; a home that makes less than this in a day has no panels.
LEAST_DAY_KWH = 0.5


def usual_solar(
    measured: Mapping[datetime, float], now: datetime, curtailed: Container[datetime] = ()
) -> dict[datetime, SolarSlot]:
    """The next days' half-hours by their UTC start; empty without a roof or enough of a past.

    ``measured`` are kWh of whole half-hours by their UTC start; in those that are ``curtailed`` the
    roof could have made more.
    """
    fair: dict[time, list[float]] = defaultdict(list)
    at_least: dict[time, list[float]] = defaultdict(list)
    for start, kwh in measured.items():
        if now - LOOK_BACK <= start < now:
            kind = at_least if start in curtailed else fair
            kind[start.astimezone(UTC).time()].append(kwh)
    seen = {at: _usual(fair[at], at_least[at]) for at in {*fair, *at_least}}
    known = {at: sorted(kwh) for at, kwh in seen.items() if len(kwh) >= LEAST_DAYS}
    if sum(sum(kwh) / len(kwh) for kwh in known.values()) < LEAST_DAY_KWH:
        return {}
    first = floor_slot(now)
    starts = [first + index * SLOT for index in range(AHEAD // SLOT)]
    times = {start: start.astimezone(UTC).time() for start in starts}
    return {start: _spread(known[at]) for start, at in times.items() if at in known}


def _usual(fair: list[float], at_least: list[float]) -> list[float]:
    """The fair days, and of the others those that were better than the fair ones all the same.

    Where fair days are too few the others are the least that is known.
    """
    if len(fair) < LEAST_DAYS:
        return [*fair, *at_least]
    mean = sum(fair) / len(fair)
    return [*fair, *(kwh for kwh in at_least if kwh > mean)]


def _spread(kwh: list[float]) -> SolarSlot:
    return SolarSlot(
        mean_kwh=sum(kwh) / len(kwh),
        p10_kwh=_quantile(kwh, 0.1),
        p50_kwh=_quantile(kwh, 0.5),
        p90_kwh=_quantile(kwh, 0.9),
    )


def _quantile(ordered: list[float], share: float) -> float:
    """Between the two values nearest to that share of the way."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
