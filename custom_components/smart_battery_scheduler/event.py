"""The event entity: the last thing worth telling, with its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .common.serialisation import Json
from .entities.base import SmartBatteryEntity
from .events.site_events import Happening
from .site.site import Home, SmartBatteryConfigEntry
from .text.messages import message_of

PARALLEL_UPDATES = 0

ACTIVITY = EventEntityDescription(
    key="activity",
    translation_key="activity",
    event_types=[happening.value for happening in Happening],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's event entity."""
    async_add_entities([ActivityEvent(entry.runtime_data)])


class ActivityEvent(SmartBatteryEntity, EventEntity):
    """Tells what happens in a home."""

    def __init__(self, home: Home) -> None:
        """Nothing has happened yet."""
        super().__init__(home, ACTIVITY)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the home."""
        await super().async_added_to_hass()
        self.async_on_remove(self.home.happenings.async_listen(self._heard))

    @callback
    def _heard(self, happening: Happening, data: Mapping[str, Json]) -> None:
        told = message_of(happening, data, dt_util.now())
        self._trigger_event(happening.value, {**data, "message": told})
        self.async_write_ha_state()
