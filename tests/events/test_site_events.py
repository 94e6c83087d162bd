"""What counts as a event, and how it is put into words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.control.model import (
    Command,
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    Phase,
    Wanted,
)
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent, SiteEvents
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable
from custom_components.smart_battery_scheduler.text.messages import (
    line_of,
    message_of,
    reason_of_decision,
)
from homeassistant.core import HomeAssistant

from ..automations.conftest import NOW, plan_of
from ..languages import ENGLISH

HALF_HOUR = timedelta(minutes=30)
HERE = datetime(2026, 7, 1, 15, 0, tzinfo=ZoneInfo("Europe/London"))

type Published = list[tuple[SiteEvent, Mapping[str, Json]]]


@pytest.fixture
async def events(hass: HomeAssistant) -> SiteEvents:
    """Of a home that needs nothing else."""
    return SiteEvents(hass, "a_home")


@pytest.fixture
def published(events: SiteEvents) -> Published:
    """What is told."""
    received: Published = []
    events.async_listen(lambda site_event, data: received.append((site_event, data)))
    return received


def a_decision(kind: DecisionKind, **more: Any) -> Decision:
    """A line about the charge of 20:00."""
    line = Decision(
        at=NOW,
        kind=kind,
        reason=DecisionReason.PLAN,
        action=Action.CHARGE,
        slot_start=NOW,
        slot_end=NOW + HALF_HOUR,
    )
    return replace(line, **more)


TRYING = ControlState(
    phase=Phase.VERIFYING,
    command=Command(
        wanted=Wanted(action=Action.CHARGE, ends_at=NOW + HALF_HOUR, slot_start=NOW),
        setpoints=(),
        begun_at=NOW,
    ),
)


@pytest.mark.parametrize(
    ("decision", "control", "expected"),
    [
        (a_decision(DecisionKind.STARTED), TRYING, []),
        (a_decision(DecisionKind.CONFIRMED), TRYING, [SiteEvent.CHARGE_STARTED]),
        (a_decision(DecisionKind.CONFIRMED, action=Action.HOLD), TRYING, []),
        (a_decision(DecisionKind.COMPLETED), ControlState(), [SiteEvent.CHARGE_COMPLETED]),
        (a_decision(DecisionKind.STOPPED), ControlState(), [SiteEvent.CHARGE_STOPPED]),
        (a_decision(DecisionKind.SKIPPED), ControlState(), [SiteEvent.CHARGE_SKIPPED]),
        (a_decision(DecisionKind.FAILED), TRYING, []),
        (a_decision(DecisionKind.FAILED), ControlState(), [SiteEvent.CHARGE_FAILED]),
        (
            a_decision(DecisionKind.FAILED, reason=DecisionReason.NOT_ACCEPTED),
            ControlState(),
            [],
        ),
        (a_decision(DecisionKind.SUSPENDED), ControlState(), [SiteEvent.CONTROL_SUSPENDED]),
        (a_decision(DecisionKind.RESTORED), ControlState(), [SiteEvent.SETTINGS_RESTORED]),
        (a_decision(DecisionKind.RETRIED), TRYING, []),
        (a_decision(DecisionKind.KEPT), ControlState(), []),
    ],
)
async def test_decisions(
    events: SiteEvents,
    published: Published,
    decision: Decision,
    control: ControlState,
    expected: list[SiteEvent],
) -> None:
    """A charge starts when it is seen and fails when it is given up."""
    events.of_decision(decision, control)
    assert [site_event for site_event, _ in published] == expected


async def test_one_cause_is_published_once(events: SiteEvents, published: Published) -> None:
    """The same charge failing by another way is no news; the next one is."""
    failed = a_decision(DecisionKind.FAILED)
    events.of_decision(failed, ControlState())
    events.of_decision(failed, ControlState())
    events.of_decision(replace(failed, slot_start=NOW + HALF_HOUR), ControlState())
    assert len(published) == 2


async def test_plans(events: SiteEvents, published: Published) -> None:
    """Only a change of charges, and only where both plans can see."""
    use, charge = Action.USE, Action.CHARGE
    before = plan_of(use, charge, use)
    events.of_plan(None, before)
    events.of_plan(before, plan_of(charge, use, use, start=NOW + HALF_HOUR))
    events.of_plan(before, plan_of(Action.HOLD, charge, use))
    assert not published
    events.of_plan(before, plan_of(use, use, charge))
    ((site_event, data),) = published
    assert site_event is SiteEvent.PLAN_CHANGED
    assert data["next_charge"] == (NOW + HALF_HOUR * 2).isoformat()


def rates(*p_per_kwh: float, since: datetime = NOW) -> RateTable:
    """Rates per half-hour."""
    return RateTable.of(
        Rate(start=since + HALF_HOUR * i, end=since + HALF_HOUR * (i + 1), p_per_kwh=p)
        for i, p in enumerate(p_per_kwh)
    )


async def test_rates(events: SiteEvents, published: Published) -> None:
    """What is known at first is no news, nor is the same table again."""
    events.of_rates(rates(), NOW)
    events.of_rates(rates(*[20.0] * 6), NOW)
    events.of_rates(rates(*[20.0] * 6), NOW + HALF_HOUR)
    assert not published
    events.of_rates(rates(*[20.0] * 6, *[30.0] * 40, -2.0, -3.5, 8.0), NOW + HALF_HOUR)
    (first, its), (second, other) = published
    assert (first, second) == (SiteEvent.TOMORROWS_RATES_IN, SiteEvent.NEGATIVE_RATES_AHEAD)
    assert its["lowest_p_per_kwh"] == other["lowest_p_per_kwh"] == -3.5
    assert its["highest_p_per_kwh"] == 30.0
    assert other["start"] == (NOW + HALF_HOUR * 46).isoformat()
    assert other["half_hours"] == 2


async def test_a_flat_tariff_publishes_no_new_rates(
    events: SiteEvents, published: Published
) -> None:
    """It is known two days ahead; each look reaches a little further."""
    for looks in range(8):
        now = NOW + timedelta(hours=6 * looks)
        events.of_rates(rates(*[20.0] * 108, since=now), now)
    assert not published


async def test_rates_after_a_gap(events: SiteEvents, published: Published) -> None:
    """When nothing was known for a while, the first rates of the day are no tomorrow."""
    events.of_rates(rates(*[20.0] * 2), NOW)
    later = NOW + timedelta(hours=12)
    events.of_rates(rates(*[20.0] * 2), later)
    events.of_rates(rates(*[20.0] * 4, since=later), later)
    assert not published


@pytest.mark.parametrize(
    ("site_event", "data", "message"),
    [
        (
            SiteEvent.CHARGE_STARTED,
            {"end": "2026-07-01T15:30:00+00:00", "rate_p_per_kwh": -1.25},
            "Charging from the grid until 16:30 at -1.2 p.",
        ),
        (
            SiteEvent.CHARGE_COMPLETED,
            {"charge_level_percent": 79.6},
            "The charge is done at 80 %.",
        ),
        (
            SiteEvent.CHARGE_STOPPED,
            {"charge_level_percent": 50.0, "reason": "peak"},
            "The charge was stopped at 50 %: these are peak hours.",
        ),
        (
            SiteEvent.CHARGE_STOPPED,
            {"charge_level_percent": 50.0, "reason": "user"},
            "The charge was stopped at 50 %: it was asked for by hand.",
        ),
        (
            SiteEvent.CHARGE_SKIPPED,
            {"start": "2026-07-01T01:30:00+00:00", "reason": "price"},
            "The charge of 02:30 was skipped: the rate is above your ceiling or not known.",
        ),
        (
            SiteEvent.CONTROL_SUSPENDED,
            {"reason": "storm_watch"},
            "The scheduler is suspended: Storm Watch is active.",
        ),
        (
            SiteEvent.CONTROL_SUSPENDED,
            {"reason": "user"},
            "The scheduler is suspended: the settings were changed by hand.",
        ),
        (SiteEvent.SETTINGS_RESTORED, {}, "The Powerwall's own settings are in force again."),
        (
            SiteEvent.PLAN_CHANGED,
            {
                "next_charge": "2026-07-02T01:30:00+00:00",
                "target_percent": 80,
                "rate_p_per_kwh": 9.8,
            },
            "The plan changed: the next charge to 80 % begins tomorrow at 02:30 at 9.8 p.",
        ),
        (
            SiteEvent.TOMORROWS_RATES_IN,
            {"lowest_p_per_kwh": 4.2, "lowest_at": "2026-07-02T02:00:00+00:00"},
            "Tomorrow's rates are in: the cheapest is 4.2 p tomorrow at 03:00.",
        ),
        (
            SiteEvent.NEGATIVE_RATES_AHEAD,
            {"start": "2026-07-04T12:00:00+00:00", "lowest_p_per_kwh": -3.5},
            "Rates below zero are ahead on Saturday at 13:00, down to -3.5 p.",
        ),
        (
            SiteEvent.SESSION_JOINED,
            {"start": "2026-07-01T17:00:00+00:00", "end": "2026-07-01T18:00:00+00:00"},
            "A session was joined at 18:00 until 19:00.",
        ),
    ],
)
def test_messages(site_event: SiteEvent, data: dict[str, Any], message: str) -> None:
    """In the household's own time."""
    assert message_of(site_event, data, HERE, ENGLISH) == message


@pytest.mark.parametrize("site_event", list(SiteEvent))
@pytest.mark.parametrize("data", [{}, {"reason": "?", "end": 5, "start": None}])
def test_a_message_needs_no_facts(site_event: SiteEvent, data: dict[str, Any]) -> None:
    """What is missing is left out."""
    message = message_of(site_event, data, datetime(2026, 7, 1, tzinfo=UTC), ENGLISH)
    assert message.endswith(".")
    assert "None" not in message


@pytest.mark.parametrize("reason", DecisionReason)
def test_every_reason_has_words(reason: DecisionReason) -> None:
    """A new reason cannot be forgotten."""
    assert reason_of_decision(reason, ENGLISH)


@pytest.mark.parametrize(
    ("kind", "reason", "line"),
    [
        (DecisionKind.STOPPED, DecisionReason.USER, "Stopped: it was asked for by hand."),
        (DecisionKind.SUSPENDED, DecisionReason.OFF_GRID, "Suspended: there is a power cut."),
        (
            DecisionKind.SUSPENDED,
            DecisionReason.USER,
            "Suspended: the settings were changed by hand.",
        ),
        *(
            (DecisionKind.RESUMED, reason, "Resumed: the cause of the suspension is over.")
            for reason in (DecisionReason.OFF_GRID, DecisionReason.USER, DecisionReason.ERROR)
        ),
    ],
)
def test_a_line_of_the_decision_log(kind: DecisionKind, reason: DecisionReason, line: str) -> None:
    """A cause that is over is not reported as if it went on."""
    assert line_of(kind, reason, ENGLISH) == line


async def test_one_message_per_cause(events: SiteEvents, published: Published) -> None:
    """A night of failures for one reason is news once, until a charge has been seen."""

    def happen(minutes: int, kind: DecisionKind, reason: DecisionReason) -> None:
        at = NOW + timedelta(minutes=minutes)
        action = Action.CHARGE if kind is not DecisionKind.SUSPENDED else None
        line = a_decision(kind, at=at, reason=reason, slot_start=at, action=action)
        events.of_decision(line, ControlState())

    happen(0, DecisionKind.FAILED, DecisionReason.NOT_CONFIRMED)
    happen(0, DecisionKind.SUSPENDED, DecisionReason.CALIBRATION)
    happen(30, DecisionKind.FAILED, DecisionReason.NOT_CONFIRMED)
    happen(40, DecisionKind.FAILED, DecisionReason.NOT_READ_BACK)
    happen(60, DecisionKind.CONFIRMED, DecisionReason.PLAN)
    happen(90, DecisionKind.FAILED, DecisionReason.NOT_CONFIRMED)
    happen(100, DecisionKind.SUSPENDED, DecisionReason.OFF_GRID)
    happen(110, DecisionKind.SUSPENDED, DecisionReason.OFF_GRID)
    happen(120, DecisionKind.RESUMED, DecisionReason.OFF_GRID)
    happen(130, DecisionKind.SUSPENDED, DecisionReason.OFF_GRID)
    happen(130 + 24 * 60, DecisionKind.SUSPENDED, DecisionReason.OFF_GRID)
    assert [(site_event.value, data["is_news"]) for site_event, data in published] == [
        ("charge_failed", True),
        ("control_yielded", False),
        ("charge_failed", False),
        ("charge_failed", True),
        ("charge_started", True),
        ("charge_failed", True),
        ("control_yielded", True),
        ("control_yielded", False),
        ("control_yielded", True),
        ("control_yielded", True),
    ]
