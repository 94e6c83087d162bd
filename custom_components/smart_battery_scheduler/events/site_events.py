"""Events: found here, once each, for the event entity, triggers and the logbook.

Whoever finds one publishes it by ``SiteEvents.publish``; whoever wants to know listens to a home, or to all
homes by the dispatcher signal, which also works while a home is not loaded yet.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from ..common.serialisation import Json
from ..const import DOMAIN, MARKET_TIME_ZONE
from ..control.model import ControlState, Decision, DecisionKind, DecisionReason
from ..planner.model import Action, Plan
from ..tariff.model import RateTable
from ..tariff.polling import PUBLISHED_TO


class SiteEvent(StrEnum):
    """The events of a site."""

    CHARGE_STARTED = "charge_started"
    CHARGE_COMPLETED = "charge_completed"
    CHARGE_STOPPED = "charge_stopped"
    CHARGE_FAILED = "charge_failed"
    CHARGE_SKIPPED = "charge_skipped"
    PLAN_CHANGED = "plan_changed"
    TOMORROWS_RATES_IN = "tomorrows_rates_in"
    NEGATIVE_RATES_AHEAD = "negative_rates_ahead"
    SESSION_JOINED = "session_joined"
    CONTROL_SUSPENDED = "control_yielded"
    SETTINGS_RESTORED = "settings_restored"


type Listener = Callable[[SiteEvent, Mapping[str, Json]], None]

# The config entry's id, what happened, and its data.
SIGNAL_SITE_EVENT: SignalType[str, SiteEvent, Mapping[str, Json]] = SignalType(
    f"{DOMAIN}_happening"
)

OF_CHARGES = {
    DecisionKind.CONFIRMED: SiteEvent.CHARGE_STARTED,
    DecisionKind.COMPLETED: SiteEvent.CHARGE_COMPLETED,
    DecisionKind.STOPPED: SiteEvent.CHARGE_STOPPED,
    DecisionKind.FAILED: SiteEvent.CHARGE_FAILED,
    DecisionKind.SKIPPED: SiteEvent.CHARGE_SKIPPED,
}
OF_ANYTHING = {
    DecisionKind.SUSPENDED: SiteEvent.CONTROL_SUSPENDED,
    DecisionKind.RESTORED: SiteEvent.SETTINGS_RESTORED,
}

PROBLEMS = (SiteEvent.CHARGE_FAILED, SiteEvent.CHARGE_SKIPPED, SiteEvent.CONTROL_SUSPENDED)
REPEATED_AFTER = timedelta(hours=24)
# Rates are asked for 54 hours ahead.
LONGEST_KNOWN = timedelta(days=4)


class KnownCauses:
    """Distinguishes a cause that is new from one that goes on, so that nobody is notified twice.

    The same problem for the same reason is not new until a charge has been confirmed or control has
    come back since, or a day has passed; nor is a suspension after what has just failed.
    """

    def __init__(self) -> None:
        """Nothing is known."""
        self._since: dict[tuple[SiteEvent, DecisionReason], datetime] = {}

    def look(self, site_event: SiteEvent | None, decision: Decision) -> bool:
        """Take in a decision and what it means; True if that is new."""
        if decision.kind is DecisionKind.RESUMED:
            self._forget(SiteEvent.CONTROL_SUSPENDED)
        if site_event is SiteEvent.CHARGE_STARTED:
            self._forget(SiteEvent.CHARGE_FAILED, SiteEvent.CHARGE_SKIPPED)
        if site_event not in PROBLEMS:
            return True
        since = self._since.get((site_event, decision.reason))
        if since is not None and timedelta(0) <= decision.at - since < REPEATED_AFTER:
            return False
        failed_now = any(
            what is SiteEvent.CHARGE_FAILED and when == decision.at
            for (what, _), when in self._since.items()
        )
        self._since[site_event, decision.reason] = decision.at
        return site_event is not SiteEvent.CONTROL_SUSPENDED or not failed_now

    def _forget(self, *events: SiteEvent) -> None:
        self._since = {key: at for key, at in self._since.items() if key[0] not in events}


class SiteEvents:
    """What happens at one site, published to everybody who listens."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Nothing has happened yet."""
        self._hass = hass
        self._entry_id = entry_id
        self._updated = KnownCauses()
        self._published: tuple[SiteEvent, datetime | None] | None = None
        self._rates_until: datetime | None = None

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Listen to this site; returns what ends it."""

        @callback
        def received(entry_id: str, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
            if entry_id == self._entry_id:
                listener(site_event, data)

        return async_dispatcher_connect(self._hass, SIGNAL_SITE_EVENT, received)

    @callback
    def publish(self, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
        """Publish to all listeners."""
        async_dispatcher_send(self._hass, SIGNAL_SITE_EVENT, self._entry_id, site_event, data)

    @callback
    def of_decision(self, decision: Decision, control: ControlState) -> None:
        """Publish what a line of the decision log means, if it means something to the household.

        ``is_new`` in its data is False where the cause has been published before.
        """
        site_event = site_event_of(decision, control)
        is_new = self._updated.look(site_event, decision)
        cause = decision.slot_start
        if site_event is None or (cause is not None and (site_event, cause) == self._published):
            return
        self._published = (site_event, cause)
        self.publish(site_event, {**decision_as_data(decision), "is_news": is_new})

    @callback
    def of_plan(self, before: Plan | None, plan: Plan) -> None:
        """Publish a plan whose charges are others than before."""
        if before is None or charges_ahead(before, plan) == charges_ahead(plan, before):
            return
        charge = plan.next_charge(plan.made_at)
        self.publish(
            SiteEvent.PLAN_CHANGED,
            {
                "next_charge": charge.start.isoformat() if charge else None,
                "target_percent": charge.target_percent if charge else None,
                "rate_p_per_kwh": charge.import_p_per_kwh if charge else None,
            },
        )

    @callback
    def of_rates(self, imports: RateTable, now: datetime) -> None:
        """Publish that new rates have come; those known at the first call are not new."""
        before, until = self._rates_until, imports.known_until(now)
        if before is not None and before > now + LONGEST_KNOWN:
            # A clock that was ahead has looked at rates of another time.
            before = None
        if until > now:
            self._rates_until = until
        if before is None or until <= before:
            return
        updates = imports.between(max(before, now), until)
        today = now.astimezone(MARKET_TIME_ZONE).date()
        # A flat tariff is always known two days ahead: each call shows another half-hour of it.
        tomorrows_end = datetime.combine(today + timedelta(days=1), PUBLISHED_TO, MARKET_TIME_ZONE)
        market_day = until.astimezone(MARKET_TIME_ZONE).date()
        if market_day > today and before < tomorrows_end:
            rates = [rate.p_per_kwh for rate in updates]
            lowest = min(updates, key=lambda rate: rate.p_per_kwh)
            self.publish(
                SiteEvent.TOMORROWS_RATES_IN,
                {
                    "until": until.isoformat(),
                    "lowest_p_per_kwh": lowest.p_per_kwh,
                    "lowest_at": lowest.start.isoformat(),
                    "mean_p_per_kwh": round(sum(rates) / len(rates), 2),
                    "highest_p_per_kwh": max(rates),
                },
            )
        negative = [rate for rate in updates if rate.p_per_kwh < 0]
        if negative:
            self.publish(
                SiteEvent.NEGATIVE_RATES_AHEAD,
                {
                    "start": negative[0].start.isoformat(),
                    "half_hours": len(negative),
                    "lowest_p_per_kwh": min(rate.p_per_kwh for rate in negative),
                },
            )


def site_event_of(decision: Decision, control: ControlState) -> SiteEvent | None:
    """The event that a decision means to the household; None where there is none.

    ``control`` is the state after it. A charge counts as started when it is confirmed in the battery's
    power, and as failed when it was given up, not while another try is under way.
    """
    if decision.kind in OF_ANYTHING:
        return OF_ANYTHING[decision.kind]
    if decision.action is not Action.CHARGE:
        return None
    if decision.kind is DecisionKind.FAILED and (
        decision.reason is DecisionReason.NOT_ACCEPTED
        or (
            control.command is not None and control.command.wanted.slot_start == decision.slot_start
        )
    ):
        return None
    return OF_CHARGES.get(decision.kind)


def decision_as_data(decision: Decision) -> dict[str, Json]:
    """A decision in plain data: times as ISO strings, None where nothing is known."""
    return {
        "reason": decision.reason.value,
        "action": decision.action.value if decision.action else None,
        "lever": decision.method.value if decision.method else None,
        "start": decision.slot_start.isoformat() if decision.slot_start else None,
        "end": decision.slot_end.isoformat() if decision.slot_end else None,
        "rate_p_per_kwh": decision.rate_p_per_kwh,
        "charge_level_percent": decision.soc_percent,
    }


def charges_ahead(plan: Plan, other: Plan) -> frozenset[datetime]:
    """The ends of a plan's charging half-hours over the stretch that both plans cover.

    Ends, because the running half-hour begins anew with every plan.
    """
    since = max(plan.made_at, other.made_at)
    horizon = min(plan.slots[-1].end, other.slots[-1].end)
    return frozenset(
        slot.end
        for slot in plan.slots
        if slot.action is Action.CHARGE and since < slot.end <= horizon
    )
