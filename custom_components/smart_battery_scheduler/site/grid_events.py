"""What the supplier and the grid do besides rates: sessions, carbon, the car on the drive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from ..carbon.client import CarbonForecast, CarbonIntensity
from ..events.site_events import SiteEvent, SiteEvents
from ..sources.carbon_coordinator import CarbonCoordinator
from ..sources.coordinators import RatesCoordinator
from ..sources.ev_charging import EvCharging
from ..sources.grid_sessions import Sessions, SessionWindow
from ..sources.octopus_account import KeyQuestion, OctoplusAccount, OctoplusFeed, OctopusUpdates
from ..sources.rate_entities import EntitySource
from ..sources.rate_sources import AccountSource
from ..tariff.account import Property
from ..tariff.problems import SupplyProblem
from ..tariff.sessions import OctoplusSession
from .preferences import Preferences

if TYPE_CHECKING:
    from .site import SmartBatteryConfigEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEventSources:
    """Where such facts come from; None where a home has no such source.

    ``tariff_mark`` says whose rates are kept.
    """

    carbon: CarbonIntensity | None = None
    octoplus: OctoplusAccount | None = None
    tariff_mark: str = ""


class GridEvents:
    """These facts of one home. ``changed`` is called when a plan should look at them anew."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartBatteryConfigEntry,
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
        self.ev_charging = EvCharging(hass, self._updated)
        self.carbon = (
            CarbonCoordinator(hass, entry, sources.carbon) if sources.carbon is not None else None
        )
        updates = OctopusUpdates(
            sessions=lambda published: self.sessions.publish(published, dt_util.utcnow()),
            joined=self._joined,
            dispatches=rates.async_dispatch,
            key_refused=KeyQuestion(hass, entry).async_received,
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
        """Read entities again as soon as one of them has news."""

        @callback
        def updates(_: Event[EventStateChangedData]) -> None:
            self._rates.async_dispatch(source.dispatches)
            self._entry.async_create_background_task(
                self._hass, self._rates.async_request_refresh(), "read the rates' entities"
            )

        self._rates.async_dispatch(source.dispatches)
        return async_track_state_change_event(self._hass, source.entity_ids, updates)

    @callback
    def prefer(self, preferences: Preferences) -> None:
        """Go by these preferences. Whoever changes them plans anew: nothing of it is news."""
        with self._unpublished():
            self.ev_charging.watch(preferences.car_charging_entity)
        if self.carbon is not None:
            self._carbon_due |= self.carbon.enable(preferences.carbon_forecast)
        if self.octoplus is not None:
            self.octoplus.join = preferences.join_sessions

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

    @property
    def problems(self) -> frozenset[SupplyProblem]:
        """What a person should know of rates, sessions and dispatches."""
        others = self.octoplus.problems if self.octoplus is not None else frozenset()
        return self._rates.source.problems | others

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
