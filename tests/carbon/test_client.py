"""The Carbon Intensity API's wire form, quirk by quirk."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.carbon.client import (
    ATTRIBUTION,
    REGION_IDS,
    CarbonError,
    CarbonIndex,
    CarbonIntensity,
    CarbonRateLimitError,
    CarbonReplyError,
    CarbonSlot,
    CarbonUnreachableError,
    parse_rows,
)
from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.sources.supplier import REGIONS

from ..wire import Wire

NOW = datetime(2026, 11, 21, 12, 41, 7, tzinfo=UTC)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
NATION = "https://api.carbonintensity.org.uk/intensity/2026-11-21T12:30Z/fw48h"
LONDON = "https://api.carbonintensity.org.uk/regional/intensity/2026-11-21T12:30Z/fw48h/regionid/13"


def stamp(when: datetime) -> str:
    """Minutes and a Z, no seconds, as the service writes it."""
    return f"{when:%Y-%m-%dT%H:%MZ}"


def row(
    halves: int = 0, forecast: Json = 266, index: Json = "moderate", **more: Json
) -> dict[str, Json]:
    """A half-hour, so many after noon; ``more`` goes into the intensity."""
    start = NOON + halves * HALF_HOUR
    return {
        "from": stamp(start),
        "to": stamp(start + HALF_HOUR),
        "intensity": {"forecast": forecast, "index": index, **more},
        "generationmix": [{"fuel": "gas", "perc": 43.6}, {"fuel": "coal", "perc": 0.7}],
    }


def region(*rows: Json) -> Json:
    """A region's half-hours, in their inner wrapping."""
    return {
        "regionid": 13,
        "dnoregion": "UKPN London",
        "shortname": "London",
        "data": list(rows),
    }


def test_national_rows_give_the_forecast_not_what_was_measured() -> None:
    """``actual`` exists for the past and the nation only."""
    slots = parse_rows({"data": [row(0, 266, actual=263), row(1, 270, "high", actual=None)]})
    assert slots == {
        NOON: CarbonSlot(g_per_kwh=266.0, index=CarbonIndex.MODERATE),
        NOON + HALF_HOUR: CarbonSlot(g_per_kwh=270.0, index=CarbonIndex.HIGH),
    }


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: [data]], ids=["object", "list"])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_regional_data_come_plain_or_wrapped_in_a_list(wrap: Any, rows: int) -> None:
    """Some replies wrap the region in a list of one; the region may have any number of rows."""
    slots = parse_rows({"data": wrap(region(*(row(each, 100 + each) for each in range(rows))))})
    assert [slot.g_per_kwh for slot in slots.values()] == [100.0 + each for each in range(rows)]


def test_a_single_national_row_is_not_taken_for_a_wrapped_region() -> None:
    """It is a list of one object too."""
    assert parse_rows({"data": [row()]}).keys() == {NOON}


def test_a_null_forecast_is_not_forecast() -> None:
    """Never zero, which would be the cleanest hour of all."""
    assert parse_rows({"data": [row(0, None), row(1, 0)]}) == {
        NOON + HALF_HOUR: CarbonSlot(g_per_kwh=0.0, index=CarbonIndex.MODERATE)
    }


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("very low", CarbonIndex.VERY_LOW),
        ("low", CarbonIndex.LOW),
        ("moderate", CarbonIndex.MODERATE),
        ("high", CarbonIndex.HIGH),
        ("very high", CarbonIndex.VERY_HIGH),
        ("splendid", None),
        (None, None),
    ],
)
def test_the_index_by_its_words(name: Json, index: CarbonIndex | None) -> None:
    """A new word costs the word, not the number."""
    assert parse_rows({"data": [row(0, 42, name)]})[NOON] == CarbonSlot(g_per_kwh=42.0, index=index)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"data": None},
        {"data": "much"},
        {"data": {"regionid": 13}},
        {"data": [{"regionid": 13, "data": None}]},
        {"data": ["row"]},
        {"data": [{"from": "2026-11-21T12:00Z", "to": "2026-11-21T12:30Z"}]},
        {"data": [{**row(), "from": None}]},
        {"data": [{**row(), "to": "2026-11-21T12:30"}]},
        {"data": [{**row(), "to": "2026-11-21T13:00Z"}]},
        {"data": [{**row(), "from": "2026-11-21T12:10Z", "to": "2026-11-21T12:40Z"}]},
        {"data": [row(0, -1)]},
        {"data": [row(0, 2001)]},
        {"data": [row(0, "266")]},
        {"data": [row(0, True)]},
        {"error": {"code": "400 Bad Request", "message": "Please enter a valid date"}},
    ],
)
def test_nonsense_is_refused(body: Any) -> None:
    """Rather no forecast than a wrong one."""
    with pytest.raises(CarbonReplyError):
        parse_rows(body)


@pytest.mark.parametrize(
    ("letter", "url"), [("C", LONDON), (None, NATION), ("X", NATION), ("", NATION)]
)
async def test_the_region_by_octopus_letter_else_the_nation(
    wire: Wire, session: aiohttp.ClientSession, letter: str | None, url: str
) -> None:
    """One request, from the running half-hour in UTC whatever zone the clock is in."""
    summer_time = timezone(timedelta(hours=1))
    client = CarbonIntensity(session, letter, clock=lambda: NOW.astimezone(summer_time))
    wire.get(url, payload={"data": [region(row())]})
    forecast = await client.fetch()
    assert list(forecast.slots) == [NOON]
    assert forecast.made_at == NOW
    assert forecast.at(NOON + timedelta(minutes=29)) == forecast.slots[NOON]
    assert forecast.at(NOON + HALF_HOUR) is None
    assert len(wire.requests) == 1


def test_every_octopus_region_has_its_own_number() -> None:
    """1 to 14; above are England, Scotland and Wales."""
    assert REGION_IDS.keys() == {region.upper() for region in REGIONS}
    assert sorted(REGION_IDS.values()) == list(range(1, 15))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(
            {
                "status": 400,
                "payload": {"error": {"code": "400 Bad Request", "message": "Please enter"}},
            },
            CarbonReplyError,
            id="400",
        ),
        pytest.param({"status": 404, "payload": {}}, CarbonReplyError, id="404"),
        pytest.param({"body": "soon"}, CarbonReplyError, id="no JSON"),
        pytest.param(
            {"status": 403, "body": "<html>blocked</html>"}, CarbonUnreachableError, id="firewall"
        ),
        pytest.param({"body": " <!doctype html>"}, CarbonUnreachableError, id="page with 200"),
        pytest.param({"status": 500, "body": ""}, CarbonUnreachableError, id="500"),
        pytest.param({"exception": TimeoutError()}, CarbonUnreachableError, id="time-out"),
        pytest.param({"exception": aiohttp.ClientError("x")}, CarbonUnreachableError, id="no line"),
    ],
)
async def test_failures_by_name(
    wire: Wire, session: aiohttp.ClientSession, reply: dict[str, Any], error: type[CarbonError]
) -> None:
    """Each as what it is; and the next fetch works again."""
    client = CarbonIntensity(session, clock=lambda: NOW)
    wire.get(NATION, **reply)
    with pytest.raises(error) as caught:
        await client.fetch()
    assert type(caught.value) is error
    wire.get(NATION, payload={"data": [row()]})
    assert (await client.fetch()).slots


@pytest.mark.parametrize(
    ("headers", "wait_s"), [({}, 600), ({"Retry-After": "77"}, 77), ({"Retry-After": "?"}, 600)]
)
async def test_429_says_how_long_to_keep_quiet(
    wire: Wire, session: aiohttp.ClientSession, headers: dict[str, str], wait_s: float
) -> None:
    """Its header if there is one."""
    wire.get(NATION, status=429, body="", headers=headers)
    with pytest.raises(CarbonRateLimitError) as caught:
        await CarbonIntensity(session, clock=lambda: NOW).fetch()
    assert caught.value.retry_after_s == wait_s


def test_attribution_names_source_and_licence() -> None:
    """The licence asks for both."""
    assert "carbonintensity.org.uk" in ATTRIBUTION
    assert "CC BY 4.0" in ATTRIBUTION
