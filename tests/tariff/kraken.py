"""A stand-in for Octopus' GraphQL API on the wire: answers by name, keeps what was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import re
from typing import Any

from aioresponses import CallbackResult
from yarl import URL

from custom_components.smart_battery_scheduler.common.serialisation import Json

from ..clock import Clock
from ..wire import SentResponse, Wire
from .bodies import ACCOUNT

MAIN = "https://api.octopus.energy/v1/graphql/"
BACKEND = "https://api.backend.octopus.energy/v1/graphql/"
NOW = datetime(2026, 8, 14, 9, 0, tzinfo=UTC)

_NAME = re.compile(r"(?:query|mutation) (\w+)")

type Reply = dict[str, Json]
ACCOUNTS: Reply = {"data": {"viewer": {"accounts": [{"number": ACCOUNT}]}}}
NO_SESSIONS: Reply = {"data": {"savingSessions": {"events": [], "account": None}}}


def error(
    code: str | None, message: str = "What was sent: sk_live_secret", field: str = "x"
) -> Json:
    """An error as Kraken puts it; without a code as GraphQL itself does."""
    body: dict[str, Json] = {
        "message": message,
        "locations": [{"line": 2, "column": 2}],
        "path": [field],
    }
    if code is not None:
        body["extensions"] = {
            "errorType": "APPLICATION",
            "errorCode": code,
            "errorDescription": message,
        }
    return body


def refusal(code: str | None, **data: Json) -> Reply:
    """A reply that is an error, with status 200."""
    return {"errors": [error(code)], "data": data or None}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    host: str
    operation: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str]


def allowance(remaining: Json = 46_705, **more: Json) -> Reply:
    """What is left of the hour's points."""
    points: Json = {
        "limit": 50_000,
        "remainingPoints": remaining,
        "ttl": round((NOW + timedelta(minutes=40)).timestamp()),
        "isBlocked": False,
        **more,
    }
    return {"data": {"rateLimitInfo": {"pointsAllowanceRateLimit": points}}}


class Kraken:
    """Answers each operation with what is in ``replies``; mints tokens t1, t2, ..."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        """Take the place of both hosts."""
        self.asked: list[Asked] = []
        self.replies: dict[str, Reply | Callable[[Asked], Reply]] = {
            "ObtainToken": self._mint,
            "Points": allowance(),
        }
        self.minted = 0
        self.refresh_for = timedelta(days=7)
        self._clock = clock
        for url in (MAIN, BACKEND):
            wire.post(url, callback=self._answer, repeat=True)

    def of(self, operation: str) -> list[Asked]:
        """The requests for one operation."""
        return [each for each in self.asked if each.operation == operation]

    def _answer(self, url: URL, **request: Any) -> CallbackResult:
        match = _NAME.match(request["json"]["query"])
        assert match is not None
        asked = Asked(
            host=url.host or "",
            operation=match[1],
            variables=request["json"]["variables"],
            headers=request["headers"],
        )
        self.asked.append(asked)
        reply = self.replies[asked.operation]
        payload = reply(asked) if callable(reply) else reply
        return CallbackResult(payload=payload, response_class=SentResponse)

    def _mint(self, asked: Asked) -> Reply:
        self.minted += 1
        return {
            "data": {
                "obtainKrakenToken": {
                    "token": f"t{self.minted}",
                    "refreshToken": f"r{self.minted}",
                    "refreshExpiresIn": round((self._clock() + self.refresh_for).timestamp()),
                }
            }
        }
