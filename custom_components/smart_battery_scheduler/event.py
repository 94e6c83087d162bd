"""The event entity: the last event, with its data."""

from collections.abc import Mapping
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .common.serialisation import Json
from .entities.base import SmartBatteryEntity
from .events.site_events import SiteEvent
from .site.site import Site, SmartBatteryConfigEntry
from .text.messages import message_of
from .text.sentences import sentences_of

PARALLEL_UPDATES = 0

ACTIVITY = EventEntityDescription(
    key="activity",
    translation_key="activity",
    event_types=[site_event.value for site_event in SiteEvent],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's event entity."""
    async_add_entities([ActivityEvent(entry.runtime_data)])


class ActivityEvent(SmartBatteryEntity, EventEntity):
    """Shows the last event of a site."""

    def __init__(self, site: Site) -> None:
        """Nothing has happened yet."""
        super().__init__(site, ACTIVITY)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the home."""
        await super().async_added_to_hass()
        self.async_on_remove(self.site.events.async_listen(self._received))

    @callback
    def _received(self, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
        message = message_of(site_event, data, dt_util.now(), sentences_of(self.hass))
        self._trigger_event(site_event.value, {**data, "message": message})
        self.async_write_ha_state()
