"""Intelligent dispatches and what they make of the rates."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.tariff.dispatches import (
    Device,
    Dispatch,
    cheap_half_hours,
    parse_devices,
    parse_dispatches,
    with_dispatches,
)
from custom_components.smart_battery_scheduler.tariff.errors import TariffReplyError
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable

from .bodies import HALF_HOUR, Body

EVENING = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def device(kind: str = "ELECTRIC_VEHICLES", status: Json = "LIVE", **more: Json) -> Body:
    """A device of an account."""
    known: Body = {
        "id": "d1",
        "provider": "JEDLIX_V2",
        "deviceType": kind,
        "status": {"current": status},
        "make": "BMW",
        "model": "iX3",
    }
    return known | more


def planned(start: datetime, minutes: int, kind: Json = "SMART") -> Body:
    """A planned dispatch."""
    return {
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=minutes)).isoformat(),
        "type": kind,
        "energyAddedKwh": None,
    }


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (device(), (Device(id="d1", name="BMW iX3"),)),
        (device("CHARGE_POINTS", make=None, model=None), (Device(id="d1", name="device"),)),
        (device("ELECTRICITY_METERS"), ()),
        (device(status="RETIRED"), ()),
        (device(status="ONBOARDING"), ()),
        (device(id=None), ()),
    ],
    ids=["car", "charger", "a meter is listed too", "retired", "not yet", "no id"],
)
def test_live_cars_and_chargers_are_kept(listed: Body, found: tuple[Device, ...]) -> None:
    """And nothing else."""
    assert parse_devices({"devices": [listed]}) == found


def test_planned_and_completed_in_order_of_time() -> None:
    """The API lists the completed newest first; numbers come as text or null."""
    done: list[Json] = [
        {"start": "2026-11-20T03:00:00Z", "end": "2026-11-20T03:30:00Z", "delta": "-1.2"},
        {"start": "2026-11-20T02:00:00Z", "end": "2026-11-20T02:30:00Z", "delta": "-2.49"},
    ]
    found = parse_dispatches(
        {
            "devices": [{"id": "d1", "status": {"currentState": "SMART_CONTROL_IN_PROGRESS"}}],
            "flexPlannedDispatches": [
                planned(EVENING + timedelta(hours=5), 60),
                planned(EVENING, 60),
            ],
            "completedDispatches": done,
        }
    )
    assert [each.start.hour for each in found.planned] == [22, 3]
    assert [each.start.hour for each in found.completed] == [2, 3]
    assert found.state == "SMART_CONTROL_IN_PROGRESS"


def test_nulls_are_no_dispatches() -> None:
    """Some chargers have none at all."""
    found = parse_dispatches({"devices": None, "flexPlannedDispatches": None})
    assert found.planned == found.completed == ()
    assert found.state is None


@pytest.mark.parametrize("kind", ["SMART", None])
def test_a_dispatch_makes_whole_half_hours_cheap(kind: Json) -> None:
    """All that it touches."""
    found = parse_dispatches(
        {"flexPlannedDispatches": [planned(EVENING + timedelta(minutes=10), 45, kind)]}
    )
    assert cheap_half_hours(found.planned) == {EVENING, EVENING + HALF_HOUR}


@pytest.mark.parametrize("kind", ["BOOST", "TEST"])
def test_a_boost_is_not_cheap(kind: str) -> None:
    """The car charges, at the house's usual rate."""
    found = parse_dispatches({"flexPlannedDispatches": [planned(EVENING, 60, kind)]})
    assert [each.start for each in found.planned] == [EVENING]
    assert cheap_half_hours(found.planned) == frozenset()


@pytest.mark.parametrize(
    ("meta", "cheap"),
    [
        ({"source": "smart-charge", "location": "AT_HOME"}, (True, True)),
        ({"source": "SMART", "location": None}, (True, True)),
        ({"source": "smart-charge", "location": "AWAY_FROM_HOME"}, (False, False)),
        ({"source": "bump-charge", "location": "AT_HOME"}, (False, False)),
        ({"source": "BOOST", "location": "AT_HOME"}, (False, False)),
        ({"source": None, "location": "AT_HOME"}, (False, True)),
        (None, (False, True)),
    ],
    ids=["at home", "place not told", "elsewhere", "bump", "boost", "not told", "nothing told"],
)
def test_completed_boosts_are_not_cheap_nor_what_may_have_been_one(
    meta: Json, cheap: tuple[bool, bool]
) -> None:
    """The completed list holds boosts and public chargers, mostly without a source (BD's FAQ).

    What may have been a smart charge is counted against the allowance all the same.
    """
    done = planned(EVENING, 30) | {"delta": "-7.1", "meta": meta}
    (found,) = parse_dispatches({"completedDispatches": [done]}).completed
    assert (found.is_cheap, found.counts) == cheap


def test_dispatched_half_hours_cost_the_night_rate() -> None:
    """And the others what they did; where no rate is known none is made."""
    night = RateTable.of(
        Rate(at, at + HALF_HOUR, 7.0 if 3 <= index < 15 else 28.0)
        for index in range(40)
        for at in (EVENING + HALF_HOUR * index,)
    )
    noon = EVENING + HALF_HOUR * 20
    unknown = EVENING + timedelta(days=2)
    changed = with_dispatches(
        night,
        [
            Dispatch(start=noon, end=noon + HALF_HOUR, is_cheap=True),
            Dispatch(start=unknown, end=unknown + HALF_HOUR, is_cheap=True),
        ],
    )
    differing = [
        (before.start, after.p_per_kwh)
        for before, after in zip(night.rates, changed.rates, strict=True)
        if before != after
    ]
    assert differing == [(noon, 7.0)]


@pytest.mark.parametrize(
    "dispatch",
    [
        {"start": None, "end": "2026-11-20T22:00:00Z"},
        {"start": "2026-11-20T23:00:00Z", "end": "2026-11-20T22:00:00Z"},
        {"start": "2026-11-20T22:00:00", "end": "2026-11-20T23:00:00"},
        "soon",
    ],
)
def test_an_entry_without_times_hides_no_other(dispatch: Json) -> None:
    """It makes nothing cheap by itself; those beside it are read."""
    good = planned(EVENING, 60)
    found = parse_dispatches(
        {"flexPlannedDispatches": [dispatch, good], "completedDispatches": [good, dispatch]}
    )
    assert [each.start for each in found.planned] == [EVENING]
    assert [each.start for each in found.completed] == [EVENING]


def test_a_reply_of_another_shape_is_refused() -> None:
    """Nothing is known then, which is not the same as nothing planned."""
    with pytest.raises(TariffReplyError):
        parse_dispatches({"flexPlannedDispatches": "soon"})


def test_completed_dispatches_of_years_are_left_behind() -> None:
    """Only the last days can matter to an allowance that begins anew at noon."""
    old = planned(EVENING - timedelta(days=400), 30)
    found = parse_dispatches(
        {"completedDispatches": [planned(EVENING, 30), old]}, EVENING - timedelta(days=3)
    )
    assert [each.start for each in found.completed] == [EVENING]
