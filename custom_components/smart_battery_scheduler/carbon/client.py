"""How clean Great Britain's electricity is going to be: NESO's Carbon Intensity API.

No key; half-hours to about 48 hours ahead. Facts: api.carbonintensity.org.uk and
carbon-intensity.github.io/api-definitions. Regions are Octopus' letters, matched by name. A region's
rows have a forecast only, the nation's also what was measured; the forecast is what is taken, so
that both mean the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

import aiohttp
from yarl import URL

from ..common.http import TIMEOUT_S, NoReplyError, NotJsonError, Reply, ask, aware, number, utc_now
from ..common.poll_interval import PollInterval
from ..tariff.model import SLOT, floor_slot

BASE_URL = "https://api.carbonintensity.org.uk"
ATTRIBUTION = "Carbon intensity by NESO (carbonintensity.org.uk), CC BY 4.0"
# The forecast is made anew every half-hour, but little changes from one to the next.
POLL_INTERVAL = PollInterval(every=timedelta(hours=1), jitter=timedelta(minutes=10))

USUAL_WAIT_S = 600.0
# Pure coal is about 1000 g/kWh: beyond this it is a fault.
ABSURD_G_PER_KWH = 2000.0

REGION_IDS: Mapping[str, int] = {
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
    """No forecast could be had. Planning goes on without."""


class CarbonUnreachableError(CarbonError):
    """Not reached, timed out, or failing on its side: worth another try."""


class CarbonReplyError(CarbonError):
    """Refused, or answered with something that cannot be understood."""


class CarbonRateLimitError(CarbonError):
    """Asked too often; ``retry_after_s`` says how long to wait."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep the wait."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class CarbonIndex(StrEnum):
    """How a half-hour compares, by its wire name; the bounds sink year by year."""

    VERY_LOW = "very low"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very high"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonSlot:
    """One half-hour's forecast, in g CO2 per kWh; ``index`` of None is a word we do not know."""

    g_per_kwh: float
    index: CarbonIndex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonForecast:
    """Half-hours by their UTC start; hours outside are not forecast."""

    made_at: datetime
    slots: Mapping[datetime, CarbonSlot]

    def at(self, when: datetime) -> CarbonSlot | None:
        """The half-hour that contains ``when``; None where none is forecast."""
        return self.slots.get(floor_slot(when))


class CarbonIntensity:
    """The forecast of a region, or of the whole nation. ``fetch`` raises a CarbonError."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: str | None = None,
        *,
        base_url: str = BASE_URL,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``region`` is Octopus' letter; without one that is known, the nation is asked."""
        self._session = session
        self._region_id = None if region is None else REGION_IDS.get(region)
        self._base = URL(base_url)
        self._clock = clock
        self._timeout_s = timeout_s

    async def fetch(self) -> CarbonForecast:
        """The half-hours from now to about 48 hours ahead."""
        now = self._clock()
        try:
            reply = await ask(
                self._session,
                self._url(now),
                service="Carbon Intensity",
                timeout_s=self._timeout_s,
            )
        except NoReplyError as error:
            raise CarbonUnreachableError(str(error)) from error
        return CarbonForecast(made_at=now, slots=parse_rows(_body(reply, now)))

    def _url(self, now: datetime) -> URL:
        since = f"{floor_slot(now.astimezone(UTC)):%Y-%m-%dT%H:%MZ}"
        if self._region_id is None:
            return self._base / f"intensity/{since}/fw48h"
        return self._base / f"regional/intensity/{since}/fw48h/regionid/{self._region_id}"


def parse_rows(body: object) -> dict[datetime, CarbonSlot]:
    """A reply's half-hours by their start; those without a forecast are left out.

    Raises CarbonReplyError if it is no forecast.
    """
    slots: dict[datetime, CarbonSlot] = {}
    for row in _rows(body):
        if not isinstance(row, Mapping):
            raise CarbonReplyError("a half-hour is no object")
        start, end = aware(row.get("from")), aware(row.get("to"))
        if start is None or end is None or end - start != SLOT or floor_slot(start) != start:
            raise CarbonReplyError("a half-hour has no sensible times")
        slot = _slot(row.get("intensity"))
        if slot is not None:
            slots[start] = slot
    return slots


def _rows(body: object) -> list[object]:
    """A nation's rows, or a region's, which lie one level deeper and at times in a list of one."""
    data = body.get("data") if isinstance(body, Mapping) else None
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], Mapping):
        data = data[0] if "data" in data[0] else data
    if isinstance(data, Mapping):
        data = data.get("data")
    if not isinstance(data, list):
        raise CarbonReplyError("the reply has no half-hours")
    return data


def _slot(intensity: object) -> CarbonSlot | None:
    if not isinstance(intensity, Mapping):
        raise CarbonReplyError("a half-hour has no intensity")
    forecast = intensity.get("forecast")
    if forecast is None:
        return None
    grams = number(forecast)
    if grams is None or not 0.0 <= grams <= ABSURD_G_PER_KWH:
        raise CarbonReplyError("a half-hour has an intensity that cannot be")
    name = intensity.get("index")
    return CarbonSlot(
        g_per_kwh=grams, index=next((each for each in CarbonIndex if each == name), None)
    )


def _body(reply: Reply, now: datetime) -> object:
    status = reply.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise CarbonRateLimitError(reply.retry_after_s(now, USUAL_WAIT_S))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise CarbonUnreachableError(f"Carbon Intensity fails on its side (status {status})")
    if reply.is_page:
        raise CarbonUnreachableError(f"a web page came instead of an answer (status {status})")
    try:
        body = reply.json()
    except NotJsonError as error:
        raise CarbonReplyError("the reply is not JSON") from error
    if status != HTTPStatus.OK:
        raise CarbonReplyError(f"Carbon Intensity refused the request (status {status})")
    return body
