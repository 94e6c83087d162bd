"""What this roof makes of its forecast, hour by hour of the UTC day. Pure.

Trees, chimneys, a wrong bearing and the weather model's own bias show as a share of the forecast
that depends on the hour. It is learned from half-hours of the last weeks as a ratio of energies,
without those that do not depend on the roof: half-hours in which solar power was curtailed,
days of snow or of a broken meter, and the extremes on both ends. The fewer days an
hour has, the nearer it stays to its neighbours and to 1. Hours are UTC, because shade follows the
sun and not the clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .model import SolarForecast, SolarSlot

LOWEST, HIGHEST = 0.3, 1.5
REMEMBERED = timedelta(days=28)
# Less than this in a half-hour is twilight: a ratio of two small numbers.
LEAST_FORECAST_KWH = 0.03
# A day that made less than this share of a fair forecast lay under snow, or was not measured.
SNOW_SHARE, FAIR_DAY_KWH = 0.15, 1.0
# How long a roof that made nearly nothing is expected to go on so. One such day is a
# fog that was not forecast; snow and an inverter that is off last, and show after two.
COVERED_BY = timedelta(hours=24)
COVERED_DAYS = 2
LEAST_SHARE = 0.02
# Of each hour's half-hours the lowest and highest are left out, by this share of them.
TRIM = 0.15
# The prior, a factor of 1, weighs as much as this many days of an hour.
PRIOR_DAYS = 4.0
NEIGHBOUR_WEIGHT = 0.5
# A battery this full takes no more; then solar power is curtailed unless it may be exported.
FULL_PERCENT = 98.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A half-hour's forecast, before any correction, and what was measured.

    ``curtailed``: the roof could have made more than was taken.
    """

    start: datetime
    forecast_kwh: float
    measured_kwh: float
    curtailed: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """A factor for each hour of the UTC day."""

    factors: tuple[float, ...] = (1.0,) * 24

    def apply(self, forecast: SolarForecast, *, most_kwh: float | None = None) -> SolarForecast:
        """The corrected forecast; ``most_kwh`` is what the inverters let through in a slot."""
        return SolarForecast(
            made_at=forecast.made_at,
            slots={
                start: _scaled(slot, self.factors[start.hour], most_kwh)
                for start, slot in forecast.slots.items()
            },
        )


def was_curtailed(*, highest_percent: float | None, may_export: bool) -> bool:
    """Whether solar power was curtailed in a half-hour with this highest charge level.

    Where export is not allowed only the house uses solar power once the battery is full. An unknown level
    counts as full: what is not known to be a fair measurement is not learned from.
    """
    return not may_export and (highest_percent is None or highest_percent >= FULL_PERCENT)


def covered_share(observations: Iterable[Observation], now: datetime) -> float | None:
    """The share of its forecast that a roof makes under snow or with its inverter off.

    None on any other day: when one of the last days of 24 hours was too dark to judge by, or the
    roof made enough of it.
    """
    fair = [each for each in observations if not each.curtailed]
    days = [
        [
            each
            for each in fair
            if now - (ago + 1) * COVERED_BY <= each.start < now - ago * COVERED_BY
        ]
        for ago in range(COVERED_DAYS)
    ]
    if not all(_is_dead(day) for day in days):
        return None
    forecast = sum(each.forecast_kwh for day in days for each in day)
    measured = sum(each.measured_kwh for day in days for each in day)
    return max(measured / forecast, LEAST_SHARE)


def under_cover(slot: SolarSlot, share: float) -> SolarSlot:
    """A half-hour of a covered roof: little is expected, but a thaw is possible."""
    return SolarSlot(
        mean_kwh=slot.mean_kwh * share,
        p10_kwh=slot.p10_kwh * share,
        p50_kwh=slot.p50_kwh * share,
        p90_kwh=slot.p90_kwh * max(share, 2.0 * SNOW_SHARE),
    )


def learn(observations: Iterable[Observation], now: datetime) -> Correction:
    """The correction by the observations of the last four weeks."""
    fair = _fair(observations, now)
    by_hour: dict[int, list[Observation]] = defaultdict(list)
    for each in fair:
        by_hour[each.start.hour].append(each)
    sums = [_hour_sums(by_hour.get(hour, [])) for hour in range(24)]
    return Correction(tuple(_factor(sums, hour) for hour in range(24)))


def _fair(observations: Iterable[Observation], now: datetime) -> list[Observation]:
    """Those that show the roof's own output."""
    days: dict[date, list[Observation]] = defaultdict(list)
    for each in observations:
        useful = not each.curtailed and each.forecast_kwh >= LEAST_FORECAST_KWH
        if useful and now - REMEMBERED <= each.start < now:
            days[each.start.date()].append(each)
    return [each for day in days.values() if not _is_dead(day) for each in day]


def _is_dead(day: Sequence[Observation]) -> bool:
    """Snow on the panels, or no measurement: the sun itself cannot be that far off."""
    forecast = sum(each.forecast_kwh for each in day)
    measured = sum(each.measured_kwh for each in day)
    return forecast >= FAIR_DAY_KWH and measured < SNOW_SHARE * forecast


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one hour over all days."""

    forecast_kwh: float = 0.0
    measured_kwh: float = 0.0
    days: int = 0


def _hour_sums(observations: list[Observation]) -> _Sums:
    by_ratio = sorted(observations, key=lambda each: each.measured_kwh / each.forecast_kwh)
    cut = int(TRIM * len(by_ratio))
    kept = by_ratio[cut : len(by_ratio) - cut]
    return _Sums(
        forecast_kwh=sum(each.forecast_kwh for each in kept),
        measured_kwh=sum(each.measured_kwh for each in kept),
        days=len({each.start.date() for each in kept}),
    )


def _factor(sums: Sequence[_Sums], hour: int) -> float:
    """The ratio of an hour and, for less, its neighbours, drawn towards 1 for want of days."""
    forecast = measured = days = 0.0
    for near, weight in ((hour, 1.0), (hour - 1, NEIGHBOUR_WEIGHT), (hour + 1, NEIGHBOUR_WEIGHT)):
        if 0 <= near < 24:
            forecast += weight * sums[near].forecast_kwh
            measured += weight * sums[near].measured_kwh
            days += weight * sums[near].days
    if forecast <= 0.0:
        return 1.0
    trust = days / (days + PRIOR_DAYS)
    ratio = 1.0 + trust * (measured / forecast - 1.0)
    return min(max(ratio, LOWEST), HIGHEST)


def _scaled(slot: SolarSlot, factor: float, most_kwh: float | None) -> SolarSlot:
    def scaled(kwh: float) -> float:
        return kwh * factor if most_kwh is None else min(kwh * factor, most_kwh)

    return SolarSlot(
        mean_kwh=scaled(slot.mean_kwh),
        p10_kwh=scaled(slot.p10_kwh),
        p50_kwh=scaled(slot.p50_kwh),
        p90_kwh=scaled(slot.p90_kwh),
    )
