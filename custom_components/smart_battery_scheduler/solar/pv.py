"""From weather to the roof's power, with a spread. Pure.

Power of a plane: peak x irradiance / 1000 W/m² x (1 - 0.0035 per kelvin above 25 °C) x efficiency.
The cells are warmer than the air by 0.0342 K per W/m² (Ross, "not so well cooled", in Skoplaki and
Palyvos 2009: between a free rack at 0.021 and a sealed roof at 0.056). What a roof really does
differently is learned later (``learning``).

Spread: no archive of forecasts with matching generation was at hand, so this is an assumption. A
half-hour is lognormal around its mean. Its relative sigma has two parts: the sky, 0.10 where all
light is direct (a cloudless half-hour is easily forecast) rising to 0.40 where all is diffuse (the
half-hourly error is 20-27 % of the mean on average); and the day as a whole, 0.12 for the first
24 hours and 0.22 after.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, hypot

from .model import RoofPlane, SolarSlot

TEMPERATURE_COEFFICIENT_PER_K = -0.0035
ROSS_K_M2_PER_W = 0.0342

DIRECT_SKY_SIGMA, DIFFUSE_SKY_SIGMA = 0.10, 0.40
# For forecasts that say nothing of the kind of light.
AVERAGE_DIFFUSE_SHARE = 0.6
FIRST_DAY_SIGMA, LATER_SIGMA = 0.12, 0.22
FIRST_DAY = timedelta(hours=24)
# The standard normal distribution's 90 % quantile.
Z90 = 1.2816

SLOT_HOURS = 0.5

type PlaneForecast = tuple[RoofPlane, Mapping[datetime, SolarSlot]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneWeather:
    """The weather on one plane over one half-hour.

    ``diffuse_share`` is the part of the light that comes from the sky at large: 0 to 1.
    """

    irradiance_w_per_m2: float
    air_celsius: float
    diffuse_share: float


def plane_kw(plane: RoofPlane, weather: PlaneWeather) -> float:
    """Mean AC power of a plane, before its inverter's limit."""
    irradiance = max(weather.irradiance_w_per_m2, 0.0)
    cell_celsius = weather.air_celsius + ROSS_K_M2_PER_W * irradiance
    heat = 1.0 + TEMPERATURE_COEFFICIENT_PER_K * (cell_celsius - 25.0)
    return max(plane.peak_kw * irradiance / 1000.0 * heat * plane.efficiency, 0.0)


def sky_sigma(diffuse_share: float) -> float:
    """The relative spread of a half-hour by its sky."""
    share = min(max(diffuse_share, 0.0), 1.0)
    return DIRECT_SKY_SIGMA + (DIFFUSE_SKY_SIGMA - DIRECT_SKY_SIGMA) * share


def spread(mean_kwh: float, sigma: float) -> SolarSlot:
    """A lognormal half-hour of this mean and relative sigma."""
    median = mean_kwh * exp(-(sigma**2) / 2.0)
    return SolarSlot(
        mean_kwh=mean_kwh,
        p10_kwh=median * exp(-Z90 * sigma),
        p50_kwh=median,
        p90_kwh=median * exp(Z90 * sigma),
    )


def plane_slots(
    plane: RoofPlane, weather: Mapping[datetime, PlaneWeather], now: datetime
) -> dict[datetime, SolarSlot]:
    """A plane's half-hours as seen at ``now``, before its inverter's limit."""
    return {
        start: spread(
            plane_kw(plane, each) * SLOT_HOURS,
            hypot(sky_sigma(each.diffuse_share), day_sigma(start, now)),
        )
        for start, each in weather.items()
    }


def day_sigma(start: datetime, now: datetime) -> float:
    """The relative spread of a day as a whole, by how far it is ahead."""
    return FIRST_DAY_SIGMA if start < now + FIRST_DAY else LATER_SIGMA


def roof_slots(planes: Sequence[PlaneForecast]) -> dict[datetime, SolarSlot]:
    """The roof's half-hours, where every plane is forecast: half a roof is not the roof.

    All planes lie under one sky, so their spreads add up; what is more than an inverter can take
    is lost, plane by plane or together where they share it.
    """
    common = set.intersection(*(set(slots) for _, slots in planes)) if planes else set()
    groups = _by_inverter(planes)
    return {
        start: total(_inverter_slot(group, start) for group in groups) for start in sorted(common)
    }


def total(slots: Iterable[SolarSlot]) -> SolarSlot:
    """Half-hours that rise and fall together, in one."""
    parts = list(slots)
    return SolarSlot(
        mean_kwh=sum(part.mean_kwh for part in parts),
        p10_kwh=sum(part.p10_kwh for part in parts),
        p50_kwh=sum(part.p50_kwh for part in parts),
        p90_kwh=sum(part.p90_kwh for part in parts),
    )


def _by_inverter(planes: Sequence[PlaneForecast]) -> list[list[PlaneForecast]]:
    groups: dict[str | int, list[PlaneForecast]] = {}
    for index, (plane, slots) in enumerate(planes):
        key = index if plane.inverter is None else plane.inverter
        groups.setdefault(key, []).append((plane, slots))
    return list(groups.values())


def _inverter_slot(group: list[PlaneForecast], start: datetime) -> SolarSlot:
    limits = [plane.inverter_kw for plane, _ in group if plane.inverter_kw is not None]
    # The mean power of a half-hour is capped at the array's rating, whatever the forecast says.
    peak = sum(plane.peak_kw for plane, _ in group)
    most_kwh = min([peak, *limits]) * SLOT_HOURS
    whole = total(slots[start] for _, slots in group)
    return SolarSlot(
        mean_kwh=min(whole.mean_kwh, most_kwh),
        p10_kwh=min(whole.p10_kwh, most_kwh),
        p50_kwh=min(whole.p50_kwh, most_kwh),
        p90_kwh=min(whole.p90_kwh, most_kwh),
    )
