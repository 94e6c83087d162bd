"""What was learned of this home's charge methods, as diagnostic sensors."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower, UnitOfTime

from ..control.learning import Average, MethodRecord
from ..planner.model import ChargeMethod
from ..site.site import Site
from .base import SmartBatteryEntity


@dataclass(frozen=True, kw_only=True)
class LearnedSensorDescription(SensorEntityDescription):
    """One learned figure of one charge method; ``scale`` brings it to the sensor's unit."""

    method: ChargeMethod
    average_fn: Callable[[MethodRecord], Average]
    scale: float = 1.0


def _descriptions() -> Iterator[LearnedSensorDescription]:
    for method in ChargeMethod:
        yield LearnedSensorDescription(
            key=f"{method.value}_lever_power",
            translation_key=f"{method.value}_lever_power",
            method=method,
            average_fn=lambda record: record.rate_w,
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
            suggested_display_precision=2,
            state_class=SensorStateClass.MEASUREMENT,
            entity_category=EntityCategory.DIAGNOSTIC,
        )
        yield LearnedSensorDescription(
            key=f"{method.value}_lever_latency",
            translation_key=f"{method.value}_lever_latency",
            method=method,
            average_fn=lambda record: record.read_back_s,
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_display_precision=0,
            state_class=SensorStateClass.MEASUREMENT,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        )
        yield LearnedSensorDescription(
            key=f"{method.value}_lever_taper",
            translation_key=f"{method.value}_lever_taper",
            method=method,
            average_fn=lambda record: record.tapered_share,
            scale=100.0,
            native_unit_of_measurement=PERCENTAGE,
            suggested_display_precision=0,
            state_class=SensorStateClass.MEASUREMENT,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        )


LEARNED_SENSORS = tuple(_descriptions())


def learned_sensors(site: Site) -> list[SensorEntity]:
    """A home's sensors of what was learned."""
    return [LearnedSensor(site, description) for description in LEARNED_SENSORS]


class LearnedSensor(SmartBatteryEntity, SensorEntity):
    """Unknown until there is a first sample."""

    entity_description: LearnedSensorDescription

    @property
    def _average(self) -> Average:
        description = self.entity_description
        return description.average_fn(self.site.learned.of(description.method))

    @property
    @override
    def native_value(self) -> float | None:
        """The fading mean."""
        average = self._average
        return average.mean * self.entity_description.scale if average.count else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """How much it rests on, and whether it is relied on yet."""
        average, scale = self._average, self.entity_description.scale
        return {
            "samples": average.count,
            "spread": round(average.spread * scale, 1),
            "relied_on": average.is_known,
            "per_powerwall": round(average.mean * scale / self.site.units, 1)
            if average.count and self.entity_description.device_class is SensorDeviceClass.POWER
            else None,
        }
