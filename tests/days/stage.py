"""A home on the fake cloud whose hours pass in milliseconds."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import Decision, Phase
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(minutes=2)


@dataclass
class Day:
    """Home Assistant, the fake cloud, one home between them, and the hand that moves the clock."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    cloud: Cloud
    entry: MockConfigEntry
    storage: dict[str, Any]
    fire: Callable[[HomeAssistant], None] = async_fire_time_changed
    site: Site = field(init=False)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What the decision log says."""
        return self.site.decision_log.decisions

    async def start(self, **options: object) -> None:
        """Set the home up; options are the household's preferences."""
        if options:
            changed = {**self.entry.options, **options}
            self.hass.config_entries.async_update_entry(self.entry, options=changed)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.settle()
        if self.is_loaded():
            self.adopt()

    def is_loaded(self) -> bool:
        """Whether the home is set up."""
        return self.entry.state is ConfigEntryState.LOADED

    def adopt(self) -> None:
        """Take hold of the home of the entry as it is loaded now."""
        self.site = self.entry.runtime_data

    async def settle(self) -> None:
        """Let everything that is due now be done."""
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def patiently[T](self, status: Coroutine[Any, Any, T]) -> T:
        """Await something that may have to wait for a time-out."""
        task = asyncio.create_task(status)
        await self._while_waiting(task)
        return await task

    async def settle_patiently(self) -> None:
        """Let everything be done; where a reply never comes, let the time-out run."""
        await self._while_waiting(
            asyncio.ensure_future(self.hass.async_block_till_done(wait_background_tasks=True))
        )

    async def _while_waiting(self, task: asyncio.Future[Any]) -> None:
        while not task.done():
            kept_waiting = asyncio.ensure_future(self.cloud.someone_waits())
            await asyncio.wait({task, kept_waiting}, return_when=asyncio.FIRST_COMPLETED)
            kept_waiting.cancel()
            # Longer than any client waits for one reply.
            for _ in range(0 if task.done() else 7):
                self.freezer.tick(timedelta(seconds=5))
                self.fire(self.hass)
                for _ in range(20):
                    await asyncio.sleep(0)

    async def power_cut(self) -> None:
        """Take the home away as a killed process would go: only what was stored remains.

        The cloud is out of reach meanwhile, so that no tidying up can get through.
        """
        stored = deepcopy(self.storage)
        self.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
        await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.settle()
        self.cloud.faults.clear(Fault.UNAVAILABLE)
        self.storage.clear()
        self.storage.update(stored)

    async def choose(self, entity_id: str, option: str) -> None:
        """Pick an option of a select."""
        await self.act("select", "select_option", entity_id=entity_id, option=option)

    async def act(self, domain: str, action: str, **data: object) -> None:
        """Call an action and let what follows be done."""
        await self.hass.services.async_call(domain, action, data, blocking=True)
        await self.settle()

    @property
    def shown(self) -> Settings:
        """The settings that the Powerwall shows."""
        return self.cloud.world.powerwall.state.shown

    @property
    def phase(self) -> Phase:
        """Where the controller stands."""
        return self.site.controller.state.phase

    async def run(self, hours: float) -> None:
        """Let time pass, from one timer of Home Assistant's loop to the next."""
        end = dt_util.utcnow() + timedelta(hours=hours)
        while (now := dt_util.utcnow()) < end:
            self.freezer.tick(min(self.to_next_timer(), end - now))
            self.fire(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)

    async def stride(self, hours: float, step: timedelta = timedelta(minutes=10)) -> None:
        """Let time pass in long strides, for what is the same however often the battery is read."""
        end = dt_util.utcnow() + timedelta(hours=hours)
        while (now := dt_util.utcnow()) < end:
            self.freezer.tick(min(step, end - now))
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)

    def to_next_timer(self) -> timedelta:
        """How far the clock may jump."""
        loop = self.hass.loop
        pending = [
            handle.when() - loop.time()
            for handle in loop._scheduled  # type: ignore[attr-defined]  # asyncio shows no timers
            if not handle.cancelled()
        ]
        return min(max(timedelta(seconds=min(pending, default=60.0)), SHORTEST), LONGEST)

    async def until(self, when: datetime) -> None:
        """Let time pass up to an instant."""
        await self.run((when - dt_util.utcnow()) / timedelta(hours=1))


IMPORT_TARIFF = "E-1R-AGILE-24-10-01-C"
EXPORT_TARIFF = "E-1R-AGILE-OUTGOING-19-05-13-C"


def site_entry(
    cloud: Cloud, options: Mapping[str, object] | None = None, units: int = 1
) -> MockConfigEntry:
    """The entry of the fake cloud's home, as the flow would make it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Home battery",
        unique_id=cloud.world.site_id,
        data={
            "kind": "netzero",
            "token": cloud.world.token,
            "site_id": cloud.world.site_id,
            "units": units,
            "tariff": {
                "region": "c",
                "import_tariff": IMPORT_TARIFF,
                "export_tariff": EXPORT_TARIFF,
            },
        },
        options=dict(options or {}),
    )


def point_to(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the integration take the fake cloud for the real ones."""
    for service in ("NETZERO", "OCTOPUS", "OCTOPLUS", "OPEN_METEO", "CARBON"):
        monkeypatch.setenv(f"SBS_{service}_URL", cloud.url)
