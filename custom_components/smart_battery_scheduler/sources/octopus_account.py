"""What Octopus knows of an account besides rates: sessions, free electricity, the car's charging."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
import logging

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..common.service_urls import OCTOPLUS, OCTOPUS, endpoint
from ..const import CONF_REAUTH, DOMAIN, REAUTH_OCTOPUS
from ..tariff.account import Property
from ..tariff.codes import TariffCode
from ..tariff.dispatches import DISPATCHES_POLL_INTERVAL, Dispatch, Dispatches
from ..tariff.errors import TariffAuthError, TariffError, TariffNotSupportedError
from ..tariff.kraken_errors import FeatureGoneError, SessionNotJoinableError
from ..tariff.octopus_graphql import BASE_URL, SESSIONS_URL, OctopusGraphQL
from ..tariff.problems import SupplyProblem, supply_problem_of
from ..tariff.sessions import (
    FREE_SESSIONS_POLL_INTERVAL,
    SESSIONS_POLL_INTERVAL,
    OctoplusSession,
    OctoplusSessions,
)
from .car_dispatches import CarDispatches
from .kraken_coordinator import KrakenCoordinator

_LOGGER = logging.getLogger(__name__)

# One client for each key: all homes and flows share its token and its budget.
CLIENTS: HassKey[dict[str, OctopusGraphQL]] = HassKey(f"{DOMAIN}_kraken")
# The step of the reauthentication flow that asks for Octopus' key.
REAUTH_STEP = "reauth_octopus"


def _nothing() -> None:
    """Stop what was not begun."""


def kraken(hass: HomeAssistant, api_key: str) -> OctopusGraphQL:
    """The client of a key."""
    clients = hass.data.setdefault(CLIENTS, {})
    if api_key not in clients:
        clients[api_key] = OctopusGraphQL(
            async_get_clientsession(hass),
            api_key,
            base_url=endpoint(OCTOPUS, BASE_URL),
            sessions_url=endpoint(OCTOPLUS, SESSIONS_URL),
            clock=dt_util.utcnow,
        )
    return clients[api_key]


class KeyQuestion:
    """The request for a new API key by one of the clients that use the key."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Nothing is asked yet."""
        self._hass = hass
        self._entry = entry
        self._refused = False

    @callback
    def async_received(self, refused: bool) -> None:
        """Ask once, however often the key is refused; withdraw the request when the key works again."""
        if refused:
            self._entry.async_start_reauth(self._hass, data={CONF_REAUTH: REAUTH_OCTOPUS})
        elif self._refused:
            self._async_take_back()
        self._refused = refused

    def _async_take_back(self) -> None:
        for flow in self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH}):
            if flow["step_id"] == REAUTH_STEP:
                self._hass.config_entries.flow.async_abort(flow["flow_id"])


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OctoplusAccount:
    """The clients for an account's queries. ``address`` is the home as last read from the account."""

    client: OctopusGraphQL
    number: str
    address: Callable[[], Property | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OctopusUpdates:
    """Callbacks: for all sessions, for a session that was joined, for the car's charging.

    ``car_is_idle`` returns whether the home measures that no car charges.
    """

    sessions: Callable[[tuple[OctoplusSession, ...]], None]
    joined: Callable[[OctoplusSession], None]
    dispatches: Callable[[tuple[Dispatch, ...]], None]
    key_refused: Callable[[bool], None]
    car_is_idle: Callable[[], bool]


class OctoplusFeed:
    """Asks for all of it, each at its own pace; what fails leaves the rest alone."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        account: OctoplusAccount,
        updates: OctopusUpdates,
    ) -> None:
        """Nothing is asked yet."""
        self._hass = hass
        self._entry = entry
        self._account = account
        self._updated = updates
        self._cars = CarDispatches(account.client, account.number)
        self._stop_waiting: CALLBACK_TYPE = _nothing
        self._unjoinable: set[str] = set()
        self._published: set[str] = set()
        self.join = False
        self.sessions = KrakenCoordinator(
            hass, entry, "sessions", SESSIONS_POLL_INTERVAL, self._ask_sessions, OctoplusSessions()
        )
        self.free = KrakenCoordinator[tuple[OctoplusSession, ...]](
            hass, entry, "free electricity", FREE_SESSIONS_POLL_INTERVAL, self._ask_free, ()
        )
        self.dispatches = KrakenCoordinator[tuple[Dispatches, ...]](
            hass, entry, "dispatches", DISPATCHES_POLL_INTERVAL, self._ask_dispatches, ()
        )
        # The listeners are called even if the dispatches are unchanged, for a car may still be charging.
        self.dispatches.always_update = True

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Ask from now on, in the background; the returned call ends that."""
        stops = [
            self.sessions.async_add_listener(self._sessions_came),
            self.free.async_add_listener(self._sessions_came),
            self.dispatches.async_add_listener(self._dispatches_came),
        ]
        self._entry.async_create_background_task(
            self._hass, self._async_first(), f"first sessions of {self._entry.title}"
        )

        @callback
        def stop() -> None:
            for each in (*stops, self._stop_waiting):
                each()

        return stop

    @property
    def problems(self) -> frozenset[SupplyProblem]:
        """Problems that a person should know of."""
        problem = self.sessions.problem
        found = {supply_problem_of(problem)} if problem is not None else set()
        if isinstance(self.free.problem, FeatureGoneError):
            found.add(SupplyProblem.FREE_GONE)
        if isinstance(self.dispatches.problem, FeatureGoneError) and self._tariff():
            found.add(SupplyProblem.DISPATCHES_GONE)
        return frozenset(each for each in found if each is not None)

    async def _async_first(self) -> None:
        """One after the other: the first one mints the token for all."""
        for coordinator in (self.sessions, self.free, self.dispatches):
            await coordinator.async_refresh()

    # --- sessions --------------------------------------------------------------------------

    async def _ask_sessions(self) -> OctoplusSessions:
        found = await self._account.client.sessions(self._account.number)
        if not self.join or not found.enrolled:
            return found
        joined = [each.id for each in found.joinable(dt_util.utcnow()) if await self._joined(each)]
        return replace(
            found,
            sessions=tuple(
                replace(each, joined=True) if each.id in joined else each for each in found.sessions
            ),
        )

    async def _joined(self, session: OctoplusSession) -> bool:
        """Join the sessions; one that cannot be joined does not affect the others."""
        if session.id in self._unjoinable:
            return False
        try:
            await self._account.client.join(self._account.number, session)
        except SessionNotJoinableError:
            self._unjoinable.add(session.id)
            return False
        except TariffError as error:
            if session.id not in self._published:
                _LOGGER.warning(
                    "Octopus did not join %s to a session: %s", self._entry.title, error
                )
            self._published.add(session.id)
            return False
        self._updated.joined(session)
        return True

    async def _ask_free(self) -> tuple[OctoplusSession, ...]:
        address = self._account.address()
        point = address.import_point(dt_util.utcnow()) if address else None
        if point is None:
            return ()
        return await self._account.client.free_electricity(self._account.number, point.mpan)

    @callback
    def _sessions_came(self) -> None:
        self._look_for_refusals()
        self._updated.sessions((*self.sessions.data.sessions, *self.free.data))

    # --- the car ---------------------------------------------------------------------------

    async def _ask_dispatches(self) -> tuple[Dispatches, ...]:
        """The dispatches in use. Raises a TariffError if no car can be read."""
        if self._tariff() is None:
            self._cars.forget()
            return ()
        return await self._cars.ask(dt_util.utcnow())

    def _tariff(self) -> TariffCode | None:
        """The Intelligent tariff that is in force; None if it is another."""
        now, address = dt_util.utcnow(), self._account.address()
        point = address.import_point(now) if address else None
        agreement = point.agreement_at(now) if point else None
        if agreement is None:
            return None
        try:
            code = TariffCode.parse(agreement.tariff_code)
        except TariffNotSupportedError:
            return None
        return code if code.is_intelligent else None

    @callback
    def _dispatches_came(self) -> None:
        self._look_for_refusals()
        self.async_price_dispatches()

    @callback
    def async_price_dispatches(self) -> None:
        """Publish what the cars' charging makes cheap now, and again when a reported plan expires."""
        self._stop_waiting()
        tariff, now = self._tariff(), dt_util.utcnow()
        if tariff is None:
            self._updated.dispatches(())
            return
        idle = self._updated.car_is_idle()
        self._updated.dispatches(self._cars.cheap(now, tariff.has_car_allowance, idle))
        if (ends := self._cars.belief_ends(now)) is not None:
            self._stop_waiting = async_track_point_in_utc_time(self._hass, self._belief_ended, ends)

    @callback
    def _belief_ended(self, _: datetime) -> None:
        self.async_price_dispatches()

    def _look_for_refusals(self) -> None:
        problems = (self.sessions.problem, self.dispatches.problem)
        self._updated.key_refused(any(isinstance(each, TariffAuthError) for each in problems))
