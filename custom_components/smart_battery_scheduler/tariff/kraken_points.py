"""The hour's allowance of points: an account's, whatever applications use its key.

50,000 points an hour are allowed, of which a query costs tens; another integration with the same
key may use up most of them. A client that goes on asking then is locked out together with the owner's
other applications, so the last of them are left alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..common.http import number
from ..common.poll_interval import is_ahead
from .errors import TariffError, TariffRateLimitError, TariffReplyError
from .json_shape import JsonObject, one_object
from .kraken_errors import QUERY_BLOCKED_S

POINTS = """query Points {
  rateLimitInfo { pointsAllowanceRateLimit { limit remainingPoints ttl isBlocked } }
}"""
LOOK_EVERY = timedelta(hours=1)
LEFT_TO_OTHERS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What is left of the hour's allowance."""

    limit: int
    remaining: int
    renewed_at: datetime | None
    is_blocked: bool

    @property
    def are_scarce(self) -> bool:
        """Whether the rest is better left to others."""
        return self.is_blocked or self.remaining < LEFT_TO_OTHERS * self.limit


def parse_points(data: JsonObject) -> Points:
    """The allowance of a reply. Raises TariffReplyError."""
    info = one_object(data.get("rateLimitInfo"), "rateLimitInfo")
    points = one_object(info.get("pointsAllowanceRateLimit"), "the allowance")
    limit, remaining = number(points.get("limit")), number(points.get("remainingPoints"))
    if limit is None or remaining is None:
        raise TariffReplyError("the allowance has no numbers")
    until = number(points.get("ttl"))
    return Points(
        limit=int(limit),
        remaining=int(remaining),
        renewed_at=datetime.fromtimestamp(until, UTC) if until and 0.0 < until < 1e11 else None,
        is_blocked=points.get("isBlocked") is True,
    )


class Allowance:
    """Reads the points once an hour; while they are scarce, nothing else is requested."""

    def __init__(self, ask: Callable[[], Awaitable[Points]], clock: Callable[[], datetime]) -> None:
        """``ask`` raises a TariffError."""
        self._ask = ask
        self._clock = clock
        self._look_at: datetime | None = None
        self._backoff_until: datetime | None = None

    async def require(self) -> None:
        """Raises TariffRateLimitError while the points are scarce."""
        now = self._clock()
        backoff_until = self._backoff_until
        if backoff_until and is_ahead(backoff_until, now, LOOK_EVERY):
            raise TariffRateLimitError((backoff_until - now).total_seconds())
        if is_ahead(self._look_at, now, LOOK_EVERY):
            return
        self._look_at = now + LOOK_EVERY
        try:
            points = await self._ask()
        except TariffError:
            # Not reported: the question itself says whether it is answered.
            return
        if points.are_scarce:
            soon = now + timedelta(seconds=QUERY_BLOCKED_S)
            until = points.renewed_at
            self._backoff_until = until if until and now < until <= now + LOOK_EVERY else soon
            self._look_at = self._backoff_until
            raise TariffRateLimitError((self._backoff_until - now).total_seconds())
