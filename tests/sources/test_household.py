"""Who is at home, by persons and a calendar."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.planner.load_household import Occupancy
from custom_components.smart_battery_scheduler.sources.household import (
    HouseholdWatch,
    car_plans_of,
    stays_of,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..days.stage import Day

# A Wednesday in winter.
EIGHT = datetime(2026, 1, 14, 8, tzinfo=UTC)
PERSONS = ("person.ada", "person.ben")
CALENDAR = "calendar.house"


class House:
    """Two people, a calendar and a clock."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Both are at home at eight."""
        self.hass, self.freezer = hass, freezer
        self.changes = 0
        self.events: list[JsonValueType] = []
        self.failing = False
        freezer.move_to(EIGHT)
        self.set("home", "home")
        self.watch = HouseholdWatch(hass, self._changed)
        self.watch.watch(PERSONS, CALENDAR)
        hass.services.async_register(
            "calendar", "get_events", self._get_events, supports_response=SupportsResponse.ONLY
        )

    def _changed(self) -> None:
        self.changes += 1

    async def _get_events(self, call: ServiceCall) -> dict[str, JsonValueType]:
        if self.failing:
            raise HomeAssistantError("the calendar is away")
        return {CALENDAR: {"events": self.events}}

    def set(self, *states: str) -> None:
        """Where they are."""
        for person, state in zip(PERSONS, states, strict=True):
            self.hass.states.async_set(person, state)

    def at(self, now: datetime, ahead: timedelta = timedelta(0)) -> Occupancy | None:
        """What is expected so far ahead, seen at that time."""
        return self.watch.household(now).ahead.get(now + ahead)


@pytest.fixture
def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> House:
    """A lived-in house."""
    return House(hass, freezer)


def test_a_working_day_is_nothing_new(house: House) -> None:
    """Nobody at home from eight to six."""
    house.set("not_home", "Office")
    household = house.watch.household(EIGHT + timedelta(hours=10))
    assert household.ahead == {}
    assert household.somebody_home is False


def test_nobody_slept_at_home(house: House, freezer: FrozenDateTimeFactory) -> None:
    """Noticed in the first night: empty for a while, and after that perhaps."""
    freezer.move_to(EIGHT + timedelta(hours=12))
    house.set("not_home", "not_home")
    night = EIGHT + timedelta(hours=19)
    assert house.at(night - timedelta(minutes=30)) is None
    assert house.at(night) is Occupancy.AWAY
    morning = EIGHT + timedelta(hours=24)
    assert house.at(morning) is Occupancy.AWAY
    assert house.at(morning, timedelta(hours=20)) is Occupancy.PERHAPS_AWAY


def test_longer_away_than_any_working_day(house: House) -> None:
    """Away since eight: known at ten in the evening."""
    house.set("not_home", "not_home")
    assert house.at(EIGHT + timedelta(hours=13, minutes=30)) is None
    assert house.at(EIGHT + timedelta(hours=14)) is Occupancy.AWAY


async def test_who_comes_home_is_noticed_at_once(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory
) -> None:
    """A plan is asked for, and the house is a usual one again, calendar or not."""
    house.set("not_home", "not_home")
    house.events = [event("Away", EIGHT - timedelta(days=1), EIGHT + timedelta(days=3))]
    await house.watch.async_refresh(EIGHT)
    now = EIGHT + timedelta(days=1)
    freezer.move_to(now)
    assert house.at(now) is Occupancy.AWAY
    await hass.async_block_till_done()
    seen = house.changes
    house.set("home", "not_home")
    await hass.async_block_till_done()
    assert house.changes == seen + 1
    household = house.watch.household(now)
    assert household.ahead == {}
    assert household.somebody_home is True


@pytest.mark.parametrize("state", ["unknown", "unavailable"])
def test_one_who_cannot_be_found_may_be_at_home(house: House, state: str) -> None:
    """Nothing is concluded from a phone that is silent."""
    house.set("not_home", state)
    household = house.watch.household(EIGHT + timedelta(days=2))
    assert household.ahead == {}
    assert household.somebody_home is None


def event(title: str, start: datetime, end: datetime) -> dict[str, JsonValueType]:
    """As calendar.get_events returns it."""
    return {"summary": title, "start": start.isoformat(), "end": end.isoformat()}


@pytest.mark.parametrize(
    ("title", "occupancy"),
    [
        ("Holiday in Wales", Occupancy.AWAY),
        ("Bank holiday", Occupancy.HOME_ALL_DAY),
        ("Ada working from home", Occupancy.HOME_ALL_DAY),
        ("WFH", Occupancy.HOME_ALL_DAY),
        ("Guests: the Joneses", Occupancy.GUESTS),
        ("Weekend trip", Occupancy.AWAY),
        ("Dentist", None),
        ("Runaway train (film)", None),
    ],
)
def test_what_a_calendar_says(title: str, occupancy: Occupancy | None) -> None:
    """Away, holidays, guests, working from home; other events say nothing."""
    stays = stays_of([event(title, EIGHT, EIGHT + SLOT)])
    assert [stay.occupancy for stay in stays] == ([] if occupancy is None else [occupancy])


@pytest.mark.parametrize(
    ("title", "planned"),
    [("Charge the car", True), ("EV charging", True), ("Car to the garage", False)],
)
def test_a_calendar_may_plan_the_cars_charging(title: str, planned: bool) -> None:
    """A known load, of which the battery shall have no part."""
    plans = car_plans_of([event(title, EIGHT, EIGHT + SLOT), None])
    assert plans == (((EIGHT, EIGHT + SLOT),) if planned else ())


def test_whole_days_of_a_calendar_are_local() -> None:
    """From midnight to midnight in London, in summer as well."""
    (stay,) = stays_of([{"summary": "Away", "start": "2026-07-10", "end": "2026-07-12"}])
    assert stay.start == datetime(2026, 7, 9, 23, tzinfo=UTC)
    assert stay.end == datetime(2026, 7, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "away",
        {},
        {"summary": "Away", "start": "soon", "end": "later"},
        {"summary": None, "start": "2026-07-10", "end": "2026-07-12"},
        {"summary": "Away", "start": "2026-07-12", "end": "2026-07-10"},
    ],
)
def test_events_that_make_no_sense_say_nothing(bad: object) -> None:
    """Somebody else's calendar."""
    assert stays_of([bad]) == ()


async def test_a_journey_is_known_ahead_and_ends_by_the_calendar(house: House) -> None:
    """From the evening until Thursday's evening; the first hours are usual."""
    leave, back = EIGHT + timedelta(hours=10), EIGHT + timedelta(hours=35)
    house.events = [event("Away in York", leave, back)]
    await house.watch.async_refresh(EIGHT)
    ahead = house.watch.household(EIGHT).ahead
    assert (min(ahead), max(ahead)) == (leave, back - SLOT)
    assert set(ahead.values()) == {Occupancy.AWAY}


async def test_a_calendar_that_cannot_be_read_says_nothing(house: House) -> None:
    """Old events are not believed for ever."""
    house.events = [event("Away", EIGHT, EIGHT + timedelta(days=2))]
    await house.watch.async_refresh(EIGHT)
    house.failing = True
    await house.watch.async_refresh(EIGHT)
    assert house.watch.household(EIGHT).ahead == {}


async def test_a_cars_own_plan_is_known_ahead(day: Day) -> None:
    """Planned dispatches of the chosen entity, the past ones left out; without one nothing is."""
    now = dt_util.utcnow()
    plan = [
        {"start": (now + ahead).isoformat(), "end": (now + ahead + SLOT).isoformat()}
        for ahead in (timedelta(hours=-3), timedelta(hours=5))
    ]
    day.hass.states.async_set("binary_sensor.car", "off", {"planned_dispatches": plan})
    await day.start()
    assert day.entry.runtime_data.grid_events.car_planned(now) == ()
    options = {**day.entry.options, "car_charging_entity": "binary_sensor.car"}
    day.hass.config_entries.async_update_entry(day.entry, options=options)
    await day.settle()
    snapshot = day.entry.runtime_data.snapshot()
    assert snapshot is not None
    assert snapshot.car_planned == ((now + timedelta(hours=5), now + timedelta(hours=5) + SLOT),)


async def test_people_and_calendar_are_watched_from_the_first_plan_on(day: Day) -> None:
    """Chosen in the options: nobody slept at home, and the first plan knows."""
    away_since = dt_util.utcnow()
    for person in PERSONS:
        day.hass.states.async_set(person, "not_home")
    day.freezer.tick(timedelta(hours=25))
    await day.start(persons=list(PERSONS))
    snapshot = day.entry.runtime_data.planned_from
    assert snapshot is not None
    assert snapshot.now - away_since >= timedelta(hours=25)
    assert snapshot.household.somebody_home is False
    assert Occupancy.AWAY in snapshot.household.ahead.values()
