"""The NetZero client: what goes over the wire, and every way it can go wrong."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import logging
import traceback

import aiohttp
import pytest
from yarl import URL

from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    Powerwall,
    PowerwallAuthError,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallReplyError,
    Purpose,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.netzero import NetZeroPowerwall

from ..clock import Clock
from ..wire import Wire
from .bodies import config, live_status

TOKEN = "abcdefghijABCDEFGHIJ0123456789abcdefghij"
SITE = "1234567890123456"
URL_ = f"https://api.netzero.energy/api/v1/{SITE}/config"
NOW = datetime(2026, 1, 14, 2, 40, 30, tzinfo=UTC)
PAGE = "<!doctype html><html><head><title>Server Error (500)</title></head></html>"


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock(NOW)


@pytest.fixture
def netzero(session: aiohttp.ClientSession, clock: Clock) -> NetZeroPowerwall:
    """The client under test."""
    return NetZeroPowerwall(session, TOKEN, SITE, clock=clock)


async def test_read(netzero: NetZeroPowerwall) -> None:
    """One GET with the token; the reading is stamped with our clock."""
    powerwall: Powerwall = netzero
    with Wire() as wire:
        wire.get(URL_, payload=config())
        state = await powerwall.read()
    assert state.read_at == NOW
    assert state.battery_power_w == -3210
    (request,) = wire.requests[("GET", URL(URL_))]
    assert request.kwargs["headers"]["Authorization"] == f"Bearer {TOKEN}"
    assert request.kwargs["headers"]["Connection"] == "close"
    assert request.kwargs["allow_redirects"] is False
    assert request.kwargs["timeout"].total == 25


async def test_write_is_one_post_with_all_changed_fields(netzero: NetZeroPowerwall) -> None:
    """And returns what the reply shows."""
    with Wire() as wire:
        wire.post(URL_, payload=config(live_status={}, backup_reserve_percent=80))
        state = await netzero.write(
            Settings(operating_mode=OperatingMode.BACKUP, backup_reserve_percent=90)
        )
    assert state.settings.backup_reserve_percent == 80
    (request,) = wire.requests[("POST", URL(URL_))]
    assert request.kwargs["json"] == {"operational_mode": "backup", "backup_reserve_percent": 90}


async def test_an_impossible_write_sends_nothing(netzero: NetZeroPowerwall) -> None:
    """It is a mistake of ours, not of the cloud."""
    with Wire() as wire, pytest.raises(ValueError):
        await netzero.write(Settings())
    assert not wire.requests


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param({"status": 401, "payload": {"detail": "no"}}, PowerwallAuthError, id="401"),
        pytest.param({"status": 403, "payload": {"detail": "no"}}, PowerwallAuthError, id="403"),
        pytest.param({"status": 404, "payload": {"detail": "no"}}, PowerwallAuthError, id="404"),
        pytest.param({"status": 403, "body": PAGE}, PowerwallConnectionError, id="firewall page"),
        pytest.param({"status": 404, "body": PAGE}, PowerwallConnectionError, id="404 page"),
        pytest.param({"status": 500, "body": PAGE}, PowerwallConnectionError, id="500 page"),
        pytest.param({"status": 502, "body": ""}, PowerwallConnectionError, id="502"),
        pytest.param({"status": 503, "payload": {}}, PowerwallConnectionError, id="503"),
        pytest.param({"status": 408, "body": ""}, PowerwallConnectionError, id="408"),
        pytest.param({"status": 200, "body": "\n " + PAGE}, PowerwallConnectionError, id="page"),
        pytest.param({"exception": TimeoutError()}, PowerwallConnectionError, id="time-out"),
        pytest.param(
            {"exception": aiohttp.ClientConnectionError("refused")},
            PowerwallConnectionError,
            id="no connection",
        ),
        pytest.param(
            {"exception": aiohttp.ClientPayloadError("cut")}, PowerwallConnectionError, id="cut"
        ),
        pytest.param({"status": 200, "body": ""}, PowerwallReplyError, id="empty"),
        pytest.param({"status": 200, "body": "OK"}, PowerwallReplyError, id="text"),
        pytest.param({"status": 200, "body": b"\xff\xfe{}"}, PowerwallReplyError, id="not utf-8"),
        pytest.param({"status": 200, "body": "[" * 100_000}, PowerwallReplyError, id="deep"),
        pytest.param({"status": 200, "payload": []}, PowerwallReplyError, id="list"),
        pytest.param({"status": 200, "payload": {}}, PowerwallReplyError, id="empty object"),
        pytest.param({"status": 204}, PowerwallReplyError, id="204"),
        pytest.param({"status": 302, "body": ""}, PowerwallReplyError, id="redirect"),
        pytest.param({"status": 400, "payload": {"x": ["no"]}}, PowerwallReplyError, id="400"),
        pytest.param({"status": 410, "payload": {}}, PowerwallReplyError, id="410"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_failure_has_its_type_then_it_works_again(
    netzero: NetZeroPowerwall, method: str, reply: dict[str, object], error: type[PowerwallError]
) -> None:
    """And none of them shows the token."""

    async def ask() -> object:
        return await (
            netzero.read() if method == "GET" else netzero.write(Settings(grid_charging=True))
        )

    with Wire() as wire:
        wire.add(URL_, method=method, **reply)
        wire.add(URL_, method=method, payload=config())
        with pytest.raises(PowerwallError) as caught:
            await ask()
        assert type(caught.value) is error
        published = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert TOKEN not in published
        await ask()


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 37)}, 37),
        ({"X-RateLimit-Reset": "2026-01-14T02:41:00Z"}, 30),
        ({"X-RateLimit-Reset": "2026-01-14T02:41:00Z", "Retry-After": "45"}, 45),
        ({"Retry-After": "12"}, 12),
        ({"Retry-After": "Wed, 14 Jan 2026 02:42:30 GMT"}, 120),
        ({}, 60),
        ({"X-RateLimit-Reset": "soon", "Retry-After": "-3"}, 60),
        ({"X-RateLimit-Reset": "2026-01-14T02:00:00Z"}, 60),
        ({"Retry-After": "99999999"}, 3600),
    ],
)
async def test_a_429_is_heeded(
    netzero: NetZeroPowerwall, clock: Clock, headers: dict[str, str], wait_s: float
) -> None:
    """Nothing leaves before the time it names, not even a write."""
    with Wire() as wire:
        wire.get(URL_, status=429, headers=headers, payload={"detail": "throttled"})
        with pytest.raises(PowerwallRateLimitError) as caught:
            await netzero.read()
        assert caught.value.retry_after_s == wait_s
        clock.now += timedelta(seconds=wait_s - 1)
        with pytest.raises(PowerwallRateLimitError) as caught:
            await netzero.write(Settings(grid_charging=False))
        assert caught.value.retry_after_s == 1
        clock.now += timedelta(seconds=1)
        wire.post(URL_, payload=config())
        await netzero.write(Settings(grid_charging=False))
    assert sum(len(requests) for requests in wire.requests.values()) == 2


async def test_a_spent_limit_is_heeded_before_it_is_broken(
    netzero: NetZeroPowerwall, clock: Clock
) -> None:
    """The last allowed request says so: others use the same limit."""
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-01-14T02:41:00Z"}
    with Wire() as wire:
        wire.get(URL_, payload=config(), headers=spent)
        await netzero.read()
        with pytest.raises(PowerwallRateLimitError) as caught:
            await netzero.read()
        assert caught.value.retry_after_s == 30
        clock.now += timedelta(seconds=30)
        wire.get(URL_, payload=config())
        await netzero.read()


async def test_a_spent_limit_without_a_time_is_left_to_our_own_budget(
    netzero: NetZeroPowerwall,
) -> None:
    """No wait is invented for a reply that succeeded."""
    with Wire() as wire:
        wire.get(URL_, payload=config(), headers={"X-RateLimit-Remaining": "0"}, repeat=True)
        await netzero.read()
        await netzero.read()


async def test_the_budget_holds_without_any_help_from_the_other_side(
    netzero: NetZeroPowerwall, clock: Clock
) -> None:
    """Two reads, a command and a restore a minute, failures included."""
    change = Settings(grid_charging=True)
    with Wire() as wire:
        wire.get(URL_, status=500, body=PAGE)
        wire.get(URL_, exception=TimeoutError())
        wire.get(URL_, payload=config())
        wire.post(URL_, payload=config(), repeat=True)
        for _ in range(2):
            with pytest.raises(PowerwallConnectionError):
                await netzero.read()
        with pytest.raises(PowerwallRateLimitError) as caught:
            await netzero.read()
        assert caught.value.retry_after_s == 60
        await netzero.write(change)
        with pytest.raises(PowerwallRateLimitError):
            await netzero.write(change)
        await netzero.write(change, Purpose.RESTORE)
        with pytest.raises(PowerwallRateLimitError):
            await netzero.write(change, Purpose.RESTORE)
        clock.now += timedelta(seconds=60)
        await netzero.read(Purpose.COMMAND)
    assert sum(len(requests) for requests in wire.requests.values()) == 5


@pytest.mark.parametrize("token", ["two\nlines", "tök€n", "tab\there"])
async def test_a_token_that_cannot_be_one_is_refused_here(
    session: aiohttp.ClientSession, token: str
) -> None:
    """It would break the request's header; nothing is sent, nothing is told."""
    with Wire() as wire, pytest.raises(PowerwallAuthError) as caught:
        await NetZeroPowerwall(session, token, SITE).read()
    assert not wire.requests
    assert token not in str(caught.value)


async def test_a_site_id_cannot_change_the_path(session: aiohttp.ClientSession) -> None:
    """It is quoted."""
    powerwall = NetZeroPowerwall(session, TOKEN, "../1?x=#", base_url="http://127.0.0.1:1/")
    with Wire() as wire:
        wire.get(
            URL("http://127.0.0.1:1/api/v1/..%2F1%3Fx%3D%23/config", encoded=True),
            payload=config(),
        )
        await powerwall.read()


async def test_the_token_is_nowhere_to_be_seen(
    netzero: NetZeroPowerwall, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in repr, not in a log."""
    caplog.set_level(logging.DEBUG)
    with Wire() as wire:
        wire.get(URL_, status=403, payload={"detail": TOKEN})
        with pytest.raises(PowerwallAuthError):
            await netzero.read()
    assert TOKEN not in repr(netzero) + caplog.text


async def test_a_refused_write_is_the_next_request(netzero: NetZeroPowerwall, clock: Clock) -> None:
    """Not the reading that would have taken its place."""
    with Wire() as wire:
        wire.post(URL_, status=429, headers={"Retry-After": "20"})
        with pytest.raises(PowerwallRateLimitError):
            await netzero.write(Settings(grid_charging=False))
        clock.now += timedelta(seconds=21)
        with pytest.raises(PowerwallRateLimitError):
            await netzero.read()
        wire.post(URL_, payload=config())
        await netzero.write(Settings(grid_charging=False))
        clock.now += timedelta(seconds=60)
        wire.get(URL_, payload=config())
        await netzero.read()


async def test_the_last_request_of_a_shared_limit_is_left_to_a_write(
    netzero: NetZeroPowerwall, clock: Clock
) -> None:
    """The header says how many there are, before there are none."""
    low = {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "2026-01-14T02:41:00Z"}
    with Wire() as wire:
        wire.get(URL_, payload=config(), headers=low)
        await netzero.read()
        with pytest.raises(PowerwallRateLimitError):
            await netzero.read()
        wire.post(URL_, payload=config())
        await netzero.write(Settings(grid_charging=False))


async def test_a_clock_that_is_wrong_is_noticed_and_allowed_for(
    netzero: NetZeroPowerwall, clock: Clock
) -> None:
    """supervisor#7160: ours is twelve minutes ahead of NetZero's; a limit's moment is of that, too."""
    there = clock.now - timedelta(minutes=12)
    headers = {
        "Date": format_datetime(there, usegmt=True),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(there.timestamp() + 30),
    }
    live = live_status(timestamp=there.isoformat())
    with Wire() as wire:
        wire.get(URL_, payload=config(live_status=live), headers=headers)
        state = await netzero.read()
        assert state.clock_ahead == timedelta(minutes=-12)
        assert state.measured_at == clock.now
        with pytest.raises(PowerwallRateLimitError) as caught:
            await netzero.read()
        assert caught.value.retry_after_s == 30


async def test_a_reply_out_of_a_cache_says_nothing_about_clocks(netzero: NetZeroPowerwall) -> None:
    """Its date is that of the reply it was."""
    headers = {"Date": "Wed, 14 Jan 2026 01:00:00 GMT", "Age": "6000"}
    with Wire() as wire:
        wire.get(URL_, payload=config(), headers=headers)
        assert (await netzero.read()).clock_ahead is None
