"""What every client of a web service leans on."""

from datetime import UTC, datetime, timedelta

import aiohttp
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.smart_battery_scheduler.common.http import (
    NotJsonError,
    Reply,
    ask,
    aware,
    number,
    utc_now,
)
from custom_components.smart_battery_scheduler.common.poll_interval import (
    PollInterval,
    wait_after_failures,
)

from ..wire import Wire

PLACE = URL("https://service.example/secret-key/path")


def reply(content: bytes) -> Reply:
    """A reply with this body."""
    return Reply(status=200, headers={}, content=content)


async def test_no_redirect_is_followed_and_json_is_asked_for(
    session: aiohttp.ClientSession,
) -> None:
    """A redirect would carry a key elsewhere."""
    with Wire() as wire:
        wire.get(PLACE, status=302, headers={"Location": "https://elsewhere.example"})
        got = await ask(session, PLACE, service="Service", timeout_s=3.0)
    assert got.status == 302
    ((request,),) = wire.requests.values()
    assert request.kwargs["allow_redirects"] is False
    assert request.kwargs["timeout"].total == 3.0
    assert request.kwargs["headers"]["Accept"] == "application/json"


async def test_a_body_is_posted(session: aiohttp.ClientSession) -> None:
    """As JSON, with further headers."""
    with Wire() as wire:
        wire.post(PLACE, payload={})
        await ask(session, PLACE, service="Service", body={"a": 1}, headers={"X-Y": "z"})
    ((request,),) = wire.requests.values()
    assert request.kwargs["json"] == {"a": 1}
    assert request.kwargs["headers"]["X-Y"] == "z"


def test_a_reply_shows_no_content() -> None:
    """It may hold a token or an address."""
    assert repr(reply(b'{"token": "secret"}')) == "<Reply 200>"


@pytest.mark.parametrize("content", [b"", b"text", b"[", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json(content: bytes) -> None:
    """Whatever its content type says."""
    with pytest.raises(NotJsonError):
        reply(content).json()


@pytest.mark.parametrize(
    ("content", "page"), [(b"  <html>", True), (b"<!doctype html>", True), (b"{}", False)]
)
def test_a_page_is_known_by_its_first_character(content: bytes, page: bool) -> None:
    """Firewalls answer with pages, services with JSON."""
    assert reply(content).is_page is page


@pytest.mark.parametrize(
    "text", [None, 7, "", "soon", "2026-11-21", "2026-11-21T09:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_moment(text: object) -> None:
    """Without an offset it could be any of several."""
    assert aware(text) is None


@pytest.mark.parametrize("value", [None, True, "1", float("nan"), float("inf"), 10**400, [1]])
def test_what_is_no_number(value: object) -> None:
    """Nothing stands in for it."""
    assert number(value) is None


@given(text=st.text(max_size=30) | st.integers().map(str))
def test_retry_after_is_never_negative_nor_endless(text: str) -> None:
    """Whatever the header says; never so short that it is no pause."""
    published = Reply(status=429, headers={"Retry-After": text}, content=b"")
    wait = published.retry_after_s(utc_now(), 60.0)
    assert 60.0 <= wait <= 86_400.0


def test_a_poll_interval_is_never_early_and_spreads_homes() -> None:
    """By its own chance, within its jitter."""
    poll_interval = PollInterval(every=timedelta(minutes=20), jitter=timedelta(minutes=5))
    assert poll_interval.next_wait(0.0) == timedelta(minutes=20)
    assert poll_interval.next_wait(0.5) == timedelta(minutes=22.5)
    waits = {poll_interval.next_wait() for _ in range(50)}
    assert len(waits) > 1
    assert all(timedelta(minutes=20) <= wait < timedelta(minutes=25) for wait in waits)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 1), (1, 1), (2, 2), (29, 29), (30, 30), (500, 30)]
)
def test_failures_are_answered_with_patience(failures: int, minutes: int) -> None:
    """One minute more each time, up to thirty."""
    assert wait_after_failures(failures) == timedelta(minutes=minutes)


def test_the_clock_is_utc() -> None:
    """And aware."""
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=5)
