"""Sensors: what the battery does, what energy costs, what is planned."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import PERCENTAGE, Platform, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.base import SmartBatteryEntity, forget_others
from .entities.carbon_sensors import carbon_sensors
from .entities.energy_sensors import energy_sensors
from .entities.forecast_sensors import forecast_sensors
from .entities.learned_sensors import learned_sensors
from .entities.plan_sensors import PLAN_SENSORS, SiteSensorDescription
from .powerwall.base import PowerwallState
from .site.site import Site, SmartBatteryConfigEntry

PARALLEL_UPDATES = 0


def _reading[T](value: Callable[[PowerwallState], T]) -> Callable[[Site], T]:
    return lambda site: value(site.battery.data)


SENSORS: tuple[SiteSensorDescription, ...] = (
    SiteSensorDescription(
        key="charge_level",
        translation_key="charge_level",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_reading(lambda reading: reading.soc_percent),
        from_battery=True,
    ),
    *(
        SiteSensorDescription(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
            suggested_display_precision=2,
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=_reading(value),
            from_battery=True,
        )
        for key, value in {
            "battery_power": lambda reading: reading.battery_power_w,
            "solar_power": lambda reading: reading.solar_power_w,
            "house_power": lambda reading: reading.house_power_w,
            "grid_power": lambda reading: reading.grid_power_w,
        }.items()
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's sensors."""
    site = entry.runtime_data
    sensors = [
        *(SiteSensor(site, description) for description in (*SENSORS, *PLAN_SENSORS)),
        *learned_sensors(site),
        *forecast_sensors(site),
        *energy_sensors(site),
        *carbon_sensors(site),
    ]
    forget_others(hass, entry, Platform.SENSOR, sensors)
    async_add_entities(sensors)


class SiteSensor(SmartBatteryEntity, SensorEntity):
    """A sensor of the table above."""

    entity_description: SiteSensorDescription
    # The plan is long and changes often: it is shown, not recorded.
    _unrecorded_attributes = frozenset({"slots", "made_at", "notes"})

    @property
    @override
    def available(self) -> bool:
        """Battery values are gone when the battery cannot be read."""
        return not self.entity_description.from_battery or self.site.battery.last_update_success

    @property
    @override
    def native_value(self) -> float | str | datetime | None:
        """The value now."""
        return self.entity_description.value_fn(self.site)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What goes with it."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.site)
