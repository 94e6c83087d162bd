"""Paid grid events of Home Assistant's own Axle Energy integration, as sessions.

It publishes one event at a time in three sensors: its direction, its start and its end; they are
unknown while there is none or the household has opted out, and unavailable while Axle does not
answer, which takes no event back. What Axle pays is not published: the owner enters it.
"""

from collections.abc import Callable
from datetime import datetime

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event

from ..common.http import aware
from ..tariff.sessions import SessionKind
from .grid_sessions import SessionWindow

PLATFORM = "axle_energy"
DIRECTION, START, END = "import_export", "start", "end"
_KINDS = {"export": SessionKind.POWER_DOWN, "import": SessionKind.POWER_UP}


def axle_entities(hass: HomeAssistant) -> dict[str, str]:
    """The entities of the first Axle account that has all three, by what they say."""
    by_entry: dict[str | None, dict[str, str]] = {}
    for each in er.async_get(hass).entities.values():
        if each.platform != PLATFORM or each.domain != "sensor" or each.disabled_by is not None:
            continue
        name = each.unique_id.removeprefix(f"{each.config_entry_id}_")
        by_entry.setdefault(each.config_entry_id, {})[name] = each.entity_id
    return next((found for found in by_entry.values() if {DIRECTION, START, END} <= set(found)), {})


class AxleEvents:
    """Watches the announced event; ``changed`` is called with the events that count now."""

    def __init__(
        self, hass: HomeAssistant, changed: Callable[[tuple[SessionWindow, ...]], None]
    ) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._changed = changed
        self._p_per_kwh = 0.0
        self._entities: dict[str, str] = {}
        self._windows: tuple[SessionWindow, ...] = ()
        self._stop: CALLBACK_TYPE | None = None

    @callback
    def watch(self, p_per_kwh: float) -> None:
        """Count its events, each kWh paid so; 0 counts none."""
        self.stop()
        self._p_per_kwh = p_per_kwh
        self._entities = axle_entities(self._hass) if p_per_kwh > 0.0 else {}
        if self._entities:
            self._stop = async_track_state_change_event(
                self._hass, list(self._entities.values()), self._state_changed
            )
        self._look()

    @callback
    def stop(self) -> None:
        """Stop watching."""
        if self._stop is not None:
            self._stop()
        self._stop = None

    @callback
    def _state_changed(self, _: Event[EventStateChangedData]) -> None:
        self._look()

    def _look(self) -> None:
        states = {name: self._state(name) for name in (DIRECTION, START, END)}
        if self._entities and STATE_UNAVAILABLE in states.values():
            return
        window = self._window(states[DIRECTION], aware(states[START]), aware(states[END]))
        windows = (window,) if window is not None else ()
        if windows != self._windows:
            self._windows = windows
            self._changed(windows)

    def _state(self, name: str) -> str | None:
        entity_id = self._entities.get(name)
        state = self._hass.states.get(entity_id) if entity_id is not None else None
        return None if state is None else state.state

    def _window(
        self, direction: str | None, start: datetime | None, end: datetime | None
    ) -> SessionWindow | None:
        """The event: an export is a power down that pays for export too, an import a power up."""
        kind = _KINDS.get(direction or "")
        if kind is None or start is None or end is None or not start < end:
            return None
        return SessionWindow(
            id=f"axle-{start:%Y%m%d%H%M}",
            kind=kind,
            start=start,
            end=end,
            reward_p_per_kwh=self._p_per_kwh,
            pays_export=kind is SessionKind.POWER_DOWN,
        )
