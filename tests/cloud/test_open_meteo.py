"""The stand-in for Open-Meteo forecasts the world's own sky, in the documented form."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.solar.model import RoofPlane

from .faults import Endpoint, Fault
from .server import Cloud

PLANE = {"latitude": "51.5", "longitude": "-0.12", "tilt": "35", "azimuth": "0"}
SOUTH = RoofPlane(declination_degrees=35, azimuth_degrees=180, peak_kw=1)
GTI = "global_tilted_irradiance"

pytestmark = pytest.mark.parametrize("scenario", ["sunny"])


@pytest.fixture(autouse=True)
def frozen(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """A summer morning."""
    freezer.move_to("2026-06-17T09:20:00Z")
    return freezer


async def forecast(
    cloud: Cloud, session: aiohttp.ClientSession, status: int = 200, /, **query: str
) -> dict[str, Any]:
    """A reply's body."""
    async with session.get(f"{cloud.url}/v1/forecast", params=query) as response:
        assert response.status == status
        body: dict[str, Any] = await response.json()
        return body


async def test_hourly_means_are_labelled_by_their_end(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """The value at 12:00 is the mean of 11:00-12:00 of the truth."""
    query = {"hourly": f"{GTI},temperature_2m", "forecast_days": "2", "timezone": "GMT"}
    body = await forecast(cloud, session, **PLANE, **query)
    assert body["hourly_units"] == {"time": "iso8601", GTI: "W/m²", "temperature_2m": "°C"}
    hourly = body["hourly"]
    assert len(hourly["time"]) == len(hourly[GTI]) == 48
    assert hourly["time"][0] == "2026-06-17T00:00"
    begin = datetime(2026, 6, 17, 11, tzinfo=UTC)
    truth = [cloud.world.irradiance(begin + timedelta(minutes=m), SOUTH) for m in range(60)]
    value = hourly[GTI][hourly["time"].index("2026-06-17T12:00")]
    assert value == pytest.approx(sum(truth) / 60, rel=0.01)
    assert hourly[GTI][0] == 0.0


async def test_quarter_hours_add_up_to_the_hours(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Unix stamps and ISO stamps tell the same."""
    body = await forecast(
        cloud, session, **PLANE, hourly=GTI, minutely_15=GTI, timeformat="unixtime"
    )
    quarters = dict(zip(body["minutely_15"]["time"], body["minutely_15"][GTI], strict=True))
    for end, value in zip(body["hourly"]["time"], body["hourly"][GTI], strict=True):
        parts = [quarters.get(end - 900 * part) for part in range(4)]
        if None not in parts:
            assert sum(filter(None, parts)) / 4 == pytest.approx(value, abs=0.2)
    assert all(later - earlier == 900 for earlier, later in pairwise(quarters))
    assert len(body["hourly"]["time"]) == 7 * 24


async def test_azimuth_counts_from_south_and_east_is_negative(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """In the morning the sun is on the east roof."""

    async def at_eight(azimuth: str) -> float:
        query = {**PLANE, "azimuth": azimuth, "hourly": GTI}
        hourly = (await forecast(cloud, session, **query))["hourly"]
        value: float = hourly[GTI][hourly["time"].index("2026-06-17T08:00")]
        return value

    east, south, west, north = [await at_eight(each) for each in ("-90", "0", "90", "180")]
    assert east > south > west
    assert south > north


async def test_a_flat_plane_sees_the_whole_sky(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Without tilt the tilted radiation is the horizontal one."""
    query = {"latitude": "51.5", "longitude": "-0.12", "hourly": f"{GTI},shortwave_radiation"}
    hourly = (await forecast(cloud, session, **query))["hourly"]
    assert hourly[GTI] == pytest.approx(hourly["shortwave_radiation"], abs=1.0)


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ({"forecast_days": "3", "past_days": "1"}, "2026-06-16T00:00", 96),
        ({"forecast_hours": "6"}, "2026-06-17T09:00", 6),
        ({"forecast_hours": "6", "past_hours": "2"}, "2026-06-17T07:00", 8),
        ({"start_date": "2026-06-18", "end_date": "2026-06-18"}, "2026-06-18T00:00", 24),
        ({"forecast_days": "1", "timezone": "Europe/London"}, "2026-06-17T00:00", 24),
    ],
)
async def test_ranges(
    cloud: Cloud,
    session: aiohttp.ClientSession,
    query: dict[str, str],
    first: str,
    count: int,
) -> None:
    """Days of the zone, steps from now, dates."""
    body = await forecast(cloud, session, **PLANE, hourly=GTI, **query)
    assert body["hourly"]["time"][0] == first
    assert len(body["hourly"]["time"]) == count
    assert body["utc_offset_seconds"] == (3600 if "timezone" in query else 0)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (
            {**PLANE, "latitude": "522.52"},
            "Latitude must be in range of -90 to 90°. Given: 522.52.",
        ),
        ({**PLANE, "forecast_days": "17"}, "Forecast days is invalid."),
        ({**PLANE, "timezone": "Mars/Olympus"}, "Invalid timezone"),
        ({**PLANE, "hourly": "tempeture_2m"}, "tempeture_2m"),
        ({**PLANE, "tilt": "steep"}, "tilt"),
        ({"longitude": "0"}, "Parameter 'latitude' is required"),
    ],
)
async def test_nonsense_is_refused(
    cloud: Cloud, session: aiohttp.ClientSession, query: dict[str, str], reason: str
) -> None:
    """400 with a reason."""
    body = await forecast(cloud, session, 400, **{"hourly": GTI, **query})
    assert body["error"] is True
    assert reason in body["reason"]


async def test_its_own_faults(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """Nulls at the end, the limits, text with status 200."""
    cloud.faults.add(Fault.NULL_TAIL, times=1)
    hourly = (await forecast(cloud, session, **PLANE, hourly=GTI))["hourly"]
    assert hourly[GTI][111] is not None
    assert set(hourly[GTI][112:]) == {None}
    cloud.faults.add(Fault.DAILY_LIMIT, times=1)
    assert "tomorrow" in (await forecast(cloud, session, 429, **PLANE, hourly=GTI))["reason"]
    cloud.faults.add(Fault.RATE_LIMITED, Endpoint.FORECAST, times=1)
    assert "one minute" in (await forecast(cloud, session, 429, **PLANE, hourly=GTI))["reason"]
    cloud.faults.add(Fault.PLAIN_TEXT, Endpoint.FORECAST, times=1)
    async with session.get(f"{cloud.url}/v1/forecast", params=PLANE) as response:
        assert (response.status, response.content_type) == (200, "text/plain")
