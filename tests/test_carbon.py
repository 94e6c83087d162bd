"""The Carbon Intensity client: both forms of reply, and every way it can go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.carbon import (
    ATTRIBUTION,
    REGION_IDS,
    CarbonError,
    CarbonIntensity,
    CarbonRateLimitError,
    CarbonReplyError,
    CarbonUnreachableError,
    parse_intensities,
)
from custom_components.smart_battery_scheduler.codec import Json
from custom_components.smart_battery_scheduler.tariff.codes import REGION_NAMES

from .wire import Wire

NOW = datetime(2026, 11, 21, 9, 40, 12, tzinfo=UTC)
SLOT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BASE = "https://api.carbonintensity.org.uk"
LONDON_URL = f"{BASE}/regional/intensity/2026-11-21T09:30Z/fw48h/regionid/13"
NATIONAL_URL = f"{BASE}/intensity/2026-11-21T09:30Z/fw48h"


def half_hour(start: datetime, forecast: Json, **more: Json) -> dict[str, Json]:
    """A row; stamps have minutes only."""
    end = start + timedelta(minutes=30)
    intensity: dict[str, Json] = {"forecast": forecast, "index": "moderate"}
    return {
        "from": start.strftime("%Y-%m-%dT%H:%MZ"),
        "to": end.strftime("%Y-%m-%dT%H:%MZ"),
        "intensity": intensity | more,
    }


ROWS: list[Json] = [half_hour(SLOT, 180), half_hour(SLOT + timedelta(minutes=30), 95)]
REGION: dict[str, Json] = {
    "regionid": 13,
    "dnoregion": "UKPN London",
    "shortname": "London",
    "data": ROWS,
}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session of its own."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.mark.parametrize("data", [REGION, [REGION]], ids=["object", "list-wrapped data"])
async def test_regional(session: aiohttp.ClientSession, data: Json) -> None:
    """From the present half-hour on, by the region's id."""
    with Wire() as wire:
        wire.get(LONDON_URL, payload={"data": data})
        forecast = await CarbonIntensity(session, "C", clock=lambda: NOW).fetch()
    assert forecast.made_at == NOW
    assert forecast.region_id == 13
    assert forecast.at(NOW) == 180
    assert forecast.at(NOW + timedelta(minutes=30)) == 95
    assert forecast.at(NOW + timedelta(hours=2)) is None


async def test_national(session: aiohttp.ClientSession) -> None:
    """Without a region; what was measured is not asked for and null in the future."""
    with Wire() as wire:
        wire.get(NATIONAL_URL, payload={"data": [half_hour(SLOT, 266, actual=None)]})
        forecast = await CarbonIntensity(session, clock=lambda: NOW).fetch()
    assert forecast.region_id is None
    assert forecast.at(SLOT) == 266


def test_every_region_letter_has_its_id() -> None:
    """Fourteen networks, matched by name: spot checks at both ends and in the middle."""
    assert set(REGION_IDS) == set(REGION_NAMES)
    assert sorted(REGION_IDS.values()) == list(range(1, 15))
    assert (REGION_IDS["P"], REGION_IDS["C"], REGION_IDS["A"]) == (1, 13, 10)


def test_the_attribution_names_the_source_and_its_licence() -> None:
    """As the licence wants."""
    assert "Carbon Intensity" in ATTRIBUTION
    assert "CC BY 4.0" in ATTRIBUTION


@pytest.mark.parametrize("letter", ["I", "O", "c", "", "London"])
async def test_what_is_no_region_is_a_mistake(session: aiohttp.ClientSession, letter: str) -> None:
    """There is no I and no O."""
    with pytest.raises(ValueError):
        CarbonIntensity(session, letter)


def test_a_null_is_not_forecast() -> None:
    """And not zero."""
    rows = [half_hour(SLOT, None), half_hour(SLOT + timedelta(minutes=30), 0)]
    assert parse_intensities({"data": rows}) == {SLOT + timedelta(minutes=30): 0.0}


def test_a_single_national_half_hour_is_not_a_region() -> None:
    """Both are lists of one."""
    assert parse_intensities({"data": [half_hour(SLOT, 266)]}) == {SLOT: 266.0}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"data": None},
        {"data": {}},
        {"data": [None]},
        {"data": [{"from": "2026-11-21T09:30Z"}]},
        {"data": [half_hour(SLOT, "much")]},
        {"data": [half_hour(SLOT, -1)]},
        {"data": [half_hour(SLOT, 2001)]},
        {"data": [half_hour(SLOT + timedelta(minutes=5), 100)]},
        {"data": [{**half_hour(SLOT, 100), "from": "2026-11-21T09:30"}]},
        {"error": {"code": "400 Bad Request", "message": "no"}},
    ],
)
def test_nonsense_is_refused(body: object) -> None:
    """Nothing slips through as an intensity."""
    with pytest.raises(CarbonReplyError):
        parse_intensities(body)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (
            {"status": 400, "payload": {"error": {"code": "400 Bad Request", "message": "no"}}},
            CarbonReplyError,
        ),
        ({"status": 404, "payload": {}}, CarbonReplyError),
        ({"status": 403, "body": "<html>"}, CarbonUnreachableError),
        ({"status": 500, "body": ""}, CarbonUnreachableError),
        ({"body": "<html>"}, CarbonUnreachableError),
        ({"body": "text"}, CarbonReplyError),
        ({"status": 429}, CarbonRateLimitError),
        ({"exception": TimeoutError()}, CarbonUnreachableError),
        ({"exception": aiohttp.ServerDisconnectedError()}, CarbonUnreachableError),
    ],
)
async def test_failures_by_name(
    session: aiohttp.ClientSession, reply: dict[str, Any], error: type[CarbonError]
) -> None:
    """Each as what it is."""
    with Wire() as wire:
        wire.get(LONDON_URL, **reply)
        with pytest.raises(error) as caught:
            await CarbonIntensity(session, "C", clock=lambda: NOW).fetch()
    assert type(caught.value) is error


async def test_429_says_how_long(session: aiohttp.ClientSession) -> None:
    """Five minutes if it does not."""
    with Wire() as wire:
        for headers in ({"Retry-After": "33"}, {}):
            wire.get(LONDON_URL, status=429, headers=headers)
        waits = []
        for _ in range(2):
            with pytest.raises(CarbonRateLimitError) as caught:
                await CarbonIntensity(session, "C", clock=lambda: NOW).fetch()
            waits.append(caught.value.retry_after_s)
    assert waits == [33, 300]
