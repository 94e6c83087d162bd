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
from .tariff.sessions import SessionKind
from .text.speech import because, next_charge
from .text.status import picture_of, ready_once

PARALLEL_UPDATES = 0

CALENDAR = CalendarEntityDescription(key="schedule", translation_key="schedule")
SESSIONS = {
    SessionKind.POWER_DOWN: "Power down",
    SessionKind.POWER_UP: "Power up",
    SessionKind.FREE: "Free electricity",
}
MANUAL_SLOTS = {Action.CHARGE: "Charge", Action.HOLD: "Hold", Action.USE: "Use"}
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
        until = now + LOOK_AHEAD
        # Asked for several times at every reading: no more is made than may be the next.
        found = [
            *islice(charges_planned(self.site, now), 1),
            *map(session_event, self.site.sessions.known),
            *manual_slot_events(self.site.manual.slots, now, until),
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
    now = dt_util.utcnow()
    found = [
        *charges_done(site.decision_log.decisions, now),
        *charges_planned(site, now),
        *map(session_event, site.sessions.known),
        *ready_event(ready_once(site, now)),
        *manual_slot_events(site.manual.slots, start, end),
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
    while (charge := next_charge(plan, after)) is not None:
        level = charge.reaches_percent
        target = f" to {level} %" if level is not None else ""
        yield CalendarEvent(
            start=charge.start,
            end=charge.end,
            summary=f"Charge{target}{_at_rate(charge.p_per_kwh, charge.is_estimate)}",
            description=f"Because {because(charge.reason, picture)}.",
        )
        after = charge.end


def charges_done(decisions: Iterable[Decision], now: datetime) -> Iterator[CalendarEvent]:
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
                yield _done(begun, decision)
            begun = None


def _done(begun: Decision, ended: Decision) -> CalendarEvent:
    level = ended.soc_percent
    to = f" to {level:.0f} %" if level is not None else ""
    return CalendarEvent(
        start=begun.at,
        end=ended.at,
        summary=f"Charged{to}{_at_rate(begun.rate_p_per_kwh)}",
    )


def session_event(window: SessionWindow) -> CalendarEvent:
    """A session, whether it is joined or only on offer."""
    offer = "" if window.joined else " (not joined)"
    return CalendarEvent(
        start=window.start, end=window.end, summary=f"{SESSIONS[window.kind]}{offer}"
    )


def ready_event(asked: ReadyBy | None) -> Iterator[CalendarEvent]:
    """The last half-hour before the battery is to be ready, once."""
    if asked is not None:
        yield CalendarEvent(
            start=asked.at - SLOT,
            end=asked.at,
            summary=f"To be at {asked.percent:.0f} % (asked for)",
        )


def manual_slot_events(
    slots: Iterable[ManualSlot], start: datetime, end: datetime
) -> Iterator[CalendarEvent]:
    """What somebody asked for by hand."""
    for slot in slots:
        asked = "Do not charge" if slot.action is None else MANUAL_SLOTS[slot.action]
        for begin, finish in slot.occurrences(start, end):
            yield CalendarEvent(
                start=begin, end=finish, summary=f"{asked} (asked for)", uid=slot.id
            )


def _at_rate(p_per_kwh: float | None, is_estimate: bool = False) -> str:
    if p_per_kwh is None:
        return ""
    return f" at {'about ' if is_estimate else ''}{p_per_kwh:.1f} p"
