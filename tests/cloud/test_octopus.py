"""The stand-in for Octopus' REST API speaks as the recorded one does."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any, cast

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest
from yarl import URL

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE

from .faults import Endpoint, Fault
from .octopus import account_body
from .server import Cloud
from .world import ACCOUNT_NUMBER, API_KEY

AGILE = "/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C"
OUTGOING = "/v1/products/AGILE-OUTGOING-19-05-13/electricity-tariffs/E-1R-AGILE-OUTGOING-19-05-13-C"
RATES = AGILE + "/standard-unit-rates/"


@pytest.fixture(autouse=True)
def frozen(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """A winter afternoon, before publication."""
    freezer.move_to("2026-01-14T15:59:00Z")
    return freezer


class Asker:
    """Asks the stand-in."""

    def __init__(self, cloud: Cloud, session: aiohttp.ClientSession) -> None:
        """With a real session."""
        self._cloud, self._session = cloud, session

    async def json(self, path: str, status: int = 200, /, **query: str | int) -> Any:
        """The body of a GET, whose status must be this."""
        async with self._session.get(URL(self._cloud.url + path).with_query(query)) as response:
            assert response.status == status
            return await response.json()

    async def rows(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """The rows of one page."""
        return cast(list[dict[str, Any]], (await self.json(path, **query))["results"])


@pytest.fixture
def ask(cloud: Cloud, session: aiohttp.ClientSession) -> Asker:
    """Asks the stand-in."""
    return Asker(cloud, session)


def moment(stamp: str) -> datetime:
    """A stamp of the wire."""
    assert stamp.endswith("Z")
    return datetime.fromisoformat(stamp)


async def test_rows_are_newest_first_and_touch_the_window(ask: Asker) -> None:
    """The first and last stick out of an odd window."""
    rows = await ask.rows(
        RATES, period_from="2026-01-14T10:10:00Z", period_to="2026-01-14T12:10:00Z"
    )
    starts = [moment(row["valid_from"]) for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert starts[-1] == datetime(2026, 1, 14, 10, tzinfo=UTC)
    assert starts[0] == datetime(2026, 1, 14, 12, tzinfo=UTC)
    assert {row["payment_method"] for row in rows} == {None}


async def test_pages_follow_next_until_all_are_there(ask: Asker, cloud: Cloud) -> None:
    """240 rows: 100, 100 and 40."""
    window = {"period_from": "2026-01-08T00:00:00Z", "period_to": "2026-01-13T00:00:00Z"}
    body, seen = await ask.json(RATES, **window), []
    assert body["count"] == 240
    assert body["previous"] is None
    sizes = [len(body["results"])]
    seen += body["results"]
    while body["next"] is not None:
        assert body["next"].startswith(cloud.url)
        url = URL(body["next"])
        assert url.query["period_from"] == window["period_from"]
        body = await ask.json(url.path, **url.query)
        sizes.append(len(body["results"]))
        seen += body["results"]
    assert sizes == [100, 100, 40]
    assert len({row["valid_from"] for row in seen}) == 240


async def test_a_page_holds_no_more_than_1500_rows(ask: Asker) -> None:
    """A larger request is cut silently."""
    window = {"period_from": "2025-12-01T00:00:00Z", "period_to": "2026-01-14T00:00:00Z"}
    body = await ask.json(RATES, page_size=25_000, **window)
    assert body["count"] == 44 * 48
    assert len(body["results"]) == 1500


async def test_tomorrow_comes_out_at_16_local_up_to_23_local(
    ask: Asker, frozen: FrozenDateTimeFactory
) -> None:
    """A minute before there is nothing beyond 23:00 today."""
    window = {"period_from": "2026-01-14T12:00:00Z", "period_to": "2026-01-17T00:00:00Z"}
    newest = (await ask.rows(RATES, **window))[0]
    assert newest["valid_to"] == "2026-01-14T23:00:00Z"
    unpublished = await ask.json(
        RATES, period_from="2026-01-15T00:00:00Z", period_to="2026-01-16T00:00:00Z"
    )
    assert unpublished == {"count": 0, "next": None, "previous": None, "results": []}
    frozen.tick(timedelta(minutes=1))
    newest = (await ask.rows(RATES, **window))[0]
    assert newest["valid_to"] == "2026-01-15T23:00:00Z"


async def test_import_and_export_may_come_out_at_different_times(
    ask: Asker, cloud: Cloud, frozen: FrozenDateTimeFactory
) -> None:
    """Each has its own hour."""
    cloud.world.publication.exports_at = time(17, 30)
    frozen.move_to("2026-01-14T16:10:00Z")
    window = {"period_from": "2026-01-14T12:00:00Z", "period_to": "2026-01-17T00:00:00Z"}
    assert (await ask.rows(RATES, **window))[0]["valid_to"] == "2026-01-15T23:00:00Z"
    exports = await ask.rows(OUTGOING + "/standard-unit-rates/", **window)
    assert exports[0]["valid_to"] == "2026-01-14T23:00:00Z"


async def test_rates_may_be_late_or_partial(
    ask: Asker, cloud: Cloud, frozen: FrozenDateTimeFactory
) -> None:
    """By fault, whatever the hour."""
    frozen.move_to("2026-01-14T18:00:00Z")
    window = {"period_from": "2026-01-14T12:00:00Z", "period_to": "2026-01-17T00:00:00Z"}
    cloud.faults.add(Fault.UNPUBLISHED, times=1)
    cloud.faults.add(Fault.PARTIAL, skip=1, times=1, detail="6")
    cloud.faults.add(Fault.UNPUBLISHED, skip=2, times=1, detail="2026-01-14T23:00:00+00:00")
    assert (await ask.rows(RATES, **window))[0]["valid_to"] == "2026-01-14T23:00:00Z"
    assert (await ask.rows(RATES, **window))[0]["valid_to"] == "2026-01-15T05:00:00Z"
    frozen.move_to("2026-01-15T08:00:00Z")
    assert (await ask.rows(RATES, **window))[0]["valid_to"] == "2026-01-14T23:00:00Z"
    assert (await ask.rows(RATES, **window))[0]["valid_to"] == "2026-01-15T23:00:00Z"


@pytest.mark.parametrize(
    ("day", "count"), [("2026-03-29", 46), ("2026-10-25", 50), ("2026-06-01", 48)]
)
async def test_a_local_day_has_46_48_or_50_half_hours(
    ask: Asker, frozen: FrozenDateTimeFactory, day: str, count: int
) -> None:
    """Naive times are local; the UTC stream has neither gaps nor doubles."""
    frozen.move_to("2026-11-01T12:00:00Z")
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date()
    rows = await ask.rows(RATES, period_from=f"{day}T00:00", period_to=f"{following}T00:00")
    assert len(rows) == count
    starts = sorted(moment(row["valid_from"]) for row in rows)
    assert all(b - a == timedelta(minutes=30) for a, b in pairwise(starts))


async def test_tax_ends_on_the_first_of_october(ask: Asker, frozen: FrozenDateTimeFactory) -> None:
    """Import carries 5 % before, none after; export never."""
    frozen.move_to("2026-10-02T12:00:00Z")
    window = {"period_from": "2026-09-30T22:30:00Z", "period_to": "2026-09-30T23:30:00Z"}
    after, before = await ask.rows(RATES, **window)
    assert before["value_inc_vat"] == pytest.approx(before["value_exc_vat"] * 1.05)
    assert after["value_inc_vat"] == after["value_exc_vat"]
    for row in await ask.rows(OUTGOING + "/standard-unit-rates/", **window):
        assert row["value_inc_vat"] == row["value_exc_vat"]


async def test_flexible_rows_are_doubled_by_payment_and_open_ended(ask: Asker) -> None:
    """The two ways of payment overlap."""
    path = "/v1/products/VAR-22-11-01/electricity-tariffs/E-1R-VAR-22-11-01-C"
    rows = await ask.rows(path + "/standard-unit-rates/", period_from="2026-01-13T00:00:00Z")
    assert {row["payment_method"] for row in rows} == {"DIRECT_DEBIT", "NON_DIRECT_DEBIT"}
    assert {row["valid_to"] for row in rows} == {None}
    assert len({row["valid_from"] for row in rows}) == 1


async def test_two_registers_have_day_and_night_rates_only(ask: Asker) -> None:
    """The standard rates of such a tariff are refused."""
    path = "/v1/products/VAR-22-11-01/electricity-tariffs/E-2R-VAR-22-11-01-C"
    refusal = await ask.json(path + "/standard-unit-rates/", 400)
    assert "day and night" in refusal["detail"]
    day = await ask.rows(path + "/day-unit-rates/", period_from="2026-01-13T00:00:00Z")
    night = await ask.rows(path + "/night-unit-rates/", period_from="2026-01-13T00:00:00Z")
    assert night[0]["value_exc_vat"] < day[0]["value_exc_vat"]


async def test_blocks_change_at_local_times(ask: Asker, frozen: FrozenDateTimeFactory) -> None:
    """A cheap night of five hours, in winter and in summer."""
    frozen.move_to("2026-07-01T12:00:00Z")
    path = "/v1/products/GO-VAR-22-10-14/electricity-tariffs/E-1R-GO-VAR-22-10-14-C"
    for day in ("2026-01-14", "2026-07-02"):
        rows = await ask.rows(
            path + "/standard-unit-rates/",
            period_from=f"{day}T01:00",
            period_to=f"{day}T02:00",
        )
        (row,) = rows
        local = moment(row["valid_from"]).astimezone(MARKET_TIME_ZONE)
        assert (local.hour, local.minute) == (0, 30)
        assert moment(row["valid_to"]) - moment(row["valid_from"]) == timedelta(hours=5)


async def test_tracker_has_one_price_a_local_day(ask: Asker, frozen: FrozenDateTimeFactory) -> None:
    """Tomorrow's comes in the afternoon."""
    path = "/v1/products/SILVER-25-09-02/electricity-tariffs/E-1R-SILVER-25-09-02-C"
    window = {"period_from": "2026-01-14T00:00:00Z", "period_to": "2026-01-17T00:00:00Z"}
    assert len(await ask.rows(path + "/standard-unit-rates/", **window)) == 1
    frozen.move_to("2026-01-14T16:00:00Z")
    assert len(await ask.rows(path + "/standard-unit-rates/", **window)) == 2


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"period_from": "yesterday"}, "Enter a valid date/time."),
        # An unencoded plus sign arrives as a space.
        ({"period_from": "2026-01-14T00:00:00 01:00"}, "Enter a valid date/time."),
        (
            {"period_to": "2026-01-14T00:00:00Z"},
            "This field is required when providing a `period_to`.",
        ),
        (
            {"period_from": "2026-01-15T00:00:00Z", "period_to": "2026-01-14T00:00:00Z"},
            "Must not be greater than `period_to`.",
        ),
    ],
)
async def test_a_bad_window_is_refused(ask: Asker, query: dict[str, str], complaint: str) -> None:
    """With the API's own words."""
    assert await ask.json(RATES, 400, **query) == {"period_from": [complaint]}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/products/NOPE-1/",
        "/v1/products/NOPE-1/electricity-tariffs/E-1R-NOPE-1-C/standard-unit-rates/",
        "/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-GO-1-C/standard-unit-rates/",
        AGILE.replace("E-1R", "E-2R") + "/day-unit-rates/",
        AGILE[:-1] + "I/standard-unit-rates/",
    ],
)
async def test_what_does_not_exist_is_not_found(ask: Asker, path: str) -> None:
    """404 in JSON."""
    assert await ask.json(path, 404) == {"detail": "Not found."}


async def test_the_list_of_products_has_its_traps(ask: Asker) -> None:
    """Another brand's copy; withdrawn ones only on request."""
    products = await ask.rows("/v1/products/")
    agile = [row for row in products if row["code"].startswith("AGILE-")]
    assert {row["brand"] for row in agile} == {"OCTOPUS_ENERGY", "BULB"}
    assert all(row["available_to"] is None for row in products)
    assert {row["direction"] for row in products} == {"IMPORT", "EXPORT"}
    historical = await ask.rows("/v1/products/", is_historical="true")
    assert "AGILE-24-04-03" in {row["code"] for row in historical}
    ours = await ask.rows("/v1/products/", brand="OCTOPUS_ENERGY")
    assert {row["brand"] for row in ours} == {"OCTOPUS_ENERGY"}


async def test_a_products_detail_leads_to_its_rates(ask: Asker, cloud: Cloud) -> None:
    """By links, for all fourteen regions; the direction is not reported."""
    detail = await ask.json("/v1/products/AGILE-24-10-01/")
    assert "direction" not in detail
    tariffs = detail["single_register_electricity_tariffs"]
    assert len(tariffs) == 14
    tariff = tariffs["_C"]["direct_debit_monthly"]
    assert tariff["code"] == "E-1R-AGILE-24-10-01-C"
    links = {link["rel"]: link["href"] for link in tariff["links"]}
    assert links["standard_unit_rates"] == cloud.url + RATES
    assert detail["dual_register_electricity_tariffs"] == {}
    flexible = await ask.json("/v1/products/VAR-22-11-01/")
    assert "varying" in flexible["dual_register_electricity_tariffs"]["_A"]


@pytest.mark.parametrize(
    ("postcode", "regions"),
    [
        ("SW1A 1AA", ["_C"]),
        ("sw1a1aa", ["_C"]),
        ("M1 1AE", ["_G"]),
        ("SY21", ["_D", "_E"]),
        ("ZZ9 9ZZ", []),
        ("", []),
    ],
)
async def test_a_postcode_has_no_one_or_two_regions(
    ask: Asker, postcode: str, regions: list[str]
) -> None:
    """Spaces and case do not matter."""
    rows = await ask.rows("/v1/industry/grid-supply-points/", postcode=postcode)
    assert [row["group_id"] for row in rows] == regions


async def test_without_a_postcode_all_regions_are_listed(ask: Asker) -> None:
    """Fourteen."""
    assert len(await ask.rows("/v1/industry/grid-supply-points/")) == 14


async def test_an_account_needs_basic_auth(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """No key, the wrong scheme, a wrong key, somebody else's account, a malformed number."""

    async def status(number: str, headers: dict[str, str]) -> tuple[int, str]:
        async with session.get(f"{cloud.url}/v1/accounts/{number}/", headers=headers) as response:
            return response.status, response.content_type

    def basic(key: str) -> dict[str, str]:
        return {"Authorization": aiohttp.encode_basic_auth(key, "")}

    json_type = "application/json"
    assert await status(ACCOUNT_NUMBER, {}) == (401, json_type)
    assert await status(ACCOUNT_NUMBER, {"Authorization": f"Bearer {API_KEY}"}) == (401, json_type)
    assert await status(ACCOUNT_NUMBER, basic("sk_live_wrong")) == (401, json_type)
    assert await status("A-0000ABCD", basic(API_KEY)) == (404, json_type)
    assert await status("nonsense", basic(API_KEY)) == (404, "text/html")
    assert await status(ACCOUNT_NUMBER, basic(API_KEY)) == (200, json_type)
    # The key is not kept.
    assert API_KEY not in repr(list(cloud.requests))


async def test_an_account_has_moved_house_and_replaced_a_meter(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """The shapes a client must see through."""
    auth = {"Authorization": aiohttp.encode_basic_auth(API_KEY, "")}
    async with session.get(f"{cloud.url}/v1/accounts/{ACCOUNT_NUMBER}/", headers=auth) as response:
        body = await response.json()
    left, current = body["properties"]
    assert left["moved_out_at"] is not None
    assert current["moved_out_at"] is None
    assert [point["is_export"] for point in current["electricity_meter_points"]] == [False, True]
    assert len(current["electricity_meter_points"][0]["meters"]) == 2


async def test_an_account_may_change_tariff_have_no_export_or_two_homes(cloud: Cloud) -> None:
    """As a test wants it."""
    switch = "2026-02-01T00:00:00Z"
    cloud.octopus.account = account_body(
        imports=[
            ("E-1R-AGILE-24-10-01-C", "2024-10-15T00:00:00+01:00", switch),
            ("E-1R-GO-VAR-22-10-14-C", switch, None),
        ],
        exports=[],
        sites=2,
    )
    _, *sites = cast(list[dict[str, Any]], cloud.octopus.account["properties"])
    assert [home["moved_out_at"] for home in sites] == [None, None]
    (point,) = sites[0]["electricity_meter_points"]
    assert [each["valid_from"] for each in point["agreements"]][1] == switch


@pytest.mark.parametrize("fault", [Fault.FORBIDDEN_PAGE, Fault.RATE_LIMITED, Fault.NULLS])
async def test_faults_strike_octopus_too(
    cloud: Cloud, session: aiohttp.ClientSession, fault: Fault
) -> None:
    """The firewall's page, a throttle, prices of null."""
    cloud.faults.add(fault, Endpoint.RATES, times=1)
    async with session.get(cloud.url + RATES) as response:
        match fault:
            case Fault.FORBIDDEN_PAGE:
                assert (response.status, response.content_type) == (403, "text/html")
            case Fault.RATE_LIMITED:
                assert (response.status, response.headers["Retry-After"]) == (429, "30")
            case _:
                rows = (await response.json())["results"]
                assert rows
                assert all(row["value_exc_vat"] is None for row in rows)


async def test_there_are_negative_prices_on_a_sunny_day(
    ask: Asker, cloud: Cloud, frozen: FrozenDateTimeFactory
) -> None:
    """And an evening peak on both."""
    frozen.move_to("2026-01-14T17:00:00Z")
    rows = await ask.rows(
        RATES, period_from="2026-01-14T00:00:00Z", period_to="2026-01-15T00:00:00Z"
    )
    peak = [row for row in rows if 16 <= moment(row["valid_from"]).hour < 19]
    rest = [row for row in rows if not 16 <= moment(row["valid_from"]).hour < 19]
    assert min(row["value_exc_vat"] for row in peak) > max(row["value_exc_vat"] for row in rest)


async def test_graphql_answers_that_the_field_is_off(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Status 200, as the real one's errors."""
    async with session.post(
        f"{cloud.url}/v1/graphql/", json={"query": "query { viewer { id } }"}
    ) as response:
        assert response.status == 200
        body = await response.json()
    assert body["errors"][0]["extensions"]["errorCode"] == "KT-CT-1113"
