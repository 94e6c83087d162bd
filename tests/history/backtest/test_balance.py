"""Which days of the past can be trusted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.history.backtest.balance import rebuild
from custom_components.smart_battery_scheduler.history.backtest.model import LeftOut, MeterSlot

from .generated import lived_truth, metered

DAY = date(2026, 1, 14)


def a_day(day: date = DAY) -> list[MeterSlot]:
    """A good one."""
    return list(metered(day, 1))


def test_the_house_is_what_came_in_less_what_went_out() -> None:
    """The house is rebuilt from meter, sun and battery."""
    (day,) = rebuild(a_day()).days
    truth = lived_truth(DAY, 1)
    for slot, (load_kwh, pv_kwh) in zip(day.slots, truth, strict=True):
        assert slot.load_kwh == pytest.approx(load_kwh, abs=1e-6)
        assert slot.pv_kwh == pytest.approx(pv_kwh, abs=1e-6)


@pytest.mark.parametrize(
    ("day", "slots"),
    [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 10, 26), 48)],
)
def test_days_of_46_and_50_half_hours_are_whole(day: date, slots: int) -> None:
    """Days of 46 and 50 half-hours are whole days."""
    past = rebuild(a_day(day))
    assert past.left_out == {}
    assert [len(each.slots) for each in past.days] == [slots]


type Change = Callable[[list[MeterSlot]], list[MeterSlot]]


def every(**changes: Any) -> Change:
    """The same change to every half-hour."""
    return lambda slots: [replace(slot, **changes) for slot in slots]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda slots: slots[:30], LeftOut.HOLES),
        (lambda slots: [*slots[:9], *slots[10:]], LeftOut.HOLES),
        (every(import_kwh=None), LeftOut.HOLES),
        (every(battery_in_kwh=None), LeftOut.HOLES),
        (every(export_kwh=None), LeftOut.NO_EXPORT_METER),
        (
            lambda slots: [
                replace(slot, import_kwh=(slot.import_kwh or 0) * 1000) for slot in slots
            ],
            LeftOut.IMPLAUSIBLE,
        ),
        (every(battery_in_kwh=2.0), LeftOut.DOES_NOT_ADD_UP),
        (every(load_kwh=2.0), LeftOut.DOES_NOT_ADD_UP),
        (every(import_kwh=0.4567), LeftOut.ESTIMATED),
        (
            every(import_kwh=0.0, export_kwh=0.0, pv_kwh=0.0, battery_in_kwh=0, battery_out_kwh=0),
            LeftOut.DOES_NOT_ADD_UP,
        ),
    ],
    ids=[
        "meter began in the day",
        "a hole",
        "no import",
        "no battery",
        "feed-in without export meter",
        "Wh for kWh",
        "battery takes what is not there",
        "another house",
        "estimated reads",
        "nobody lives there",
    ],
)
def test_a_day_that_cannot_be_trusted_is_left_out_and_counted(
    change: Change, reason: LeftOut
) -> None:
    """A day that cannot be trusted is left out and counted by its reason; the others stay."""
    past = rebuild([*metered(date(2026, 1, 13), 1), *change(a_day())])
    assert [each.day for each in past.days] == [date(2026, 1, 13)]
    assert past.left_out == {reason: 1}


def test_nothing_is_nothing() -> None:
    """No data gives no days and no complaint."""
    assert (rebuild([]).days, rebuild([]).left_out) == ((), {})


def test_days_of_which_nothing_is_known_are_counted_as_such() -> None:
    """Meters that began last week: the days before are counted among those asked for."""
    asked = [DAY - timedelta(days=each) for each in range(5)]
    past = rebuild(a_day(), asked)
    assert [each.day for each in past.days] == [DAY]
    assert past.left_out == {LeftOut.NOTHING_KNOWN: 4}


def test_what_others_used_before_the_household_moved_in_is_not_its_own() -> None:
    """The meters' days before the household moved in, that day included, are left out."""
    moved_in = date(2026, 1, 13)
    past = rebuild(metered(date(2026, 1, 12), 3), (), moved_in)
    assert [each.day for each in past.days] == [DAY]
    assert past.left_out == {LeftOut.BEFORE_MOVING_IN: 2}
