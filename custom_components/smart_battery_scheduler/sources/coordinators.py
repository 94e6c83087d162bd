"""Who fetches what, how often, and what is kept when a fetch fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import logging
import random
from typing import TYPE_CHECKING, Protocol

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..common.poll_interval import wait_after_failures
from ..const import DOMAIN
from ..control.controller import READING_LIMIT, REFUSALS_UNTIL_REAUTH
from ..planner.model import Plan
from ..powerwall.base import (
    Powerwall,
    PowerwallAuthError,
    PowerwallBudgetError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallState,
    Purpose,
)
from ..solar.model import (
    SolarAuthError,
    SolarError,
    SolarForecast,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSource,
)
from ..tariff.dispatches import Dispatch, with_dispatches
from ..tariff.model import SLOT, RateTable, floor_slot
from ..tariff.problems import SupplyProblem

if TYPE_CHECKING:
    from ..site.site import SmartBatteryConfigEntry

_LOGGER = logging.getLogger(__name__)

# So long before a slot begins the battery is read once more, to act on fresh facts at the edge.
BEFORE_EDGE = timedelta(seconds=20)
# Two readings a minute leave the other requests of the budget to commands.
SHORTEST_WAIT = timedelta(seconds=30)
# A reading whose own stamp lags further behind than this tells of the past: the Powerwall itself is
# out of reach of Tesla's cloud, which goes on telling what it knew last.
STAMP_LIMIT = timedelta(minutes=10)
# A reading that a person's set-up took is as good as another so shortly after it.
FRESH = timedelta(seconds=60)
# A cloud that fails again and again is asked less often, but at least so often.
LONGEST_WAIT = timedelta(minutes=5)
# The step of the reauthentication flow that asks for NetZero's token.
REAUTH_STEP = "reauth_confirm"


class BatteryCoordinator(DataUpdateCoordinator[PowerwallState]):
    """Reads the Powerwall, as often as the controller needs to know."""

    config_entry: SmartBatteryConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartBatteryConfigEntry,
        powerwall: Powerwall,
        poll_interval: Callable[[datetime], timedelta],
        *,
        at_hand: PowerwallState | None = None,
        has_run: bool = False,
    ) -> None:
        """Read through ``powerwall``; ``poll_interval`` says how soon again.

        A reading ``at_hand`` that is still fresh saves the first request. ``has_run``: token and
        site were right before.
        """
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} battery",
            update_interval=timedelta(minutes=2),
        )
        self._powerwall = powerwall
        self._poll_interval = poll_interval
        self._has_run = has_run
        self._has_read = False
        self._failures = 0
        self._refusals = 0
        self._at_hand = at_hand
        self._due: datetime | None = None
        self._backoff_until: datetime | None = None
        self._held_until: datetime | None = None

    async def _async_update_data(self) -> PowerwallState:
        self._backoff_until = self._held_until = None
        try:
            reading = await self._async_read()
        except UpdateFailed as err:
            self._failures += 1
            if err.retry_after is not None:
                self._backoff_until = dt_util.utcnow() + timedelta(seconds=err.retry_after)
            raise
        else:
            self._failures = 0
            self._trust_again()
            self._has_read = True
            return reading
        finally:
            now = dt_util.utcnow()
            self._arrange(now, self._wait(now))

    async def _async_read(self) -> PowerwallState:
        reading = self._still_fresh() or await self._async_ask()
        measured_at = reading.measured_at or reading.read_at
        if reading.read_at - measured_at > STAMP_LIMIT:
            raise self._unreachable(f"it was last heard of at {measured_at:%Y-%m-%d %H:%M} UTC")
        return reading

    @staticmethod
    def _unreachable(reason: str) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="powerwall_unreachable",
            translation_placeholders={"reason": reason},
        )

    async def _async_ask(self) -> PowerwallState:
        try:
            # Nothing can be put back, and no home set up, before the first reading.
            return await self._powerwall.read(Purpose.READ if self._has_read else Purpose.RESTORE)
        except PowerwallAuthError as err:
            raise self._refused() from err
        except PowerwallBudgetError as err:
            # Something more urgent has used up the requests; the last reading is still the newest
            # there can be, unless it is old or reading fails just now: then this is no success.
            if not self.last_update_success or not self._is_young(self.data):
                raise UpdateFailed(
                    translation_domain=DOMAIN,
                    translation_key="powerwall_rate_limit",
                    retry_after=err.retry_after_s,
                ) from None
            self._held_until = dt_util.utcnow() + timedelta(seconds=err.retry_after_s + 1.0)
            return self.data
        except PowerwallRateLimitError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="powerwall_rate_limit",
                retry_after=err.retry_after_s,
            ) from err
        except PowerwallError as err:
            raise self._unreachable(str(err)) from err

    def _still_fresh(self) -> PowerwallState | None:
        """The reading at hand, once."""
        reading, self._at_hand = self._at_hand, None
        if reading is None or dt_util.utcnow() - reading.read_at > FRESH:
            return None
        return reading

    @staticmethod
    def _is_young(reading: PowerwallState | None) -> bool:
        return reading is not None and dt_util.utcnow() - reading.read_at <= READING_LIMIT

    def _refused(self) -> Exception:
        """Once may be a hiccup; a person is asked if it stays so, and reading goes on meanwhile.

        (``ConfigEntryAuthFailed`` would end the reading for good, with a command in force or
        settings to be put back.)
        """
        if not (self._has_read or self._has_run):
            return ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="powerwall_auth"
            )
        self._refusals += 1
        if self._refusals == REFUSALS_UNTIL_REAUTH or not self._has_read:
            self.config_entry.async_start_reauth(self.hass)
        return UpdateFailed(translation_domain=DOMAIN, translation_key="powerwall_auth")

    def _trust_again(self) -> None:
        """The token works: nobody needs to give another."""
        if self._refusals >= REFUSALS_UNTIL_REAUTH or not self._has_read:
            for flow in self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                if flow["step_id"] == REAUTH_STEP:
                    self.hass.config_entries.flow.async_abort(flow["flow_id"])
        self._refusals = 0

    @callback
    def poll_soon(self) -> None:
        """Read sooner than was arranged if there is more to prove by now, as after an order."""
        now = dt_util.utcnow()
        # What another side has asked for is not cut short.
        if self._due is None or (self._backoff_until is not None and now < self._backoff_until):
            return
        wait = self._wait(now)
        if now + wait < self._due:
            self._arrange(now, wait)
            self._schedule_refresh()

    def _arrange(self, now: datetime, wait: timedelta) -> None:
        self._due = now + wait
        self.update_interval = wait

    def _wait(self, now: datetime) -> timedelta:
        """How long to wait for the next reading; one always falls just before a slot's edge."""
        if self._held_until is not None and now < self._held_until:
            return min(self._held_until - now, LONGEST_WAIT)
        wait = self._poll_interval(now)
        if self._failures > 1:
            patience = min(wait * 2 ** min(self._failures - 1, 6), LONGEST_WAIT)
            wait = max(wait, patience * random.uniform(0.8, 1.0))
        to_edge = floor_slot(now) + SLOT - BEFORE_EDGE - now
        return to_edge if SHORTEST_WAIT <= to_edge < wait else wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What energy costs and earns. ``exports`` is None where exports are not paid.

    ``void_from``: what was known of the time from then on holds no more, as after a new agreement.
    """

    imports: RateTable = field(default_factory=RateTable)
    exports: RateTable | None = None
    void_from: datetime | None = None

    def known_until(self, since: datetime) -> datetime:
        """The end of the time from ``since`` on in which nothing is missing.

        Import and export rates need not come out together.
        """
        tables = [self.imports] if self.exports is None else [self.imports, self.exports]
        return min(table.known_until(since) for table in tables)


class RateError(Exception):
    """No rates could be had; ``retry_after_s`` if the source said when to ask again."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        """Keep the wait."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class RateSource(Protocol):
    """Where rates come from. ``problems``: what a person should know since the last fetch."""

    @property
    def problems(self) -> frozenset[SupplyProblem]:
        """None while all is well."""
        ...

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """All rates known for [start, end). Raises RateError."""
        ...

    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """When it is worth asking again."""
        ...


class RatesCoordinator(DataUpdateCoordinator[Rates]):
    """Keeps the rates, those of the past five weeks too; a failed fetch loses nothing.

    ``published`` are the rates as they came; ``data`` has dispatched half-hours at the low rate.
    """

    config_entry: SmartBatteryConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartBatteryConfigEntry,
        source: RateSource,
        kept: Rates,
        past: timedelta,
    ) -> None:
        """Start from the stored rates; ``past`` is how far back rates are wanted."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} rates",
            update_interval=timedelta(minutes=30),
            always_update=False,
        )
        self.data = self.published = kept
        self.source = source
        self._past = past
        self._failures = 0
        self._past_asked = False
        self._dispatched: tuple[Dispatch, ...] = ()

    @callback
    def async_dispatch(self, planned: tuple[Dispatch, ...]) -> None:
        """Price what the car's charging makes cheap; published rates stay as they are."""
        self._dispatched = planned
        rates = self._with_dispatches(self.published)
        if rates != self.data:
            self.data = rates
            self.async_update_listeners()

    def _with_dispatches(self, rates: Rates) -> Rates:
        if not self._dispatched:
            return rates
        return replace(rates, imports=with_dispatches(rates.imports, self._dispatched))

    async def _async_update_data(self) -> Rates:
        now = dt_util.utcnow()
        oldest = now - self._past
        start = self._start(now, oldest)
        try:
            fetched = await self.source.fetch(start, now + timedelta(hours=54))
        except RateError as err:
            self._failures += 1
            patience = wait_after_failures(self._failures)
            self.update_interval = max(patience, timedelta(seconds=err.retry_after_s or 0.0))
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="rates_unreachable",
                translation_placeholders={"reason": str(err)},
            ) from err
        self._failures, self._past_asked = 0, True
        self.published = _kept(self.published, fetched, oldest)
        wait = self.source.next_poll(now, self.published.known_until(now)) - now
        self.update_interval = max(wait, timedelta(minutes=1))
        return self._with_dispatches(self.published)

    def _start(self, now: datetime, oldest: datetime) -> datetime:
        """Ask for the past only once; a published half-hour does not change."""
        rates = self.published.imports.rates
        complete = bool(rates) and rates[0].start <= oldest + timedelta(days=2)
        if not complete and not self._past_asked:
            return floor_slot(oldest)
        if not rates:
            return floor_slot(now) - timedelta(hours=3)
        return floor_slot(min(now, rates[-1].end)) - timedelta(hours=3)


def _kept(old: Rates, new: Rates, oldest: datetime) -> Rates:
    if new.void_from is not None:
        old = Rates(
            imports=_before(old.imports, new.void_from),
            exports=None if old.exports is None else _before(old.exports, new.void_from),
        )
    imports = _since(old.imports.merged(new.imports), oldest)
    if new.exports is None:
        return Rates(imports=imports)
    exports = (old.exports or RateTable()).merged(new.exports)
    return Rates(imports=imports, exports=_since(exports, oldest))


def _before(table: RateTable, when: datetime) -> RateTable:
    return RateTable(tuple(rate for rate in table.rates if rate.start < when))


def _since(table: RateTable, oldest: datetime) -> RateTable:
    return RateTable(tuple(rate for rate in table.rates if rate.end > oldest))


class SolarCoordinator(DataUpdateCoordinator[SolarForecast | None]):
    """Asks for the solar forecast as often as its source likes; keeps the last good one.

    A source that refuses needs a person: a repair notice says so, once, until it answers again.
    """

    config_entry: SmartBatteryConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartBatteryConfigEntry,
        source: SolarSource,
        kept: SolarForecast | None = None,
    ) -> None:
        """Fetch from ``source``, unless what was ``kept`` over a restart is fresh enough."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} solar forecast",
            update_interval=source.poll_interval.every,
        )
        self.data = kept
        self.source = source
        self._may_keep = kept is not None
        self._issue_id = f"{entry.entry_id}_solar_refused"
        entry.async_on_unload(lambda: ir.async_delete_issue(hass, DOMAIN, self._issue_id))

    async def _async_update_data(self) -> SolarForecast:
        poll_interval = self.source.poll_interval
        self.update_interval = poll_interval.next_wait()
        if self._may_keep and self.data is not None:
            self._may_keep = False
            age = dt_util.utcnow() - self.data.made_at
            if timedelta(0) <= age < poll_interval.every:
                self.update_interval -= age
                return self.data
        try:
            forecast = await self.source.fetch()
            if not forecast.slots:
                raise SolarReplyError("no half-hour is forecast")
        except SolarRateLimitError as err:
            raise self._failure(err, err.retry_after_s) from err
        except (SolarAuthError, SolarRequestError) as err:
            self._ask_for_help(err)
            raise self._failure(err) from err
        except SolarError as err:
            self.update_interval = min(poll_interval.retry, poll_interval.every)
            raise self._failure(err) from err
        ir.async_delete_issue(self.hass, DOMAIN, self._issue_id)
        return forecast

    def _failure(self, err: SolarError, retry_after_s: float | None = None) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="solar_unreachable",
            translation_placeholders={"reason": str(err)},
            retry_after=retry_after_s,
        )

    def _ask_for_help(self, err: SolarError) -> None:
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="solar_refused",
            translation_placeholders={"home": self.config_entry.title, "reason": str(err)},
        )


class PlanCoordinator(DataUpdateCoordinator[Plan | None]):
    """Holds the plan in force; it is given plans, it fetches nothing."""

    config_entry: SmartBatteryConfigEntry

    def __init__(self, hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> None:
        """Begin without a plan."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} plan",
            update_interval=None,
            always_update=False,
        )
        self.data = None
