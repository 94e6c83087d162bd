"""Open-Meteo's forecast on the wire, made from the world's own sky.

Averaged radiation is labelled by the END of its interval, as the real one is.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.demo.sun import (
    Irradiance,
    irradiance,
    on_plane,
    sun_position,
)

from .faults import Fault, FaultRule
from .replies import answer
from .world import World

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
SAMPLE = timedelta(minutes=5)
DAILY_LIMIT = "Daily API request limit exceeded. Please try again tomorrow."
MINUTELY_LIMIT = "Minutely API request limit exceeded. Please try again in one minute."


class Place(NamedTuple):
    """Where, and how the plane lies: tilt, and azimuth with 0 south and -90 east."""

    latitude: float
    longitude: float
    tilt: float
    azimuth: float


class Span(NamedTuple):
    """The labels of a reply: from the first on, so many, so far apart."""

    start: datetime
    length: int
    step: timedelta


class BadRequestError(Exception):
    """The API's complaint."""


def complaint(reason: str, status: int) -> web.Response:
    """An error as Open-Meteo puts it."""
    return answer({"error": True, "reason": reason}, status)


class OpenMeteo:
    """The forecast endpoint."""

    def __init__(self, world: World) -> None:
        """Stand in front of a world."""
        self._world = world
        self._variables: Mapping[str, tuple[str, Callable[[datetime, timedelta, Place], float]]] = {
            "global_tilted_irradiance": ("W/m²", self._mean(self._tilted)),
            "global_tilted_irradiance_instant": ("W/m²", self._instant(self._tilted)),
            "shortwave_radiation": (
                "W/m²",
                self._mean(lambda when, place: self._sky(when, place).global_horizontal),
            ),
            "diffuse_radiation": (
                "W/m²",
                self._mean(lambda when, place: self._sky(when, place).diffuse),
            ),
            "direct_normal_irradiance": (
                "W/m²",
                self._mean(lambda when, place: self._sky(when, place).direct_normal),
            ),
            "temperature_2m": ("°C", self._instant(lambda when, _: world.air_celsius(when))),
            "wind_speed_10m": ("km/h", self._instant(lambda _, __: 12.0)),
            "cloud_cover": (
                "%",
                self._instant(lambda when, _: 100.0 * (1.0 - world.clearness(when))),
            ),
            "snow_depth": ("m", self._instant(lambda _, __: 0.0)),
        }

    def answer(self, request: web.Request, faults: Sequence[FaultRule]) -> web.Response:
        """GET /v1/forecast."""
        kinds = {rule.fault for rule in faults}
        if Fault.DAILY_LIMIT in kinds:
            return complaint(DAILY_LIMIT, 429)
        try:
            body = self._forecast(request.query, null_tail=Fault.NULL_TAIL in kinds)
        except BadRequestError as error:
            return complaint(str(error), 400)
        return answer(body)

    def _forecast(self, query: Mapping[str, str], *, null_tail: bool) -> Json:
        place = Place(
            _in_range(query, "latitude", 90.0),
            _in_range(query, "longitude", 180.0),
            _number(query, "tilt", 0.0),
            _number(query, "azimuth", 0.0),
        )
        zone = _zone(query.get("timezone", "GMT"))
        now = self._world.clock()
        offset = now.astimezone(zone).utcoffset() or timedelta()
        reply: dict[str, Json] = {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "generationtime_ms": 0.31,
            "utc_offset_seconds": round(offset.total_seconds()),
            "timezone": "GMT" if zone.key in {"GMT", "UTC"} else zone.key,
            "timezone_abbreviation": "GMT",
            "elevation": 23.0,
        }
        for block, step in (("minutely_15", QUARTER), ("hourly", HOUR)):
            if block in query:
                span = _span(query, block, step, now, offset)
                names = query[block].split(",")
                reply[f"{block}_units"], reply[block] = self._block(
                    names, span, place, offset, query.get("timeformat", "iso8601"), null_tail
                )
        return reply

    def _block(
        self,
        names: Sequence[str],
        span: Span,
        place: Place,
        offset: timedelta,
        timeformat: str,
        null_tail: bool,
    ) -> tuple[dict[str, Json], dict[str, Json]]:
        times = [span.start + index * span.step for index in range(span.length)]
        known = span.length * 2 // 3 if null_tail else span.length
        labels: list[Json] = (
            [round(at.timestamp()) for at in times]
            if timeformat == "unixtime"
            # The offset is fixed for the whole reply, whatever the clocks do in its range.
            else [(at + offset).strftime("%Y-%m-%dT%H:%M") for at in times]
        )
        units: dict[str, Json] = {"time": timeformat}
        values: dict[str, Json] = {"time": labels}
        for name in names:
            if name not in self._variables:
                raise BadRequestError(f"Cannot initialize variable from invalid value {name}.")
            units[name], value = self._variables[name]
            values[name] = [
                round(value(at, span.step, place), 1) if index < known else None
                for index, at in enumerate(times)
            ]
        return units, values

    def _sky(self, when: datetime, place: Place) -> Irradiance:
        factor = self._world.scenario.forecast_factor
        clear = min(self._world.clearness(when) * factor, 1.0)
        return irradiance(when, sun_position(when, place.latitude, place.longitude), clear)

    def _tilted(self, when: datetime, place: Place) -> float:
        sun = sun_position(when, place.latitude, place.longitude)
        if sun.cos_zenith <= 0.0:
            return 0.0
        # Here south is 0; a compass calls it 180.
        return on_plane(self._sky(when, place), sun, place.tilt, place.azimuth + 180.0)

    @staticmethod
    def _mean(
        value: Callable[[datetime, Place], float],
    ) -> Callable[[datetime, timedelta, Place], float]:
        """The mean over the interval that ENDS at the label."""

        def mean(label: datetime, step: timedelta, place: Place) -> float:
            count = step // SAMPLE
            middles = (label - step + SAMPLE * (index + 0.5) for index in range(count))
            return sum(value(middle, place) for middle in middles) / count

        return mean

    @staticmethod
    def _instant(
        value: Callable[[datetime, Place], float],
    ) -> Callable[[datetime, timedelta, Place], float]:
        return lambda label, _, place: value(label, place)


def _span(
    query: Mapping[str, str], block: str, step: timedelta, now: datetime, offset: timedelta
) -> Span:
    """The labels asked for: whole days of the zone, or steps from now."""
    kind = "minutely_15" if block == "minutely_15" else "hours"
    ahead, behind = query.get(f"forecast_{kind}"), query.get(f"past_{kind}")
    if ahead is not None:
        back = int(behind or 0)
        floor = datetime.fromtimestamp(
            now.timestamp() // step.total_seconds() * step.total_seconds(), UTC
        )
        return Span(floor - back * step, back + int(ahead), step)
    midnight = datetime.combine((now + offset).date(), time(), UTC) - offset
    if "start_date" in query and "end_date" in query:
        start = datetime.combine(datetime.fromisoformat(query["start_date"]), time(), UTC) - offset
        end = datetime.combine(datetime.fromisoformat(query["end_date"]), time(), UTC) - offset
        return Span(start, (end - start + timedelta(days=1)) // step, step)
    days, past = _number(query, "forecast_days", 7.0), _number(query, "past_days", 0.0)
    if not 0 <= days <= 16:
        raise BadRequestError(f"Forecast days is invalid. Allowed range 0 to 16. Given {days:.0f}.")
    start = midnight - timedelta(days=past)
    return Span(start, timedelta(days=days + past) // step, step)


def _number(query: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(query.get(name, default))
    except ValueError as error:
        raise BadRequestError(f"Value of type 'Float' required for key '{name}'.") from error


def _in_range(query: Mapping[str, str], name: str, bound: float) -> float:
    if name not in query:
        raise BadRequestError(f"Parameter '{name}' is required")
    value = _number(query, name, 0.0)
    if not -bound <= value <= bound:
        raise BadRequestError(
            f"{name.capitalize()} must be in range of -{bound:.0f} to {bound:.0f}°. Given: {value}."
        )
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo("Europe/London" if name == "auto" else name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadRequestError("Invalid timezone") from error
