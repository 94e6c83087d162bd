"""Messages to the phones that the household chose: what failed, once per cause, and the evening's three lines."""

from collections.abc import Mapping
from datetime import datetime, time
import logging

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ..common.serialisation import Json
from ..const import CONF_DAILY_DIGEST, CONF_DIGEST_TIME, CONF_NOTIFY_ENTITIES, DIGEST_TIME
from ..events.site_events import PROBLEMS, SiteEvent
from ..site.site import Site
from ..text.digest import digest_of_site
from ..text.messages import message_of
from ..text.sentences import sentences_of

_LOGGER = logging.getLogger(__name__)


class HouseholdNotices:
    """Reads what is chosen at every message: a change needs no reload."""

    def __init__(self, site: Site) -> None:
        """Belong to one home."""
        self._site = site

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen and keep the time; the returned call ends both."""
        stop_listening = self._site.events.async_listen(self._happened)
        # The time may be changed at any moment: each minute looks whether it is the one.
        stop_clock = async_track_time_change(self._site.hass, self._minute, second=0)

        @callback
        def stop() -> None:
            stop_listening()
            stop_clock()

        return stop

    @callback
    def _happened(self, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
        # A lasting problem is not sent again: one message per cause, until it is over or a day has passed.
        if site_event in PROBLEMS and data.get("is_news"):
            words = sentences_of(self._site.hass)
            self._send(message_of(site_event, data, dt_util.now(), words))

    @callback
    def _minute(self, now: datetime) -> None:
        options = self._site.entry.options
        at = dt_util.parse_time(options.get(CONF_DIGEST_TIME, DIGEST_TIME)) or time(20)
        local = dt_util.as_local(now)
        if options.get(CONF_DAILY_DIGEST) and (local.hour, local.minute) == (at.hour, at.minute):
            self._send(digest_of_site(self._site, dt_util.utcnow()).message)

    @callback
    def _send(self, message: str) -> None:
        phones: list[str] = self._site.entry.options.get(CONF_NOTIFY_ENTITIES, [])
        if phones:
            self._site.entry.async_create_background_task(
                self._site.hass, self._async_send(phones, message), "notify the household"
            )

    async def _async_send(self, phones: list[str], message: str) -> None:
        """Each by itself: one phone that is gone must not keep the message from the others."""
        for phone in phones:
            data = {ATTR_ENTITY_ID: phone, "title": self._site.entry.title, "message": message}
            try:
                await self._site.hass.services.async_call(
                    "notify", "send_message", data, blocking=True
                )
            except HomeAssistantError as err:
                _LOGGER.warning("No message could be sent to %s: %s", phone, err)
