"""One token for all queries: minted seldom, shared, renewed by its refresh token.

A token lasts an hour, its refresh token a week. Several applications that mint with one key were
locked out for hours, so a token is never minted per query.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..common.http import number
from ..common.poll_interval import is_ahead
from .errors import TariffAuthError, TariffRateLimitError, TariffReplyError
from .json_shape import JsonObject, one_object, text
from .kraken_errors import NotForThisKeyError, TokenRefusedError

MINT = """mutation ObtainToken($input: ObtainJSONWebTokenInput!) {
  obtainKrakenToken(input: $input) { token refreshToken refreshExpiresIn }
}"""

LIFETIME = timedelta(minutes=60)
# A token younger than this is not refused for its age, so that a new one would be refused too.
YOUNG = timedelta(minutes=15)
RENEW_BEFORE = timedelta(minutes=5)
# While minting is refused for being too frequent, each time wait twice as long.
LONGEST_BLOCK_S = 6 * 3600.0

type Post = Callable[[str, Mapping[str, object]], Awaitable[JsonObject]]


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """A token and the means to have the next one without the key."""

    token: str
    minted_at: datetime
    refresh_token: str | None
    refresh_until: datetime

    def is_good(self, now: datetime) -> bool:
        """Whether the next one is not wanted yet."""
        return is_ahead(self.minted_at + LIFETIME - RENEW_BEFORE, now, LIFETIME)

    def is_young(self, now: datetime) -> bool:
        """Whether its age is no reason to refuse it."""
        return is_ahead(self.minted_at + YOUNG, now, LIFETIME)


class TokenKeeper:
    """Keeps the token of one API key. ``post`` sends a mutation without a token."""

    def __init__(self, api_key: str, post: Post, clock: Callable[[], datetime]) -> None:
        """Mint nothing yet."""
        self._api_key = api_key
        self._post = post
        self._clock = clock
        self._tokens: Tokens | None = None
        self._lock = asyncio.Lock()
        self._blocked_until: datetime | None = None
        self._block_s = 0.0

    def __repr__(self) -> str:
        """Without the key and the token."""
        return f"<{type(self).__name__}>"

    async def token(self, *, refused: str | None = None) -> str:
        """A token that is good for some minutes; another one than ``refused``.

        Raises a TariffError: TariffAuthError if the key itself is refused, NotForThisKeyError if
        ``refused`` is too young to be refused for its age.
        """
        async with self._lock:
            tokens, now = self._tokens, self._clock()
            if tokens is not None and tokens.token == refused and tokens.is_young(now):
                raise NotForThisKeyError("Octopus does not answer this for the key")
            if tokens is not None and tokens.token != refused and tokens.is_good(now):
                return tokens.token
            self._tokens = await self._renewed(tokens, now)
            return self._tokens.token

    async def _renewed(self, old: Tokens | None, now: datetime) -> Tokens:
        if old is not None and old.refresh_token is not None and now < old.refresh_until:
            try:
                return await self._mint({"refreshToken": old.refresh_token}, now)
            except TariffAuthError, TokenRefusedError:
                # Refresh tokens can be withdrawn; the key is still good, as far as we know.
                self._tokens = None
        try:
            return await self._mint({"APIKey": self._api_key}, now)
        except TokenRefusedError as error:
            raise TariffAuthError("Octopus refused the API key") from error

    async def _mint(self, credentials: Mapping[str, str], now: datetime) -> Tokens:
        blocked_until = self._blocked_until
        if blocked_until and is_ahead(blocked_until, now, timedelta(seconds=LONGEST_BLOCK_S)):
            raise TariffRateLimitError((blocked_until - now).total_seconds())
        try:
            data = await self._post(MINT, {"input": credentials})
        except TariffRateLimitError as error:
            self._block_s = min(max(2.0 * self._block_s, error.retry_after_s), LONGEST_BLOCK_S)
            self._blocked_until = now + timedelta(seconds=self._block_s)
            raise TariffRateLimitError(self._block_s) from error
        self._blocked_until, self._block_s = None, 0.0
        return _tokens(data.get("obtainKrakenToken"), now)


def _tokens(body: object, now: datetime) -> Tokens:
    reply = one_object(body, "the token")
    token, refresh = text(reply, "token"), reply.get("refreshToken")
    if not (token.isascii() and token.isprintable()):
        raise TariffReplyError("the token holds characters that no token has")
    return Tokens(
        token=token,
        minted_at=now,
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        refresh_until=_refresh_until(reply.get("refreshExpiresIn"), now),
    )


def _refresh_until(value: object, now: datetime) -> datetime:
    """``refreshExpiresIn`` is, whatever its name says, a moment: seconds since 1970."""
    seconds = number(value)
    if seconds is None or not 0.0 < seconds < 1e11:
        return now
    return datetime.fromtimestamp(seconds, UTC) - RENEW_BEFORE
