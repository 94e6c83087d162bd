"""Who is at home: from the persons and the calendar that an owner names.

Persons show when nobody is at home. A working day away is usual; a night, or longer than any
working day, is an absence. An event of the calendar says from when to when the house is empty, has guests, or
has its people at home on a working day, by a word in its title.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
import re

from homeassistant.const import STATE_HOME, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from ..const import MARKET_TIME_ZONE
from ..planner.load_household import Household, Occupancy
from ..tariff.model import SLOT, floor_slot

# Longer than a working day and the way there and back.
LONG_ABSENCE = timedelta(hours=14)
# People who are away at this local time are taken to sleep elsewhere.
NIGHT = time(3)
# An absence without a known end is expected to last this long; afterwards it may have ended.
GOES_ON = timedelta(hours=18)
AHEAD = timedelta(hours=50)
# The first that fits; a bank holiday is a day at home, a holiday is not.
WORDS: tuple[tuple[Occupancy, re.Pattern[str]], ...] = (
    (
        Occupancy.HOME_ALL_DAY,
        re.compile(
            r"\b(work(ing)? (from|at) home|wfh|home ?office|day off|(bank|public|school) holidays?)\b",
            re.IGNORECASE,
        ),
    ),
    (Occupancy.GUESTS, re.compile(r"\b(guests?|visitors?|visit by)\b", re.IGNORECASE)),
    (
        Occupancy.AWAY,
        re.compile(r"\b(away|holidays?|vacation|trip|travell?ing|abroad)\b", re.IGNORECASE),
    ),
)


CAR = re.compile(r"\b(charg(e|ing) (the |of the )?(car|ev)|(car|ev) charg(e|ing))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A stretch of time that is not usual."""

    start: datetime
    end: datetime
    occupancy: Occupancy


class HouseholdWatch:
    """Watches persons and a calendar; ``changed`` is called when somebody comes or goes."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._changed = changed
        self._persons: tuple[str, ...] = ()
        self._calendar = ""
        self._stays: tuple[Stay, ...] = ()
        self.car_planned: tuple[tuple[datetime, datetime], ...] = ()
        self._stop: CALLBACK_TYPE = lambda: None

    @callback
    def watch(self, persons: Sequence[str], calendar: str) -> None:
        """Watch these from now on."""
        if (tuple(persons), calendar) == (self._persons, self._calendar):
            return
        self.stop()
        self._persons, self._calendar = tuple(persons), calendar
        if persons:
            self._stop = async_track_state_change_event(self._hass, persons, self._came_or_went)

    @callback
    def stop(self) -> None:
        """Stop watching."""
        self._stop()
        self._stop = lambda: None
        self._persons, self._calendar = (), ""
        self._heed(())

    async def async_refresh(self, now: datetime) -> None:
        """Read the calendar of the days ahead; one that cannot be read counts as empty."""
        if not self._calendar:
            self._heed(())
            return
        try:
            reply = await self._hass.services.async_call(
                "calendar",
                "get_events",
                {"start_date_time": now, "end_date_time": now + AHEAD, "entity_id": self._calendar},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError:
            # The calendar's entity is unavailable then, and a notice appears if it is gone.
            self._heed(())
            return
        events = (reply or {}).get(self._calendar)
        listed = events.get("events") if isinstance(events, Mapping) else None
        self._heed(listed if isinstance(listed, list) else ())

    def _heed(self, events: Sequence[object]) -> None:
        self._stays, self.car_planned = stays_of(events), car_plans_of(events)

    def household(self, now: datetime) -> Household:
        """What is known now of the half-hours ahead."""
        site = self._somebody_home()
        ahead: dict[datetime, Occupancy] = {}
        if site is False and self._gone_for_long(now):
            for start in _starts(now, now + AHEAD):
                sure = start < now + GOES_ON
                ahead[start] = Occupancy.AWAY if sure else Occupancy.PERHAPS_AWAY
        for stay in self._stays:
            # Who is at home now has come back sooner than the calendar knows.
            if stay.occupancy is Occupancy.AWAY and site and stay.start <= now:
                continue
            ahead |= dict.fromkeys(_starts(max(stay.start, now), stay.end), stay.occupancy)
        return Household(ahead=ahead, somebody_home=site)

    def _somebody_home(self) -> bool | None:
        states = [self._hass.states.get(person) for person in self._persons]
        known = [state for state in states if _is_known(state)]
        if any(state is not None and state.state == STATE_HOME for state in known):
            return True
        # A person whose place is unknown may be at home.
        return False if known and len(known) == len(states) else None

    def _gone_for_long(self, now: datetime) -> bool:
        states = (self._hass.states.get(person) for person in self._persons)
        since = max((state.last_changed for state in states if state is not None), default=now)
        return now - since >= LONG_ABSENCE or since <= _last_night(now)

    @callback
    def _came_or_went(self, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if (old.state if old else None) != (new.state if new else None):
            self._changed()


def stays_of(events: Iterable[object]) -> tuple[Stay, ...]:
    """The stays that the events describe; other events are left out."""
    return tuple(stay for event in events if (stay := _stay(event)) is not None)


def car_plans_of(events: Iterable[object]) -> tuple[tuple[datetime, datetime], ...]:
    """From when to when events say that the car is charged."""
    parsed = (_event(event) for event in events)
    return tuple((each[0], each[1]) for each in parsed if each is not None and CAR.search(each[2]))


def _event(event: object) -> tuple[datetime, datetime, str] | None:
    """Start, end and title of one that makes sense."""
    if not isinstance(event, Mapping):
        return None
    start, end = _moment(event.get("start")), _moment(event.get("end"))
    title = event.get("summary")
    if start is None or end is None or end <= start or not isinstance(title, str):
        return None
    return start, end, title


def _stay(event: object) -> Stay | None:
    parsed = _event(event)
    if parsed is None:
        return None
    start, end, title = parsed
    occupancy = next((kind for kind, words in WORDS if words.search(title)), None)
    return None if occupancy is None else Stay(start=start, end=end, occupancy=occupancy)


def _moment(text: object) -> datetime | None:
    """A moment, or a day's local midnight, in UTC."""
    if not isinstance(text, str):
        return None
    if (day := dt_util.parse_date(text)) is not None:
        return dt_util.as_utc(datetime.combine(day, time(), MARKET_TIME_ZONE))
    moment = dt_util.parse_datetime(text)
    return None if moment is None else dt_util.as_utc(moment)


def _last_night(now: datetime) -> datetime:
    local = now.astimezone(MARKET_TIME_ZONE)
    night = datetime.combine(local.date(), NIGHT, MARKET_TIME_ZONE)
    return dt_util.as_utc(night if night <= local else night - timedelta(days=1))


def _starts(start: datetime, end: datetime) -> list[datetime]:
    first = floor_slot(start)
    return [first + index * SLOT for index in range(max(-(-(end - first) // SLOT), 0))]


def _is_known(state: State | None) -> bool:
    return state is not None and state.state not in (STATE_UNKNOWN, STATE_UNAVAILABLE)
