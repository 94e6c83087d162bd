"""The fixture ``cloud`` and real clients in front of it: import them into a conftest.

Freeze the clock before asking for it, or call ``cloud.world.begin()`` after moving it: the
battery's time passes from the moment the world was made.
"""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.powerwall.budget import RequestBudget
from custom_components.smart_battery_scheduler.powerwall.netzero import NetZeroPowerwall

from .clock import utc_now
from .server import Cloud, running
from .world import SCENARIOS, World


@pytest.fixture
def scenario() -> str:
    """The scenario of the world; parametrize a test with it to have another."""
    return "winter"


@pytest.fixture
async def cloud(socket_enabled: None, scenario: str) -> AsyncIterator[Cloud]:
    """A stand-in for all clouds, on loopback, under the test's clock."""
    async with running(World(SCENARIOS[scenario], utc_now)) as cloud:
        yield cloud


@pytest.fixture
async def session(cloud: Cloud) -> AsyncIterator[aiohttp.ClientSession]:
    """A real client session."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def netzero(cloud: Cloud, session: aiohttp.ClientSession) -> NetZeroPowerwall:
    """The real client in front of the stand-in."""
    return netzero_client(cloud, session)


def netzero_client(
    cloud: Cloud,
    session: aiohttp.ClientSession,
    *,
    token: str | None = None,
    site_id: str | None = None,
    timeout_s: float = 0.2,
    budget: RequestBudget | None = None,
) -> NetZeroPowerwall:
    """A client with the world's clock that gives up early, and asks as often as it likes."""
    return NetZeroPowerwall(
        session,
        token or cloud.world.token,
        site_id or cloud.world.site_id,
        base_url=cloud.url,
        clock=cloud.world.clock,
        timeout_s=timeout_s,
        budget=budget or RequestBudget(limit=8),
    )
