"""How clean the grid's electricity is now and going to be, with due credit, as a sensor."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.util import dt as dt_util

from ..carbon.client import ATTRIBUTION, CarbonSlot
from ..site.site import Site
from .base import SmartBatteryEntity

CARBON_INTENSITY = SensorEntityDescription(
    key="carbon_intensity",
    translation_key="carbon_intensity",
    native_unit_of_measurement="gCO2eq/kWh",
    suggested_display_precision=0,
    state_class=SensorStateClass.MEASUREMENT,
)


def carbon_sensors(site: Site) -> list[SensorEntity]:
    """One; none for a home that has no such forecast."""
    return [CarbonSensor(site, CARBON_INTENSITY)] if site.grid_events.carbon is not None else []


class CarbonSensor(SmartBatteryEntity, SensorEntity):
    """The forecast of the half-hour that runs; unknown while there is none."""

    _attr_attribution = ATTRIBUTION
    _unrecorded_attributes = frozenset({"index", "cleanest_at", "cleanest_g_per_kwh"})

    @property
    def _now(self) -> CarbonSlot | None:
        forecast = self.site.grid_events.carbon_forecast
        return forecast.at(dt_util.utcnow()) if forecast else None

    @property
    @override
    def native_value(self) -> float | None:
        """Grams per kWh in the region, or in the nation where that is not known."""
        return None if self._now is None else self._now.g_per_kwh

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """The word for it, and when it will be cleanest."""
        forecast, now = self.site.grid_events.carbon_forecast, dt_util.utcnow()
        if forecast is None or self._now is None:
            return {}
        ahead = {start: slot.g_per_kwh for start, slot in forecast.slots.items() if start >= now}
        cleanest = min(ahead, key=lambda start: ahead[start], default=None)
        return {
            "index": self._now.index.value if self._now.index else None,
            "cleanest_at": cleanest.isoformat() if cleanest else None,
            "cleanest_g_per_kwh": ahead[cleanest] if cleanest else None,
        }
