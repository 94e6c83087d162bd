"""Solcast's rooftop sites for hobbyists: its own p10, p50 and p90, ten calls a day.

No library: the maintained ones are not asynchronous. Values are mean kW of the half-hour that ENDS
at ``period_end``. Every site costs a call; the day begins at 00:00 UTC. Facts: docs.solcast.com.au.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    require_mostly_sound,
)
from .pv import AVERAGE_DIFFUSE_SHARE, SLOT_HOURS, sky_sigma, spread, total
from .requests import asked

BASE_URL = "https://api.solcast.com.au"
CALLS_PER_DAY = 10
HOURS_AHEAD = 96
BUSY_WAIT_S = 900.0
# Another Home Assistant with the same key shows only by calls that are gone: then each takes its
# share. More than a few share no key; one that was not met for two weeks is gone.
MOST_SHARERS = 4
GONE_AFTER = timedelta(days=14)

_SITE = re.compile(r"[0-9A-Za-z-]{4,40}")
# More than any home's roof.
ABSURD_KW = 1000.0


def poll_interval(sites: int, allowed: int = CALLS_PER_DAY) -> PollInterval:
    """How often this many sites can be asked, with a call or two left for a restart."""
    rounds = max((allowed - 1) // max(sites, 1), 1)
    every = timedelta(hours=24) / rounds
    # A failed call counts as well.
    return PollInterval(every=every, jitter=timedelta(minutes=5), retry=every)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCalls:
    """How many calls were made on the UTC day that began at ``day``.

    ``sharers`` are how many seem to use the key, this Home Assistant among them; ``met_at`` is when
    another one was met last. Store it, for a restart brings no new calls. Nor does a clock that is
    ahead for minutes: ``made_before`` are the calls of ``day_before``, the day counted before.
    """

    day: datetime
    made: int = 0
    sharers: int = 1
    met_at: datetime | None = None
    day_before: datetime | None = None
    made_before: int = 0

    @property
    def allowed(self) -> int:
        """This Home Assistant's share of a day's calls."""
        return CALLS_PER_DAY // self.sharers

    def left(self, now: datetime) -> int:
        """How many calls the day still has."""
        return self.allowed - self.counting(_midnight(now)).made

    def spent(self, now: datetime, calls: int = 1) -> DailyCalls:
        """With so many more."""
        of_day = self._after(now).counting(_midnight(now))
        return replace(of_day, made=of_day.made + calls)

    def counting(self, day: datetime) -> DailyCalls:
        """Counting this day, and the one counted before it."""
        if day == self.day:
            return self
        made = self.made_before if day == self.day_before else 0
        return replace(self, day=day, made=made, day_before=self.day, made_before=self.made)

    def refused(self, now: datetime) -> DailyCalls:
        """The day's calls are gone; somebody else made some of them, unless we made all."""
        of_day = self.counting(_midnight(now))
        elsewhere = of_day.made < CALLS_PER_DAY
        return replace(
            of_day,
            made=CALLS_PER_DAY,
            sharers=min(self.sharers + 1, MOST_SHARERS) if elsewhere else self.sharers,
            met_at=now if elsewhere else self.met_at,
        )

    def _after(self, now: datetime) -> DailyCalls:
        """One sharer less where none was met for long."""
        if self.met_at is None or now - self.met_at < GONE_AFTER:
            return self
        sharers = max(self.sharers - 1, 1)
        return replace(self, sharers=sharers, met_at=None if sharers == 1 else now)


class KeyBudget:
    """The calls of one key, for all homes of this Home Assistant that use it."""

    def __init__(self, calls: DailyCalls) -> None:
        """Go on from these calls."""
        self.calls = calls
        self._sites: set[str] = set()

    def join(self, resource_ids: Iterable[str], calls: DailyCalls | None) -> None:
        """Somebody asks for these sites too, and remembers these calls of the key."""
        self._sites.update(resource_ids)
        if calls is not None:
            self.calls = max(self.calls, calls, key=lambda each: (each.day, each.made))

    @property
    def poll_interval(self) -> PollInterval:
        """How often all of them can be asked."""
        return poll_interval(len(self._sites), self.calls.allowed)


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
        budget: KeyBudget | None = None,
        base_url: str = BASE_URL,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``calls`` are those of today that were made before; ``budget`` is shared by a key's users."""
        self._budget = budget or KeyBudget(DailyCalls(day=_midnight(clock())))
        self._budget.join(resource_ids, calls)
        self._session = session
        self._api_key = api_key
        self._resource_ids = tuple(resource_ids)
        self._base = URL(base_url)
        self._clock = clock
        self._timeout_s = timeout_s

    @property
    def calls(self) -> DailyCalls:
        """The calls of the key so far."""
        return self._budget.calls

    @property
    def poll_interval(self) -> PollInterval:
        """How often the key allows to ask for all its sites."""
        return self._budget.poll_interval

    def __repr__(self) -> str:
        """Without the key."""
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
        # Counted before it is sent: a call whose reply is lost counts as well.
        self._budget.calls = self.calls.spent(now)
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
            self._budget.calls = self.calls.refused(now)
            return SolarRateLimitError(_until_tomorrow_s(now))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.is_page:
            return SolarUnreachableError(f"Solcast fails on its side (status {status})")
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return SolarAuthError(f"Solcast refused the key (status {status})")
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
            return SolarRequestError(f"Solcast does not know the site (status {status})")
        return SolarReplyError(f"Solcast answered with status {status}")


def parse_forecasts(body: Mapping[object, object]) -> dict[datetime, SolarSlot]:
    """A reply as half-hours by their start; a row that makes no sense is not forecast.

    Raises SolarReplyError where there is no forecast, or mostly nonsense.
    """
    rows = body.get("forecasts")
    if not isinstance(rows, list):
        raise SolarReplyError("the reply has no forecasts")
    found = dict(sound for row in rows if (sound := _half_hour(row)) is not None)
    if rows:
        require_mostly_sound(len(found), len(rows))
    return found


def _half_hour(row: object) -> tuple[datetime, SolarSlot] | None:
    if not isinstance(row, Mapping) or row.get("period") != "PT30M":
        return None
    end, estimate = aware(row.get("period_end")), _kwh(row.get("pv_estimate"))
    if end is None or floor_slot(end) != end or estimate is None:
        return None
    # A percentile that is missing takes the spread of an average sky.
    usual = spread(estimate, sky_sigma(AVERAGE_DIFFUSE_SHARE))
    low, high = _kwh(row.get("pv_estimate10")), _kwh(row.get("pv_estimate90"))
    p10, p50, p90 = sorted(
        (
            usual.p10_kwh if low is None else low,
            estimate,
            usual.p90_kwh if high is None else high,
        )
    )
    return end - SLOT, SolarSlot(
        # Swanson's mean of three quantiles; the estimate itself is the middle one.
        mean_kwh=0.3 * p10 + 0.4 * p50 + 0.3 * p90,
        p10_kwh=p10,
        p50_kwh=p50,
        p90_kwh=p90,
    )


def _kwh(kw: object) -> float | None:
    """A half-hour's energy at this mean power; None if it cannot be."""
    power = number(kw)
    return None if power is None or not 0.0 <= power <= ABSURD_KW else power * SLOT_HOURS


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
