"""Events beside the rates: sessions, carbon intensity and the car's charging."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from ..carbon.client import CarbonForecast
from ..events.site_events import SiteEvent, SiteEvents
from ..history.house_load import CONF_HOUSE_CALENDAR, CONF_PERSONS
from ..sources.axle_events import AxleEvents
from ..sources.build import GridEventSources
from ..sources.carbon_coordinator import CarbonCoordinator
from ..sources.chosen_entities import LostEntities, async_lost
from ..sources.dispatch_entities import car_of
from ..sources.ev_charging import EvCharging
from ..sources.grid_sessions import Sessions, SessionWindow
from ..sources.household import HouseholdWatch
from ..sources.octopus_account import KeyQuestion, OctoplusFeed, OctopusUpdates
from ..sources.rate_entities import EntitySource
from ..sources.rate_sources import AccountSource
from ..sources.rates_coordinator import RatesCoordinator
from ..tariff.account import Property
from ..tariff.problems import SupplyProblem
from ..tariff.sessions import OctoplusSession
from .preferences import Preferences


class GridEvents:
    """The grid events of one site. ``changed`` is called when a new plan is due."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        sources: GridEventSources,
        manual: Iterable[SessionWindow],
        changed: Callable[[], None],
        rates: RatesCoordinator,
        events: SiteEvents,
    ) -> None:
        """Nothing is fetched yet."""
        self._hass = hass
        self._entry = entry
        self._changed = changed
        self._rates = rates
        self.tariff_mark = sources.tariff_mark
        self._events = events
        self._stops: list[CALLBACK_TYPE] = []
        self._preferring = False
        self._carbon_due = False
        self.sessions = Sessions(manual, changed)
        self.axle = AxleEvents(hass, self.sessions.publish_grid)
        entry.async_on_unload(self.axle.stop)
        self.ev_charging = EvCharging(hass, self._car_changed)
        self.household = HouseholdWatch(hass, self._updated)
        entry.async_on_unload(self.household.stop)
        self.carbon = (
            CarbonCoordinator(hass, entry, sources.carbon) if sources.carbon is not None else None
        )
        updates = OctopusUpdates(
            sessions=lambda found: self.sessions.publish(found, dt_util.utcnow()),
            joined=self._joined,
            dispatches=rates.async_dispatch,
            key_refused=KeyQuestion(hass, entry).async_received,
            car_is_idle=lambda: self.ev_charging.is_idle,
        )
        self.octoplus = (
            OctoplusFeed(hass, entry, sources.octoplus, updates) if sources.octoplus else None
        )

    @callback
    def async_start(self, preferences: Preferences) -> CALLBACK_TYPE:
        """Fetch and watch from now on, in the background; the returned call ends that."""
        self.prefer(preferences)
        if self.carbon is not None:
            self._stops.append(self.carbon.async_add_listener(self._updated))
            self.carbon.begin()
        if self.octoplus is not None:
            self._stops.append(self.octoplus.async_start())
        source = self._rates.source
        if isinstance(source, EntitySource):
            self._stops.append(self._watch(source))
        return self._stop

    def _watch(self, source: EntitySource) -> CALLBACK_TYPE:
        """Read entities again as soon as one of them changes."""

        @callback
        def updates(_: Event[EventStateChangedData]) -> None:
            self._dispatch(source)
            self._entry.async_create_background_task(
                self._hass, self._rates.async_request_refresh(), "read the rates' entities"
            )

        self._dispatch(source)
        return async_track_state_change_event(self._hass, source.entity_ids, updates)

    @callback
    def prefer(self, preferences: Preferences) -> None:
        """Go by these preferences. Whoever changes them plans anew: nothing of it is an event."""
        with self._unpublished():
            self.ev_charging.watch(preferences.car_charging_entity)
        self.axle.watch(preferences.axle_p_per_kwh)
        if self.carbon is not None:
            self._carbon_due |= self.carbon.enable(preferences.carbon_forecast)
        if self.octoplus is not None:
            self.octoplus.join = preferences.join_sessions

    def car_planned(self, now: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """When the car will be charged: by dispatches, its entity's plan and the calendar.

        Only where an entity says whether it charges: otherwise a dispatch that is not kept would not show.
        """
        car = Preferences.from_options(self._entry.options).car_charging_entity
        if not car:
            return ()
        cars = [car_of(self._hass.states.get(car), now)]
        if self.octoplus is not None:
            cars.extend(self.octoplus.dispatches.data or ())
        dispatched = (
            (each.start, each.end) for car_dispatches in cars for each in car_dispatches.planned
        )
        plans = {*dispatched, *self.household.car_planned}
        return tuple(sorted(plan for plan in plans if plan[1] > now))

    @property
    def lost_entities(self) -> LostEntities:
        """Chosen entities of others that cannot say anything any more."""
        return async_lost(self._hass, self._entry)

    async def async_look_at_people(self, now: datetime) -> None:
        """Watch those that are chosen now, and read their calendar."""
        options = self._entry.options
        self.household.watch(options.get(CONF_PERSONS, ()), options.get(CONF_HOUSE_CALENDAR, ""))
        await self.household.async_refresh(now)

    async def async_catch_up(self) -> None:
        """Fetch what changed preferences ask for, so that one plan takes all of it in."""
        if self.carbon is not None and self._carbon_due:
            self._carbon_due = False
            with self._unpublished():
                await self.carbon.async_refresh()

    @contextmanager
    def _unpublished(self) -> Iterator[None]:
        self._preferring = True
        try:
            yield
        finally:
            self._preferring = False

    @callback
    def _updated(self) -> None:
        if not self._preferring:
            self._changed()

    @callback
    def _car_changed(self) -> None:
        if self.octoplus is not None:
            self.octoplus.async_price_dispatches()
        if isinstance(source := self._rates.source, EntitySource):
            self._dispatch(source)
        self._updated()

    @callback
    def _dispatch(self, source: EntitySource) -> None:
        self._rates.async_dispatch(source.dispatches(self.ev_charging.is_idle))

    @property
    def problems(self) -> frozenset[SupplyProblem]:
        """What a person should know of rates, sessions and dispatches."""
        others = self.octoplus.problems if self.octoplus is not None else frozenset()
        return self._rates.source.problems | others

    @property
    def problem_placeholders(self) -> Mapping[str, str]:
        """What the sentences about those name."""
        return self._rates.source.placeholders

    @property
    def carbon_forecast(self) -> CarbonForecast | None:
        """The last forecast, if there is one."""
        return self.carbon.data if self.carbon is not None else None

    @property
    def account_address(self) -> Property | None:
        """Where the home was last found on its account, to be stored; no address is kept."""
        source = self._rates.source
        site = source.address if isinstance(source, AccountSource) else None
        return None if site is None else replace(site, label="", postcode=None)

    def _joined(self, session: OctoplusSession) -> None:
        self._events.publish(
            SiteEvent.SESSION_JOINED,
            {
                "kind": session.kind.value,
                "start": session.start.isoformat(),
                "end": session.end.isoformat(),
                "reward_p_per_kwh": session.reward_p_per_kwh,
            },
        )

    def _stop(self) -> None:
        self.ev_charging.stop()
        for stop in self._stops:
            stop()
