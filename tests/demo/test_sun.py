"""The sun and the roof against facts that anybody can look up."""

from datetime import UTC, datetime, timedelta
from math import acos, degrees

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.demo.roof import plane_irradiance, plane_power_w
from custom_components.smart_battery_scheduler.demo.sun import (
    DARK,
    irradiance,
    on_plane,
    sun_position,
)
from custom_components.smart_battery_scheduler.solar.model import RoofPlane

LONDON = (51.5, -0.12)
moments = st.datetimes(
    min_value=datetime(2024, 1, 1),
    max_value=datetime(2028, 1, 1),
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("when", "elevation", "bearing"),
    [
        # Noon heights are 90 - 51.5 +/- 23.44 degrees on the solstices, 38.5 on the equinox.
        ("2026-06-21T12:02", 61.94, 180),
        ("2026-12-21T11:59", 15.06, 180),
        ("2026-03-20T12:08", 38.5, 180),
        # On the equinox the sun rises in the east and sets in the west, near six o'clock.
        ("2026-03-20T06:08", 0.0, 90),
        ("2026-03-20T18:08", 0.0, 270),
    ],
)
def test_the_sun_stands_where_it_should(when: str, elevation: float, bearing: float) -> None:
    """To a degree."""
    sun = sun_position(datetime.fromisoformat(when).replace(tzinfo=UTC), *LONDON)
    assert 90 - degrees(acos(sun.cos_zenith)) == pytest.approx(elevation, abs=0.7)
    assert sun.azimuth_degrees == pytest.approx(bearing, abs=1.5)


def test_midnight_is_dark() -> None:
    """No diffuse leftovers."""
    midnight = datetime(2026, 6, 21, tzinfo=UTC)
    assert irradiance(midnight, sun_position(midnight, *LONDON), 1.0) == DARK
    plane = RoofPlane(declination_degrees=35, azimuth_degrees=180, peak_kw=1)
    assert plane_irradiance(midnight, *LONDON, plane, 1.0) == 0.0


@given(when=moments, clear=st.floats(0.05, 1.0), tilt=st.floats(0, 90), bearing=st.floats(0, 360))
def test_radiation_is_plausible_everywhere(
    when: datetime, clear: float, tilt: float, bearing: float
) -> None:
    """Between nothing and what comes from outside, and flat is horizontal."""
    sun = sun_position(when, *LONDON)
    sky = irradiance(when, sun, clear)
    assert 0.0 <= sky.diffuse <= sky.global_horizontal + 1e-9
    assert 0.0 <= sky.direct_normal <= 1000.0
    assert 0.0 <= on_plane(sky, sun, tilt, bearing) <= 1500.0
    if sun.cos_zenith > 0.03 and sky.direct_normal < 1000.0:
        assert on_plane(sky, sun, 0.0, bearing) == pytest.approx(sky.global_horizontal, abs=1e-6)


@pytest.mark.parametrize(
    ("hour", "brighter", "darker"), [(8, 90.0, 270.0), (16, 270.0, 90.0), (12, 180.0, 0.0)]
)
def test_a_plane_likes_to_face_the_sun(hour: int, brighter: float, darker: float) -> None:
    """East in the morning, west in the afternoon, south at noon."""
    when = datetime(2026, 6, 21, hour, tzinfo=UTC)

    def facing(bearing: float) -> float:
        plane = RoofPlane(declination_degrees=40, azimuth_degrees=bearing, peak_kw=1)
        return plane_irradiance(when, *LONDON, plane, 0.9)

    assert facing(brighter) > facing(darker) + 100


def test_power_follows_the_cell_and_stops_at_the_inverter() -> None:
    """1000 W/m² in air of 20 °C warms a cell to 54.2 °C, which costs 10.2 %."""
    plane = RoofPlane(declination_degrees=35, azimuth_degrees=180, peak_kw=4, efficiency=0.9)
    assert plane_power_w(plane, 1000, 20) == pytest.approx(4000 * 0.9 * (1 - 0.0035 * 29.2))
    limited = RoofPlane(declination_degrees=35, azimuth_degrees=180, peak_kw=4, inverter_kw=2.5)
    assert plane_power_w(limited, 1000, 20) == 2500


def test_a_clear_year_in_london() -> None:
    """A south roof would make about 1.8 MWh per kWp without clouds (three quarters more than with)."""
    plane = RoofPlane(declination_degrees=35, azimuth_degrees=180, peak_kw=1, efficiency=0.86)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = (start + timedelta(hours=hour + 0.5) for hour in range(8760))
    kwh = sum(plane_power_w(plane, plane_irradiance(at, *LONDON, plane, 1.0), 11.0) for at in hours)
    assert 1600 < kwh / 1000 < 1900
