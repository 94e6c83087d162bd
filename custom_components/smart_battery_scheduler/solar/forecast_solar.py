"""Forecast.Solar: a plane's energy from its own weather and roof model. Facts: doc.forecast.solar.

Why not the library ``forecast-solar`` 5.0.1, which Home Assistant's core uses: it switches the
verification of TLS certificates off while the key is part of the address, sets no time-out, and
lets errors pass that quote the address. One GET needs none of that.

``watt_hours_period`` is the energy since the stamp before it: labels are ENDS, and a day's first
and last stamps are sunrise and sunset, at odd minutes. There is no spread in the reply; ours is
that of ``pv`` for a half-hour of average sky.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from math import hypot
import re
from typing import override

from yarl import URL

from ..common.http import Reply, aware
from ..common.poll_interval import PollInterval
from .model import (
    RoofPlane,
    SolarAuthError,
    SolarError,
    SolarForecast,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSlot,
    SolarUnreachableError,
)
from .pv import AVERAGE_DIFFUSE_SHARE, day_sigma, roof_slots, sky_sigma, spread
from .requests import RoofClient
from .wh_hours import energies

BASE_URL = "https://api.forecast.solar"
# Without a key 12 requests an hour are allowed, each plane needs one.
POLL_INTERVAL = PollInterval(
    every=timedelta(minutes=60), jitter=timedelta(minutes=10), retry=timedelta(minutes=30)
)
USUAL_WAIT_S = 3600.0

_KEY = re.compile(r"[A-Za-z0-9]{16}")
_REFUSALS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


class ForecastSolar(RoofClient):
    """A roof's forecast, today and tomorrow at least.

    A key brings half-hours in place of hours and more requests.
    """

    poll_interval = POLL_INTERVAL
    service = "Forecast.Solar"
    real_url = BASE_URL

    @override
    async def fetch(self) -> SolarForecast:
        """The roof over the days that are forecast, nights included."""
        now = self._clock()
        planes = [(plane, self._spread(await self._energies(plane), now)) for plane in self._planes]
        return SolarForecast(made_at=now, slots=roof_slots(planes))

    @staticmethod
    def _spread(kwh: Mapping[datetime, float], now: datetime) -> dict[datetime, SolarSlot]:
        sky = sky_sigma(AVERAGE_DIFFUSE_SHARE)
        return {
            start: spread(each, hypot(sky, day_sigma(start, now))) for start, each in kwh.items()
        }

    async def _energies(self, plane: RoofPlane) -> dict[datetime, float]:
        if self._api_key is not None and not _KEY.fullmatch(self._api_key):
            raise SolarAuthError("a key has 16 letters and digits")
        reply, body = await self._asked(self._url(plane))
        if reply.status != HTTPStatus.OK:
            raise _error(reply, body, self._clock())
        return half_hour_energies(body)

    def _url(self, plane: RoofPlane) -> URL:
        place = f"{self._latitude:.4f}/{self._longitude:.4f}"
        # Its azimuth is 0 in the south, -90 in the east; whole degrees.
        azimuth = round(plane.azimuth_degrees % 360.0 - 180.0)
        roof = f"{round(plane.declination_degrees)}/{azimuth}/{plane.peak_kw:g}"
        key = f"{self._api_key}/" if self._api_key else ""
        return (self._base / f"{key}estimate/{place}/{roof}").with_query(time="utc")


def half_hour_energies(body: object) -> dict[datetime, float]:
    """A reply as kWh by the half-hour's UTC start; what it does not forecast is missing.

    Raises SolarReplyError.
    """
    result = body.get("result") if isinstance(body, Mapping) else None
    periods = result.get("watt_hours_period") if isinstance(result, Mapping) else None
    if not isinstance(periods, Mapping) or not periods:
        raise SolarReplyError("the reply has no energies")
    return energies(periods, labels_end=True, since_before=True)


def _error(reply: Reply, body: object, now: datetime) -> SolarError:
    status = reply.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SolarRateLimitError(_wait_s(reply, body, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.is_page:
        return SolarUnreachableError(f"Forecast.Solar fails on its side (status {status})")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SolarAuthError(f"Forecast.Solar refused the key (status {status})")
    if status in _REFUSALS:
        return SolarRequestError(f"Forecast.Solar refused the plane (status {status})")
    return SolarReplyError(f"Forecast.Solar answered with status {status}")


def _wait_s(reply: Reply, body: object, now: datetime) -> float:
    """Until ``retry-at``, which is in the body and at times in a header."""
    message = body.get("message") if isinstance(body, Mapping) else None
    limit = message.get("ratelimit") if isinstance(message, Mapping) else None
    retry_at = limit.get("retry-at") if isinstance(limit, Mapping) else None
    moment = aware(retry_at) or aware(reply.headers.get("X-Ratelimit-Retry-At"))
    if moment is None:
        return reply.retry_after_s(now, USUAL_WAIT_S)
    return min(max((moment - now).total_seconds(), 60.0), 24 * 3600.0)
