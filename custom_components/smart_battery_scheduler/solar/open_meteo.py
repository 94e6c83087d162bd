"""Open-Meteo: the sun on a tilted plane, for planes anywhere. Facts: open-meteo.com/en/docs.

Why no library: Home Assistant 2026.10 pins ``open-meteo`` 0.3.2 and 2026.11 pins 1.0.1, so a pin of
ours would fight core's on one of the two, and the old one knows no tilted irradiance. One GET and
a JSON body need none.

Averaged radiation is labelled by the END of its interval. The energy is taken from the hourly
means; the quarter-hours, which are mostly interpolated and not always true to the hour's energy,
only say how an hour's energy falls on its halves. Weather data by Open-Meteo.com, CC BY 4.0.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import override

from yarl import URL

from ..common.http import Reply, number
from ..common.poll_interval import PollInterval
from .model import (
    RoofPlane,
    SolarAuthError,
    SolarError,
    SolarForecast,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarUnreachableError,
    require_mostly_sound,
)
from .pv import PlaneWeather, plane_slots, roof_slots
from .requests import RoofClient

BASE_URL = "https://api.open-meteo.com"
CUSTOMER_BASE_URL = "https://customer-api.open-meteo.com"
ATTRIBUTION = "Weather data by Open-Meteo.com"
POLL_INTERVAL = PollInterval(every=timedelta(minutes=90), jitter=timedelta(minutes=10))

HOUR, HALF_HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=15)
# Yesterday for learning; at any time of the day at least 72 hours ahead.
PAST_DAYS, FORECAST_DAYS = 1, 4
TILTED, TEMPERATURE = "global_tilted_irradiance", "temperature_2m"
GLOBAL, DIFFUSE = "shortwave_radiation", "diffuse_radiation"

type Series = Mapping[datetime, float]


class OpenMeteo(RoofClient):
    """A roof's forecast: one request per plane. A key is a customer's."""

    poll_interval = POLL_INTERVAL
    service = "Open-Meteo"
    real_url = BASE_URL

    @classmethod
    @override
    def real_url_for(cls, api_key: str | None) -> str:
        """Customers have a server of their own."""
        return CUSTOMER_BASE_URL if api_key else BASE_URL

    @override
    async def fetch(self) -> SolarForecast:
        """The roof from yesterday's midnight UTC to three days ahead."""
        now = self._clock()
        planes = [
            (plane, plane_slots(plane, await self._weather(plane), now)) for plane in self._planes
        ]
        return SolarForecast(made_at=now, slots=roof_slots(planes))

    async def _weather(self, plane: RoofPlane) -> dict[datetime, PlaneWeather]:
        reply, body = await self._asked(self._url(plane))
        # Open-Meteo sends status 200 first; an error may follow in the body.
        if reply.status == HTTPStatus.OK and reply.is_page:
            raise SolarUnreachableError("a web page came instead of an answer")
        reason = body.get("reason") if isinstance(body, Mapping) else None
        if reply.status != HTTPStatus.OK or reason is not None:
            text = reason[:120] if isinstance(reason, str) else "no reason given"
            raise _error(reply, text, self._clock())
        return plane_weather(body)

    def _url(self, plane: RoofPlane) -> URL:
        query: dict[str, str | float] = {
            "latitude": round(self._latitude, 4),
            "longitude": round(self._longitude, 4),
            "tilt": plane.declination_degrees,
            "azimuth": azimuth_from_south(plane.azimuth_degrees),
            "hourly": f"{TILTED},{GLOBAL},{DIFFUSE},{TEMPERATURE}",
            "minutely_15": TILTED,
            "past_days": PAST_DAYS,
            "forecast_days": FORECAST_DAYS,
            # Another zone would give one fixed offset for days on both sides of a clock change.
            "timezone": "GMT",
            "timeformat": "unixtime",
        }
        if self._api_key:
            query["apikey"] = self._api_key
        return (self._base / "v1/forecast").with_query(query)


def azimuth_from_south(bearing_degrees: float) -> float:
    """A compass bearing as Open-Meteo counts: 0 south, -90 east, 90 west, -180 north."""
    return bearing_degrees % 360.0 - 180.0


def plane_weather(body: object) -> dict[datetime, PlaneWeather]:
    """A reply as half-hours by their start. An hour without one sound value is not forecast.

    Raises SolarReplyError if it is no forecast, or mostly nonsense.
    """
    if not isinstance(body, Mapping):
        raise SolarReplyError("the reply is no JSON object")
    hourly = _block(body, "hourly", (TILTED, GLOBAL, DIFFUSE, TEMPERATURE))
    quarters = _block(body, "minutely_15", (TILTED,))[TILTED]
    weather: dict[datetime, PlaneWeather] = {}
    for label, mean in hourly[TILTED].items():
        total, diffuse = hourly[GLOBAL].get(label), hourly[DIFFUSE].get(label)
        air = _mean_temperature(hourly[TEMPERATURE], label)
        if total is None or diffuse is None or air is None:
            continue
        share = diffuse / total if total > 0.0 else 1.0
        for start, irradiance in _halves(label, mean, quarters):
            weather[start] = PlaneWeather(
                irradiance_w_per_m2=irradiance, air_celsius=air, diffuse_share=share
            )
    require_mostly_sound(len(weather), 1)
    return weather


def _halves(
    label: datetime, hour_mean: float, quarters: Series
) -> tuple[tuple[datetime, float], tuple[datetime, float]]:
    """The two half-hours before ``label``; together they have the hour's energy.

    A quarter below zero, which interpolation brings about near sunrise and sunset, is dark: taken
    as it comes (-84, 10, 40, 35 W/m²) it would make one half-hour of the whole day's energy.
    """
    first, second = label - HOUR, label - HALF_HOUR
    values = [quarters.get(first + QUARTER * index) for index in (1, 2, 3, 4)]
    known = [max(value, 0.0) for value in values if value is not None]
    if len(known) < 4 or (total := sum(known)) <= 0.0:
        return (first, hour_mean), (second, hour_mean)
    early = sum(known[:2]) / total
    return (first, 2.0 * early * hour_mean), (second, 2.0 * (1.0 - early) * hour_mean)


def _mean_temperature(temperatures: Series, label: datetime) -> float | None:
    """Of the hour before ``label``: temperatures are instants."""
    ends = (temperatures.get(label - HOUR), temperatures.get(label))
    known = [value for value in ends if value is not None]
    return sum(known) / len(known) if known else None


def _block(
    body: Mapping[object, object], name: str, variables: Sequence[str]
) -> dict[str, dict[datetime, float]]:
    """Series of a block by their labels; what is null or cannot be is left out.

    Raises SolarReplyError where a variable is missing, or mostly nonsense.
    """
    block = body.get(name)
    times = block.get("time") if isinstance(block, Mapping) else None
    if not isinstance(block, Mapping) or not isinstance(times, list):
        raise SolarReplyError(f"the reply has no {name} times")
    labels = [_label(time) for time in times]
    found: dict[str, dict[datetime, float]] = {}
    for variable in variables:
        values = block.get(variable)
        if not isinstance(values, list) or len(values) != len(labels):
            raise SolarReplyError(f"the reply has no whole {variable}")
        found[variable] = _series(labels, values)
    return found


def _series(labels: Sequence[datetime | None], values: Sequence[object]) -> dict[datetime, float]:
    reported = [(at, value) for at, value in zip(labels, values, strict=True) if value is not None]
    sound = {
        at: sensible
        for at, value in reported
        if at is not None and (sensible := _sensible(value)) is not None
    }
    # A series of nulls is a model that does not reach so far: its hours are not forecast.
    if reported:
        require_mostly_sound(len(sound), len(reported))
    return sound


def _label(time: object) -> datetime | None:
    seconds = number(time)
    # Outside of these years something else than seconds was sent.
    if seconds is None or not 1e9 < seconds < 1e10:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _sensible(value: object) -> float | None:
    """W/m² and °C alike lie well within these bounds; beyond them it is a fault, and None."""
    converted = number(value)
    return converted if converted is not None and -100.0 <= converted <= 2000.0 else None


def _error(reply: Reply, reason: str, now: datetime) -> SolarError:
    """What a refusal means. A 200 that carries a reason is one that came too late for its status."""
    status = reply.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SolarRateLimitError(reply.retry_after_s(now, _wait_s(reason, now)))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return SolarUnreachableError(f"Open-Meteo fails on its side (status {status})")
    if reply.is_page:
        return SolarUnreachableError(f"a web page came instead of an answer (status {status})")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SolarAuthError(f"Open-Meteo refused the key (status {status})")
    if status == HTTPStatus.BAD_REQUEST:
        return SolarRequestError(f"Open-Meteo refused the request: {reason}")
    return SolarReplyError(f"Open-Meteo answered with status {status}: {reason}")


def _wait_s(reason: str, now: datetime) -> float:
    """Until the counter that overflowed begins anew: on the minute, the hour, midnight UTC."""
    whole_hour = now.replace(minute=0, second=0, microsecond=0)
    if reason.startswith("Daily"):
        again = whole_hour.replace(hour=0) + timedelta(days=1)
    elif reason.startswith("Hourly"):
        again = whole_hour + HOUR
    else:
        return 60.0
    # A little later, because clocks differ.
    return (again - now).total_seconds() + 30.0
