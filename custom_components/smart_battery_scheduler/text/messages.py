"""What happened, as one line for a phone, a logbook or a trace. Pure: data in, English out."""

from collections.abc import Mapping
from datetime import datetime

from ..common.serialisation import Json
from ..control.model import DecisionKind, DecisionReason
from ..events.site_events import SiteEvent
from ..planner.model import Action

REASONS = {
    DecisionReason.PLAN: "the plan says so",
    DecisionReason.FORCED: "you asked for this half-hour",
    DecisionReason.OVERRIDE: "it was asked for by hand",
    DecisionReason.TARGET_REACHED: "the target is reached",
    DecisionReason.SLOT_ENDED: "its time is over",
    DecisionReason.PLAN_CHANGED: "the plan changed",
    DecisionReason.NOT_ACCEPTED: "the command was not accepted",
    DecisionReason.NOT_READ_BACK: "the Powerwall did not adopt the settings",
    DecisionReason.NOT_CONFIRMED: "the settings are in force, but the battery did not charge",
    DecisionReason.OTHER_METHOD: "another method is tried",
    DecisionReason.OFF_GRID: "there is a power cut",
    DecisionReason.STORM_WATCH: "Storm Watch is active",
    DecisionReason.GRID_SERVICES: "a virtual power plant is using the battery",
    DecisionReason.CALIBRATION: "the Powerwall is doing something else, such as calibrating itself",
    DecisionReason.SOMEBODY_ELSE: "the settings were changed somewhere else",
    DecisionReason.USER: "it was asked for by hand",
    DecisionReason.OVER: "nothing is requested any more",
    DecisionReason.PEAK: "these are peak hours",
    DecisionReason.PRICE: "the rate is above your ceiling or not known",
    DecisionReason.HIGH_CHARGE: "the battery is full enough",
    DecisionReason.SOLAR: "solar power is charging it",
    DecisionReason.SESSION: "a power-down session is running",
    DecisionReason.DELETED: "it was removed from the plan",
    DecisionReason.MISSED: "its time passed before it could start",
    DecisionReason.SWITCHED_OFF: "the scheduler is off",
    DecisionReason.DRY_RUN: "this is a dry run",
    DecisionReason.SHUTDOWN: "Home Assistant is stopping",
    DecisionReason.NO_READING: "the Powerwall cannot be read",
    DecisionReason.LATE: "an earlier command arrived late",
    DecisionReason.ERROR: "something went wrong",
    DecisionReason.CHARGES_WHEN_FORBIDDEN: (
        "the battery charges from the grid at a time when it must not"
    ),
    DecisionReason.CHARGES_UNASKED: "the battery charges from the grid although nothing asks for it",
    DecisionReason.DOES_NOT_CHARGE: "the battery does not charge although it should",
    DecisionReason.DOES_NOT_SERVE: "the battery stays idle while the home buys from the grid",
    DecisionReason.BELOW_FLOOR: "the battery is used below the level to be kept",
    DecisionReason.EXPORTS: "energy from the battery goes out to the grid",
}
# Who sets the Powerwall's own settings through us takes over from a command.
SUSPENSION_REASONS = {**REASONS, DecisionReason.USER: "the settings were changed by hand"}

ORDERS: Mapping[str, str] = {
    Action.CHARGE: "charge from the grid",
    Action.HOLD: "keep what is in the battery",
    Action.USE: "run the house from the battery",
}


def message_of(site_event: SiteEvent, data: Mapping[str, Json], now: datetime) -> str:
    """One sentence; ``now`` brings the time zone that times are given in. Missing data is left out."""
    snapshot = _Details(data, now)
    match site_event:
        case SiteEvent.CHARGE_STARTED:
            return f"Charging from the grid{snapshot.until()}{snapshot.rate()}."
        case SiteEvent.CHARGE_COMPLETED:
            return f"The charge is done{snapshot.level()}."
        case SiteEvent.CHARGE_STOPPED:
            return f"The charge was stopped{snapshot.level()}{snapshot.why()}."
        case SiteEvent.CHARGE_FAILED:
            return f"The charge{snapshot.since()} failed{snapshot.why()}."
        case SiteEvent.CHARGE_SKIPPED:
            return f"The charge{snapshot.since()} was skipped{snapshot.why()}."
        case SiteEvent.CONTROL_SUSPENDED:
            return f"The scheduler is suspended{snapshot.why(SUSPENSION_REASONS)}."
        case SiteEvent.SETTINGS_RESTORED:
            return "The Powerwall's own settings are in force again."
        case SiteEvent.PLAN_CHANGED:
            return _plan_changed(snapshot)
        case SiteEvent.TOMORROWS_RATES_IN:
            return f"Tomorrow's rates are in{snapshot.cheapest()}."
        case SiteEvent.NEGATIVE_RATES_AHEAD:
            lowest = snapshot.number("lowest_p_per_kwh")
            down_to = f", down to {lowest:.1f} p" if lowest is not None else ""
            return f"Rates below zero are ahead{snapshot.moment('start')}{down_to}."
        case SiteEvent.SESSION_JOINED:
            return f"A session is joined{snapshot.moment('start')}{snapshot.until()}."


def order_message(order: Mapping[str, Json], now: datetime) -> str:
    """What somebody asked for; without an action, to go back to the plan."""
    snapshot = _Details(order, now)
    asked = ORDERS.get(str(order.get("action")))
    if asked is None:
        return "Asked to go back to the plan."
    target = snapshot.number("target_percent")
    to = f" to {target:.0f} %" if target is not None else ""
    return f"Asked to {asked}{to}{snapshot.until()}."


def line_of(kind: DecisionKind, reason: DecisionReason) -> str:
    """What a line of the decision log says."""
    match kind:
        case DecisionKind.SUSPENDED:
            return f"Suspended: {SUSPENSION_REASONS[reason]}."
        case DecisionKind.BROKEN:
            return f"Not as it should be: {REASONS[reason]}."
        case DecisionKind.RESUMED:
            # Its reason is what had suspended control, or a person's request to go on.
            return "Resumed: the cause of the suspension is over."
    return f"{kind.value.capitalize()}: {REASONS[reason]}."


def _plan_changed(snapshot: _Details) -> str:
    if snapshot.time("next_charge") is None:
        return "The plan changed: no charge is planned."
    target = snapshot.number("target_percent")
    to = f" to {target:.0f} %" if target is not None else ""
    return f"The plan changed: the next charge{to} begins{snapshot.moment('next_charge')}{snapshot.rate()}."


class _Details:
    """Parts of sentences; each is empty where its fact is missing."""

    def __init__(self, data: Mapping[str, Json], now: datetime) -> None:
        self._data = data
        self._now = now

    def number(self, key: str) -> float | None:
        value = self._data.get(key)
        return float(value) if isinstance(value, int | float) else None

    def time(self, key: str) -> datetime | None:
        value = self._data.get(key)
        if not isinstance(value, str):
            return None
        return datetime.fromisoformat(value).astimezone(self._now.tzinfo)

    def moment(self, key: str) -> str:
        when = self.time(key)
        if when is None:
            return ""
        days = (when.date() - self._now.date()).days
        day = {0: "", 1: " tomorrow"}.get(days, f" on {when:%A}")
        return f"{day} at {when:%H:%M}"

    def until(self) -> str:
        when = self.time("end")
        return f" until {when:%H:%M}" if when else ""

    def since(self) -> str:
        when = self.time("start")
        return f" of {when:%H:%M}" if when else ""

    def rate(self) -> str:
        p_per_kwh = self.number("rate_p_per_kwh")
        return f" at {p_per_kwh:.1f} p" if p_per_kwh is not None else ""

    def level(self) -> str:
        percent = self.number("charge_level_percent")
        return f" at {percent:.0f} %" if percent is not None else ""

    def cheapest(self) -> str:
        lowest = self.number("lowest_p_per_kwh")
        if lowest is None:
            return ""
        return f": the cheapest is {lowest:.1f} p{self.moment('lowest_at')}"

    def why(self, reasons: Mapping[DecisionReason, str] = REASONS) -> str:
        reason = self._data.get("reason")
        known = reason if isinstance(reason, str) and reason in REASONS else None
        return f": {reasons[DecisionReason(known)]}" if known else ""
