"""The logbook's lines, in plain words."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .events.event_bus import ATTR_AT, ATTR_DATA, ATTR_SITE_EVENT, EVENT_ACTIVITY, EVENT_ORDER
from .events.site_events import SiteEvent
from .text.messages import message_of, order_message
from .text.sentences import Sentences, sentences_of


class LoggedEvent(Protocol):
    """What the logbook hands over: an event read back from the database has little but its data."""

    @property
    def data(self) -> Mapping[str, Any]:
        """As it was fired."""
        ...


type Line = dict[str, str | None]
type Describer = Callable[[LoggedEvent], Line]


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Describer], None]
) -> None:
    """Describe what happens in a home and what is ordered there, in Home Assistant's language."""

    @callback
    def activity(event: LoggedEvent) -> Line:
        site_event, words = SiteEvent(event.data[ATTR_SITE_EVENT]), sentences_of(hass)
        message = message_of(site_event, event.data[ATTR_DATA], _moment_of(event), words)
        return _line(event, message, words)

    @callback
    def order(event: LoggedEvent) -> Line:
        words = sentences_of(hass)
        return _line(event, order_message(event.data[ATTR_DATA], _moment_of(event), words), words)

    async_describe_event(DOMAIN, EVENT_ACTIVITY, activity)
    async_describe_event(DOMAIN, EVENT_ORDER, order)


def _line(event: LoggedEvent, message: str, words: Sentences) -> Line:
    return {
        LOGBOOK_ENTRY_NAME: event.data.get(ATTR_NAME) or words.say("title.logbook"),
        LOGBOOK_ENTRY_MESSAGE: message,
        LOGBOOK_ENTRY_ENTITY_ID: event.data.get(ATTR_ENTITY_ID),
    }


def _moment_of(event: LoggedEvent) -> datetime:
    """When it happened, in local time; events stored without their time count as of now."""
    at = event.data.get(ATTR_AT)
    return dt_util.now() if at is None else dt_util.as_local(datetime.fromisoformat(at))
