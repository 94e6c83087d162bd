"""Compares a forecast with the usual energy before energy is bought by it. Pure.

A source that fails at times answers with zeros (a site without data, a model that has not run); a
dark day is another thing. Within ten days a roof makes hardly ever less than a seventh of its mean:
a day that is forecast to make less is doubted, the more the less it makes, and one that is forecast to make
nothing is not believed. Half-hours that are not forecast are filled. The usual energy is that of the days
before; without a past it is that of the other days of the same forecast, in the same season.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time

from ..tariff.model import SLOT
from .model import SolarSlot

# A day of less than this share of what is usual is doubted.
DOUBTED_SHARE = 0.15
# kWh. Where so little is usual a share means nothing, and little depends on it.
LEAST_USUAL_KWH = 1.0
# Between two half-hours of this much, in kWh (200 W), it is not dark: nothing for up to two hours is a
# fault of the source. Seen at the same hour of every day (home-assistant/core#133325) and in the first
# hour of a model's run (open-meteo/open-meteo#787).
DAYLIGHT_KWH = 0.1
LONGEST_DIP = 4

type Slots = Mapping[datetime, SolarSlot]


def believable(forecast: Slots, usual: Slots) -> dict[datetime, SolarSlot]:
    """The half-hours to plan by: those forecast, weighed where doubtful, and the usual ones in the gaps.

    ``usual`` is the solar energy of the days before, for as far ahead as is planned.
    """
    forecast = _without_dips(forecast)
    found = {**_holes_filled(forecast), **usual, **forecast}
    for day, starts in _by_day(forecast).items():
        reference = {**_season(forecast, day, starts), **usual}
        common = [start for start in starts if start in reference]
        trust = _trust(forecast, reference, common)
        if trust < 1.0:
            for start in common:
                found[start] = _weighed(forecast[start], reference[start], trust)
    return dict(sorted(found.items()))


def _without_dips(forecast: Slots) -> Slots:
    """Darkness in the middle of the day replaced by what lies between its neighbours."""
    found = dict(forecast)
    for start in sorted(forecast):
        before = found.get(start - SLOT)
        if forecast[start].mean_kwh > 0.0 or before is None or before.mean_kwh < DAYLIGHT_KWH:
            continue
        ahead = (start + index * SLOT for index in range(1, LONGEST_DIP + 1))
        end = next((at for at in ahead if at not in forecast or forecast[at].mean_kwh > 0.0), None)
        if end is None or end not in forecast or forecast[end].mean_kwh < DAYLIGHT_KWH:
            continue
        found[start] = _weighed(before, forecast[end], 1.0 - SLOT / (end - start + SLOT))
    return found


def _trust(forecast: Slots, reference: Slots, starts: Collection[datetime]) -> float:
    """How far a day is believed: 1 wholly, 0 not at all."""
    expected = sum(reference[start].mean_kwh for start in starts)
    if expected < LEAST_USUAL_KWH:
        return 1.0
    share = sum(forecast[start].mean_kwh for start in starts) / expected
    return min(share / DOUBTED_SHARE, 1.0)


def _weighed(forecast: SolarSlot, usual: SolarSlot, trust: float) -> SolarSlot:
    """The mean of both, the first with the weight ``trust``, with a range that covers both."""
    return SolarSlot(
        mean_kwh=trust * forecast.mean_kwh + (1.0 - trust) * usual.mean_kwh,
        p10_kwh=min(forecast.p10_kwh, usual.p10_kwh),
        p50_kwh=trust * forecast.p50_kwh + (1.0 - trust) * usual.p50_kwh,
        p90_kwh=max(forecast.p90_kwh, usual.p90_kwh),
    )


def _by_day(forecast: Slots) -> dict[date, list[datetime]]:
    days: dict[date, list[datetime]] = defaultdict(list)
    for start in forecast:
        days[start.astimezone(UTC).date()].append(start)
    return days


def _season(forecast: Slots, day: date, starts: Collection[datetime]) -> dict[datetime, SolarSlot]:
    """These half-hours of a day as the forecast has them on its other days, on average."""
    by_time: dict[time, list[SolarSlot]] = defaultdict(list)
    for start, slot in forecast.items():
        utc = start.astimezone(UTC)
        if utc.date() != day:
            by_time[utc.time()].append(slot)
    return {
        start: _mean(others)
        for start in starts
        if (others := by_time[start.astimezone(UTC).time()])
    }


def _holes_filled(forecast: Slots) -> dict[datetime, SolarSlot]:
    """What the forecast leaves out between its first and its last half-hour."""
    if not forecast:
        return {}
    first, last = min(forecast), max(forecast)
    inside = (first + index * SLOT for index in range((last - first) // SLOT))
    holes = _by_day({start: forecast[first] for start in inside if start not in forecast})
    return {
        start: slot
        for day, starts in holes.items()
        for start, slot in _season(forecast, day, starts).items()
    }


def _mean(slots: list[SolarSlot]) -> SolarSlot:
    count = len(slots)
    return SolarSlot(
        mean_kwh=sum(each.mean_kwh for each in slots) / count,
        p10_kwh=min(each.p10_kwh for each in slots),
        p50_kwh=sum(each.p50_kwh for each in slots) / count,
        p90_kwh=max(each.p90_kwh for each in slots),
    )
