"""Forecast.Solar's wire form, quirk by quirk."""

from datetime import UTC, datetime, timedelta
import traceback
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.solar.forecast_solar import (
    ForecastSolar,
    half_hour_energies,
)
from custom_components.smart_battery_scheduler.solar.model import (
    RoofPlane,
    SolarAuthError,
    SolarError,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSource,
    SolarUnreachableError,
)

from ..wire import Wire

NOW = datetime(2026, 4, 26, 10, 0, tzinfo=UTC)
DAY = datetime(2026, 4, 26, tzinfo=UTC)
KEY = "Abcdefgh01234567"
FIRST_DAY = (89, 376, 700, 950, 1100, 1200, 1250, 1200, 1100, 900, 600, 300, 120, 40)
SECOND_DAY = (67, 260, 500, 700, 900, 1000, 1000, 950, 800, 600, 400, 200, 90, 30)
SOUTH_WEST = RoofPlane(declination_degrees=30.0, azimuth_degrees=225.0, peak_kw=2.16)
EAST = RoofPlane(declination_degrees=45.4, azimuth_degrees=90.0, peak_kw=4.0, inverter_kw=0.5)
BASE = "https://api.forecast.solar"
SOUTH_WEST_URL = f"{BASE}/estimate/51.5074/-0.1278/30/45/2.16?time=utc"
EAST_URL = f"{BASE}/estimate/51.5074/-0.1278/45/-90/4?time=utc"


def estimate(periods: dict[str, Json] | None = None) -> dict[str, Json]:
    """Two days of a public reply, from sunrise to sunset, hourly (its stamps are ENDS)."""
    hours: dict[str, Json] = {
        "2026-04-26T04:20:17+00:00": 0,
        "2026-04-27T04:18:17+00:00": 0,
        "2026-04-26T18:59:23+00:00": 4,
        "2026-04-27T19:01:05+00:00": 6,
    }
    for index, (first, second) in enumerate(zip(FIRST_DAY, SECOND_DAY, strict=True)):
        hours[f"2026-04-26T{5 + index:02}:00:00+00:00"] = first
        hours[f"2026-04-27T{5 + index:02}:00:00+00:00"] = second
    return {
        "result": {
            "watts": {"2026-04-26T04:20:17+00:00": 0},
            "watt_hours_period": periods or hours,
            "watt_hours": {"2026-04-26T06:00:00+00:00": 465},
            "watt_hours_day": {"2026-04-26": 465, "2026-04-27": 327},
        },
        "message": {
            "code": 0,
            "type": "success",
            "text": "",
            "ratelimit": {"zone": "IP ADDRESS", "period": 3600, "limit": 12, "remaining": 11},
        },
    }


def too_many(retry_at: str | None) -> dict[str, Json]:
    """The body of a 429."""
    limit: dict[str, Json] = {"zone": "YOUR IP ADDRESS", "period": 3600, "limit": 12}
    return {
        "result": "Rate limit for API calls reached.",
        "message": {
            "code": 429,
            "type": "error",
            "text": "Rate limit for API calls reached.",
            "ratelimit": limit | ({"retry-at": retry_at} if retry_at else {}),
        },
    }


def at(text: str) -> datetime:
    """A time of the first day."""
    return datetime.fromisoformat(f"2026-04-26T{text}:00+00:00")


def test_labels_are_ends_of_intervals() -> None:
    """376 Wh at 06:00 are those of 05:00-06:00, half in each half-hour."""
    energies = half_hour_energies(estimate())
    assert energies[at("05:00")] == energies[at("05:30")] == pytest.approx(0.188)
    assert energies[at("06:00")] == energies[at("06:30")] == pytest.approx(0.35)


def test_odd_sunrise_stamps_share_their_energy_by_time() -> None:
    """89 Wh from 04:20:17 on: 583 of 2383 seconds lie before 04:30."""
    energies = half_hour_energies(estimate())
    assert energies[at("04:00")] == pytest.approx(0.089 * 583 / 2383)
    assert energies[at("04:30")] == pytest.approx(0.089 * 1800 / 2383)


def test_nights_are_dark_and_days_beyond_are_not_forecast() -> None:
    """From midnight to midnight UTC, today and tomorrow."""
    energies = half_hour_energies(estimate())
    assert min(energies) == DAY
    assert max(energies) == DAY + timedelta(days=2) - timedelta(minutes=30)
    assert energies[at("00:00")] == energies[at("23:30")] == 0.0
    assert len(energies) == 96


def test_no_energy_is_lost() -> None:
    """The sum is that of the reply."""
    published = (sum(FIRST_DAY) + sum(SECOND_DAY) + 4 + 6) / 1000
    assert sum(half_hour_energies(estimate()).values()) == pytest.approx(published)


def periods_of(body: dict[str, Json]) -> dict[str, Json]:
    """The energies of a reply, to be changed."""
    result = body["result"]
    assert isinstance(result, dict)
    periods = result["watt_hours_period"]
    assert isinstance(periods, dict)
    return periods


def test_a_stamp_without_energy_is_not_forecast_rather_than_dark() -> None:
    """Its hour is not known, those beside it are."""
    body = estimate()
    periods_of(body)["2026-04-26T14:00:00+00:00"] = None
    energies = half_hour_energies(body)
    assert not {at("13:00"), at("13:30")} & set(energies)
    assert len(energies) == 94
    assert energies[at("14:00")] == pytest.approx(0.3)


def test_a_stamp_that_is_left_out_has_its_energy_in_the_next_one() -> None:
    """home-assistant/core#71533: 16:30, 17:30, and 2,273 Wh between them: no half-hour of 4.5 kW."""
    periods: dict[str, Json] = {
        "2026-05-13T15:00:00-07:00": 2600,
        "2026-05-13T15:30:00-07:00": 2085,
        "2026-05-13T16:00:00-07:00": 1744,
        "2026-05-13T16:30:00-07:00": 1397,
        "2026-05-13T17:30:00-07:00": 2273,
        "2026-05-13T18:00:00-07:00": 975,
    }
    energies = half_hour_energies(estimate(periods))
    half_past_four = datetime(2026, 5, 13, 23, 30, tzinfo=UTC)
    known = [energies[half_past_four + index * timedelta(minutes=30)] for index in (-1, 0, 1, 2)]
    assert known == pytest.approx([1.397, 1.1365, 1.1365, 0.975])


def test_stamps_with_an_offset_are_the_same_moments() -> None:
    """The service answers in local time when it is not asked for UTC."""
    local: dict[str, Json] = {
        "2026-04-26T06:20:17+02:00": 0,
        "2026-04-26T07:00:00+02:00": 89,
        "2026-04-26T08:00:00+02:00": 376,
    }
    assert half_hour_energies(estimate(local))[at("05:00")] == pytest.approx(0.188)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"result": "Rate limit for API calls reached."},
        {"result": {"watt_hours_period": {}}},
        estimate({"2026-04-26 06:00:00": 1}),
        estimate({"2026-04-26T06:00:00+00:00": None}),
        estimate({"2026-04-26T06:00:00+00:00": -1}),
        estimate({"2026-04-26T06:00:00+00:00": 1e12}),
    ],
)
def test_nonsense_is_refused(body: object) -> None:
    """Nothing slips through as a forecast."""
    with pytest.raises(SolarReplyError):
        half_hour_energies(body)


def client(
    session: aiohttp.ClientSession, *planes: RoofPlane, key: str | None = None
) -> ForecastSolar:
    """The client under test."""
    return ForecastSolar(
        session, 51.50740, -0.12776, planes or (SOUTH_WEST,), api_key=key, clock=lambda: NOW
    )


async def test_each_plane_is_one_request(wire: Wire, session: aiohttp.ClientSession) -> None:
    """Azimuth counted from the south; each plane behind its own inverter; in UTC."""
    wire.get(SOUTH_WEST_URL, payload=estimate())
    wire.get(
        EAST_URL,
        payload=estimate(
            {
                "2026-04-26T05:00:00+00:00": 0,
                "2026-04-26T06:00:00+00:00": 2000,
                "2026-04-26T07:00:00+00:00": 100,
            }
        ),
    )
    source: SolarSource = client(session, SOUTH_WEST, EAST)
    forecast = await source.fetch()
    assert {url for _, url in wire.requests} == {URL(SOUTH_WEST_URL), URL(EAST_URL)}
    assert forecast.made_at == NOW
    slot = forecast.slots[at("05:00")]
    assert slot.mean_kwh == pytest.approx(0.188 + 0.25)
    assert slot.p10_kwh < slot.p50_kwh < slot.mean_kwh < slot.p90_kwh
    # The second plane was forecast for one day only.
    assert max(forecast.slots) == at("23:30")


async def test_the_key_is_part_of_the_address(wire: Wire, session: aiohttp.ClientSession) -> None:
    """Verified TLS is a must for that."""
    wire.get(SOUTH_WEST_URL.replace(BASE, f"{BASE}/{KEY}"), payload=estimate())
    await client(session, key=KEY).fetch()
    ((request,),) = wire.requests.values()
    assert "ssl" not in request.kwargs


@pytest.mark.parametrize("key", ["", "short", "Abcdefgh0123456/", "Abcdefgh012345678"])
async def test_what_is_no_key_is_not_sent(
    wire: Wire, session: aiohttp.ClientSession, key: str
) -> None:
    """It would be part of the address."""
    with pytest.raises(SolarAuthError):
        await client(session, key=key).fetch()
    assert not wire.requests


@pytest.mark.parametrize(
    ("retry_at", "headers", "wait_s"),
    [
        ("2026-04-26T12:48:53+02:00", {}, 48 * 60 + 53),
        (None, {"X-Ratelimit-Retry-At": "2026-04-26T10:30:00+00:00"}, 1800),
        (None, {"Retry-After": "120"}, 120),
        (None, {}, 3600),
        ("2026-04-26T09:59:00+00:00", {}, 60),
        ("2027-04-26T09:59:00+00:00", {}, 86400),
        ("later", {}, 3600),
    ],
)
async def test_429_with_retry_at(
    wire: Wire,
    session: aiohttp.ClientSession,
    retry_at: str | None,
    headers: dict[str, str],
    wait_s: float,
) -> None:
    """In the body, in a header, or not told."""
    wire.get(SOUTH_WEST_URL, status=429, payload=too_many(retry_at), headers=headers)
    with pytest.raises(SolarRateLimitError) as caught:
        await client(session).fetch()
    assert caught.value.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"status": 400, "payload": {"message": {"text": "bad"}}}, SolarRequestError),
        ({"status": 404, "payload": {"message": {"text": "bad"}}}, SolarRequestError),
        ({"status": 422, "payload": {"message": {"text": "bad"}}}, SolarRequestError),
        ({"status": 401, "payload": {"message": {"text": "bad"}}}, SolarAuthError),
        ({"status": 403, "payload": {"message": {"text": "bad"}}}, SolarAuthError),
        ({"status": 403, "body": "<html>"}, SolarUnreachableError),
        ({"status": 502, "body": "<html>"}, SolarUnreachableError),
        ({"status": 418, "body": "tea"}, SolarReplyError),
        ({"body": "text"}, SolarReplyError),
        ({"exception": TimeoutError()}, SolarUnreachableError),
        ({"exception": aiohttp.InvalidURL(f"{BASE}/{KEY}")}, SolarUnreachableError),
    ],
)
async def test_failures_by_name(
    wire: Wire, session: aiohttp.ClientSession, reply: dict[str, Any], error: type[SolarError]
) -> None:
    """Each as what it is, the key in none."""
    wire.get(SOUTH_WEST_URL.replace(BASE, f"{BASE}/{KEY}"), **reply)
    source = client(session, key=KEY)
    with pytest.raises(error) as caught:
        await source.fetch()
    assert type(caught.value) is error
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(source)
