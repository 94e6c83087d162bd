"""A forecast held against what is usual, before energy is bought for it. Pure.

A source that fails at times answers with zeros (a site without data, a model that has not run); a
dark day is another thing. Within ten days a roof makes hardly ever less than a seventh of its mean:
a day that is said to make less is doubted, the more the less it says, and one that is said to make
nothing is not believed. Half-hours that are not told are filled. The usual sun is that of the days
before; without a past it is that of the other days of the same forecast, which are of the season.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time

from ..tariff.model import SLOT
from .model import SolarSlot

# A day of less than this share of what is usual is doubted.
DOUBTED_SHARE = 0.15
# Where so little is usual a share says nothing, and little depends on it.
LEAST_USUAL_KWH = 1.0

type Slots = Mapping[datetime, SolarSlot]


def believable(published: Slots, usual: Slots) -> dict[datetime, SolarSlot]:
    """The half-hours to plan by: those told, weighed where doubtful, and the usual in the holes.

    ``usual`` is the sun of the days before, for as far ahead as is planned.
    """
    found = {**_holes_filled(published), **usual, **published}
    for day, starts in _by_day(published).items():
        reference = {**_season(published, day, starts), **usual}
        common = [start for start in starts if start in reference]
        trust = _trust(published, reference, common)
        if trust < 1.0:
            for start in common:
                found[start] = _weighed(published[start], reference[start], trust)
    return dict(sorted(found.items()))


def _trust(published: Slots, reference: Slots, starts: Collection[datetime]) -> float:
    """How far a day is believed: 1 wholly, 0 not at all."""
    expected = sum(reference[start].mean_kwh for start in starts)
    if expected < LEAST_USUAL_KWH:
        return 1.0
    share = sum(published[start].mean_kwh for start in starts) / expected
    return min(share / DOUBTED_SHARE, 1.0)


def _weighed(published: SolarSlot, usual: SolarSlot, trust: float) -> SolarSlot:
    """Between the two, and open to both ends: either may be right."""
    return SolarSlot(
        mean_kwh=trust * published.mean_kwh + (1.0 - trust) * usual.mean_kwh,
        p10_kwh=min(published.p10_kwh, usual.p10_kwh),
        p50_kwh=trust * published.p50_kwh + (1.0 - trust) * usual.p50_kwh,
        p90_kwh=max(published.p90_kwh, usual.p90_kwh),
    )


def _by_day(published: Slots) -> dict[date, list[datetime]]:
    days: dict[date, list[datetime]] = defaultdict(list)
    for start in published:
        days[start.astimezone(UTC).date()].append(start)
    return days


def _season(published: Slots, day: date, starts: Collection[datetime]) -> dict[datetime, SolarSlot]:
    """These half-hours of a day as they are told of the other days, on average."""
    by_time: dict[time, list[SolarSlot]] = defaultdict(list)
    for start, slot in published.items():
        utc = start.astimezone(UTC)
        if utc.date() != day:
            by_time[utc.time()].append(slot)
    return {
        start: _mean(others)
        for start in starts
        if (others := by_time[start.astimezone(UTC).time()])
    }


def _holes_filled(published: Slots) -> dict[datetime, SolarSlot]:
    """What the forecast leaves out between its first and its last half-hour."""
    if not published:
        return {}
    first, last = min(published), max(published)
    inside = (first + index * SLOT for index in range((last - first) // SLOT))
    holes = _by_day({start: published[first] for start in inside if start not in published})
    return {
        start: slot
        for day, starts in holes.items()
        for start, slot in _season(published, day, starts).items()
    }


def _mean(slots: list[SolarSlot]) -> SolarSlot:
    count = len(slots)
    return SolarSlot(
        mean_kwh=sum(each.mean_kwh for each in slots) / count,
        p10_kwh=min(each.p10_kwh for each in slots),
        p50_kwh=sum(each.p50_kwh for each in slots) / count,
        p90_kwh=max(each.p90_kwh for each in slots),
    )
