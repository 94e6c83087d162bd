"""The Energy dashboard's form of a solar forecast: watt-hours by ISO stamps. Pure.

By Home Assistant's convention a stamp BEGINS the time its energy falls in, and the next stamp ends
it. Stamps need not lie on the hour (sunrise is one for some) nor be evenly spaced. Forecast.Solar's
integration put the END there before Home Assistant 2026.11. There is no spread in this form; ours
is that of ``pv`` for a half-hour of average sky.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import hypot

from ..common.http import aware, number
from ..tariff.model import SLOT, floor_slot
from .model import SolarForecast, SolarReplyError, SolarSlot
from .pv import day_sigma, sky_sigma, spread

AVERAGE_DIFFUSE_SHARE = 0.6
HOUR = timedelta(hours=1)
# No home's roof makes a megawatt-hour between two stamps.
ABSURD_WH = 1e6

type Intervals = list[tuple[datetime, datetime, float]]


def energies(wh_hours: object, *, labels_end: bool = False) -> dict[datetime, float]:
    """Energy in kWh by the half-hour's UTC start, over whole UTC days. Raises SolarReplyError.

    An interval's energy is shared out evenly over its time. None is longer than an hour: where
    stamps are further apart there is a night between them.
    """
    intervals = list(_intervals(_stamps(wh_hours), labels_end=labels_end))
    if not intervals:
        return {}
    first = _midnight(min(start for start, _, _ in intervals))
    last = _midnight(max(end for _, end, _ in intervals) - timedelta(seconds=1)) + timedelta(days=1)
    found = {first + index * SLOT: 0.0 for index in range((last - first) // SLOT)}
    for start, end, kwh in intervals:
        slot = floor_slot(start)
        while slot < end:
            overlap = min(end, slot + SLOT) - max(start, slot)
            found[slot] += kwh * (overlap / (end - start))
            slot += SLOT
    return found


def with_spread(kwh: Mapping[datetime, float], now: datetime) -> SolarForecast:
    """Energies as a forecast seen at ``now``."""
    sky = sky_sigma(AVERAGE_DIFFUSE_SHARE)
    return SolarForecast(
        made_at=now,
        slots={
            start: spread(each, hypot(sky, day_sigma(start, now))) for start, each in kwh.items()
        },
    )


def as_wh_hours(slots: Mapping[datetime, SolarSlot]) -> dict[str, float | int]:
    """Half-hours as watt-hours by the hour, for the Energy dashboard; half an hour is left out."""
    hours: dict[str, float | int] = {}
    for start, slot in sorted(slots.items()):
        second = slots.get(start + SLOT)
        if start.minute == 0 and second is not None:
            hours[start.isoformat()] = round((slot.mean_kwh + second.mean_kwh) * 1000.0)
    return hours


def _stamps(wh_hours: object) -> list[tuple[datetime, float]]:
    if not isinstance(wh_hours, Mapping):
        raise SolarReplyError("the forecast has no hours")
    found: dict[datetime, float] = {}
    for stamp, energy in wh_hours.items():
        moment, watt_hours = aware(stamp), number(energy)
        if moment is None:
            raise SolarReplyError("the forecast has a time that is none")
        if watt_hours is None or not 0.0 <= watt_hours <= ABSURD_WH:
            raise SolarReplyError("the forecast has an energy that cannot be")
        found[moment] = watt_hours / 1000.0
    return sorted(found.items())


def _intervals(
    stamps: list[tuple[datetime, float]], *, labels_end: bool
) -> Iterator[tuple[datetime, datetime, float]]:
    """Each energy with the time it falls in."""
    if not stamps:
        return
    if labels_end:
        before = [(stamps[0][0] - HOUR, 0.0), *stamps]
        for (since, _), (until, kwh) in pairwise(before):
            yield max(since, until - HOUR), until, kwh
        return
    after = [*stamps, (stamps[-1][0] + _usual_step(stamps), 0.0)]
    for (since, kwh), (until, _) in pairwise(after):
        yield since, min(until, since + HOUR), kwh


def _usual_step(stamps: list[tuple[datetime, float]]) -> timedelta:
    """How long the last interval is: as long as most are, an hour at most."""
    steps = sorted(until - since for (since, _), (until, _) in pairwise(stamps))
    return min(steps[len(steps) // 2], HOUR) if steps else HOUR


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
