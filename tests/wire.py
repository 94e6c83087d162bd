"""aioresponses, made to work with the aiohttp of today."""

from collections.abc import AsyncIterator, Iterator
from re import Pattern
from types import TracebackType
from typing import Any, Self
from unittest.mock import Mock

import aiohttp
from aiohttp import ClientResponse
from aioresponses import aioresponses
import pytest
from yarl import URL


class SentResponse(ClientResponse):
    """A reply to a request that was sent whole: aiohttp 3.14 wants to know, aioresponses is silent."""

    def __init__(self, method: str, url: URL, **arguments: Any) -> None:
        """Say that it was sent."""
        super().__init__(method, url, stream_writer=Mock(output_size=0), **arguments)


class Wire:
    """Answers requests by their address, without a network; takes what aioresponses takes."""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self._wire = aioresponses()

    def __enter__(self) -> Self:
        """Take the place of the network."""
        self._wire.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the network back."""
        self._wire.__exit__(kind, error, trace)

    def add(self, url: URL | str | Pattern[str], method: str = "GET", **reply: Any) -> None:
        """Answer the next such request so (all of them with ``repeat=True``)."""
        self._wire.add(url, method, response_class=SentResponse, **reply)

    def get(self, url: URL | str | Pattern[str], **reply: Any) -> None:
        """Answer the next GET."""
        self.add(url, "GET", **reply)

    def post(self, url: URL | str | Pattern[str], **reply: Any) -> None:
        """Answer the next POST."""
        self.add(url, "POST", **reply)

    @property
    def requests(self) -> dict[tuple[str, URL], list[Any]]:
        """What was asked, by method and address; each with its ``kwargs``."""
        return self._wire.requests


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
