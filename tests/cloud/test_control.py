"""The control endpoint, and the stand-in as a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
import signal
import sys
from typing import Any

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    Islanding,
    OperatingMode,
    PowerwallConnectionError,
    Settings,
)

from .clock import ScaledClock
from .faults import Endpoint
from .fixtures import netzero_client
from .quirks import Quirks, Refusal
from .server import Cloud, running
from .world import SCENARIOS, SITE_ID, TOKEN, World

START = datetime(2026, 1, 14, tzinfo=UTC)
BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[Cloud]:
    """A stand-in with a clock of its own, which stands still."""
    async with running(World(SCENARIOS["winter"], ScaledClock(START, speed=0.0))) as cloud:
        yield cloud


async def control(
    session: aiohttp.ClientSession,
    cloud: Cloud,
    method: str,
    name: str,
    body: object = None,
    status: int = 200,
) -> Any:
    """One request to the control endpoint."""
    async with session.request(method, f"{cloud.url}/control/{name}", json=body) as response:
        assert response.status == status
        return await response.json()


async def test_time_is_moved_and_the_battery_lives_through_it(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """An hour of fast charging in no time."""
    powerwall = netzero_client(cloud, session)
    await powerwall.write(BACKUP)
    before = await control(session, cloud, "GET", "state")
    after = await control(session, cloud, "POST", "time", {"advance_s": 3600})
    assert before["now"] == START.isoformat()
    assert after["now"] == "2026-01-14T01:00:00+00:00"
    assert after["charge_level_percent"] > before["charge_level_percent"] + 20
    moved = await control(
        session, cloud, "POST", "time", {"now": "2026-01-15T00:00:00+00:00", "speed": 60}
    )
    assert moved["speed"] == 60


async def test_faults_are_armed_listed_and_cleared(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """As by the switch."""
    rule = {"fault": "disconnect", "endpoints": ["netzero_read"], "skip": 1, "times": 1}
    await control(session, cloud, "POST", "faults", rule)
    powerwall = netzero_client(cloud, session)
    await powerwall.read()
    with pytest.raises(PowerwallConnectionError):
        await powerwall.read()
    await control(session, cloud, "POST", "faults", {"fault": "late", "detail": "30"})
    (armed,) = await control(session, cloud, "GET", "faults")
    assert armed == {
        "fault": "late",
        "endpoint": "netzero_write",
        "skip": 0,
        "times": None,
        "detail": "30",
    }
    await control(session, cloud, "DELETE", "faults")
    assert await control(session, cloud, "GET", "faults") == []


async def test_requests_are_read_back_and_forgotten(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """With times and bodies, without the token."""
    await netzero_client(cloud, session).write(BACKUP)
    (received,) = await control(session, cloud, "GET", "requests")
    assert received["endpoint"] == Endpoint.NETZERO_WRITE
    assert received["at"] == START.isoformat()
    assert received["body"] == {"operational_mode": "backup", "grid_charging": True}
    assert TOKEN not in str(received)
    await control(session, cloud, "DELETE", "requests")
    assert await control(session, cloud, "GET", "requests") == []


async def test_circumstances_app_level_publication_and_delivery(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """The rest of the world."""
    powerwall = netzero_client(cloud, session)
    await control(session, cloud, "POST", "circumstances", {"on_grid": False})
    state = await control(session, cloud, "POST", "circumstances", {"storm_watch": True})
    assert state["powerwall"]["circumstances"]["on_grid"] is False
    assert state["powerwall"]["circumstances"]["storm_watch"] is True
    await control(session, cloud, "POST", "level", {"percent": 77})
    await control(session, cloud, "POST", "app", {"operational_mode": "autonomous"})
    reading = await powerwall.read()
    assert reading.islanding is Islanding.OFF_GRID
    assert reading.soc_percent == 77
    assert reading.settings.operating_mode is OperatingMode.TIME_BASED
    await control(session, cloud, "POST", "publication", {"exports_at": "17:30"})
    assert cloud.world.publication.exports_at.isoformat() == "17:30:00"
    await control(session, cloud, "POST", "delivery", {"shortest_s": 60, "longest_s": 60})
    await powerwall.write(BACKUP)
    assert (await powerwall.read()).settings.operating_mode is OperatingMode.TIME_BASED
    await control(session, cloud, "POST", "time", {"advance_s": 60})
    assert (await powerwall.read()).settings.operating_mode is OperatingMode.BACKUP


async def test_quirks_are_set_one_by_one(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """Those that are not named stay."""
    refusal = {"field": "operational_mode", "status": 400, "value": "backup"}
    await control(session, cloud, "POST", "quirks", {"gateway_behind_s": 900})
    await control(session, cloud, "POST", "quirks", {"refusals": [refusal]})
    assert cloud.world.quirks == Quirks(
        gateway_behind_s=900.0,
        refusals=(Refusal(field="operational_mode", status=400, value="backup"),),
    )


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("time", {"speed": "fast"}),
        ("time", {"now": "yesterday"}),
        ("faults", {}),
        ("faults", {"fault": "gremlins"}),
        ("faults", {"fault": "stale", "endpoints": ["netzero_write"]}),
        ("faults", {"fault": "stale", "endpoints": ["nowhere"]}),
        ("circumstances", {"on_grid": "no"}),
        ("app", {"operational_mode": "party"}),
        ("level", {"percent": 130}),
        ("publication", {"imports_at": "teatime"}),
        ("publication", {"breakfast_at": "08:00"}),
        ("delivery", {}),
        ("quirks", {"gateway": "lazy"}),
        ("quirks", {"gateway_behind_s": "late"}),
        ("level", []),
    ],
)
async def test_nonsense_is_refused_and_changes_nothing(
    cloud: Cloud, session: aiohttp.ClientSession, name: str, body: object
) -> None:
    """With a reason."""
    before = await control(session, cloud, "GET", "state")
    assert "error" in await control(session, cloud, "POST", name, body, status=400)
    assert await control(session, cloud, "GET", "state") == before


async def test_a_frozen_worlds_time_is_the_tests_alone(socket_enabled: None) -> None:
    """Nobody else can move it."""
    world = World(SCENARIOS["winter"], lambda: START)
    async with running(world) as cloud, aiohttp.ClientSession() as session:
        refusal = await control(session, cloud, "POST", "time", {"advance_s": 1}, status=400)
        assert "test" in refusal["error"]


async def test_as_a_process(socket_enabled: None) -> None:
    """It prints its address, serves, and ends cleanly when asked to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.cloud", "--scenario", "sunny", "--speed", "60"),
        *("--start", "2026-06-17T10:00:00"),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    url, *said = (await process.stdout.readline()).decode().split()
    assert said == ["scenario=sunny", f"token={TOKEN}", f"site={SITE_ID}"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/control/state") as response,
    ):
        state = await response.json()
    assert state["now"].startswith("2026-06-17T10:")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
