"""Puts what happens on Home Assistant's bus, where the logbook finds it."""

from __future__ import annotations

from collections.abc import Mapping

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..common.serialisation import Json
from ..const import DOMAIN
from .site_events import SIGNAL_SITE_EVENT, SiteEvent

EVENT_ACTIVITY = f"{DOMAIN}_activity"
ATTR_SITE_EVENT, ATTR_DATA = "happening", "data"


@callback
def async_setup_event_bus(hass: HomeAssistant) -> None:
    """For all homes, once."""

    @callback
    def received(entry_id: str, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
        entry = hass.config_entries.async_get_entry(entry_id)
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
        hass.bus.async_fire(
            EVENT_ACTIVITY,
            {
                ATTR_CONFIG_ENTRY_ID: entry_id,
                ATTR_DEVICE_ID: devices[0].id if devices else None,
                ATTR_NAME: entry.title if entry is not None else None,
                ATTR_SITE_EVENT: site_event.value,
                ATTR_DATA: dict(data),
            },
        )

    async_dispatcher_connect(hass, SIGNAL_SITE_EVENT, received)
