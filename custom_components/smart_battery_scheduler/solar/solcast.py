"""Solcast's rooftop sites for hobbyists: its own p10, p50 and p90, ten calls a day.

No library: the maintained ones are not asynchronous. Values are mean kW of the half-hour that ENDS
at ``period_end``. Every site costs a call; the day begins at 00:00 UTC. Facts: docs.solcast.com.au.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import re

import aiohttp
from yarl import URL

from ..common.http import TIMEOUT_S, Reply, aware, number, utc_now
from ..common.poll_interval import PollInterval
from ..tariff.model import SLOT, floor_slot
from .model import (
    SolarAuthError,
    SolarError,
    SolarForecast,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSlot,
    SolarUnreachableError,
)
from .pv import SLOT_HOURS, total
from .requests import asked

BASE_URL = "https://api.solcast.com.au"
CALLS_PER_DAY = 10
HOURS_AHEAD = 96
BUSY_WAIT_S = 900.0

_SITE = re.compile(r"[0-9A-Za-z-]{4,40}")
# No home's roof.
ABSURD_KW = 1000.0


def poll_interval(sites: int) -> PollInterval:
    """How often so many sites can be asked, with a call or two to spare for a restart."""
    rounds = max((CALLS_PER_DAY - 1) // max(sites, 1), 1)
    every = timedelta(hours=24) / rounds
    # A call that fails is a call all the same.
    return PollInterval(every=every, jitter=timedelta(minutes=5), retry=every)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCalls:
    """How many calls were made on the UTC day that began at ``day``.

    Store it, for a restart brings no new ones.
    """

    day: datetime
    made: int = 0

    def left(self, now: datetime) -> int:
        """How many calls the day still has."""
        return CALLS_PER_DAY - (self.made if self.day == _midnight(now) else 0)

    def spent(self, now: datetime, calls: int = 1) -> DailyCalls:
        """With so many more."""
        return DailyCalls(day=_midnight(now), made=CALLS_PER_DAY - self.left(now) + calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A rooftop site of a key's account."""

    resource_id: str
    name: str


class Solcast:
    """The forecast of some sites together. Methods raise a SolarError when they fail."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: str,
        resource_ids: Sequence[str],
        *,
        calls: DailyCalls | None = None,
        base_url: str = BASE_URL,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``calls`` are those of today that were made before."""
        self.calls = calls or DailyCalls(day=_midnight(clock()))
        self.poll_interval = poll_interval(len(resource_ids))
        self._session = session
        self._api_key = api_key
        self._resource_ids = tuple(resource_ids)
        self._base = URL(base_url)
        self._clock = clock
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        """Name no secret."""
        return f"<{type(self).__name__} {len(self._resource_ids)} sites>"

    async def sites(self) -> tuple[Site, ...]:
        """The sites of the key's account; costs a call."""
        body = await self._get("rooftop_sites", {})
        sites = body.get("sites")
        if not isinstance(sites, list):
            raise SolarReplyError("the reply has no sites")
        return tuple(_site(each) for each in sites)

    async def fetch(self) -> SolarForecast:
        """All sites together; costs a call for each. None is asked if there are not enough left."""
        now = self._clock()
        self._require(len(self._resource_ids))
        sites = [await self._forecast(resource_id) for resource_id in self._resource_ids]
        common = set.intersection(*map(set, sites)) if sites else set()
        return SolarForecast(
            made_at=now,
            slots={start: total(site[start] for site in sites) for start in sorted(common)},
        )

    async def _forecast(self, resource_id: str) -> dict[datetime, SolarSlot]:
        if not _SITE.fullmatch(resource_id):
            raise SolarRequestError("that is no resource id")
        path = f"rooftop_sites/{resource_id}/forecasts"
        return parse_forecasts(await self._get(path, {"hours": str(HOURS_AHEAD)}))

    def _require(self, calls: int) -> None:
        now = self._clock()
        if self.calls.left(now) < calls:
            raise SolarRateLimitError(_until_tomorrow_s(now))

    async def _get(self, path: str, query: Mapping[str, str]) -> Mapping[object, object]:
        self._require(1)
        now = self._clock()
        # Counted before it is sent: a reply that is lost has cost its call all the same.
        self.calls = self.calls.spent(now)
        url = (self._base / path).with_query({"format": "json", "api_key": self._api_key, **query})
        reply, body = await asked(self._session, url, service="Solcast", timeout_s=self._timeout_s)
        if reply.status != HTTPStatus.OK:
            raise self._error(reply, body, now)
        if not isinstance(body, Mapping):
            raise SolarReplyError("the reply is no JSON object")
        return body

    def _error(self, reply: Reply, body: object, now: datetime) -> SolarError:
        status = reply.status
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            if not _is_quota(body):
                # Each new try is one of the day's ten.
                wait_s = max(reply.retry_after_s(now, BUSY_WAIT_S), BUSY_WAIT_S)
                return SolarRateLimitError(wait_s)
            # Somebody else uses the same key.
            self.calls = replace(self.calls, made=CALLS_PER_DAY)
            return SolarRateLimitError(_until_tomorrow_s(now))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.is_page:
            return SolarUnreachableError(f"Solcast fails on its side (status {status})")
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return SolarAuthError(f"Solcast refused the key (status {status})")
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
            return SolarRequestError(f"Solcast does not know the site (status {status})")
        return SolarReplyError(f"Solcast answered with status {status}")


def parse_forecasts(body: Mapping[object, object]) -> dict[datetime, SolarSlot]:
    """A reply as half-hours by their start. Raises SolarReplyError."""
    rows = body.get("forecasts")
    if not isinstance(rows, list):
        raise SolarReplyError("the reply has no forecasts")
    return dict(map(_half_hour, rows))


def _half_hour(row: object) -> tuple[datetime, SolarSlot]:
    if not isinstance(row, Mapping) or row.get("period") != "PT30M":
        raise SolarReplyError("a forecast is not of half an hour")
    end = aware(row.get("period_end"))
    if end is None or floor_slot(end) != end:
        raise SolarReplyError("a forecast has no sensible time")
    names = ("pv_estimate10", "pv_estimate", "pv_estimate90")
    p10, p50, p90 = sorted(_kw(row.get(name)) * SLOT_HOURS for name in names)
    return end - SLOT, SolarSlot(
        # Swanson's mean of three quantiles; the estimate itself is the middle one.
        mean_kwh=0.3 * p10 + 0.4 * p50 + 0.3 * p90,
        p10_kwh=p10,
        p50_kwh=p50,
        p90_kwh=p90,
    )


def _kw(value: object) -> float:
    power = number(value)
    if power is None or not 0.0 <= power <= ABSURD_KW:
        raise SolarReplyError("a forecast has a power that cannot be")
    return power


def _site(body: object) -> Site:
    resource_id = body.get("resource_id") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(resource_id, str):
        raise SolarReplyError("a site has no resource id")
    name = body.get("name")
    return Site(
        resource_id=resource_id,
        name=name if isinstance(name, str) else resource_id,
    )


def _is_quota(body: object) -> bool:
    """A 429 without this code says only that Solcast is busy."""
    status = body.get("response_status") if isinstance(body, Mapping) else None
    return isinstance(status, Mapping) and status.get("error_code") == "TooManyRequests"


def _until_tomorrow_s(now: datetime) -> float:
    return (_midnight(now) + timedelta(days=1) - now).total_seconds() + 60.0


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
