"""Whether the car charges now: by any entity its owner names."""

from collections.abc import Callable

from homeassistant.const import STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, UnitOfPower
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event

# Chargers draw some watts when idle; a car charges with 1.4 kW at least (6 A).
CHARGES_FROM_W = 500.0
_CHARGING_WORDS = frozenset({STATE_ON, "charging", "charging_ac", "charging_dc"})
_IN_W = {UnitOfPower.WATT: 1.0, UnitOfPower.KILO_WATT: 1000.0}


def is_charging(state: State | None) -> bool:
    """Whether a state means that the car charges; nothing known means no.

    A binary sensor or switch that is on, a sensor that says "charging", a power of 500 W or more.
    """
    if state is None or state.state in (STATE_UNKNOWN, STATE_UNAVAILABLE):
        return False
    factor = _IN_W.get(state.attributes.get("unit_of_measurement", ""))
    if factor is None:
        return state.state.lower() in _CHARGING_WORDS
    try:
        return float(state.state) * factor >= CHARGES_FROM_W
    except ValueError:
        return False


class EvCharging:
    """Watches the entity; ``changed`` is called when charging begins or ends."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._changed = changed
        self._entity_id = ""
        self._stop: CALLBACK_TYPE = lambda: None
        self.charging = False

    @property
    def is_idle(self) -> bool:
        """Whether the entity says that the car does not charge; not so while it says nothing."""
        state = self._hass.states.get(self._entity_id) if self._entity_id else None
        known = state is not None and state.state not in (STATE_UNKNOWN, STATE_UNAVAILABLE)
        return known and not self.charging

    @callback
    def watch(self, entity_id: str) -> None:
        """Watch this entity from now on; an empty name watches none."""
        if entity_id == self._entity_id:
            return
        self.stop()
        self._entity_id = entity_id
        if entity_id:
            self._stop = async_track_state_change_event(self._hass, entity_id, self._state_came)
        self._take(self._hass.states.get(entity_id) if entity_id else None)

    @callback
    def stop(self) -> None:
        """Stop watching."""
        self._stop()
        self._stop, self._entity_id = (lambda: None), ""

    @callback
    def _state_came(self, event: Event[EventStateChangedData]) -> None:
        self._take(event.data["new_state"])

    def _take(self, state: State | None) -> None:
        charging = is_charging(state)
        if charging != self.charging:
            self.charging = charging
            self._changed()
