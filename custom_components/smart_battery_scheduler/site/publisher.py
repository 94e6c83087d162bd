"""Who is notified of what at a site."""

from collections.abc import Iterable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN
from ..control.model import ControlState, Decision
from ..events.site_events import SiteEvents
from ..history.decision_log import DecisionLog
from ..planner.model import Plan
from ..tariff.model import RateTable


class Publisher:
    """Keeps the decision log, publishes events, and notifies entities of anything new.

    Home Assistant's dispatcher calls the listeners: one that fails stops neither the others nor
    the control.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str, decisions: Iterable[Decision]) -> None:
        """Go on from the stored decisions."""
        self._hass = hass
        self._changed: SignalType[()] = SignalType(f"{DOMAIN}_changed_{entry_id}")
        self.decision_log = DecisionLog(decisions)
        self.events = SiteEvents(hass, entry_id)

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call ``listener`` at anything new: a reading, rates, a plan, a command, an override."""
        return async_dispatcher_connect(self._hass, self._changed, listener)

    @callback
    def notify(self) -> None:
        """Something has changed: entities, triggers and the card are updated."""
        async_dispatcher_send(self._hass, self._changed)

    @callback
    def of_decision(self, decision: Decision, control: ControlState) -> None:
        """A decision was made; ``control`` is the state after it."""
        self.decision_log.add(decision)
        self.events.of_decision(decision, control)

    @callback
    def of_plan(self, before: Plan | None, plan: Plan) -> None:
        """A plan was made; publishes an event if it charges in other half-hours than the one before."""
        self.events.of_plan(before, plan)

    @callback
    def of_rates(self, imports: RateTable, now: datetime) -> None:
        """Rates were fetched; publishes an event where new ones have come."""
        self.events.of_rates(imports, now)
