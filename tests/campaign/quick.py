"""What makes a random day affordable: a plain clock, stores in memory, work done where it is asked for.

Freezegun's dates cost more than the home itself, and the harness fires each timer under patches of its own.
Here the clock is one plain value behind every function that Home Assistant and the integration ask.
Everything random is seeded, so that a day is the same whenever it is played again.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
import random
import time
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_homeassistant_custom_component import patch_time

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

# Modules whose functions ask ``datetime`` itself for the time.
ASKING = (
    "custom_components.smart_battery_scheduler.common.http",
    "custom_components.smart_battery_scheduler.powerwall.netzero",
    "custom_components.smart_battery_scheduler.sources.grid_sessions",
    "tests.cloud.clock",
)


class QuickClock:
    """The time as plain values; it stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        """Begin at an aware moment."""
        self._start = self._now = start.astimezone(UTC)
        self._monotonic = time.monotonic()

    def now(self, time_zone: tzinfo | None = None) -> datetime:
        """As ``datetime.now``; without a zone naive, in UTC."""
        if time_zone is None:
            return self._now.replace(tzinfo=None)
        return self._now if time_zone is UTC else self._now.astimezone(time_zone)

    def time(self) -> float:
        """As ``time.time``."""
        return self._now.timestamp()

    def monotonic(self) -> float:
        """As ``time.monotonic``."""
        return self._monotonic + (self._now - self._start).total_seconds()

    def tick(self, delta: timedelta) -> None:
        """Let time pass."""
        self._now += delta

    def move_to(self, target: datetime, /) -> None:
        """Set the clock."""
        self._now = target.astimezone(UTC)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the clock of Home Assistant, of the integration and of the fake clouds."""

        class Clocked(datetime):
            """``datetime`` with this clock; what it makes are plain dates."""

            # A plain function stands where the class has a class method.
            now = staticmethod(self.now)  # type: ignore[assignment]
            fromisoformat = staticmethod(datetime.fromisoformat)  # type: ignore[assignment]

        monkeypatch.setattr(time, "time", self.time)
        monkeypatch.setattr(time, "monotonic", self.monotonic)
        monkeypatch.setattr(patch_time, "datetime", SimpleNamespace(datetime=Clocked, UTC=UTC))
        monkeypatch.setattr(dt_util, "now", lambda zone=None: self.now(_zone(zone)))
        for module in ASKING:
            monkeypatch.setattr(f"{module}.datetime", Clocked)


def _zone(zone: tzinfo | None) -> tzinfo:
    return zone or dt_util.get_default_time_zone()


@callback
def fire_due_timers(hass: HomeAssistant) -> None:
    """Run every timer of the loop that is due."""
    now = hass.loop.time()
    for handle in list(hass.loop._scheduled):  # type: ignore[attr-defined]  # asyncio shows no timers
        if not handle.cancelled() and handle.when() <= now:
            handle._run()
            handle.cancel()


def keep_stores_in_memory(monkeypatch: pytest.MonkeyPatch, storage: dict[str, Any]) -> None:
    """Keep what is stored as it is: it is plain JSON, and nobody changes it in place."""

    async def write(store: Store[Any], data: dict[str, Any]) -> None:
        if "data_func" in data:
            data["data"] = data.pop("data_func")()
        storage[store.key] = data

    monkeypatch.setattr(Store, "_async_write_data", write)


def work_at_once(monkeypatch: pytest.MonkeyPatch, hass: HomeAssistant) -> None:
    """Do the executor's work where it is asked for: threads make the order of things a matter of chance."""

    def run[T](job: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        done: asyncio.Future[T] = hass.loop.create_future()
        try:
            done.set_result(job(*args))
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to who awaits it
            done.set_exception(error)
        return done

    monkeypatch.setattr(hass, "async_add_executor_job", run)


def seed_chance(seed: int) -> None:
    """Jitter and spread come out the same on every run of this day."""
    random.seed(seed)
