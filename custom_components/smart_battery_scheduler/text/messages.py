"""What happened, as one line for a phone, a logbook or a trace. Pure: data in, a sentence out."""

from collections.abc import Mapping
from datetime import datetime

from ..common.serialisation import Json
from ..control.model import DecisionKind, DecisionReason
from ..events.site_events import SiteEvent
from ..planner.model import Action
from .sentences import Sentences

ORDERS = (Action.CHARGE, Action.HOLD, Action.USE)
# Who sets the Powerwall's own settings through us takes over from a command.
BY_HAND = {DecisionReason.USER: "suspended_by_hand.user"}


def message_of(
    site_event: SiteEvent, data: Mapping[str, Json], now: datetime, words: Sentences
) -> str:
    """One sentence; ``now`` brings the time zone that times are given in. Missing data is left out."""
    snapshot = _Details(data, now, words)
    key = f"message.{site_event.value}"
    match site_event:
        case SiteEvent.CHARGE_STARTED:
            return words.say(key, until=snapshot.until(), rate=snapshot.rate())
        case SiteEvent.CHARGE_COMPLETED:
            return words.say(key, level=snapshot.level())
        case SiteEvent.CHARGE_STOPPED:
            return words.say(key, level=snapshot.level(), why=snapshot.why())
        case SiteEvent.CHARGE_FAILED | SiteEvent.CHARGE_SKIPPED:
            return words.say(key, since=snapshot.since(), why=snapshot.why())
        case SiteEvent.CONTROL_SUSPENDED:
            return words.say(key, why=snapshot.why(BY_HAND))
        case SiteEvent.SETTINGS_RESTORED:
            return words.say(key)
        case SiteEvent.PLAN_CHANGED:
            return _plan_changed(snapshot, words)
        case SiteEvent.TOMORROWS_RATES_IN:
            return words.say(key, cheapest=snapshot.cheapest())
        case SiteEvent.NEGATIVE_RATES_AHEAD:
            return words.say(key, moment=snapshot.moment("start"), lowest=snapshot.lowest())
        case SiteEvent.SESSION_JOINED:
            return words.say(key, moment=snapshot.moment("start"), until=snapshot.until())


def order_message(order: Mapping[str, Json], now: datetime, words: Sentences) -> str:
    """What somebody asked for; without an action, to go back to the plan."""
    snapshot = _Details(order, now, words)
    action = order.get("action")
    if action not in ORDERS:
        return words.say("order.resume")
    return words.say(f"order.{action}", target=snapshot.target(), until=snapshot.until())


def reason_of_decision(
    reason: DecisionReason, words: Sentences, special: Mapping[DecisionReason, str] | None = None
) -> str:
    """A reason as a main clause without a full stop; ``special`` names sentences to use instead."""
    return words.say((special or {}).get(reason, f"decision.{reason.value}"))


def line_of(kind: DecisionKind, reason: DecisionReason, words: Sentences) -> str:
    """What a line of the decision log says.

    One that control goes on has as its reason what had suspended it, or a person's request: not said.
    """
    special = BY_HAND if kind is DecisionKind.SUSPENDED else None
    return words.say(f"decision_kind.{kind.value}", why=reason_of_decision(reason, words, special))


def _plan_changed(snapshot: _Details, words: Sentences) -> str:
    if snapshot.time("next_charge") is None:
        return words.say("message.plan_without_charge")
    return words.say(
        "message.plan_changed",
        target=snapshot.target(),
        moment=snapshot.moment("next_charge"),
        rate=snapshot.rate(),
    )


class _Details:
    """Parts of sentences; each is empty where its fact is missing."""

    def __init__(self, data: Mapping[str, Json], now: datetime, words: Sentences) -> None:
        self._data = data
        self._now = now
        self._words = words

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
        return self._words.say("message.moment", moment=self._words.moment(when, self._now.date()))

    def until(self) -> str:
        return self._clock("message.until", "end")

    def since(self) -> str:
        return self._clock("message.since", "start")

    def rate(self) -> str:
        return self._figure("message.rate", "rate", "rate_p_per_kwh", 1)

    def lowest(self) -> str:
        return self._figure("message.lowest", "rate", "lowest_p_per_kwh", 1)

    def level(self) -> str:
        return self._figure("message.level", "percent", "charge_level_percent", 0)

    def target(self) -> str:
        return self._figure("message.target", "percent", "target_percent", 0)

    def cheapest(self) -> str:
        lowest = self.number("lowest_p_per_kwh")
        if lowest is None:
            return ""
        rate = self._words.number(lowest, 1)
        return self._words.say("message.cheapest", rate=rate, moment=self.moment("lowest_at"))

    def why(self, special: Mapping[DecisionReason, str] | None = None) -> str:
        reason = self._data.get("reason")
        if not isinstance(reason, str) or reason not in DecisionReason:
            return ""
        known = reason_of_decision(DecisionReason(reason), self._words, special)
        return self._words.say("message.why", why=known)

    def _clock(self, sentence: str, key: str) -> str:
        when = self.time(key)
        return self._words.say(sentence, time=f"{when:%H:%M}") if when else ""

    def _figure(self, sentence: str, part: str, key: str, decimals: int) -> str:
        value = self.number(key)
        if value is None:
            return ""
        return self._words.say(sentence, **{part: self._words.number(value, decimals)})
