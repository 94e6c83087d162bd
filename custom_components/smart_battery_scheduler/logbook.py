"""The logbook's lines, in plain words."""

from __future__ import annotations

from collections.abc import Callable

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import ATTR_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .events.event_bus import ATTR_DATA, ATTR_SITE_EVENT, EVENT_ACTIVITY
from .events.site_events import SiteEvent
from .text.messages import message_of


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe what happens in a home."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        site_event = SiteEvent(event.data[ATTR_SITE_EVENT])
        local = dt_util.as_local(event.time_fired)
        return {
            LOGBOOK_ENTRY_NAME: event.data[ATTR_NAME] or "Smart Battery Scheduler",
            LOGBOOK_ENTRY_MESSAGE: message_of(site_event, event.data[ATTR_DATA], local),
        }

    async_describe_event(DOMAIN, EVENT_ACTIVITY, describe)
