"""Rules and requests: kept where they can be, and told where they cannot."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    ChargeMethod,
    NoteCode,
    PlanInputs,
    ReadyBy,
    ReasonCode,
    Session,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .homes import MONEY_ONLY, POWERWALL, RESERVE, site, with_slot

CHEAP, MIDDLE, EXPENSIVE = 8.0, 20.0, 35.0
# From 20:00: a cheap night, a middling day, a expensive evening. The next night is a little cheaper, so
# that nothing is bought for it before.
DAY = [MIDDLE] * 8 + [CHEAP] * 8 + [MIDDLE] * 24 + [EXPENSIVE] * 6 + [MIDDLE] * 2
NEXT_DAY = [rate - 1.0 if rate == CHEAP else rate for rate in DAY]


def two_days(**more: object) -> PlanInputs:
    """A home and two days of rates."""
    return site(DAY + NEXT_DAY, **{"stored_kwh": 2.0, "load_kwh": 0.4, **more})  # type: ignore[arg-type]  # by name


def test_never_above_the_price_ceiling() -> None:
    """Even where it would pay."""
    rules = replace(MONEY_ONLY, price_ceiling_p_per_kwh=CHEAP - 1.5)
    assert not any(s.action is Action.CHARGE for s in plan(two_days(rules=rules)).slots)
    rules = replace(MONEY_ONLY, price_ceiling_p_per_kwh=CHEAP)
    assert any(s.action is Action.CHARGE for s in plan(two_days(rules=rules)).slots)


def test_never_above_the_everyday_ceiling() -> None:
    """However cheap, short of being paid."""
    rules = replace(MONEY_ONLY, everyday_ceiling_percent=60.0)
    found = plan(two_days(rules=rules, load_kwh=1.2))
    assert max(slot.end_percent for slot in found.slots) == pytest.approx(60.0, abs=0.6)
    paid = with_slot(two_days(rules=rules, load_kwh=1.2), 14, import_p_per_kwh=-5.0)
    assert plan(with_slot(paid, 15, import_p_per_kwh=-5.0)).slots[15].end_percent > 61.0


def test_ready_by_is_met_at_the_cheapest_time() -> None:
    """80 % by 12:00, of which the house's own need would never have asked."""
    inputs = two_days(load_kwh=0.05)
    at = inputs.slots[32].start
    rules = replace(MONEY_ONLY, ready_by=(ReadyBy(at=at, percent=80.0),))
    found = plan(replace(inputs, rules=rules))
    assert found.slots[32].start_percent >= 79.0
    assert not found.notes
    bought = [slot for slot in found.slots[:32] if slot.action is Action.CHARGE]
    assert {slot.import_p_per_kwh for slot in bought} == {CHEAP}
    assert ReasonCode.READY_BY in {slot.reason.code for slot in bought}


def test_ready_by_comes_as_near_as_it_can_and_says_so() -> None:
    """Full in an hour is more than the charge methods can do."""
    inputs = two_days()
    at = inputs.slots[2].start
    rules = replace(MONEY_ONLY, ready_by=(ReadyBy(at=at, percent=100.0),))
    found = plan(replace(inputs, rules=rules))
    assert [slot.action for slot in found.slots[:2]] == [Action.CHARGE] * 2
    (note,) = found.notes
    assert note.code is NoteCode.READY_BY_MISSED
    assert note.at == at
    assert note.numbers["wanted_percent"] == 100.0
    assert note.numbers["reached_percent"] == pytest.approx(found.slots[2].start_percent)


def test_ready_by_lifts_the_ceiling_only_before_itself() -> None:
    """90 % by 16:00 today does not make 90 % the ceiling of tomorrow night."""
    rules = replace(MONEY_ONLY, everyday_ceiling_percent=50.0)
    inputs = two_days(rules=rules, load_kwh=0.8)
    at = inputs.slots[40].start
    wished = replace(rules, ready_by=(ReadyBy(at=at, percent=90.0),))
    found = plan(replace(inputs, rules=wished))
    assert found.slots[40].start_percent >= 89.0
    assert max(slot.end_percent for slot in found.slots[:16]) <= 51.0
    assert max(slot.end_percent for slot in found.slots[56:]) <= 51.0


def test_full_before_a_power_down_and_no_charge_inside() -> None:
    """The event is used for what it is for."""
    inputs = two_days()
    for index in (36, 37):
        inputs = with_slot(inputs, index, session=Session.POWER_DOWN, import_p_per_kwh=1.0)
    found = plan(inputs)
    assert found.slots[36].start_percent == pytest.approx(100.0, abs=1.0)
    assert [slot.action for slot in found.slots[36:38]] == [Action.USE] * 2
    codes = {slot.reason.code for slot in found.slots[:36] if slot.action is Action.CHARGE}
    assert ReasonCode.SESSION_AHEAD in codes


def test_a_power_down_that_comes_too_soon_is_noted() -> None:
    """Half an hour is not enough to be full."""
    inputs = with_slot(two_days(), 1, session=Session.POWER_DOWN)
    found = plan(inputs)
    assert found.slots[0].action is Action.CHARGE
    assert [note.code for note in found.notes] == [NoteCode.SESSION_NOT_FULL]


def test_room_for_a_power_up() -> None:
    """Free energy finds an empty battery, and is taken."""
    inputs = two_days(stored_kwh=6.0)
    for index in range(24, 36):
        inputs = with_slot(inputs, index, session=Session.POWER_UP)
    found = plan(inputs)
    free = found.slots[24:36]
    taken = [slot for slot in free if slot.action is Action.CHARGE]
    assert {slot.reason.code for slot in taken} == {ReasonCode.POWER_UP}
    assert found.slots[24].start_percent < 10.0
    assert found.slots[36].start_percent == pytest.approx(100.0, abs=0.6)


def test_the_car_is_not_fed_from_the_battery() -> None:
    """While it charges the battery holds, whatever the rate."""
    inputs = two_days(stored_kwh=10.0)
    for index in range(40, 44):
        inputs = with_slot(inputs, index, car_charging=True)
    found = plan(inputs)
    assert all(slot.battery_out_kwh == 0.0 for slot in found.slots[40:44])
    assert {slot.reason.code for slot in found.slots[40:44]} == {ReasonCode.CAR_CHARGING}


def test_a_forced_slot_outranks_the_price_ceiling_but_not_the_peak() -> None:
    """A person's word counts more than a figure, and less than safety."""
    rules = replace(MONEY_ONLY, price_ceiling_p_per_kwh=5.0)
    is_forced = with_slot(two_days(rules=rules), 42, forced=Action.CHARGE)
    assert plan(is_forced).slots[42].action is Action.CHARGE
    in_peak = plan(with_slot(is_forced, 42, grid_charge_forbidden=True))
    assert in_peak.slots[42].action is not Action.CHARGE
    (note,) = in_peak.notes
    assert note.code is NoteCode.FORCED_NOT_KEPT
    assert note.numbers == {"forbidden_peak": 1.0}


def test_below_the_floor_it_is_filled_at_the_next_cheap_time() -> None:
    """A floor raised above the charge level is a request to have that much, soon and cheaply."""
    rules = replace(MONEY_ONLY, reserve_floor_percent=60.0)
    found = plan(two_days(rules=rules, stored_kwh=2.0))
    assert [note.code for note in found.notes] == [NoteCode.BELOW_FLOOR]
    charges = [slot for slot in found.slots[:40] if slot.action is Action.CHARGE]
    assert {slot.import_p_per_kwh for slot in charges} == {CHEAP}
    assert charges[0].reason.code is ReasonCode.BELOW_FLOOR
    assert found.slots[16].start_percent >= 59.0
    assert all(slot.battery_out_kwh == 0.0 for slot in found.slots[:8])


def test_an_unknown_rate_is_never_bought_at() -> None:
    """Known slots are planned; the rest is left to the battery, and said."""
    rates = [MIDDLE] * 8 + [CHEAP] * 4 + [None] * 20
    found = plan(site(rates, stored_kwh=2.0, load_kwh=0.4))
    assert {slot.action for slot in found.slots[12:]} == {Action.USE}
    assert {slot.import_p_per_kwh for slot in found.slots[12:]} == {None}
    (note,) = found.notes
    assert note.code is NoteCode.RATES_MISSING
    assert note.at == found.slots[12].start


def test_hours_of_surplus_are_left_to_the_sun() -> None:
    """A plan without anything to gain leaves the Powerwall alone."""
    found = plan(site([25.0] * 48, pv_kwh=0.2, load_kwh=0.2, stored_kwh=6.0))
    assert {slot.action for slot in found.slots} == {Action.USE}
    assert found.made_at + timedelta(days=1) == found.slots[-1].end


def test_a_charge_that_is_asked_for_now_goes_to_its_own_target_by_its_own_method() -> None:
    """And from there on the plan goes on as it would have done anyway, without a word of reproach."""
    rules = replace(MONEY_ONLY, everyday_ceiling_percent=50.0)
    inputs = two_days(rules=rules)
    for index in range(8):
        asked = {
            "forced": Action.CHARGE,
            "forced_target_percent": 62,
            "forced_method": ChargeMethod.BACKUP,
        }
        inputs = with_slot(inputs, index, **asked)
    found = plan(inputs)
    charging = [slot for slot in found.slots[:8] if slot.action is Action.CHARGE]
    assert charging == list(found.slots[: len(charging)])
    assert {(slot.method, slot.target_percent) for slot in charging} == {(ChargeMethod.BACKUP, 62)}
    assert charging[-1].end_percent == pytest.approx(62.0, abs=1.0)
    # From 2 kWh by 3.3 kW: 4.1 half-hours.
    assert len(charging) == 5
    assert not found.notes


def test_a_charge_by_a_method_out_of_service_is_done_by_another() -> None:
    """A charge method that was ignored lately is not offered."""
    inputs = replace(two_days(), battery=replace(POWERWALL, methods=(RESERVE,)))
    found = plan(with_slot(inputs, 0, forced=Action.CHARGE, forced_method=ChargeMethod.BACKUP))
    assert found.slots[0].method is ChargeMethod.RESERVE
