"""Times of day a household sets, by the market's clock: each is one preference."""

from dataclasses import dataclass
from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.base import SmartBatteryEntity
from .site.site import SmartBatteryConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class PreferenceTimeDescription(TimeEntityDescription):
    """A time of day over one preference."""

    preference: str


TIMES = tuple(
    PreferenceTimeDescription(
        key=key, translation_key=key, preference=key, entity_category=EntityCategory.CONFIG
    )
    for key in ("peak_start", "peak_end", "ready_by_time")
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's times."""
    async_add_entities(PreferenceTime(entry.runtime_data, description) for description in TIMES)


class PreferenceTime(SmartBatteryEntity, TimeEntity):
    """A preference that is a time of day."""

    entity_description: PreferenceTimeDescription

    @property
    @override
    def native_value(self) -> time:
        """As the preferences have it."""
        value: time = getattr(self.site.preferences, self.entity_description.preference)
        return value

    @override
    async def async_set_value(self, value: time) -> None:
        """Prefer this time."""
        plain = value.replace(microsecond=0, tzinfo=None).isoformat()
        await self.site.async_prefer(**{self.entity_description.preference: plain})
