"""The Open-Meteo client against the stand-in, whose sky is known exactly."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.solar.model import (
    RoofPlane,
    SolarAuthError,
    SolarError,
    SolarRateLimitError,
    SolarReplyError,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.solar.open_meteo import OpenMeteo

from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud
from ..cloud.world import LATITUDE, LONGITUDE, SOUTH_ROOF

MORNING = datetime(2026, 6, 17, 9, 20, tzinfo=UTC)
EAST = RoofPlane(declination_degrees=30.0, azimuth_degrees=90.0, peak_kw=2.0)
WEST = RoofPlane(declination_degrees=30.0, azimuth_degrees=270.0, peak_kw=2.0)

pytestmark = pytest.mark.parametrize("scenario", ["sunny"])


@pytest.fixture(autouse=True)
def morning(freezer: FrozenDateTimeFactory) -> None:
    """A summer morning."""
    freezer.move_to(MORNING)


def roof(cloud: Cloud, session: aiohttp.ClientSession, *planes: RoofPlane) -> OpenMeteo:
    """The real client in front of the stand-in."""
    return OpenMeteo(
        session,
        LATITUDE,
        LONGITUDE,
        planes or (SOUTH_ROOF,),
        base_url=cloud.url,
        clock=cloud.world.clock,
        timeout_s=5.0,
    )


async def test_the_forecast_is_the_roofs_own_day(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Each half-hour within 2 % of the truth: a label read as a beginning would be far off."""
    forecast = await roof(cloud, session).fetch()
    for half_hour in range(10, 36):
        start = datetime(2026, 6, 17, tzinfo=UTC) + timedelta(minutes=30 * half_hour)
        truth_w = (
            sum(
                cloud.world.available_solar_w(start + timedelta(minutes=m + 0.5)) for m in range(30)
            )
            / 30
        )
        assert forecast.slots[start].mean_kwh == pytest.approx(truth_w / 2000.0, rel=0.02, abs=0.01)


async def test_three_days_ahead_and_yesterday(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """In half-hours without a gap."""
    forecast = await roof(cloud, session).fetch()
    starts = sorted(forecast.slots)
    assert forecast.made_at == MORNING
    assert starts[0] <= MORNING - timedelta(hours=33)
    assert starts[-1] >= MORNING + timedelta(hours=72)
    assert len(starts) == (starts[-1] - starts[0]) // timedelta(minutes=30) + 1


async def test_each_plane_is_asked_for_itself(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """East gets its sun before west: the bearing is told in Open-Meteo's way."""
    forecast = await roof(cloud, session, EAST).fetch()
    evening = await roof(cloud, session, WEST).fetch()
    early, late = (datetime(2026, 6, 17, hour, tzinfo=UTC) for hour in (6, 18))
    assert forecast.slots[early].mean_kwh > 4 * forecast.slots[late].mean_kwh
    assert evening.slots[late].mean_kwh > 4 * evening.slots[early].mean_kwh
    cloud.requests.clear()
    both = await roof(cloud, session, EAST, WEST).fetch()
    assert [request.query["azimuth"] for request in cloud.requests] == ["-90.0", "90.0"]
    noon = datetime(2026, 6, 17, 12, tzinfo=UTC)
    assert both.slots[noon].mean_kwh == pytest.approx(
        forecast.slots[noon].mean_kwh + evening.slots[noon].mean_kwh
    )


async def test_nulls_at_the_end_are_not_forecast(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Not zero: missing."""
    cloud.faults.add(Fault.NULL_TAIL, Endpoint.FORECAST)
    forecast = await roof(cloud, session).fetch()
    assert max(forecast.slots) < MORNING + timedelta(hours=60)
    assert forecast.slots


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DISCONNECT, SolarUnreachableError),
        (Fault.CUT_SHORT, SolarUnreachableError),
        (Fault.SERVER_ERROR_PAGE, SolarUnreachableError),
        (Fault.UNAVAILABLE, SolarUnreachableError),
        (Fault.FORBIDDEN_PAGE, SolarUnreachableError),
        (Fault.PAGE, SolarUnreachableError),
        (Fault.UNAUTHORISED, SolarAuthError),
        (Fault.NOT_FOUND, SolarReplyError),
        (Fault.PLAIN_TEXT, SolarReplyError),
        (Fault.EMPTY, SolarReplyError),
        (Fault.WRONG_SHAPE, SolarReplyError),
        (Fault.WRONG_TYPES, SolarReplyError),
        (Fault.ABSURD_NUMBERS, SolarReplyError),
        (Fault.RATE_LIMITED, SolarRateLimitError),
    ],
)
async def test_every_fault_has_its_name(
    cloud: Cloud, session: aiohttp.ClientSession, fault: Fault, error: type[SolarError]
) -> None:
    """Nothing slips through as a forecast."""
    cloud.faults.add(fault, Endpoint.FORECAST)
    with pytest.raises(error) as caught:
        await roof(cloud, session).fetch()
    assert type(caught.value) is error


async def test_the_daily_limit_is_waited_out(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """Until a little after midnight UTC."""
    cloud.faults.add(Fault.DAILY_LIMIT, Endpoint.FORECAST)
    with pytest.raises(SolarRateLimitError) as caught:
        await roof(cloud, session).fetch()
    assert caught.value.retry_after_s == (14 * 60 + 40) * 60 + 30


async def test_one_plane_that_fails_fails_the_roof(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Half a roof would look like a dull day."""
    cloud.faults.add(Fault.UNAVAILABLE, Endpoint.FORECAST, skip=1, times=1)
    with pytest.raises(SolarUnreachableError):
        await roof(cloud, session, EAST, WEST).fetch()


async def test_silence_ends_by_our_own_clock(
    cloud: Cloud, session: aiohttp.ClientSession, freezer: FrozenDateTimeFactory
) -> None:
    """A service that never answers is unreachable."""
    cloud.faults.add(Fault.TIMEOUT, Endpoint.FORECAST)
    asking = asyncio.create_task(roof(cloud, session).fetch())
    await cloud.someone_waits()
    freezer.tick(6)
    with pytest.raises(SolarUnreachableError):
        await asking
