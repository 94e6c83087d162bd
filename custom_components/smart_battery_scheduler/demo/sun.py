"""Where the sun stands, and what it gives a tilted plane.

Position: Spencer's series for declination and equation of time (1971). Clear sky: Haurwitz (1945).
Split into direct and diffuse: Erbs, Klein and Duffie (1982). Tilt: isotropic sky over ground of
albedo 0.2, as Open-Meteo reckons.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import atan2, cos, degrees, exp, pi, radians, sin, sqrt

SOLAR_CONSTANT_W_PER_M2 = 1361.0
ALBEDO = 0.2
# Below this the sun is too low for the ratio of direct to horizontal radiation to mean anything.
LEAST_COS_ZENITH = 0.03
MOST_DIRECT_W_PER_M2 = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SunPosition:
    """``azimuth_degrees`` is a compass bearing; ``cos_zenith`` is negative at night."""

    cos_zenith: float
    azimuth_degrees: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Irradiance:
    """W/m²: on the horizontal, on a surface facing the sun, and from the sky alone."""

    global_horizontal: float
    direct_normal: float
    diffuse: float


DARK = Irradiance(global_horizontal=0.0, direct_normal=0.0, diffuse=0.0)


def sun_position(when: datetime, latitude: float, longitude: float) -> SunPosition:
    """The sun's place in the sky; ``longitude`` is positive to the east."""
    utc = when.astimezone(UTC)
    minutes = utc.hour * 60 + utc.minute + utc.second / 60
    angle = _year_angle(utc, minutes)
    declination = _declination(angle)
    solar_minutes = minutes + 4.0 * longitude + _equation_of_time_minutes(angle)
    hour_angle = radians(solar_minutes / 4.0 - 180.0)
    north = radians(latitude)
    cos_zenith = sin(north) * sin(declination) + cos(north) * cos(declination) * cos(hour_angle)
    from_south = atan2(
        cos(declination) * sin(hour_angle),
        cos(hour_angle) * sin(north) * cos(declination) - sin(declination) * cos(north),
    )
    return SunPosition(cos_zenith=cos_zenith, azimuth_degrees=(degrees(from_south) + 180.0) % 360.0)


def irradiance(when: datetime, sun: SunPosition, clearness: float) -> Irradiance:
    """What comes through a sky that lets ``clearness`` (0-1) of a clear day's sun pass."""
    cos_zenith = sun.cos_zenith
    if cos_zenith <= 0.0:
        return DARK
    horizontal = clearness * 1098.0 * cos_zenith * exp(-0.057 / cos_zenith)
    outside = SOLAR_CONSTANT_W_PER_M2 * _distance_factor(when) * cos_zenith
    diffuse = horizontal * _diffuse_fraction(horizontal / outside)
    direct = (horizontal - diffuse) / max(cos_zenith, LEAST_COS_ZENITH)
    return Irradiance(
        global_horizontal=horizontal,
        direct_normal=min(direct, MOST_DIRECT_W_PER_M2),
        diffuse=diffuse,
    )


def on_plane(
    sky: Irradiance, sun: SunPosition, declination_degrees: float, azimuth_degrees: float
) -> float:
    """W/m² on a plane of this tilt and compass bearing."""
    tilt, turned = (
        radians(declination_degrees),
        radians(sun.azimuth_degrees - azimuth_degrees),
    )
    sin_zenith = sqrt(max(1.0 - sun.cos_zenith**2, 0.0))
    cos_incidence = sun.cos_zenith * cos(tilt) + sin_zenith * sin(tilt) * cos(turned)
    return (
        sky.direct_normal * max(cos_incidence, 0.0)
        + sky.diffuse * (1.0 + cos(tilt)) / 2.0
        + ALBEDO * sky.global_horizontal * (1.0 - cos(tilt)) / 2.0
    )


def _year_angle(utc: datetime, minutes: float) -> float:
    day = utc.timetuple().tm_yday - 1 + (minutes / 60.0 - 12.0) / 24.0
    return 2.0 * pi * day / 365.0


def _declination(angle: float) -> float:
    return (
        0.006918
        - 0.399912 * cos(angle)
        + 0.070257 * sin(angle)
        - 0.006758 * cos(2 * angle)
        + 0.000907 * sin(2 * angle)
        - 0.002697 * cos(3 * angle)
        + 0.00148 * sin(3 * angle)
    )


def _equation_of_time_minutes(angle: float) -> float:
    return 229.18 * (
        0.000075
        + 0.001868 * cos(angle)
        - 0.032077 * sin(angle)
        - 0.014615 * cos(2 * angle)
        - 0.040849 * sin(2 * angle)
    )


def _distance_factor(when: datetime) -> float:
    """The earth is nearest to the sun in early January."""
    return 1.0 + 0.033 * cos(2.0 * pi * when.timetuple().tm_yday / 365.0)


def _diffuse_fraction(clearness_index: float) -> float:
    k = clearness_index
    if k <= 0.22:
        return 1.0 - 0.09 * k
    if k > 0.80:
        return 0.165
    return 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
