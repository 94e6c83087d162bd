"""A roof under the sun: from irradiance to AC power."""

from datetime import datetime

from ..solar.model import RoofPlane
from .sun import irradiance, on_plane, sun_position

# Silicon loses this share of its power per kelvin above 25 °C; the cell is warmer than the air by
# so many kelvin per W/m² on a ventilated roof (Ross).
TEMPERATURE_COEFFICIENT_PER_K = -0.0035
ROSS_K_M2_PER_W = 0.0342


def plane_irradiance(
    when: datetime, latitude: float, longitude: float, plane: RoofPlane, clearness: float
) -> float:
    """W/m² on a roof plane."""
    sun = sun_position(when, latitude, longitude)
    if sun.cos_zenith <= 0.0:
        return 0.0
    sky = irradiance(when, sun, clearness)
    return on_plane(sky, sun, plane.declination_degrees, plane.azimuth_degrees)


def plane_power_w(plane: RoofPlane, w_per_m2: float, air_celsius: float) -> float:
    """AC power of a plane, up to its inverter's limit."""
    cell_celsius = air_celsius + ROSS_K_M2_PER_W * w_per_m2
    heat = 1.0 + TEMPERATURE_COEFFICIENT_PER_K * (cell_celsius - 25.0)
    power_w = plane.peak_kw * w_per_m2 * heat * plane.efficiency
    return power_w if plane.inverter_kw is None else min(power_w, plane.inverter_kw * 1000.0)
