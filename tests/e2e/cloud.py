"""The fake cloud as a process of its own, and what it can be asked from outside."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import sys
from typing import Any

import aiohttp

from scripts.devhome import ROOT
from scripts.devhome.process import bound_to_us

_START_TIMEOUT_S = 60


@dataclass(frozen=True)
class CloudProcess:
    """A running fake cloud: NetZero, Octopus and Open-Meteo at one address."""

    url: str
    token: str
    site_id: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What points the integration at it."""
        services = ("NETZERO", "OCTOPUS", "OCTOPLUS", "OPEN_METEO", "CARBON")
        return dict.fromkeys((f"SBS_{service}_URL" for service in services), self.url)

    async def state(self) -> dict[str, Any]:
        """Return the world's time, battery and faults."""
        state: dict[str, Any] = await self._ask("GET", "state")
        return state

    async def settings(self) -> dict[str, Any]:
        """Return the settings that the Powerwall obeys."""
        settings: dict[str, Any] = (await self.state())["reading"]["settings"]
        return settings

    async def requests(self) -> list[dict[str, Any]]:
        """Return what was received, the oldest first."""
        requests: list[dict[str, Any]] = await self._ask("GET", "requests")
        return requests

    async def forget_requests(self) -> None:
        """Begin the list of requests anew."""
        await self._ask("DELETE", "requests")

    async def change(self, what: str, **values: Any) -> None:
        """Change the world: see the control endpoint for what there is."""
        await self._ask("POST", what, values)

    async def _ask(self, method: str, name: str, body: Any = None) -> Any:
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.request(method, f"{self.url}/control/{name}", json=body) as response,
        ):
            return await response.json()


@asynccontextmanager
async def running_cloud(scenario: str) -> AsyncIterator[CloudProcess]:
    """Start the fake cloud in the present, and stop it whatever happens."""
    process = await asyncio.create_subprocess_exec(
        *bound_to_us(sys.executable, "-m", "tests.cloud", "--scenario", scenario),
        cwd=ROOT,
        stdout=PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_START_TIMEOUT_S):
            url, *words = (await process.stdout.readline()).decode().split()
        credentials = dict(word.split("=", 1) for word in words)
        yield CloudProcess(url, credentials["token"], credentials["site"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
