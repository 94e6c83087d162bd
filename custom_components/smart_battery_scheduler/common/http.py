"""One request to somebody's web service, and what can be said of any reply.

The clients in ``tariff``, ``solar`` and ``carbon`` share this and nothing else; what a status means
is theirs to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import json
from math import isfinite

import aiohttp
from yarl import URL

TIMEOUT_S = 20.0
# Limits of a requested wait: one of a second, asked for each time, would mean a request a second,
# and one of more than a day is taken for a mistake.
SHORTEST_WAIT_S = 60.0
LONGEST_WAIT_S = 86_400.0


def utc_now() -> datetime:
    """The clock of a client that was given none."""
    return datetime.now(UTC)


class NoReplyError(Exception):
    """Nothing came back. The text names the service, never the address: it may hold a key."""


class NotJsonError(Exception):
    """The reply is not JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, whole. Its repr shows the status only: bodies hold tokens and addresses."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def __repr__(self) -> str:
        """Without headers and body."""
        return f"<Reply {self.status}>"

    @property
    def is_page(self) -> bool:
        """True for a web page: a firewall or a maintenance page answered, not the service."""
        return self.content.lstrip().startswith(b"<")

    def json(self) -> object:
        """The body, whatever its content type says. Raises NotJsonError."""
        try:
            body: object = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise NotJsonError from error
        return body

    def retry_after_s(self, now: datetime, default_s: float) -> float:
        """How long the service asks to wait (``Retry-After``: seconds or HTTP date)."""
        text = self.headers.get("Retry-After")
        wait = None if text is None else _seconds(text, now)
        return default_s if wait is None else min(max(wait, SHORTEST_WAIT_S), LONGEST_WAIT_S)


async def ask(
    session: aiohttp.ClientSession,
    url: URL,
    *,
    service: str,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    timeout_s: float = TIMEOUT_S,
) -> Reply:
    """GET ``url``, or POST ``body`` to it as JSON. Redirects are not followed.

    Raises NoReplyError, which hides the cause: aiohttp's errors quote addresses.
    """
    try:
        async with session.request(
            "GET" if body is None else "POST",
            url,
            json=body,
            headers={"Accept": "application/json", **(headers or {})},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            allow_redirects=False,
        ) as response:
            content = await response.read()
            return Reply(status=response.status, headers=response.headers, content=content)
    except TimeoutError:
        raise NoReplyError(f"{service} did not answer in time") from None
    except aiohttp.ClientError as error:
        problem = type(error).__name__
        raise NoReplyError(f"{service} was not reached ({problem})") from None


def aware(text: object) -> datetime | None:
    """An ISO 8601 moment with an offset as UTC; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def number(value: object) -> float | None:
    """A finite number, or None; truth values are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if isfinite(converted) else None


def _seconds(text: str, now: datetime) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, now)
    return seconds if isfinite(seconds) else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - now).total_seconds()
