"""The NetZero developer API, which reads and sets a real Powerwall.

One resource per site, read with GET and changed with POST. Facts: docs.netzero.energy, "API".
NetZero allows 5 requests a minute; this client stays below by its own count, because everybody's
traffic shares one account at Tesla.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import json
from urllib.parse import quote

import aiohttp
from yarl import URL

from .base import (
    Capabilities,
    PowerwallAuthError,
    PowerwallConnectionError,
    PowerwallRateLimitError,
    PowerwallReplyError,
    PowerwallState,
    Purpose,
    Settings,
)
from .budget import RequestBudget
from .netzero_wire import clock_ahead, parse_moment, parse_state, request_body

BASE_URL = "https://api.netzero.energy"
TIMEOUT_S = 25.0
# When a 429 does not say how long: the limit is counted by the minute.
USUAL_BACKOFF = timedelta(seconds=60)
LONGEST_BACKOFF = timedelta(hours=1)
CAPABILITIES = Capabilities(name="NetZero")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class NetZeroPowerwall:
    """A Powerwall behind NetZero. Holds no state but its request budget."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        site_id: str,
        *,
        base_url: str = BASE_URL,
        clock: Callable[[], datetime] = _utc_now,
        budget: RequestBudget | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Nothing is sent yet; call ``read`` to see whether token and site are right."""
        self.budget = budget or RequestBudget()
        self._session = session
        self._token = token
        self._url = URL(
            f"{base_url.rstrip('/')}/api/v1/{quote(site_id, safe='')}/config", encoded=True
        )
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    def __repr__(self) -> str:
        """Without token and site id."""
        return f"<{type(self).__name__}>"

    @property
    def capabilities(self) -> Capabilities:
        """One combined write, within a budget of requests."""
        return CAPABILITIES

    async def read(self, purpose: Purpose = Purpose.READ) -> PowerwallState:
        """Settings and powers now. Raises a PowerwallError."""
        return await self._exchange("GET", None, purpose)

    async def write(self, change: Settings, purpose: Purpose = Purpose.COMMAND) -> PowerwallState:
        """Ask for a change with one POST; returns the reply, which shows what was accepted.

        Raises a PowerwallError, or ValueError for a change that cannot be.
        """
        return await self._exchange("POST", request_body(change), purpose)

    async def keep(self, change: Settings, ends_at: datetime) -> None:
        """Nothing to do: what was written stays."""

    async def _exchange(
        self, method: str, body: Mapping[str, str | int | bool] | None, purpose: Purpose
    ) -> PowerwallState:
        if not (self._token.isascii() and self._token.isprintable()):
            raise PowerwallAuthError("the token holds characters that no token has")
        self.budget.spend(self._clock(), purpose)
        try:
            async with self._session.request(
                method,
                self._url,
                json=body,
                headers=self._headers(),
                timeout=self._timeout,
                allow_redirects=False,
                middlewares=(_once(),),
            ) as response:
                content = await response.read()
        except TimeoutError as error:
            raise PowerwallConnectionError("NetZero did not answer in time") from error
        except aiohttp.ClientError as error:
            problem = type(error).__name__
            raise PowerwallConnectionError(f"NetZero was not reached ({problem})") from error
        now = self._clock()
        ahead = _clock_ahead(response.headers, now)
        self._heed_limits(response, now + (ahead or timedelta()), ahead or timedelta(), purpose)
        _raise_for(response.status, content)
        return parse_state(_decoded(content), now, ahead)

    def _headers(self) -> dict[str, str]:
        """A new connection each time: a kept one is often closed by then, and a write cannot be repeated."""
        return {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "Connection": "close",
        }

    def _heed_limits(
        self,
        response: aiohttp.ClientResponse,
        there: datetime,
        ahead: timedelta,
        purpose: Purpose,
    ) -> None:
        """Wait as long as the headers ask. Raises PowerwallRateLimitError for a 429.

        ``there`` is the time by NetZero's own clock, ``ahead`` of ours: its moments are of that.
        """
        until = _backoff_until(response.headers, there)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            until = min(until or there + USUAL_BACKOFF, there + LONGEST_BACKOFF)
            self.budget.refused(until - ahead, purpose)
            raise PowerwallRateLimitError((until - there).total_seconds())
        remaining = response.headers.get("X-RateLimit-Remaining", "")
        # A number of another form says nothing, and no wait is invented for a reply that succeeded.
        if until is not None and remaining.isascii() and remaining.isdigit():
            self.budget.left(int(remaining[:9]), min(until, there + LONGEST_BACKOFF) - ahead)


def _clock_ahead(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How far NetZero's clock is ahead of ours; a reply out of some cache says nothing of that."""
    return None if "Age" in headers else clock_ahead(headers.get("Date"), now)


def _once() -> aiohttp.ClientMiddlewareType:
    """Let a request out once: aiohttp repeats a GET that got no reply, past any budget."""
    gone = False

    async def send(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        nonlocal gone
        if gone:
            raise aiohttp.ServerDisconnectedError
        gone = True
        return await handler(request)

    return send


def _backoff_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The later of the moments that the rate headers name, if any lies ahead."""
    texts = (headers.get("X-RateLimit-Reset"), headers.get("Retry-After"))
    moments = [parse_moment(text, now) for text in texts if text is not None]
    ahead = [moment for moment in moments if moment is not None and moment > now]
    return max(ahead, default=None)


def _raise_for(status: int, content: bytes) -> None:
    """Raise for anything that is not a reply of the API itself.

    A page instead of JSON comes from something in between (a firewall, a maintenance page) whatever
    its status: it says nothing about token or site.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise PowerwallConnectionError(f"NetZero fails on its side (status {status})")
    if content.lstrip().startswith(b"<"):
        raise PowerwallConnectionError(f"NetZero answered with a web page (status {status})")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        raise PowerwallAuthError(f"NetZero refused the token or the site (status {status})")
    if not 200 <= status < 300:
        raise PowerwallReplyError(f"NetZero refused the request (status {status})")


def _decoded(content: bytes) -> object:
    try:
        body: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PowerwallReplyError("the reply is not JSON") from error
    return body
