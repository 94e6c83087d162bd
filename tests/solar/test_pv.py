"""From weather to power: the physics and the spread."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.solar.model import RoofPlane, SolarSlot
from custom_components.smart_battery_scheduler.solar.pv import (
    PlaneWeather,
    plane_kw,
    plane_slots,
    roof_slots,
    sky_sigma,
    spread,
)

NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)
SOUTH = RoofPlane(declination_degrees=35.0, azimuth_degrees=180.0, peak_kw=4.0)


def weather(
    irradiance_w_per_m2: float = 800.0, air_celsius: float = 20.0, diffuse_share: float = 0.2
) -> PlaneWeather:
    """A fine half-hour."""
    return PlaneWeather(
        irradiance_w_per_m2=irradiance_w_per_m2,
        air_celsius=air_celsius,
        diffuse_share=diffuse_share,
    )


def test_power_at_standard_conditions_is_the_rating_less_losses() -> None:
    """1000 W/m² on cells of 25 °C."""
    cool = weather(1000.0, 25.0 - 0.0342 * 1000.0)
    assert plane_kw(SOUTH, cool) == pytest.approx(4.0 * 0.88)


def test_hot_cells_make_less() -> None:
    """By hand: 20 + 27.4 is 22.4 above 25; that costs 7.8 %."""
    assert plane_kw(SOUTH, weather()) == pytest.approx(4.0 * 0.8 * 0.9217 * 0.88, rel=1e-3)


def test_the_dark_makes_nothing() -> None:
    """Also when a model's rounding gives a little less than nothing."""
    assert plane_kw(SOUTH, weather(0.0)) == 0.0
    assert plane_kw(SOUTH, weather(-0.3)) == 0.0


def test_a_cloudless_half_hour_is_more_certain_than_a_grey_one() -> None:
    """The spread is that of the light."""
    assert sky_sigma(0.15) < sky_sigma(0.5) < sky_sigma(1.0) == sky_sigma(1.7) == 0.40


def roof(*planes: tuple[RoofPlane, dict[datetime, PlaneWeather]]) -> dict[datetime, SolarSlot]:
    """What these planes make under their weather, as seen at noon."""
    return roof_slots([(plane, plane_slots(plane, sky, NOON)) for plane, sky in planes])


def test_an_inverter_clips_each_quantile() -> None:
    """Half a kilowatt-hour is all that 1 kW can pass in half an hour."""
    small = RoofPlane(declination_degrees=35.0, azimuth_degrees=180.0, peak_kw=4.0, inverter_kw=1.0)
    slot = roof((small, {NOON: weather()}))[NOON]
    assert slot.mean_kwh == slot.p90_kwh == 0.5
    assert slot.p10_kwh <= 0.5


class Roof(NamedTuple):
    """Two planes and what they should make together."""

    inverter: str | None
    most_kwh: float


@pytest.mark.parametrize("case", [Roof(None, 2.0), Roof("garage", 1.0)], ids=["own", "shared"])
def test_planes_on_one_inverter_are_clipped_together(case: Roof) -> None:
    """Two planes of 4 kWp behind 2 kW each, or behind 2 kW together."""
    plane = RoofPlane(
        declination_degrees=35.0,
        azimuth_degrees=180.0,
        peak_kw=4.0,
        inverter_kw=2.0,
        inverter=case.inverter,
    )
    bright = {NOON: weather(1000.0)}
    slot = roof((plane, bright), (plane, bright))[NOON]
    assert slot.mean_kwh == case.most_kwh


def test_a_half_hour_that_one_plane_lacks_is_not_forecast() -> None:
    """Half a roof is not the roof."""
    later = NOON + timedelta(minutes=30)
    both, one = {NOON: weather(), later: weather()}, {NOON: weather()}
    assert set(roof((SOUTH, both), (SOUTH, one))) == {NOON}
    assert roof() == {}


def test_tomorrow_is_less_certain() -> None:
    """The day's own error grows after 24 hours."""
    after = NOON + timedelta(hours=24)
    both = {NOON: weather(), after: weather()}
    slots = roof((SOUTH, both))
    assert slots[NOON].mean_kwh == slots[after].mean_kwh
    assert slots[after].p10_kwh < slots[NOON].p10_kwh


@given(mean=st.floats(0.001, 10.0), sigma=st.floats(0.01, 0.6))
def test_the_spread_keeps_the_mean(mean: float, sigma: float) -> None:
    """Three quantiles with Swanson's weights give back the mean, near enough."""
    slot = spread(mean, sigma)
    assert slot.p10_kwh < slot.p50_kwh < slot.mean_kwh < slot.p90_kwh
    swanson = 0.3 * slot.p10_kwh + 0.4 * slot.p50_kwh + 0.3 * slot.p90_kwh
    assert swanson == pytest.approx(mean, rel=0.02)


@given(
    irradiance=st.floats(0.0, 1400.0),
    air=st.floats(-20.0, 45.0),
    share=st.floats(0.0, 1.2),
    inverter=st.none() | st.floats(0.5, 5.0),
    hours=st.integers(-24, 80),
)
def test_quantiles_are_in_order_and_within_the_hardware(
    irradiance: float, air: float, share: float, inverter: float | None, hours: int
) -> None:
    """Whatever the weather."""
    plane = RoofPlane(
        declination_degrees=35.0, azimuth_degrees=180.0, peak_kw=4.0, inverter_kw=inverter
    )
    at = NOON + timedelta(hours=hours)
    slot = roof((plane, {at: weather(irradiance, air, share)}))[at]
    assert 0.0 <= slot.p10_kwh <= slot.p50_kwh <= slot.mean_kwh <= slot.p90_kwh
    assert slot.p90_kwh <= (inverter if inverter is not None else 4.0) / 2.0
