"""Puts what happens and what is ordered on Home Assistant's bus, where the logbook finds it."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_NAME,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from ..common.serialisation import Json, encode
from ..const import DOMAIN
from ..control.rules import Override
from .site_events import SIGNAL_SITE_EVENT, SiteEvent

EVENT_ACTIVITY = f"{DOMAIN}_activity"
EVENT_ORDER = f"{DOMAIN}_order"
ATTR_SITE_EVENT, ATTR_DATA, ATTR_AT = "happening", "data", "at"
# The entity under which the logbook files every line: its own state hardly ever changes.
SCHEDULER_KEY = "scheduler"


@callback
def async_setup_event_bus(hass: HomeAssistant) -> None:
    """For all homes, once."""

    @callback
    def received(entry_id: str, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
        # Plans change with every order and reading: as lines they would hide the others.
        # The event entity and the trigger have it.
        entry = hass.config_entries.async_get_entry(entry_id)
        if entry is None or site_event is SiteEvent.PLAN_CHANGED:
            return
        line = {ATTR_SITE_EVENT: site_event.value, ATTR_DATA: dict(data)}
        hass.bus.async_fire(EVENT_ACTIVITY, {**_about(hass, entry), **line})

    async_dispatcher_connect(hass, SIGNAL_SITE_EVENT, received)


@callback
def async_fire_order[T](
    hass: HomeAssistant, entry: ConfigEntry[T], override: Override | None
) -> None:
    """Publish that somebody gave an order; None is the order to go back to the plan."""
    order = {
        "action": override.action.value if override else None,
        "end": encode(override.until) if override else None,
        "target_percent": override.target_percent if override else None,
    }
    hass.bus.async_fire(EVENT_ORDER, {**_about(hass, entry), ATTR_DATA: order})


def _about[T](hass: HomeAssistant, entry: ConfigEntry[T]) -> dict[str, str | None]:
    """Which home, and when: a stored event is described without the time it was fired at."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    site = entry.unique_id or entry.entry_id
    return {
        ATTR_CONFIG_ENTRY_ID: entry.entry_id,
        ATTR_DEVICE_ID: devices[0].id if devices else None,
        ATTR_ENTITY_ID: er.async_get(hass).async_get_entity_id(
            Platform.SWITCH, DOMAIN, f"{site}_{SCHEDULER_KEY}"
        ),
        ATTR_NAME: entry.title,
        ATTR_AT: dt_util.utcnow().isoformat(),
    }
