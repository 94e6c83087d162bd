"""Sensors: what the battery does, what energy costs, what is planned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import GBP_PER_KWH
from .entity import SmartBatteryEntity
from .forecast_sensors import forecast_sensors
from .home import Home, SmartBatteryConfigEntry
from .learned_sensors import learned_sensors
from .planner.model import Action, Plan, PlannedSlot
from .powerwall.base import PowerwallState
from .present import plan_as_dict

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HomeSensorDescription(SensorEntityDescription):
    """A sensor by what it shows of a home; ``None`` is unknown."""

    value_fn: Callable[[Home], float | str | datetime | None]
    attributes_fn: Callable[[Home], Mapping[str, Any]] | None = None
    from_battery: bool = False


def _reading[T](value: Callable[[PowerwallState], T]) -> Callable[[Home], T]:
    return lambda home: value(home.battery.data)


def _planned_now(home: Home) -> PlannedSlot | None:
    plan = home.planner.data
    return plan.slot_at(dt_util.utcnow()) if plan else None


def _current_rate(home: Home) -> float | None:
    rate = home.rates.data.imports.at(dt_util.utcnow())
    return None if rate is None else rate.p_per_kwh / 100


def _next_charge(home: Home) -> datetime | None:
    plan = home.planner.data
    slot = plan.next_charge(dt_util.utcnow()) if plan else None
    return None if slot is None else slot.start


def _plan_cost(home: Home) -> float | None:
    plan = home.planner.data
    return None if plan is None or plan.cost_p is None else plan.cost_p / 100


def _plan_attributes(home: Home) -> Mapping[str, Any]:
    plan: Plan | None = home.planner.data
    return {} if plan is None else plan_as_dict(plan)


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
    HomeSensorDescription(
        key="current_rate",
        translation_key="current_rate",
        native_unit_of_measurement=GBP_PER_KWH,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=4,
        value_fn=_current_rate,
    ),
    HomeSensorDescription(
        key="next_charge",
        translation_key="next_charge",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_next_charge,
    ),
    HomeSensorDescription(
        key="plan_cost",
        translation_key="plan_cost",
        device_class=SensorDeviceClass.MONETARY,
        native_unit_of_measurement="GBP",
        suggested_display_precision=2,
        value_fn=_plan_cost,
    ),
    HomeSensorDescription(
        key="plan",
        translation_key="plan",
        device_class=SensorDeviceClass.ENUM,
        options=[action.value for action in Action],
        value_fn=lambda home: slot.action.value if (slot := _planned_now(home)) else None,
        attributes_fn=_plan_attributes,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's sensors."""
    home = entry.runtime_data
    async_add_entities(HomeSensor(home, description) for description in SENSORS)
    async_add_entities(learned_sensors(home))
    async_add_entities(forecast_sensors(home))


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
