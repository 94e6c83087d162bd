"""Keeps the rates: what is fetched, how often, and what is kept when a fetch fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import logging
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..common.poll_interval import wait_after_failures
from ..common.retention import too_old
from ..const import DOMAIN
from ..tariff.dispatches import Dispatch, with_dispatches
from ..tariff.model import SLOT, RateTable, floor_slot
from ..tariff.problems import SupplyProblem

_LOGGER = logging.getLogger(__name__)

AHEAD = timedelta(hours=54)
OVERLAP = timedelta(hours=3)
# After a longer silence only so much of it is asked for: as much as estimates look back.
LONGEST_GAP = timedelta(days=7)
# What one question brings at most; a clock that is ahead may ask it of the future, where a flat
# tariff has rates as well (``common.retention``).
SPARED = (LONGEST_GAP + OVERLAP + AHEAD) // SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What energy costs and earns. ``exports`` is None where exports are not paid.

    ``void_from``: rates known for the time from then on are void, as after a new agreement.
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
    """Where rates come from. ``problems`` since the last fetch, for a person to see.

    ``placeholders`` are what the sentences about them name, by name.
    """

    @property
    def placeholders(self) -> Mapping[str, str]:
        """Empty while all is well."""
        ...

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
    """Keeps the rates, including those of the past five weeks; a failed fetch keeps the old ones.

    ``published`` are the rates as they came; ``data`` has dispatched half-hours at the low rate.
    """

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
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
        self._past_asked_at: datetime | None = None
        self._problems: tuple[frozenset[SupplyProblem], Mapping[str, str]] = (frozenset(), {})
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
        try:
            fetched = await self.source.fetch(self._start(now), now + AHEAD)
        except RateError as err:
            self._failures += 1
            patience = wait_after_failures(self._failures)
            self.update_interval = max(patience, timedelta(seconds=err.retry_after_s or 0.0))
            if self._problems_changed() and not self.last_update_success:
                # After the first failure in a row the coordinator notifies nobody.
                self.async_update_listeners()
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="rates_unreachable",
                translation_placeholders={"reason": str(err)},
            ) from err
        self._failures, self._past_asked_at = 0, now
        self.published = _kept(self.published, fetched, now, self._past)
        # What is wrong with the supply is news though the rates are the same.
        self.always_update = self._problems_changed()
        wait = self.source.next_poll(now, self.published.known_until(now)) - now
        self.update_interval = max(wait, timedelta(minutes=1))
        return self._with_dispatches(self.published)

    def _problems_changed(self) -> bool:
        before = self._problems
        self._problems = (self.source.problems, dict(self.source.placeholders))
        return before != self._problems

    def _start(self, now: datetime) -> datetime:
        """Ask for the past only once; a published half-hour does not change."""
        oldest = floor_slot(now - self._past)
        rates = [rate for rate in self.published.imports.rates if rate.start <= now]
        complete = bool(rates) and rates[0].start <= oldest + timedelta(days=2)
        # By a clock that was wrong another past was asked for.
        asked = self._past_asked_at is not None and abs(now - self._past_asked_at) <= self._past
        if not complete and not asked:
            return oldest
        if not rates:
            return floor_slot(now) - OVERLAP
        return max(floor_slot(min(now, rates[-1].end)), floor_slot(now) - LONGEST_GAP) - OVERLAP


def _kept(old: Rates, new: Rates, now: datetime, past: timedelta) -> Rates:
    if new.void_from is not None:
        old = Rates(
            imports=_before(old.imports, new.void_from),
            exports=None if old.exports is None else _before(old.exports, new.void_from),
        )
    imports = _without_old(old.imports.merged(new.imports), now, past)
    if new.exports is None:
        return Rates(imports=imports)
    exports = (old.exports or RateTable()).merged(new.exports)
    return Rates(imports=imports, exports=_without_old(exports, now, past))


def _before(table: RateTable, when: datetime) -> RateTable:
    return RateTable(tuple(rate for rate in table.rates if rate.start < when))


def _without_old(table: RateTable, now: datetime, past: timedelta) -> RateTable:
    old = too_old((rate.start for rate in table.rates), past, now, SPARED)
    return RateTable(tuple(rate for rate in table.rates if rate.start not in old))
