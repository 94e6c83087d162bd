"""Solcast's wire form and the ten calls of a day."""

from datetime import UTC, datetime, timedelta
import traceback
from typing import Any

import aiohttp
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.smart_battery_scheduler.common.serialisation import Json, decode, encode
from custom_components.smart_battery_scheduler.solar.model import (
    SolarAuthError,
    SolarError,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSource,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.solar.solcast import (
    CALLS_PER_DAY,
    DailyCalls,
    Site,
    Solcast,
    parse_forecasts,
    poll_interval,
)

from ..clock import Clock
from ..wire import Wire

NOW = datetime(2026, 4, 26, 10, 0, tzinfo=UTC)
TODAY = datetime(2026, 4, 26, tzinfo=UTC)
KEY = "not-a-real-solcast-key-0123"
FIRST, SECOND = "0000-0000-0000-0001", "0000-0000-0000-0002"
QUOTA: Json = {
    "response_status": {
        "error_code": "TooManyRequests",
        "message": "You have exceeded your free daily limit.",
        "errors": [],
    }
}


def row(end: str, p10: Json, p50: Json, p90: Json, **changes: Json) -> dict[str, Json]:
    """One half-hour, as Solcast tells it."""
    published: dict[str, Json] = {
        "pv_estimate": p50,
        "pv_estimate10": p10,
        "pv_estimate90": p90,
        "period_end": end,
        "period": "PT30M",
    }
    return published | changes


ROWS: Json = [
    row("2026-04-26T10:30:00.0000000Z", 1.0, 2.0, 2.4),
    row("2026-04-26T11:00:00.0000000Z", 0, 0, 0),
]


def url(site: str = FIRST) -> str:
    """Where a site's forecast is."""
    return (
        f"https://api.solcast.com.au/rooftop_sites/{site}/forecasts"
        f"?format=json&api_key={KEY}&hours=96"
    )


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock(NOW)


@pytest.fixture
def solcast(session: aiohttp.ClientSession, clock: Clock) -> Solcast:
    """The client under test, with one site."""
    return Solcast(session, KEY, [FIRST], clock=clock)


def test_period_end_is_the_end_and_values_are_mean_kw() -> None:
    """2 kW in the half-hour to 10:30 are 1 kWh from 10:00; seven decimals are no obstacle."""
    slots = parse_forecasts({"forecasts": ROWS})
    slot = slots[NOW]
    assert (slot.p10_kwh, slot.p50_kwh, slot.p90_kwh) == (0.5, 1.0, 1.2)
    assert slot.mean_kwh == pytest.approx(0.91)
    assert slots[NOW + timedelta(minutes=30)].mean_kwh == 0.0


def test_quantiles_out_of_order_are_put_in_order() -> None:
    """Near sunrise the middle one is at times outside of the others."""
    slot = parse_forecasts({"forecasts": [row("2026-04-26T10:30:00Z", 0.4, 0.2, 0.6)]})[NOW]
    assert (slot.p10_kwh, slot.p50_kwh, slot.p90_kwh) == (0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "none",
        [None],
        [row("2026-04-26T10:30:00Z", 1, 2, 3, period="PT60M")],
        [row("2026-04-26T10:35:00Z", 1, 2, 3)],
        [row("2026-04-26T10:30:00", 1, 2, 3)],
        [row("2026-04-26T10:30:00Z", 1, None, 3)],
        [row("2026-04-26T10:30:00Z", 1, -2, 3)],
        [row("2026-04-26T10:30:00Z", 1, 2e9, 3e9)],
        [row("2026-04-26T10:30:00Z", 1, "2", 3)],
    ],
)
def test_nonsense_is_refused(rows: Json) -> None:
    """Nothing slips through as a forecast."""
    with pytest.raises(SolarReplyError):
        parse_forecasts({"forecasts": rows})


@pytest.mark.parametrize("low", [None, -1, "0"])
def test_one_null_percentile_takes_a_usual_spread(low: Json) -> None:
    """The estimate holds; its lower end is that of an average sky."""
    rows: Json = [row("2026-04-26T10:30:00Z", low, 2.0, 2.4)]
    slot = parse_forecasts({"forecasts": rows})[NOW]
    assert (slot.p50_kwh, slot.p90_kwh) == (1.0, 1.2)
    assert 0.5 < slot.p10_kwh < 0.9


@pytest.mark.parametrize(
    "bad",
    [
        row("soon", 1, 2, 3),
        row("2026-04-26T11:35:00Z", 1, 2, 3),
        row("2026-04-26T11:30:00Z", 1, None, 3),
        row("2026-04-26T11:30:00Z", 1, 2, 3, period="PT5M"),
        None,
    ],
)
def test_one_bad_row_does_not_throw_the_reply_away(bad: Json) -> None:
    """It is not forecast; the others are."""
    assert isinstance(ROWS, list)
    slots = parse_forecasts({"forecasts": [*ROWS, bad]})
    assert set(slots) == {NOW, NOW + timedelta(minutes=30)}


async def test_two_sites_add_up(wire: Wire, session: aiohttp.ClientSession, clock: Clock) -> None:
    """Each costs a call; only half-hours of both are forecast."""
    wire.get(url(), payload={"forecasts": ROWS})
    wire.get(url(SECOND), payload={"forecasts": [row("2026-04-26T10:30:00Z", 0.2, 0.4, 0.6)]})
    source = Solcast(session, KEY, [FIRST, SECOND], clock=clock)
    forecast = await source.fetch()
    assert set(forecast.slots) == {NOW}
    assert forecast.slots[NOW].p50_kwh == pytest.approx(1.2)
    assert source.calls.left(NOW) == 8


async def test_the_sites_of_a_key(solcast: Solcast, wire: Wire) -> None:
    """For the flow to offer; a call too."""
    wire.get(
        f"https://api.solcast.com.au/rooftop_sites?format=json&api_key={KEY}",
        payload={
            "sites": [
                {"name": "Roof", "resource_id": FIRST, "capacity": 5.0, "azimuth": 170},
                {"resource_id": SECOND},
            ],
            "page_count": 1,
        },
    )
    assert await solcast.sites() == (
        Site(resource_id=FIRST, name="Roof"),
        Site(resource_id=SECOND, name=SECOND),
    )
    assert solcast.calls.left(NOW) == 9


@pytest.mark.parametrize("body", [{}, {"sites": [{}]}, {"sites": [None]}, [], "x"])
async def test_sites_that_make_no_sense(solcast: Solcast, wire: Wire, body: Json) -> None:
    """Are refused."""
    wire.get(f"https://api.solcast.com.au/rooftop_sites?format=json&api_key={KEY}", payload=body)
    with pytest.raises(SolarReplyError):
        await solcast.sites()


# --- ten calls a day ----------------------------------------------------------------------------


async def test_the_eleventh_call_of_a_day_is_not_made(
    solcast: Solcast, wire: Wire, clock: Clock
) -> None:
    """Until a little after midnight UTC; failed calls have cost theirs."""
    source: SolarSource = solcast
    wire.get(url(), status=500, body="", repeat=True)
    for _ in range(CALLS_PER_DAY):
        with pytest.raises(SolarUnreachableError):
            await source.fetch()
    with pytest.raises(SolarRateLimitError) as caught:
        await source.fetch()
    assert caught.value.retry_after_s == 14 * 3600 + 60
    assert sum(map(len, wire.requests.values())) == CALLS_PER_DAY
    clock.now += timedelta(seconds=caught.value.retry_after_s)
    with pytest.raises(SolarUnreachableError):
        await source.fetch()


async def test_a_restart_brings_no_new_calls(
    wire: Wire, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """Calls are stored and given back; yesterday's do not count."""
    stored = encode(DailyCalls(day=TODAY, made=10))
    spent = decode(DailyCalls, stored)
    with pytest.raises(SolarRateLimitError):
        await Solcast(session, KEY, [FIRST], calls=spent, clock=clock).fetch()
    assert not wire.requests
    yesterday = DailyCalls(day=TODAY - timedelta(days=1), made=10)
    wire.get(url(), payload={"forecasts": ROWS})
    source = Solcast(session, KEY, [FIRST], calls=yesterday, clock=clock)
    await source.fetch()
    assert (source.calls.day, source.calls.made) == (TODAY, 1)


async def test_half_a_roof_is_not_fetched_for_want_of_calls(
    wire: Wire, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """One call is left for two sites."""
    source = Solcast(
        session, KEY, [FIRST, SECOND], calls=DailyCalls(day=TODAY, made=9), clock=clock
    )
    with pytest.raises(SolarRateLimitError):
        await source.fetch()
    assert not wire.requests


async def test_two_home_assistants_on_one_account_each_take_their_share(
    solcast: Solcast, wire: Wire, clock: Clock
) -> None:
    """The other one shows by calls that are gone before ours are: from then on we ask half as often."""
    wire.get(url(), status=429, payload=QUOTA)
    with pytest.raises(SolarRateLimitError):
        await solcast.fetch()
    assert solcast.calls.left(NOW) <= 0
    assert solcast.poll_interval == poll_interval(1, 5)
    clock.now += timedelta(days=1)
    wire.get(url(), payload={"forecasts": ROWS}, repeat=True)
    for _ in range(5):
        await solcast.fetch()
    with pytest.raises(SolarRateLimitError):
        await solcast.fetch()
    clock.now += timedelta(days=14)
    await solcast.fetch()
    assert solcast.poll_interval == poll_interval(1)


def test_a_clock_a_day_ahead_for_minutes_brings_no_new_calls() -> None:
    """The day counted before is counted on when the clock is right again."""
    calls = DailyCalls(day=TODAY, made=8).spent(NOW + timedelta(days=1))
    assert calls.left(NOW + timedelta(days=1)) == CALLS_PER_DAY - 1
    assert calls.left(NOW) == CALLS_PER_DAY - 8
    assert calls.spent(NOW, 2).refused(NOW).sharers == 1, "all ten were our own"


async def test_calls_that_we_made_ourselves_are_nobody_elses(
    session: aiohttp.ClientSession, wire: Wire, clock: Clock
) -> None:
    """Refused after ten of our own, nothing is shared."""
    calls = DailyCalls(day=TODAY, made=CALLS_PER_DAY - 1)
    source = Solcast(session, KEY, [FIRST], calls=calls, clock=clock)
    wire.get(url(), status=429, payload=QUOTA)
    with pytest.raises(SolarRateLimitError):
        await source.fetch()
    assert source.calls.sharers == 1


async def test_429_of_the_daily_limit_ends_the_day(solcast: Solcast, wire: Wire) -> None:
    """Somebody else spends the same key's calls."""
    wire.get(url(), status=429, payload=QUOTA)
    with pytest.raises(SolarRateLimitError) as caught:
        await solcast.fetch()
    assert caught.value.retry_after_s == 14 * 3600 + 60
    assert solcast.calls.left(NOW) <= 0


@pytest.mark.parametrize(
    "reply", [{"payload": {}}, {"body": ""}, {"body": "", "headers": {"Retry-After": "5"}}]
)
async def test_429_without_a_reason_is_only_busy(
    solcast: Solcast, wire: Wire, reply: dict[str, Any]
) -> None:
    """A quarter of an hour, and the day goes on."""
    wire.get(url(), status=429, **reply)
    with pytest.raises(SolarRateLimitError) as caught:
        await solcast.fetch()
    assert caught.value.retry_after_s == 900
    assert solcast.calls.left(NOW) == 9


@given(sites=st.integers(1, 10))
def test_the_poll_interval_stays_within_the_day(sites: int) -> None:
    """Around the clock, with a call to spare."""
    rounds = timedelta(days=1) // poll_interval(sites).every
    assert rounds * sites <= CALLS_PER_DAY
    assert rounds * sites <= CALLS_PER_DAY - 1 or sites == CALLS_PER_DAY


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"status": 401, "payload": {}}, SolarAuthError),
        ({"status": 403, "payload": {}}, SolarAuthError),
        ({"status": 403, "body": "<html>"}, SolarUnreachableError),
        ({"status": 404, "payload": {}}, SolarRequestError),
        ({"status": 400, "payload": {}}, SolarRequestError),
        ({"status": 418, "payload": {}}, SolarReplyError),
        ({"payload": []}, SolarReplyError),
        ({"body": "text"}, SolarReplyError),
        ({"exception": TimeoutError()}, SolarUnreachableError),
        ({"exception": aiohttp.InvalidURL(f"https://x/?api_key={KEY}")}, SolarUnreachableError),
    ],
)
async def test_failures_by_name(
    solcast: Solcast, wire: Wire, reply: dict[str, Any], error: type[SolarError]
) -> None:
    """Each as what it is, the key in none."""
    wire.get(URL(url()), **reply)
    with pytest.raises(error) as caught:
        await solcast.fetch()
    assert type(caught.value) is error
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(solcast)


@pytest.mark.parametrize("site", ["", "x", "../accounts", "a b c d"])
async def test_what_is_no_resource_id_is_not_sent(
    wire: Wire, session: aiohttp.ClientSession, site: str
) -> None:
    """It would be part of the address."""
    with pytest.raises(SolarRequestError):
        await Solcast(session, KEY, [site], clock=lambda: NOW).fetch()
    assert not wire.requests
