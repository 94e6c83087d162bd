"""The card's websocket subscription: the whole state once, then only what changed."""

from typing import Any

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..actions.permissions import may
from ..common.serialisation import Json
from ..const import DOMAIN
from ..site.site import Site, SmartBatteryConfigEntry
from .live import live_state
from .merge_patch import merge_patch


@callback
def async_setup_websocket_api(hass: HomeAssistant) -> None:
    """Register the commands, once."""
    websocket_api.async_register_command(hass, handle_sites)
    websocket_api.async_register_command(hass, handle_subscribe)


@websocket_command({vol.Required("type"): f"{DOMAIN}/homes"})
@callback
def handle_sites(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """The homes this user may see, disabled ones last: [{entry_id, title, loaded}]."""
    entries = hass.config_entries.async_entries(DOMAIN)
    sites = [
        {
            "entry_id": entry.entry_id,
            "title": entry.title,
            "loaded": entry.state is ConfigEntryState.LOADED,
        }
        for entry in sorted(entries, key=lambda entry: entry.disabled_by is not None)
        if may(hass, connection.user, entry.entry_id, POLICY_READ)
    ]
    connection.send_result(msg["id"], {"homes": sites})


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/subscribe",
        vol.Required(ATTR_CONFIG_ENTRY_ID): str,
    }
)
@callback
def handle_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send {"state": ...} at once and {"patch": ...} (RFC 7396) whenever something changed.

    {"gone": true} is the last message when the home is unloaded. Errors: ``not_found`` without
    such a home, ``unauthorized`` for a user who may not see it.
    """
    entry: SmartBatteryConfigEntry | None = hass.config_entries.async_get_entry(
        msg[ATTR_CONFIG_ENTRY_ID]
    )
    if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "This home is not running")
        return
    if not may(hass, connection.user, entry.entry_id, POLICY_READ):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Not yours to see")
        return
    line = _Line(hass, connection, msg["id"], entry)
    connection.subscriptions[msg["id"]] = line.close
    connection.send_result(msg["id"])
    line.begin()


class _Line:
    """One subscription: remembers what was sent."""

    def __init__(
        self,
        hass: HomeAssistant,
        connection: ActiveConnection,
        message_id: int,
        entry: SmartBatteryConfigEntry,
    ) -> None:
        self._hass = hass
        self._connection = connection
        self._id = message_id
        self._entry = entry
        self._site: Site = entry.runtime_data
        self._known: dict[str, Json] = {}
        self._unsubscribe = (
            self._site.async_add_listener(self._changed),
            entry.async_on_state_change(self._entry_state_changed),
        )
        self._due = False
        self._open = True

    @callback
    def begin(self) -> None:
        self._known = self._state()
        self._send({"state": self._known})

    @callback
    def close(self) -> None:
        if self._open:
            self._open = False
            for unsubscribe in self._unsubscribe:
                unsubscribe()

    @callback
    def _entry_state_changed(self) -> None:
        if self._open and self._entry.state is not ConfigEntryState.LOADED:
            self._send({"gone": True})
            # On the loop's next turn: to remove a listener while the listeners are being called would break that.
            self._hass.loop.call_soon(self.close)

    @callback
    def _changed(self) -> None:
        # One event of the site notifies its listeners several times in a row.
        if not self._due:
            self._due = True
            self._hass.loop.call_soon(self._flush)

    @callback
    def _flush(self) -> None:
        self._due = False
        if not self._open:
            return
        state = self._state()
        if patch := merge_patch(self._known, state):
            self._known = state
            self._send({"patch": patch})

    def _state(self) -> dict[str, Json]:
        entry_id = self._entry.entry_id
        may_control = may(self._hass, self._connection.user, entry_id, POLICY_CONTROL)
        return {**live_state(self._site, dt_util.utcnow()), "may_control": may_control}

    def _send(self, event: dict[str, Json]) -> None:
        self._connection.send_message(event_message(self._id, event))
