"""Open-Meteo's archive of forecasts: what was expected of a roof on days that are over.

Facts: open-meteo.com/en/docs/historical-forecast-api. The archive joins the first hours of each
run of the weather models, so that it is a little better than what was known a day ahead.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import override

import aiohttp
from yarl import URL

from ..common.http import utc_now
from .model import RoofPlane
from .open_meteo import OpenMeteo

PAST_BASE_URL = "https://historical-forecast-api.open-meteo.com"


class OpenMeteoPast(OpenMeteo):
    """A roof's forecasts of the past, one request per plane."""

    real_url = PAST_BASE_URL

    def __init__(
        self,
        session: aiohttp.ClientSession,
        latitude: float,
        longitude: float,
        planes: Sequence[RoofPlane],
        *,
        first: date,
        last: date,
        base_url: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """The days from ``first`` to ``last``, both included."""
        super().__init__(session, latitude, longitude, planes, base_url=base_url, clock=clock)
        self._first, self._last = first, last

    @override
    def _url(self, plane: RoofPlane) -> URL:
        asked = super()._url(plane)
        query = {
            key: value
            for key, value in asked.query.items()
            if key not in ("past_days", "forecast_days")
        }
        return asked.with_query(
            {
                **query,
                "start_date": self._first.isoformat(),
                "end_date": self._last.isoformat(),
            }
        )
