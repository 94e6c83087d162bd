"""Open-Meteo's wire form, quirk by quirk."""

from datetime import UTC, datetime, timedelta
import traceback
from typing import Any

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.solar.model import (
    RoofPlane,
    SolarError,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.solar.open_meteo import (
    OpenMeteo,
    azimuth_from_south,
    plane_weather,
)
from custom_components.smart_battery_scheduler.solar.pv import SLOT_HOURS, plane_kw

from ..wire import Wire

NOW = datetime(2026, 6, 17, 9, 20, tzinfo=UTC)
NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)
PLANE = RoofPlane(declination_degrees=30.0, azimuth_degrees=205.0, peak_kw=4.0)
KEY = "customerkey0123456789"


LABELS: list[Json] = [round((NOON + timedelta(hours=h)).timestamp()) for h in range(3)]


def body(quarters: Json = None, **hourly: Json) -> dict[str, Json]:
    """Labels 12:00, 13:00 and 14:00, and the quarters of 12:00-13:00; ``hourly`` replaces series."""
    quarter_labels: list[Json] = [
        round((NOON + timedelta(minutes=15 * q)).timestamp()) for q in range(1, 5)
    ]
    series: dict[str, Json] = {
        "time": LABELS,
        "global_tilted_irradiance": [500.0, 600.0, 700.0],
        "shortwave_radiation": [450.0, 500.0, 600.0],
        "diffuse_radiation": [90.0, 250.0, 600.0],
        "temperature_2m": [18.0, 20.0, 21.0],
    }
    return {
        "latitude": 51.5,
        "longitude": -0.120000124,
        "generationtime_ms": 0.31,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 23.0,
        "hourly_units": {"time": "unixtime", "global_tilted_irradiance": "W/m²"},
        "hourly": series | hourly,
        "minutely_15_units": {"time": "unixtime", "global_tilted_irradiance": "W/m²"},
        "minutely_15": {
            "time": quarter_labels,
            "global_tilted_irradiance": quarters or [400.0, 500.0, 700.0, 800.0],
        },
    }


@pytest.mark.parametrize(
    ("bearing", "azimuth"),
    [(180, 0), (90, -90), (270, 90), (0, -180), (360, -180), (205, 25), (45, -135)],
)
def test_azimuth_sign_south_is_zero_and_east_negative(bearing: float, azimuth: float) -> None:
    """A compass bearing, turned."""
    assert azimuth_from_south(bearing) == azimuth


def test_labels_are_interval_ends() -> None:
    """The value at 12:00 belongs to 11:00-12:00."""
    assert min(plane_weather(body())) == NOON - timedelta(hours=1)


def test_quarter_hours_shape_the_hour_and_do_not_change_its_energy() -> None:
    """900 and 1500 of 2400, of a mean of 600."""
    weather = plane_weather(body())
    halves = [weather[NOON + timedelta(minutes=m)].irradiance_w_per_m2 for m in (0, 30)]
    assert halves == [450.0, 750.0]


@pytest.mark.parametrize("values", [[400.0, None, 700.0, 800.0], [0.0, 0.0, 0.0, 0.0]])
def test_an_hour_without_a_shape_is_level(values: list[Json]) -> None:
    """A null or a night among the quarters."""
    weather = plane_weather(body(values))
    assert weather[NOON].irradiance_w_per_m2 == 600.0
    assert weather[NOON + timedelta(minutes=30)].irradiance_w_per_m2 == 600.0


def test_temperature_is_an_instant_and_is_averaged() -> None:
    """The mean of the hour's two ends; of one end where the other is missing."""
    weather = plane_weather(body())
    assert weather[NOON].air_celsius == 19.0
    assert weather[NOON - timedelta(hours=1)].air_celsius == 18.0


def test_the_share_of_diffuse_light() -> None:
    """Of all light on the ground; a night counts as diffuse."""
    weather = plane_weather(body())
    shares = [weather[NOON + timedelta(hours=h)].diffuse_share for h in (-1, 0, 1)]
    assert shares == [0.2, 0.5, 1.0]
    night = plane_weather(body(shortwave_radiation=[0.0, 0.0, 0.0]))
    assert night[NOON].diffuse_share == 1.0


@pytest.mark.parametrize(
    "name",
    [
        "global_tilted_irradiance",
        "shortwave_radiation",
        "diffuse_radiation",
    ],
)
def test_a_null_is_not_a_forecast(name: str) -> None:
    """The hour is missing, the others are there."""
    gap: Json = [500.0, 600.0, None]
    weather = plane_weather(body(**{name: gap}))
    assert max(weather) == NOON + timedelta(minutes=30)
    assert len(weather) == 4


@pytest.mark.parametrize(
    "bad",
    [
        {"time": None},
        {"time": ["2026-06-17T12:00", "2026-06-17T13:00", "2026-06-17T14:00"]},
        {"time": [1, 2, 3]},
        {"global_tilted_irradiance": None},
        {"global_tilted_irradiance": [1.0, 2.0]},
        {"global_tilted_irradiance": [1.0, 9999.0, "much"]},
        {"global_tilted_irradiance": [None, None, None]},
        {"temperature_2m": [1.0, -273.2, -273.2]},
    ],
)
def test_a_reply_that_is_mostly_nonsense_is_refused(bad: dict[str, Json]) -> None:
    """Something else was sent than is believed."""
    with pytest.raises(SolarReplyError):
        plane_weather(body(**bad))


@pytest.mark.parametrize(
    "bad",
    [
        {"global_tilted_irradiance": [500.0, 600.0, "much"]},
        {"global_tilted_irradiance": [500.0, 600.0, 2000.1]},
        {"diffuse_radiation": [90.0, 250.0, -9999.0]},
        {"time": [*LABELS[:2], "2026-06-17T14:00"]},
    ],
)
def test_one_impossible_value_or_bad_stamp_does_not_throw_the_reply_away(
    bad: dict[str, Json],
) -> None:
    """Its own hour is not forecast; the others are."""
    weather = plane_weather(body(**bad))
    assert max(weather) == NOON + timedelta(minutes=30)
    assert len(weather) == 4


def test_quarters_below_zero_are_dark() -> None:
    """Near sunrise, from open-meteo/open-meteo#1355: an hour of 20 W/m² is 0.074 kWh, not 2 kWh."""
    below: list[Json] = [-84.0, 10.0, 40.0, 35.0]
    weather = plane_weather(
        body(below, global_tilted_irradiance=[0.0, 20.0, 700.0], temperature_2m=[6.0, 8.0, 9.0])
    )
    first, second = weather[NOON], weather[NOON + timedelta(minutes=30)]
    assert first.irradiance_w_per_m2 + second.irradiance_w_per_m2 == pytest.approx(40.0)
    assert (first.irradiance_w_per_m2, second.irradiance_w_per_m2) == pytest.approx(
        (80 / 17, 600 / 17)
    )
    kwh = sum(plane_kw(PLANE, each) * SLOT_HOURS for each in (first, second))
    assert kwh == pytest.approx(0.074, abs=0.001)


class Roof:
    """The client in front of prepared replies."""

    def __init__(self, wire: Wire, session: aiohttp.ClientSession, key: str | None) -> None:
        """Ask as a customer, or as everybody."""
        self.client = OpenMeteo(
            session, 51.50740, -0.12776, [PLANE], api_key=key, clock=lambda: NOW
        )
        self._wire = wire
        self.url = self.client._url(PLANE)

    async def fetch(self, **reply: Any) -> None:
        """Fetch once and be answered so."""
        self._wire.get(self.url, **reply)
        await self.client.fetch()


@pytest.fixture(params=[None, KEY], ids=["everybody", "customer"])
def roof(request: pytest.FixtureRequest, wire: Wire, session: aiohttp.ClientSession) -> Roof:
    """For both kinds of user."""
    return Roof(wire, session, request.param)


async def test_one_request_asks_in_utc_for_one_plane(roof: Roof, wire: Wire) -> None:
    """A zone would give one offset for both sides of a clock change; the key goes to customers' host."""
    await roof.fetch(payload=body())
    ((method, url),) = wire.requests
    assert method == "GET"
    assert (url.host == "api.open-meteo.com") == ("apikey" not in url.query)
    assert dict(url.query) | {"apikey": KEY} == {
        "latitude": "51.5074",
        "longitude": "-0.1278",
        "tilt": "30.0",
        "azimuth": "25.0",
        "hourly": "global_tilted_irradiance,shortwave_radiation,diffuse_radiation,temperature_2m",
        "minutely_15": "global_tilted_irradiance",
        "past_days": "1",
        "forecast_days": "4",
        "timezone": "GMT",
        "timeformat": "unixtime",
        "apikey": KEY,
    }


async def test_a_request_weighs_one_call(roof: Roof, wire: Wire) -> None:
    """It would count for more with over 10 variables or over 14 days."""
    await roof.fetch(payload=body())
    ((_, url),) = wire.requests
    variables = url.query["hourly"].split(",") + url.query["minutely_15"].split(",")
    days = int(url.query["past_days"]) + int(url.query["forecast_days"])
    assert max(1.0, len(variables) / 10, len(variables) / 10 * days / 14) == 1.0


@pytest.mark.parametrize(
    ("reason", "wait_s"),
    [
        ("Minutely API request limit exceeded. Please try again in one minute.", 60),
        ("Hourly API request limit exceeded. Please try again in the next hour.", 2430),
        ("Daily API request limit exceeded. Please try again tomorrow.", 52830),
        ("Too many concurrent requests", 60),
    ],
)
async def test_429_says_by_its_reason_when_the_counter_begins_anew(
    roof: Roof, reason: str, wait_s: float
) -> None:
    """On the minute, the hour, or at midnight UTC."""
    with pytest.raises(SolarRateLimitError) as caught:
        await roof.fetch(status=429, payload={"error": True, "reason": reason})
    assert caught.value.retry_after_s == wait_s


async def test_429_with_retry_after_is_believed(roof: Roof) -> None:
    """A proxy in between may send it."""
    with pytest.raises(SolarRateLimitError) as caught:
        await roof.fetch(status=429, body="", headers={"Retry-After": "77"})
    assert caught.value.retry_after_s == 77


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(
            {"body": "Unexpected error while streaming data", "content_type": "text/plain"},
            SolarReplyError,
            id="200 with text/plain",
        ),
        pytest.param(
            {"payload": {"error": True, "reason": "timeoutReached"}},
            SolarReplyError,
            id="200 with an error",
        ),
        pytest.param(
            {"payload": [{"latitude": 51.5}]}, SolarReplyError, id="list of several places"
        ),
        pytest.param(
            {
                "status": 400,
                "payload": {"error": True, "reason": "No data is available for this location"},
            },
            SolarRequestError,
            id="400",
        ),
        pytest.param(
            {"status": 503, "payload": {"error": True, "reason": "The service is overloaded"}},
            SolarUnreachableError,
            id="503",
        ),
        pytest.param({"exception": TimeoutError()}, SolarUnreachableError, id="time-out"),
        pytest.param({"exception": aiohttp.ClientError("x")}, SolarUnreachableError, id="no line"),
    ],
)
async def test_failures_by_name(roof: Roof, reply: dict[str, Any], error: type[SolarError]) -> None:
    """Each as what it is."""
    with pytest.raises(error) as caught:
        await roof.fetch(**reply)
    assert type(caught.value) is error


async def test_a_plain_text_reply_that_is_a_forecast_is_taken(roof: Roof) -> None:
    """The content type proves nothing, the JSON does."""
    await roof.fetch(payload=body(), content_type="text/plain")


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 429, "payload": {"error": True, "reason": "Daily"}},
        {"status": 403, "payload": {"error": True, "reason": "bad key"}},
        {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
        {"exception": aiohttp.InvalidURL(f"https://x/?apikey={KEY}")},
    ],
)
async def test_no_error_names_the_key_or_the_place(
    wire: Wire, session: aiohttp.ClientSession, reply: dict[str, Any]
) -> None:
    """Neither in the message nor in the trace that a log would show, nor in the repr."""
    roof = Roof(wire, session, KEY)
    with pytest.raises(SolarError) as caught:
        await roof.fetch(**reply)
    trace = "".join(traceback.format_exception(caught.value))
    assert KEY not in trace
    assert "51.5" not in trace
    assert KEY not in repr(roof.client)


def test_half_a_million_watts_below_zero_are_one_hour_that_is_not_forecast() -> None:
    """open-meteo/open-meteo#1184: the other hours stay; quarters as bad give no shape."""
    reply = body(
        [-512_345.0, 500.0, 700.0, 800.0],
        global_tilted_irradiance=[500.0, 600.0, -512_345.0],
    )
    weather = plane_weather(reply)
    assert NOON + timedelta(hours=1) not in weather
    assert weather[NOON].irradiance_w_per_m2 == 600.0
