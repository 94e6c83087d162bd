"""Sensors: what the battery does, what energy costs, what is planned."""

from __future__ import annotations

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
from .entities.plan_sensors import PLAN_SENSORS, HomeSensorDescription
from .powerwall.base import PowerwallState
from .site.site import Home, SmartBatteryConfigEntry

PARALLEL_UPDATES = 0


def _reading[T](value: Callable[[PowerwallState], T]) -> Callable[[Home], T]:
    return lambda home: value(home.battery.data)


SENSORS: tuple[HomeSensorDescription, ...] = (
    HomeSensorDescription(
        key="charge_level",
        translation_key="charge_level",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_reading(lambda reading: reading.charge_level_percent),
        from_battery=True,
    ),
    *(
        HomeSensorDescription(
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
    home = entry.runtime_data
    sensors = [
        *(HomeSensor(home, description) for description in (*SENSORS, *PLAN_SENSORS)),
        *learned_sensors(home),
        *forecast_sensors(home),
        *energy_sensors(home),
        *carbon_sensors(home),
    ]
    forget_others(hass, entry, Platform.SENSOR, sensors)
    async_add_entities(sensors)


class HomeSensor(SmartBatteryEntity, SensorEntity):
    """A sensor of the table above."""

    entity_description: HomeSensorDescription
    # The plan is long and changes often: it is shown, not recorded.
    _unrecorded_attributes = frozenset({"slots", "made_at", "notes"})

    @property
    @override
    def available(self) -> bool:
        """Battery values are gone when the battery cannot be read."""
        return not self.entity_description.from_battery or self.home.battery.last_update_success

    @property
    @override
    def native_value(self) -> float | str | datetime | None:
        """The value now."""
        return self.entity_description.value_fn(self.home)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What goes with it."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.home)
