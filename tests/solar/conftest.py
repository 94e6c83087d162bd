"""Fixtures of the solar tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from ..cloud.fixtures import cloud, scenario
from ..wire import Wire

__all__ = ["cloud", "scenario"]


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
