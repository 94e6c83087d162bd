"""The calendar of a home: charges done and planned, the supplier's sessions, requests for times."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .control.model import Decision, DecisionKind
from .entities.base import SmartBatteryEntity
from .planner.model import Action, Plan, ReadyBy
from .site.manual_slots import ManualSlot
from .site.site import Site, SmartBatteryConfigEntry
from .sources.grid_sessions import SessionWindow
from .tariff.model import SLOT
from .text.sentences import Sentences, sentences_of
from .text.speech import because, next_charge
from .text.status import picture_of, ready_once

PARALLEL_UPDATES = 0

CALENDAR = CalendarEntityDescription(key="schedule", translation_key="schedule")
LOOK_AHEAD = timedelta(days=14)
ENDS = (DecisionKind.COMPLETED, DecisionKind.STOPPED, DecisionKind.FAILED)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's calendar."""
    async_add_entities([ScheduleCalendar(entry.runtime_data)])


class ScheduleCalendar(SmartBatteryEntity, CalendarEntity):
    """What is done, what is planned, what is asked for."""

    def __init__(self, site: Site) -> None:
        """Show this home."""
        super().__init__(site, CALENDAR)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The one that runs, else the next."""
        now = dt_util.utcnow()
        until, words = now + LOOK_AHEAD, sentences_of(self.hass)
        # Asked for several times at every reading: no more is made than may be the next.
        found = [
            *islice(charges_planned(self.site, now), 1),
            *session_events(self.site.sessions.known, words),
            *manual_slot_events(self.site.manual.slots, now, until, words),
        ]
        ahead = (each for each in found if now < each.end and each.start < until)
        return min(ahead, key=_order, default=None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """All that touch [start_date, end_date)."""
        return events(self.site, dt_util.as_utc(start_date), dt_util.as_utc(end_date))


def events(site: Site, start: datetime, end: datetime) -> list[CalendarEvent]:
    """Everything within [start, end), the earliest first."""
    now, words = dt_util.utcnow(), sentences_of(site.hass)
    found = [
        *charges_done(site.decision_log.decisions, now, words),
        *charges_planned(site, now),
        *session_events(site.sessions.known, words),
        *ready_event(ready_once(site, now), words),
        *manual_slot_events(site.manual.slots, start, end, words),
    ]
    return sorted(
        (event for event in found if event.start < end and start < event.end),
        key=_order,
    )


def _order(event: CalendarEvent) -> tuple[date, str]:
    return event.start, event.summary


def charges_planned(site: Site, now: datetime) -> Iterator[CalendarEvent]:
    """Charging half-hours in a row are one event."""
    plan: Plan | None = site.planner.data
    after, picture = now, picture_of(site, now)
    words = picture.words
    while (charge := next_charge(plan, after)) is not None:
        target = _to_level(charge.reaches_percent, words)
        rate = _at_rate(charge.p_per_kwh, words, is_estimate=charge.is_estimate)
        why = because(charge.reason, picture)
        yield CalendarEvent(
            start=charge.start,
            end=charge.end,
            summary=words.say("calendar.charge", target=target, rate=rate),
            description=words.say("calendar.because", why=why),
        )
        after = charge.end


def charges_done(
    decisions: Iterable[Decision], now: datetime, words: Sentences
) -> Iterator[CalendarEvent]:
    """Charges that were confirmed in the battery's power, up to where they ended."""
    begun: Decision | None = None
    for decision in decisions:
        charging = decision.action is Action.CHARGE
        if charging and decision.kind is DecisionKind.CONFIRMED and begun is None:
            begun = decision
        elif begun is not None and (
            (charging and decision.kind in ENDS) or decision.kind is DecisionKind.SUSPENDED
        ):
            if begun.at < decision.at <= now:
                yield _done(begun, decision, words)
            begun = None


def _done(begun: Decision, ended: Decision, words: Sentences) -> CalendarEvent:
    target, rate = _to_level(ended.soc_percent, words), _at_rate(begun.rate_p_per_kwh, words)
    return CalendarEvent(
        start=begun.at,
        end=ended.at,
        summary=words.say("calendar.charged", target=target, rate=rate),
    )


def session_events(windows: Iterable[SessionWindow], words: Sentences) -> Iterator[CalendarEvent]:
    """Sessions, whether they are joined or only on offer."""
    for window in windows:
        session = words.say(f"calendar.{window.kind.value}")
        if not window.joined:
            session = words.say("calendar.not_joined", session=session)
        yield CalendarEvent(start=window.start, end=window.end, summary=session)


def ready_event(asked: ReadyBy | None, words: Sentences) -> Iterator[CalendarEvent]:
    """The last half-hour before the battery is to be ready, once."""
    if asked is not None:
        percent = words.number(asked.percent)
        yield CalendarEvent(
            start=asked.at - SLOT,
            end=asked.at,
            summary=words.say("calendar.ready", percent=percent),
        )


def manual_slot_events(
    slots: Iterable[ManualSlot], start: datetime, end: datetime, words: Sentences
) -> Iterator[CalendarEvent]:
    """What somebody asked for by hand."""
    for slot in slots:
        asked = "no_charge" if slot.action is None else slot.action.value
        summary = words.say(f"calendar.asked_{asked}")
        for begin, finish in slot.occurrences(start, end):
            yield CalendarEvent(start=begin, end=finish, summary=summary, uid=slot.id)


def _to_level(percent: float | None, words: Sentences) -> str:
    if percent is None:
        return ""
    return words.say("calendar.target", percent=words.number(percent))


def _at_rate(p_per_kwh: float | None, words: Sentences, *, is_estimate: bool = False) -> str:
    if p_per_kwh is None:
        return ""
    key = "calendar.rate_estimate" if is_estimate else "calendar.rate"
    return words.say(key, rate=words.number(p_per_kwh, 1))
