"""Sessions of the account and those entered by hand, and what plans make of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.planner.model import Session
from custom_components.smart_battery_scheduler.sources.grid_sessions import (
    Sessions,
    SessionTimesError,
    SessionWindow,
    rebate_within,
    session_within,
)
from custom_components.smart_battery_scheduler.tariff.sessions import OctoplusSession, SessionKind

NOW = datetime(2026, 8, 14, 9, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


class Bell:
    """Counts how often it rang."""

    def __init__(self) -> None:
        """Silent so far."""
        self.rung = 0

    def __call__(self) -> None:
        """Ring."""
        self.rung += 1


def at(hours: float) -> datetime:
    """So many hours from NOW."""
    return NOW + timedelta(hours=hours)


def published(
    kind: SessionKind, start: float, end: float, *, joined: bool = True
) -> OctoplusSession:
    """A session as the account tells it."""
    return OctoplusSession(
        id=f"{kind}-{start}",
        code="EVENT",
        kind=kind,
        start=at(start),
        end=at(end),
        reward_p_per_kwh=22.5,
        joined=joined,
    )


@pytest.mark.parametrize(
    ("kind", "planned"),
    [
        (SessionKind.POWER_DOWN, Session.POWER_DOWN),
        (SessionKind.POWER_UP, Session.POWER_UP),
        (SessionKind.FREE, Session.POWER_UP),
    ],
)
async def test_a_session_entered_by_hand_is_in_force_for_its_time(
    kind: SessionKind, planned: Session
) -> None:
    """From its beginning to just before its end."""
    bell = Bell()
    sessions = Sessions((), bell)
    window = await sessions.async_add(kind, at(1), at(2), now=NOW)
    assert bell.rung == 1
    assert sessions.known == sessions.manual == (window,)
    assert [sessions.at(at(hours)) for hours in (0.99, 1, 1.99, 2)] == [
        None,
        planned,
        planned,
        None,
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [(1, 1), (2, 1), (-2, -1), (-1, 0), (1, 25.5)],
    ids=["empty", "backwards", "over", "just over", "longer than a day"],
)
async def test_a_session_with_senseless_times_is_refused(start: float, end: float) -> None:
    """And nothing is kept of it."""
    sessions = Sessions((), Bell())
    with pytest.raises(SessionTimesError):
        await sessions.async_add(SessionKind.FREE, at(start), at(end), now=NOW)
    assert sessions.known == ()


async def test_a_session_entered_by_hand_can_be_removed() -> None:
    """Once; the account's own cannot."""
    bell = Bell()
    sessions = Sessions((), bell)
    sessions.publish([published(SessionKind.POWER_DOWN, 5, 6)], NOW)
    window = await sessions.async_add(SessionKind.FREE, at(1), at(2), now=NOW)
    assert await sessions.async_remove(window.id)
    assert not await sessions.async_remove(window.id)
    assert not await sessions.async_remove("power_down-5")
    assert [each.kind for each in sessions.known] == [SessionKind.POWER_DOWN]
    assert bell.rung == 3


async def test_what_the_account_tells_again_changes_nothing() -> None:
    """A plan is made anew for news only."""
    bell = Bell()
    sessions = Sessions((), bell)
    for _ in range(3):
        sessions.publish([published(SessionKind.POWER_DOWN, 5, 6)], NOW)
    assert bell.rung == 1
    sessions.publish([], NOW)
    assert bell.rung == 2
    assert not sessions.known


async def test_a_session_on_offer_does_not_count() -> None:
    """Only what is joined goes into plans; both are known."""
    sessions = Sessions((), Bell())
    sessions.publish([published(SessionKind.POWER_DOWN, 1, 2, joined=False)], NOW)
    assert len(sessions.known) == 1
    assert sessions.at(at(1)) is None
    assert sessions.ahead(NOW) == ()


@pytest.mark.parametrize(
    ("window", "session", "rebate_p"),
    [
        ({"kind": SessionKind.POWER_UP, "reward_p_per_kwh": 12.5}, None, 12.5),
        ({"kind": SessionKind.POWER_UP, "reward_p_per_kwh": 0.0}, Session.POWER_UP, 0.0),
        ({"kind": SessionKind.POWER_UP}, Session.POWER_UP, 0.0),
        ({"kind": SessionKind.FREE, "reward_p_per_kwh": 0.0}, Session.POWER_UP, 0.0),
        ({"kind": SessionKind.POWER_DOWN, "reward_p_per_kwh": 22.5}, Session.POWER_DOWN, 0.0),
        ({"kind": SessionKind.POWER_UP, "reward_p_per_kwh": 12.5, "joined": False}, None, 0.0),
    ],
    ids=["paid", "paid nothing", "not told", "free", "power down", "not joined"],
)
def test_more_use_that_is_paid_for_is_cheaper_and_not_free(
    window: dict[str, Any], session: Session | None, rebate_p: float
) -> None:
    """And only where the session covers the whole time."""
    windows = [SessionWindow(id="1", start=at(1), end=at(2), **window)]
    assert session_within(windows, at(1), at(1.5)) is session
    assert rebate_within(windows, at(1), at(1.5)) == rebate_p
    assert rebate_within(windows, at(1.75), at(2.25)) == 0.0


async def test_old_sessions_entered_by_hand_are_forgotten_after_a_month() -> None:
    """All but twenty, which a clock far ahead may have ended: the store does not grow."""
    sessions = Sessions((), Bell())
    for day in range(60):
        start = at(24 * day)
        await sessions.async_add(SessionKind.FREE, start, start + HALF, now=NOW)
    sessions.publish([], at(24 * 27))
    assert len(sessions.manual) == 60
    sessions.publish([], at(24 * 60))
    assert [each.start for each in sessions.manual] == [at(24 * day) for day in range(11, 60)]


async def test_a_clock_far_ahead_for_minutes_forgets_no_session() -> None:
    """Years ahead all are over; what a person has entered is there when the clock is right again."""
    sessions = Sessions((), Bell())
    window = await sessions.async_add(SessionKind.POWER_DOWN, at(4), at(5), now=NOW)
    sessions.publish([], at(24 * 4000))
    assert sessions.ahead(NOW) == (window,)


def test_a_slot_is_in_a_session_that_touches_it() -> None:
    """Beginning or ending inside it; where two meet, less use goes before more."""
    up = SessionWindow(id="1", kind=SessionKind.FREE, start=at(1), end=at(2.25))
    down = SessionWindow(id="2", kind=SessionKind.POWER_DOWN, start=at(2.25), end=at(3))
    starts = [at(0.5 + step / 2) for step in range(6)]
    found = [session_within((up, down), start, start + HALF) for start in starts]
    assert found == [
        None,
        Session.POWER_UP,
        Session.POWER_UP,
        Session.POWER_DOWN,
        Session.POWER_DOWN,
        None,
    ]
