"""The stand-in under a frozen clock: real requests over loopback while time stands still or jumps."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallConnectionError,
    Settings,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .clock import utc_now
from .faults import Endpoint, Fault
from .fixtures import netzero_client
from .server import Cloud, running
from .world import SCENARIOS, World

START = datetime(2026, 1, 14, tzinfo=UTC)
BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)


async def test_the_client_talks_to_the_server_while_time_stands_still(
    freezer: FrozenDateTimeFactory, cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Hours pass between requests, none within them."""
    freezer.move_to(START)
    cloud.world.begin()
    powerwall = netzero_client(cloud, session)
    first = await powerwall.read()
    assert first.read_at == first.measured_at == START
    assert first.soc_percent == 40.0
    await powerwall.write(BACKUP)
    freezer.tick(timedelta(hours=1))
    second = await powerwall.read()
    assert second.read_at == START + timedelta(hours=1)
    # 3.3 kW for an hour, less half of the round trip's loss, in 13.5 kWh.
    assert second.soc_percent == pytest.approx(40 + 3.3 * 0.9**0.5 / 13.5 * 100)
    assert [received.at for received in cloud.requests] == [
        START,
        START,
        START + timedelta(hours=1),
    ]


async def test_a_whole_day_in_half_hours(
    freezer: FrozenDateTimeFactory, cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """48 readings and writes, each with its connection: none is lost to a jump of the clock."""
    freezer.move_to(START)
    cloud.world.begin()
    powerwall = netzero_client(cloud, session)
    for slot in range(48):
        await powerwall.write(Settings(backup_reserve_percent=20 + slot))
        freezer.tick(timedelta(minutes=30))
        assert (await powerwall.read()).settings.backup_reserve_percent == 20 + slot
    assert len(cloud.requests.writes) == 48


async def test_a_time_out_comes_when_the_clock_is_moved(
    freezer: FrozenDateTimeFactory, cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """A frozen clock freezes time-outs too; moving it past them lets them run out."""
    freezer.move_to(START)
    powerwall = netzero_client(cloud, session, timeout_s=25)
    cloud.faults.add(Fault.TIMEOUT, Endpoint.NETZERO_READ, times=1)
    asked = asyncio.create_task(powerwall.read())
    await cloud.someone_waits()
    freezer.tick(timedelta(seconds=26))
    with pytest.raises(PowerwallConnectionError):
        await asked
    assert (await powerwall.read()).read_at == START + timedelta(seconds=26)


async def test_a_server_that_closes_lets_go_of_who_waits(
    freezer: FrozenDateTimeFactory, socket_enabled: None
) -> None:
    """No test hangs in its clean-up."""
    freezer.move_to(START)
    async with aiohttp.ClientSession() as session:
        async with running(World(SCENARIOS["winter"], utc_now)) as cloud:
            cloud.faults.add(Fault.TIMEOUT, Endpoint.NETZERO_READ)
            asked = asyncio.create_task(netzero_client(cloud, session, timeout_s=25).read())
            await cloud.someone_waits()
        with pytest.raises(PowerwallConnectionError):
            await asked


async def test_home_assistants_own_session_reaches_it(
    freezer: FrozenDateTimeFactory, cloud: Cloud, hass: HomeAssistant
) -> None:
    """The integration's way: the shared session, inside Home Assistant's event loop."""
    freezer.move_to(START)
    cloud.world.begin()
    powerwall = netzero_client(cloud, async_get_clientsession(hass))
    assert (await powerwall.read()).soc_percent == 40.0
    freezer.tick(timedelta(hours=2))
    assert (await powerwall.read()).read_at == START + timedelta(hours=2)
