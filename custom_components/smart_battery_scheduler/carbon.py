"""Carbon Intensity API: grams of CO2 per kWh of Great Britain's electricity, by region.

Half-hours to about 48 hours ahead, no key. Facts: carbon-intensity.github.io/api-definitions. The
regions are the electricity networks', which Octopus names by letters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import aiohttp
from yarl import URL

from .cadence import Cadence
from .tariff.model import floor_slot
from .web import TIMEOUT_S, NoReplyError, NotJsonError, Reply, ask, aware, number, utc_now

BASE_URL = "https://api.carbonintensity.org.uk"
ATTRIBUTION = "Carbon Intensity API by NESO (CC BY 4.0)"
CADENCE = Cadence(every=timedelta(minutes=30), jitter=timedelta(minutes=5))
USUAL_WAIT_S = 300.0
# Coal alone gives about 1000.
ABSURD_G_PER_KWH = 2000.0

# By grid supply point group. 15 to 17 are England, Scotland and Wales.
REGION_IDS = {
    "P": 1,
    "N": 2,
    "G": 3,
    "F": 4,
    "M": 5,
    "D": 6,
    "K": 7,
    "E": 8,
    "B": 9,
    "A": 10,
    "L": 11,
    "H": 12,
    "C": 13,
    "J": 14,
}


class CarbonError(Exception):
    """No intensity could be had."""


class CarbonUnreachableError(CarbonError):
    """Not reached, timed out, or failing on its side: worth another try."""


class CarbonReplyError(CarbonError):
    """Refused, or answered with something that cannot be understood."""


class CarbonRateLimitError(CarbonError):
    """Asked too often; ``retry_after_s`` says how long to keep quiet."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep the wait."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonForecast:
    """g/kWh by the half-hour's UTC start. ``region_id`` of None is the whole of Great Britain."""

    made_at: datetime
    region_id: int | None = None
    g_per_kwh: Mapping[datetime, float] = field(default_factory=dict)

    def at(self, when: datetime) -> float | None:
        """The intensity at ``when``; None where none is forecast."""
        return self.g_per_kwh.get(floor_slot(when))


class CarbonIntensity:
    """The API for one region, or the whole country."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: str | None = None,
        *,
        base_url: str = BASE_URL,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``region`` is an Octopus region letter. Raises ValueError for any other text."""
        if region is not None and region not in REGION_IDS:
            raise ValueError(f"{region!r} is no region letter")
        self._session = session
        self._region_id = None if region is None else REGION_IDS[region]
        self._base = URL(base_url)
        self._clock = clock
        self._timeout_s = timeout_s

    async def fetch(self) -> CarbonForecast:
        """From the present half-hour on. Raises a CarbonError."""
        now = self._clock()
        try:
            reply = await ask(
                self._session, self._url(now), service="Carbon Intensity", timeout_s=self._timeout_s
            )
        except NoReplyError as error:
            raise CarbonUnreachableError(str(error)) from error
        _raise_for(reply, now)
        try:
            body = reply.json()
        except NotJsonError as error:
            raise CarbonReplyError("the reply is not JSON") from error
        return CarbonForecast(
            made_at=now, region_id=self._region_id, g_per_kwh=parse_intensities(body)
        )

    def _url(self, now: datetime) -> URL:
        # A colon needs no quoting in a path; the API knows minutes only.
        since = floor_slot(now).astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
        if self._region_id is None:
            return self._base / f"intensity/{since}/fw48h"
        return self._base / f"regional/intensity/{since}/fw48h/regionid/{self._region_id}"


def parse_intensities(body: object) -> dict[datetime, float]:
    """A national or regional reply by half-hours. Raises CarbonReplyError.

    A regional one holds a region around the half-hours, at times in a list of one.
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], Mapping):
        data = data[0] if "data" in data[0] else data
    if isinstance(data, Mapping):
        data = data.get("data")
    if not isinstance(data, list):
        raise CarbonReplyError("the reply has no half-hours")
    found = map(_half_hour, data)
    return {start: value for start, value in found if value is not None}


def _half_hour(row: object) -> tuple[datetime, float | None]:
    start = aware(row.get("from")) if isinstance(row, Mapping) else None
    intensity = row.get("intensity") if isinstance(row, Mapping) else None
    if start is None or floor_slot(start) != start or not isinstance(intensity, Mapping):
        raise CarbonReplyError("a half-hour makes no sense")
    told = intensity.get("forecast")
    if told is None:
        return start, None
    value = number(told)
    if value is None or not 0.0 <= value <= ABSURD_G_PER_KWH:
        raise CarbonReplyError("an intensity cannot be")
    return start, value


def _raise_for(reply: Reply, now: datetime) -> None:
    status = reply.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise CarbonRateLimitError(reply.retry_after_s(now, USUAL_WAIT_S))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.is_page:
        raise CarbonUnreachableError(f"Carbon Intensity fails on its side (status {status})")
    if status != HTTPStatus.OK:
        raise CarbonReplyError(f"Carbon Intensity refused the request (status {status})")
