"""The REST client against the stand-in for Octopus, over real HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
import threading

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.common import http
from custom_components.smart_battery_scheduler.tariff import octopus_graphql
from custom_components.smart_battery_scheduler.tariff.codes import TariffCode
from custom_components.smart_battery_scheduler.tariff.dispatches import Dispatches, parse_dispatches
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffAuthError,
    TariffBlockedError,
    TariffError,
    TariffNotFoundError,
    TariffRateLimitError,
    TariffReplyError,
    TariffUnreachableError,
)
from custom_components.smart_battery_scheduler.tariff.json_shape import JsonObject
from custom_components.smart_battery_scheduler.tariff.octopus_graphql import OctopusGraphQL
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest
from custom_components.smart_battery_scheduler.tariff.products import Offer

from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud
from ..cloud.world import ACCOUNT_NUMBER, API_KEY, EXPORT_MPAN, IMPORT_MPAN

AGILE = TariffCode.parse("E-1R-AGILE-24-10-01-C")
SIX_PM = datetime(2026, 1, 14, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def evening(freezer: FrozenDateTimeFactory) -> None:
    """A winter evening, tomorrow's rates are out."""
    freezer.move_to(SIX_PM)


@pytest.fixture
def octopus(cloud: Cloud, session: aiohttp.ClientSession) -> OctopusRest:
    """The real client in front of the stand-in."""
    return OctopusRest(session, API_KEY, base_url=cloud.url, clock=cloud.world.clock, timeout_s=5.0)


async def test_a_newcomer_gets_the_current_products(octopus: OctopusRest) -> None:
    """Not a closed version and not another brand's."""
    assert [each.code for each in await octopus.current_products(*Offer)] == [
        "AGILE-24-10-01",
        "AGILE-OUTGOING-19-05-13",
        "OUTGOING-VAR-24-10-26",
        "OUTGOING-PRIME-FIX-12M-26-06-23",
    ]


@pytest.mark.parametrize(
    ("postcode", "letters"),
    [("sw1a 1aa", ("C",)), ("SW1A", ("C",)), ("SY21 7AA", ("D", "E")), ("XX1 1XX", ()), ("  ", ())],
)
async def test_regions_of_a_postcode(
    octopus: OctopusRest, postcode: str, letters: tuple[str, ...]
) -> None:
    """One, several at a border, or none."""
    assert await octopus.regions_of_postcode(postcode) == letters


async def test_rates_to_the_end_of_what_is_published(octopus: OctopusRest) -> None:
    """An unbroken run of half-hours to 23:00 of tomorrow; the hour after that is not invented."""
    table = await octopus.rates(AGILE, SIX_PM, SIX_PM + timedelta(hours=54), taxed=True)
    assert table.rates[0].start == SIX_PM
    assert table.known_until(SIX_PM) == datetime(2026, 1, 15, 23, tzinfo=UTC)
    assert {rate.end - rate.start for rate in table.rates} == {timedelta(minutes=30)}


async def test_five_weeks_of_rates_come_in_pages(octopus: OctopusRest, cloud: Cloud) -> None:
    """More half-hours than a page holds."""
    start = SIX_PM - timedelta(days=35)
    table = await octopus.rates(AGILE, start, SIX_PM + timedelta(hours=54), taxed=True)
    assert len(table.rates) == 35 * 48 + 58
    assert [request.endpoint for request in cloud.requests] == [Endpoint.RATES] * 2


async def test_the_account(octopus: OctopusRest) -> None:
    """Past homes are left out; both meter points are found."""
    account = await octopus.account(f" {ACCOUNT_NUMBER.lower()} ")
    (address,) = account.current(SIX_PM)
    bought, sold = address.import_point(SIX_PM), address.export_point(SIX_PM)
    assert bought is not None and sold is not None
    assert (bought.mpan, sold.mpan) == (IMPORT_MPAN, EXPORT_MPAN)
    in_force = bought.agreement_at(SIX_PM)
    assert in_force is not None
    assert in_force.tariff_code == "E-1R-AGILE-24-10-01-C"


async def test_a_wrong_key_is_reported(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """And not repeated in the message."""
    octopus = OctopusRest(session, "sk_live_wrong", base_url=cloud.url, timeout_s=5.0)
    with pytest.raises(TariffAuthError) as caught:
        await octopus.account(ACCOUNT_NUMBER)
    assert "sk_live" not in str(caught.value)


async def test_somebody_elses_account_is_not_found(octopus: OctopusRest) -> None:
    """Well formed, but not ours."""
    with pytest.raises(TariffNotFoundError):
        await octopus.account("A-ELSE0001")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DISCONNECT, TariffUnreachableError),
        (Fault.CUT_SHORT, TariffUnreachableError),
        (Fault.SERVER_ERROR_PAGE, TariffUnreachableError),
        (Fault.UNAVAILABLE, TariffUnreachableError),
        (Fault.FORBIDDEN_PAGE, TariffBlockedError),
        (Fault.UNAUTHORISED, TariffBlockedError),
        (Fault.NOT_FOUND, TariffNotFoundError),
        (Fault.RATE_LIMITED, TariffRateLimitError),
        (Fault.PAGE, TariffBlockedError),
        (Fault.PLAIN_TEXT, TariffReplyError),
        (Fault.EMPTY, TariffReplyError),
        (Fault.WRONG_SHAPE, TariffReplyError),
        (Fault.WRONG_TYPES, TariffReplyError),
        (Fault.ABSURD_NUMBERS, TariffReplyError),
    ],
)
async def test_every_fault_has_its_name(
    octopus: OctopusRest, cloud: Cloud, fault: Fault, error: type[TariffError]
) -> None:
    """Nothing slips through as a price."""
    cloud.faults.add(fault, Endpoint.RATES)
    with pytest.raises(error) as caught:
        await octopus.rates(AGILE, SIX_PM, SIX_PM + timedelta(hours=6), taxed=True)
    assert type(caught.value) is error


async def test_silence_ends_by_our_own_clock(
    octopus: OctopusRest, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    """A service that never answers is unreachable."""
    cloud.faults.add(Fault.TIMEOUT, Endpoint.PRODUCTS)
    asking = asyncio.create_task(octopus.products())
    await cloud.someone_waits()
    freezer.tick(6)
    with pytest.raises(TariffUnreachableError):
        await asking


async def test_completed_dispatches_of_years_are_not_read_on_the_event_loop(
    cloud: Cloud, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come whole, whatever is asked for: 150 ms were seen. Of them the last days are kept."""
    octoplus = cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    octoplus.completed = [
        (SIX_PM - timedelta(hours=8 * index), SIX_PM - timedelta(hours=8 * index - 1))
        for index in range(3000)
    ]
    graphql = OctopusGraphQL(
        session,
        API_KEY,
        base_url=cloud.url,
        sessions_url=cloud.url,
        clock=cloud.world.clock,
        timeout_s=5.0,
    )
    threads: set[str] = set()
    read, parse = http.Reply.json, parse_dispatches

    def reads(reply: http.Reply) -> object:
        if len(reply.content) > 100_000:
            threads.add(threading.current_thread().name)
        return read(reply)

    def parses(data: JsonObject, since: datetime | None = None) -> Dispatches:
        threads.add(threading.current_thread().name)
        return parse(data, since)

    monkeypatch.setattr(http.Reply, "json", reads)
    monkeypatch.setattr(octopus_graphql, "parse_dispatches", parses)
    (device,) = await graphql.devices(ACCOUNT_NUMBER)
    found = await graphql.dispatches(ACCOUNT_NUMBER, device)
    assert len(found.completed) == 10
    assert threads
    assert threading.current_thread().name not in threads
