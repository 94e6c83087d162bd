"""The replay of one site's past: runs in the background and stores what it found.

It runs in a thread of its own at the lowest priority, a day of a tariff at a time, so that the event
loop and the plans of the day go first. A restart in the middle begins it again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import logging
import os
import threading
from typing import cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..common.serialisation import Json, decode, encode
from ..const import DOMAIN
from ..history.backtest.compare import BacktestResult, Progress, run
from ..history.backtest.week import WeekAccount, week_account
from ..tariff.model import SLOT
from .backtest_inputs import BacktestSnapshot, Scope, async_replay

_LOGGER = logging.getLogger(__name__)

STORE_VERSION = 1
USUAL_DAYS, MOST_DAYS = 30, 92
LOWEST_PRIORITY = 19
# The account of a dry run: local hour, minute and second, when hardly anything else is due.
ACCOUNT_AT = (3, 7, 0)
ACCOUNT_DAYS = 7


class BacktestStoppedError(Exception):
    """Somebody has stopped the replay before it had a result."""


class BacktestFailedError(Exception):
    """The replay came upon something it cannot deal with; the log says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestMemory:
    """What survives a restart: the last result, and the number of days of a run that had not ended."""

    result: BacktestResult | None = None
    unfinished_days: int | None = None
    week: WeekAccount | None = None


class Backtest:
    """One replay at a time; ``share`` says how far it is, ``result`` is the last that ended.

    ``week`` is the account of a dry run, made anew each night.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, snapshot: Callable[[], BacktestSnapshot]
    ) -> None:
        """``snapshot`` is asked for when a run begins. Nothing is read yet."""
        self.share: float | None = None
        self.result: BacktestResult | None = None
        self.week: WeekAccount | None = None
        self._hass, self._entry, self._snapshot = hass, entry, snapshot
        self._running: asyncio.Task[BacktestResult] | None = None
        self._listeners: set[Callable[[float], None]] = set()
        self._unfinished_days: int | None = None
        self._store = Store[dict[str, Json]](
            hass, STORE_VERSION, store_key(entry.entry_id), private=True, atomic_writes=True
        )

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._running is not None and not self._running.done()

    async def async_begin(self) -> None:
        """Read what was stored, and begin again what a restart has cut off."""
        memory = _memory_of(await self._store.async_load())
        self.result, self.week = memory.result, memory.week
        self._entry.async_on_unload(
            async_track_time_change(self._hass, self._start_account, *ACCOUNT_AT)
        )
        if memory.unfinished_days is not None:
            self.start(memory.unfinished_days)

    @callback
    def async_add_listener(self, listener: Callable[[float], None]) -> Callable[[], None]:
        """Call ``listener`` with a run's progress, 0 to 1; returns what ends that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @callback
    def start(self, days: int) -> None:
        """Begin a run over so many days up to yesterday, unless one is under way."""
        if self.is_running:
            return
        self.share = 0.0
        self._running = self._entry.async_create_background_task(
            self._hass, self._async_run(days), "replay of the past"
        )
        # Where nobody waits for it, what has failed is in the log already.
        self._running.add_done_callback(lambda run: run.cancelled() or run.exception())

    async def async_result(self) -> BacktestResult:
        """The result of the run under way.

        Raises BacktestStoppedError when it is stopped, BacktestFailedError when it fails.
        """
        if self._running is None:
            raise BacktestStoppedError
        try:
            return await asyncio.shield(self._running)
        except asyncio.CancelledError:
            if self._running is None or self._running.cancelled():
                raise BacktestStoppedError from None
            raise

    async def async_stop(self) -> None:
        """Stop a run; the result before it stays."""
        running, self._running, self.share = self._running, None, None
        if running is not None:
            running.cancel()
            await asyncio.wait([running])
        await self._async_save(None)

    async def _async_run(self, days: int) -> BacktestResult:
        await self._async_save(days)
        now = dt_util.utcnow()
        try:
            scope = Scope(days=days)
            replay = await async_replay(self._hass, self._entry, self._snapshot(), scope, now)
            async with _low_priority(self._hass) as thread:
                self.result = await self._async_go_through(thread, run(replay, now))
        except Exception as err:
            # A run that failed is not begun again after a restart: it would fail each time.
            _LOGGER.exception("The replay of the past has failed")
            await self._async_save(None)
            raise BacktestFailedError from err
        finally:
            self.share = None
        await self._async_save(None)
        return self.result

    @callback
    def _start_account(self, now: datetime) -> None:
        # A task of the entry's own ends with it; one that a timer starts would outlive an unload.
        self._entry.async_create_background_task(
            self._hass, self._async_account(now), "account of the dry run"
        )

    async def _async_account(self, now: datetime) -> None:
        """In a dry run, each night: what the last days would have cost by the plan."""
        snapshot = self._snapshot()
        if not snapshot.preferences.dry_run:
            return
        scope = Scope(days=ACCOUNT_DAYS, every_tariff=False)
        replay = await async_replay(self._hass, self._entry, snapshot, scope, now)
        levels = {slot.start + SLOT: slot.soc_percent for slot in snapshot.measured}
        async with _low_priority(self._hass) as thread:
            self.week = await self._hass.loop.run_in_executor(
                thread, week_account, replay, levels.get
            )
        await self._async_save(self._unfinished_days)

    async def _async_go_through(
        self, thread: ThreadPoolExecutor, steps: Iterator[Progress]
    ) -> BacktestResult:
        while True:
            step = await self._hass.loop.run_in_executor(thread, next, steps)
            self.share = step.share
            for listener in tuple(self._listeners):
                listener(step.share)
            if step.result is not None:
                return step.result

    async def _async_save(self, unfinished_days: int | None) -> None:
        self._unfinished_days = unfinished_days
        memory = BacktestMemory(result=self.result, unfinished_days=unfinished_days, week=self.week)
        encoded = await self._hass.async_add_executor_job(encode, memory)
        await self._store.async_save(cast(dict[str, Json], encoded))


@asynccontextmanager
async def _low_priority(hass: HomeAssistant) -> AsyncIterator[ThreadPoolExecutor]:
    """A thread of its own that gives way to everything else, and has ended when this ends."""
    thread = ThreadPoolExecutor(1, "replay", initializer=_give_way)
    try:
        yield thread
    finally:
        # The step under way takes up to some seconds, so Home Assistant's executor waits for it.
        await hass.async_add_executor_job(partial(thread.shutdown, cancel_futures=True))


def store_key(entry_id: str) -> str:
    """The name of a site's file of replays."""
    return f"{DOMAIN}.{entry_id}.backtest"


async def async_remove_backtest(hass: HomeAssistant, entry_id: str) -> None:
    """Delete a removed site's file."""
    await Store[dict[str, Json]](hass, STORE_VERSION, store_key(entry_id)).async_remove()


def _memory_of(data: dict[str, Json] | None) -> BacktestMemory:
    """What was stored; a file of another shape is left out, for everything in it can be made anew."""
    if data is None:
        return BacktestMemory()
    try:
        return decode(BacktestMemory, cast(Json, data))
    except TypeError, ValueError:
        _LOGGER.warning("A stored replay could not be read and is left out")
        return BacktestMemory()


def _give_way() -> None:
    """Let everything else go first; where the system does not allow that, run as it is."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
    except AttributeError, OSError:
        _LOGGER.debug("The priority of a replay could not be lowered")
