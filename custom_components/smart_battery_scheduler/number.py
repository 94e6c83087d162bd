"""Numbers a household sets: each is one preference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import PENCE_PER_KWH
from .entity import SmartBatteryEntity
from .home import SmartBatteryConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class PreferenceNumberDescription(NumberEntityDescription):
    """A number over one preference."""

    preference: str


NUMBERS = (
    PreferenceNumberDescription(
        key="reserve_floor",
        translation_key="reserve_floor",
        preference="reserve_floor_percent",
        native_min_value=0,
        native_max_value=80,
        native_step=1,
        native_unit_of_measurement=PERCENTAGE,
        mode=NumberMode.SLIDER,
        entity_category=EntityCategory.CONFIG,
    ),
    PreferenceNumberDescription(
        key="price_ceiling",
        translation_key="price_ceiling",
        preference="price_ceiling_p_per_kwh",
        native_min_value=-20,
        native_max_value=100,
        native_step=0.5,
        native_unit_of_measurement=PENCE_PER_KWH,
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's numbers."""
    async_add_entities(PreferenceNumber(entry.runtime_data, description) for description in NUMBERS)


class PreferenceNumber(SmartBatteryEntity, NumberEntity):
    """A preference that is a number."""

    entity_description: PreferenceNumberDescription

    @property
    @override
    def native_value(self) -> float:
        """As the preferences have it."""
        value: float = getattr(self.home.preferences, self.entity_description.preference)
        return value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Prefer this value."""
        await self.home.async_prefer(**{self.entity_description.preference: value})
