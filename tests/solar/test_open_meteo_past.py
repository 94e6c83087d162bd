"""Open-Meteo's archive of forecasts, on the wire and against the stand-in's sky."""

from datetime import UTC, date, datetime, timedelta

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.solar.model import (
    RoofPlane,
    SolarRequestError,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.solar.open_meteo_past import (
    PAST_BASE_URL,
    OpenMeteoPast,
)

from ..cloud.server import Cloud
from ..cloud.world import LATITUDE, LONGITUDE, SOUTH_ROOF
from ..wire import Wire
from .test_open_meteo import body

NOW = datetime(2026, 6, 17, 9, 20, tzinfo=UTC)
FIRST, LAST = date(2026, 6, 10), date(2026, 6, 12)
ROOF = RoofPlane(declination_degrees=30.0, azimuth_degrees=180.0, peak_kw=4.0)


def archive(session: aiohttp.ClientSession, *planes: RoofPlane, base: str) -> OpenMeteoPast:
    """The real client."""
    return OpenMeteoPast(
        session,
        LATITUDE,
        LONGITUDE,
        planes,
        first=FIRST,
        last=LAST,
        base_url=base,
        clock=lambda: NOW,
    )


@pytest.mark.parametrize("scenario", ["sunny"])
async def test_the_days_asked_for_are_answered_and_no_others(
    cloud: Cloud, session: aiohttp.ClientSession, freezer: FrozenDateTimeFactory
) -> None:
    """The half-hours are those of the days asked for, both included, as the sky was then."""
    freezer.move_to(NOW)
    forecast = await archive(session, SOUTH_ROOF, base=str(cloud.url)).fetch()
    by_day: dict[date, float] = {}
    for start, slot in forecast.slots.items():
        by_day[start.date()] = by_day.get(start.date(), 0.0) + slot.mean_kwh
    assert FIRST in by_day
    assert LAST in by_day
    assert min(by_day) >= FIRST - timedelta(days=1)
    assert max(by_day) <= LAST + timedelta(days=1)
    for day in (FIRST, LAST):
        midnight = datetime.combine(day, datetime.min.time(), UTC)
        truth_kwh = sum(
            cloud.world.available_solar_w(midnight + timedelta(minutes=minute + 0.5)) / 60e3
            for minute in range(24 * 60)
        )
        assert by_day[day] == pytest.approx(truth_kwh, rel=0.1)


async def test_one_request_a_plane_goes_to_the_archive_with_its_dates(
    wire: Wire, session: aiohttp.ClientSession
) -> None:
    """Each plane is one request to the archive's own host, by dates and not by days from now."""
    west = RoofPlane(declination_degrees=20.0, azimuth_degrees=270.0, peak_kw=2.0)
    client = archive(session, ROOF, west, base=PAST_BASE_URL)
    asked = [client._url(plane) for plane in (ROOF, west)]
    for url in asked:
        wire.get(url, payload=body())
    forecast = await client.fetch()
    assert forecast.slots
    for url, azimuth in zip(asked, ("0.0", "90.0"), strict=True):
        assert url.host == "historical-forecast-api.open-meteo.com"
        assert (url.query["start_date"], url.query["end_date"]) == ("2026-06-10", "2026-06-12")
        assert url.query["azimuth"] == azimuth
        assert not {"past_days", "forecast_days"} & set(url.query)


async def test_an_archive_that_refuses_or_is_away_is_an_error_of_the_sun(
    wire: Wire, session: aiohttp.ClientSession
) -> None:
    """A refusal and a dead line are errors of the solar source, for the replay to go on without."""
    client = archive(session, ROOF, base=PAST_BASE_URL)
    url = client._url(ROOF)
    # Open-Meteo's own words for a day that its archive does not have yet.
    reason = "Parameter 'start_date' is out of allowed range from 2016-01-01 to 2026-07-03"
    wire.get(url, payload={"error": True, "reason": reason}, status=400)
    with pytest.raises(SolarRequestError):
        await client.fetch()
    wire.get(url, exception=aiohttp.ClientConnectionError())
    with pytest.raises(SolarUnreachableError):
        await client.fetch()
