"""Watt-hours by ISO stamps: the Energy dashboard's form of a solar forecast, and others'. Pure.

By Home Assistant's convention a stamp BEGINS the time its energy falls in, and the next stamp ends
it. Stamps need not lie on the hour (sunrise is one for some) nor be evenly spaced. Forecast.Solar's
service puts the END there, and so did its integration before Home Assistant 2026.11.

A forecast may have holes: a stamp that is missing, a day, or all after some hour
(BJReplay/ha-solcast-solar#423, MaStr/batcontrol#236). Between two stamps of next to nothing a gap is
a night; any other gap is not forecast, which does not mean 0 kWh. There is no spread in
this form; ours is that of ``pv`` for a half-hour of average sky.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import hypot

from ..common.http import aware, number
from ..tariff.model import SLOT, floor_slot
from .model import SolarForecast, SolarReplyError, SolarSlot, require_mostly_sound
from .pv import AVERAGE_DIFFUSE_SHARE, day_sigma, sky_sigma, spread

HOUR = timedelta(hours=1)
# No home's roof makes a megawatt-hour between two stamps.
ABSURD_WH = 1e6
# Next to nothing: a mean power of this much, or of this share of the forecast's highest.
NIGHT_KW, NIGHT_SHARE = 0.15, 0.15
# The longest night between the last and first stamp with energy: about 19 hours in Shetland in December.
LONGEST_NIGHT = timedelta(hours=20)
# By day stamps of so much time are left out at most; what is longer is a night.
LEFT_OUT = timedelta(hours=3)

type Stamps = list[tuple[datetime, float]]
type Daylight = Callable[[date], tuple[datetime, datetime] | None]


@dataclass(frozen=True, slots=True)
class _Interval:
    """A stretch of time and its energy."""

    start: datetime
    end: datetime
    kwh: float

    @property
    def kw(self) -> float:
        return self.kwh / ((self.end - self.start) / HOUR)


def energies(
    wh_hours: object, *, labels_end: bool = False, since_before: bool = False
) -> dict[datetime, float]:
    """Energy in kWh by the half-hour's UTC start; half-hours that are not forecast are missing.

    An interval's energy is shared out evenly over its time. None is longer than an hour, nor than
    the stamps usually are apart. With ``since_before``, for labels that end their time, an energy is all
    since the stamp before, however many are left out between the two. Raises SolarReplyError.
    """
    known = _intervals(stamps_of(wh_hours), labels_end=labels_end)
    if since_before and isinstance(wh_hours, Mapping):
        known = _reaching_back(known, sorted(filter(None, map(aware, wh_hours))))
    sums: dict[datetime, tuple[float, timedelta]] = {}
    for each in [*known, *_nights(known)]:
        slot = floor_slot(each.start)
        while slot < each.end:
            overlap = min(each.end, slot + SLOT) - max(each.start, slot)
            kwh, covered = sums.get(slot, (0.0, timedelta(0)))
            part = each.kwh * (overlap / (each.end - each.start))
            sums[slot] = (kwh + part, covered + overlap)
            slot += SLOT
    return {slot: kwh for slot, (kwh, covered) in sorted(sums.items()) if covered >= SLOT}


def labels_are_ends(wh_hours: object, daylight: Daylight) -> bool | None:
    """Whether the stamps end their time, judged by sunrise and sunset; None if they do not show it.

    Energy cannot fall after sunset, so a stamp after sunset that has some ends its time; one
    before sunrise begins it. ``daylight`` gives a UTC day's sunrise and sunset, or None. Raises
    SolarReplyError.
    """
    days: dict[date, list[datetime]] = {}
    for moment, kwh in stamps_of(wh_hours):
        if kwh > 0.0:
            days.setdefault(moment.date(), []).append(moment)
    ends = begins = 0
    for day, moments in days.items():
        light = daylight(day)
        if light is not None:
            ends += moments[-1] >= light[1] and moments[0] > light[0]
            begins += moments[0] <= light[0] and moments[-1] < light[1]
    return None if ends == begins else ends > begins


def with_spread(kwh: Mapping[datetime, float], now: datetime) -> SolarForecast:
    """Energies as a forecast made at ``now``."""
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


def stamps_of(wh_hours: object) -> Stamps:
    """Moments and kWh in order; what is no moment or no energy is left out.

    Raises SolarReplyError where there is no such mapping, or mostly nonsense in it.
    """
    if not isinstance(wh_hours, Mapping):
        raise SolarReplyError("the forecast has no hours")
    found: dict[datetime, float] = {}
    for stamp, energy in wh_hours.items():
        moment, watt_hours = aware(stamp), number(energy)
        if moment is not None and watt_hours is not None and 0.0 <= watt_hours <= ABSURD_WH:
            found[moment] = watt_hours / 1000.0
    if wh_hours:
        require_mostly_sound(len(found), len(wh_hours))
    return sorted(found.items())


def _intervals(stamps: Stamps, *, labels_end: bool) -> list[_Interval]:
    """Each energy with the time it falls in."""
    if not stamps:
        return []
    longest = _usual_step(stamps)
    if labels_end:
        before = [(stamps[0][0] - longest, 0.0), *stamps]
        return [
            _Interval(max(since, until - longest), until, kwh)
            for (since, _), (until, kwh) in pairwise(before)
        ]
    after = [*stamps, (stamps[-1][0] + longest, 0.0)]
    return [
        _Interval(since, min(until, since + longest), kwh)
        for (since, kwh), (until, _) in pairwise(after)
    ]


def _reaching_back(known: Sequence[_Interval], moments: Sequence[datetime]) -> list[_Interval]:
    """The intervals, each from the stamp before it on; a stamp without energy is one too."""
    before = {end: start for start, end in pairwise(moments) if end - start <= LEFT_OUT}
    return [replace(each, start=before.get(each.end, each.start)) for each in known]


def _nights(known: Sequence[_Interval]) -> Iterator[_Interval]:
    """The gaps that are nights, those before the first day and after the last included."""
    if not known:
        return
    faint = max(NIGHT_KW, NIGHT_SHARE * max(each.kw for each in known))
    first, last = known[0], known[-1]
    edges = (
        _Interval(_midnight(first.start), _midnight(first.start), 0.0),
        _Interval(_next_midnight(last.end), _next_midnight(last.end), 0.0),
    )
    for before, after in pairwise((edges[0], *known, edges[1])):
        dark = all(each.kwh <= 0.0 or each.kw <= faint for each in (before, after))
        if dark and timedelta(0) < after.start - before.end <= LONGEST_NIGHT:
            yield _Interval(before.end, after.start, 0.0)


def _usual_step(stamps: Stamps) -> timedelta:
    """How long an interval is at most: as long as most are, an hour at most."""
    steps = sorted(until - since for (since, _), (until, _) in pairwise(stamps))
    return min(steps[len(steps) // 2], HOUR) if steps else HOUR


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _next_midnight(moment: datetime) -> datetime:
    """The midnight that ends the day of the moment before this one."""
    return _midnight(moment - timedelta(microseconds=1)) + timedelta(days=1)
