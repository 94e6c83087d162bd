"""Fixtures of the tariff tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest

from ..cloud.fixtures import cloud, scenario
from ..wire import Wire
from .bodies import API_KEY

__all__ = ["cloud", "scenario"]

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """No network, only what the test puts on the wire."""
    with Wire() as wire:
        yield wire


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session of its own."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def octopus(session: aiohttp.ClientSession) -> OctopusRest:
    """The client under test, with a key."""
    return OctopusRest(session, API_KEY, clock=lambda: NOW)
