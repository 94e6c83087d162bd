"""A home on the fake cloud whose hours pass in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import Decision
from custom_components.smart_battery_scheduler.home import Home
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..cloud.server import Cloud

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(minutes=2)


@dataclass
class Day:
    """Home Assistant, the fake cloud, one home between them, and the hand that moves the clock."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    cloud: Cloud
    entry: MockConfigEntry

    @property
    def home(self) -> Home:
        """The home of the loaded entry."""
        home: Home = self.entry.runtime_data
        return home

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What the ledger says."""
        return self.home.ledger.decisions

    async def start(self) -> None:
        """Set the home up."""
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def run(self, hours: float) -> None:
        """Let time pass, from one timer of Home Assistant's loop to the next."""
        end = dt_util.utcnow() + timedelta(hours=hours)
        while (now := dt_util.utcnow()) < end:
            self.freezer.tick(min(self._to_next_timer(), end - now))
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)

    def _to_next_timer(self) -> timedelta:
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


def home_entry(cloud: Cloud, **data: object) -> MockConfigEntry:
    """The entry of the fake cloud's home, as the flow would make it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Home battery",
        unique_id=cloud.world.site_id,
        data={
            "kind": "netzero",
            "token": cloud.world.token,
            "site_id": cloud.world.site_id,
            "units": 1,
            **data,
        },
    )


def point_to(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the integration take the fake cloud for the real ones."""
    for service in ("NETZERO", "OCTOPUS", "OPEN_METEO"):
        monkeypatch.setenv(f"SBS_{service}_URL", cloud.url)
