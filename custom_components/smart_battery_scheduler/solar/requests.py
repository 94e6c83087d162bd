"""What the clients of solar services share: how one is asked, and which roof is asked about."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

import aiohttp
from yarl import URL

from ..common.http import TIMEOUT_S, NoReplyError, NotJsonError, Reply, ask, utc_now
from ..common.poll_interval import PollInterval
from .model import RoofPlane, SolarForecast, SolarUnreachableError


async def asked(
    session: aiohttp.ClientSession, url: URL, *, service: str, timeout_s: float
) -> tuple[Reply, object]:
    """A reply of any status and its body, None where that is no JSON.

    Raises SolarUnreachableError.
    """
    try:
        reply = await ask(session, url, service=service, timeout_s=timeout_s)
    except NoReplyError as error:
        raise SolarUnreachableError(str(error)) from error
    try:
        return reply, reply.json()
    except NotJsonError:
        return reply, None


class RoofClient(ABC):
    """A service that forecasts planes of panels at a place. ``fetch`` raises a SolarError."""

    poll_interval: PollInterval
    service: ClassVar[str]
    real_url: ClassVar[str]

    def __init__(
        self,
        session: aiohttp.ClientSession,
        latitude: float,
        longitude: float,
        planes: Sequence[RoofPlane],
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``base_url`` stands in for the real one. No home needs a key."""
        self._session = session
        self._latitude, self._longitude = latitude, longitude
        self._planes = tuple(planes)
        self._api_key = api_key
        self._base = URL(base_url or self.real_url_for(api_key))
        self._clock = clock
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        """Without the key and the place."""
        return f"<{type(self).__name__} {len(self._planes)} planes>"

    @classmethod
    def real_url_for(cls, api_key: str | None) -> str:
        """Where the service is, for those with this key."""
        return cls.real_url

    @abstractmethod
    async def fetch(self) -> SolarForecast:
        """The roof's forecast."""

    async def _asked(self, url: URL) -> tuple[Reply, object]:
        return await asked(self._session, url, service=self.service, timeout_s=self._timeout_s)
