"""Small cases whose answer is worked out by hand."""

from dataclasses import replace

import pytest

from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Battery,
    ChargeMethod,
    ChargeMethodModel,
    HouseholdRules,
    PriceScenario,
    ReasonCode,
    Session,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .homes import MONEY_ONLY, POWERWALL, RESERVE, site

# 10 kWh, 0.9 each way, one charge method that takes 2 kWh from the grid in a half-hour.
PLAIN = Battery(
    capacity_kwh=10.0,
    max_charge_w=5000.0,
    max_discharge_w=5000.0,
    methods=(ChargeMethodModel(method=ChargeMethod.BACKUP, power_w=4000.0, stops_at_target=True),),
    round_trip_efficiency=0.81,
)
CHEAP, EXPENSIVE = 10.0, 30.0


def test_buy_what_the_expensive_hours_need() -> None:
    """Cheap, then expensive, once a day; a penny cheaper tomorrow.

    Two days of 44 cheap and 4 expensive half-hours with 0.9 kWh of load each. The four expensive ones need
    3.6 kWh out of the battery, 3.6 / 0.9 = 4.0 kWh stored, 4.0 / 0.9 = 4.444 kWh bought: at 2 kWh
    per half-hour in two whole slots and part of a third. As tomorrow is cheaper nothing more is
    bought today, and the battery is empty in the evening.
    """
    today, tomorrow = [CHEAP] * 44 + [EXPENSIVE] * 4, [CHEAP - 1.0] * 44 + [EXPENSIVE] * 4
    found = plan(site(today + tomorrow, load_kwh=0.9, stored_kwh=0.0, battery=PLAIN))
    first = found.slots[:48]
    charges = [slot for slot in first if slot.action is Action.CHARGE]
    assert sum(slot.battery_in_kwh for slot in charges) == pytest.approx(4.444, abs=0.06)
    assert len(charges) == 3
    assert [slot.action for slot in first[44:]] == [Action.USE] * 4
    assert sum(slot.battery_out_kwh for slot in first[44:]) == pytest.approx(3.6, abs=0.05)
    assert first[-1].end_percent == pytest.approx(0.0, abs=0.5)
    # 44 cheap half-hours of load and the bought 4.444 kWh.
    by_hand_p = (44 * 0.9 + 4.444) * CHEAP
    assert sum(slot.cost_p or 0.0 for slot in first) == pytest.approx(by_hand_p, abs=2.0)
    # Self-powered with an empty battery: all load as it comes.
    idle_p = 44 * 0.9 * (CHEAP + CHEAP - 1.0) + 2 * 3.6 * EXPENSIVE
    assert found.baseline_cost_p == pytest.approx(idle_p, abs=0.1)


def test_the_loss_must_be_earned() -> None:
    """10 p stored and taken out again costs 10 / 0.81 = 12.35 p: 12 p is not worth it, 13 p is."""
    for expensive, pays in ((12.0, False), (13.0, True)):
        day = [CHEAP] * 40 + [expensive] * 8
        found = plan(site(day * 2, stored_kwh=0.0, battery=PLAIN))
        assert any(slot.action is Action.CHARGE for slot in found.slots) is pays


def test_wear_must_be_earned_too() -> None:
    """With 1 p/kWh of wear the same 13 p no longer pay: 12.35 + 1 = 13.35 p."""
    day = [CHEAP] * 40 + [13.0] * 8
    worn = replace(MONEY_ONLY, wear_p_per_kwh=1.0)
    found = plan(site(day * 2, stored_kwh=0.0, battery=PLAIN, rules=worn))
    assert not any(slot.action is Action.CHARGE for slot in found.slots)


def test_carbon_counts_as_priced() -> None:
    """£100/t on 500 g/kWh is 5 p/kWh: dirty power at 8 p is more expensive than clean at 12 p."""
    inputs = site([8.0, 12.0, 40.0, 40.0] * 12, stored_kwh=0.0, load_kwh=0.2, battery=PLAIN)
    grams = [500.0, 0.0, 0.0, 0.0] * 12
    slots = tuple(
        replace(slot, carbon_g_per_kwh=g) for slot, g in zip(inputs.slots, grams, strict=True)
    )

    def bought_kwh(pounds: float, offset: int) -> float:
        rules = replace(MONEY_ONLY, carbon_gbp_per_tonne=pounds)
        found = plan(replace(inputs, slots=slots, rules=rules))
        return sum(slot.battery_in_kwh for slot in found.slots[offset::4])

    assert bought_kwh(0.0, 0) > 1.0
    assert bought_kwh(0.0, 1) == 0.0
    assert bought_kwh(100.0, 0) == 0.0
    assert bought_kwh(100.0, 1) > 1.0


def test_the_sun_comes_first() -> None:
    """Surplus of the day fills the battery for nothing, so that the night's cheap rate is left."""
    rates = [CHEAP] * 20 + [15.0] * 20 + [EXPENSIVE] * 8
    sun = [0.0] * 20 + [0.8] * 20 + [0.0] * 8
    found = plan(site(rates * 2, pv_kwh=sun * 2, load_kwh=0.3, stored_kwh=0.0, battery=PLAIN))
    # The surplus of 20 * 0.5 kWh is more than the 2.4 kWh that the expensive hours need.
    assert not any(slot.action is Action.CHARGE for slot in found.slots[:40])
    assert found.slots[30].reason.code is ReasonCode.SOLAR_SURPLUS


def test_charging_by_reserve_is_preferred_where_it_costs_nothing() -> None:
    """Both charge methods can do it in time at one rate: the one that stops by itself is taken."""
    rates = [CHEAP] * 40 + [EXPENSIVE] * 8
    gently = replace(MONEY_ONLY, gentleness_p_per_kwh=0.1)
    found = plan(site(rates * 2, load_kwh=0.3, stored_kwh=0.0, rules=gently))
    methods = {slot.method for slot in found.slots[:40] if slot.action is Action.CHARGE}
    assert methods == {ChargeMethod.RESERVE}


def test_backup_mode_is_used_where_time_is_short() -> None:
    """One cheap half-hour: 1.65 kWh by backup mode instead of 0.9 kWh by the reserve."""
    rates = [20.0] * 20 + [2.0] + [20.0] * 17 + [40.0] * 10
    found = plan(site(rates * 2, load_kwh=0.5, stored_kwh=0.0))
    assert found.slots[20].method is ChargeMethod.BACKUP


def test_reserves_between_80_and_100_are_not_asked_for() -> None:
    """The slow charge method stops at 80 % at most, or goes all the way."""
    reserve_only = replace(POWERWALL, methods=(RESERVE,))
    rates = [CHEAP] * 40 + [EXPENSIVE] * 8
    found = plan(site(rates * 2, load_kwh=1.5, stored_kwh=0.0, battery=reserve_only))
    targets = {slot.target_percent for slot in found.slots if slot.action is Action.CHARGE}
    assert targets
    assert all(target is not None and (target <= 80 or target == 100) for target in targets)


def test_the_reason_says_what_is_saved_when() -> None:
    """10 p here replaces 30 p then."""
    day = [CHEAP] * 44 + [EXPENSIVE] * 4
    found = plan(site(day * 2, load_kwh=0.9, stored_kwh=0.0, battery=PLAIN))
    charge = next(slot for slot in found.slots if slot.action is Action.CHARGE)
    reason = charge.reason
    assert reason.code is ReasonCode.CHEAPER_THAN_LATER
    assert reason.numbers["rate_p_per_kwh"] == CHEAP
    assert reason.numbers["saves_p_per_kwh"] == EXPENSIVE
    assert reason.numbers["spends_p_per_kwh"] == pytest.approx(12.35, abs=0.01)
    assert reason.at in {slot.start for slot in found.slots[44:48]}
    # A kWh in the battery saves 30 p * 0.9 as long as the expensive hours can use it.
    assert found.slots[43].marginal_value_p_per_kwh == pytest.approx(27.0, abs=16.0)


def test_selling_from_the_battery() -> None:
    """Where the battery may sell: bought at 5 p (6.17 p with losses), sold at 20 p."""
    seller = replace(PLAIN, can_export_stored=True, export_limit_w=5000.0)
    inputs = site([5.0] * 44 + [6.0] * 4, load_kwh=0.1, stored_kwh=9.0, battery=seller)
    slots = tuple(
        replace(slot, export_p_per_kwh=20.0 if index >= 44 else 1.0)
        for index, slot in enumerate(inputs.slots)
    )
    found = plan(replace(inputs, slots=slots))
    assert {slot.action for slot in found.slots[44:]} == {Action.EXPORT}
    assert found.slots[44].reason.code is ReasonCode.SELL_NOW
    # 2.5 kWh per half-hour by the discharge limit, less nothing: the house is served first.
    assert found.slots[44].grid_export_kwh == pytest.approx(2.4, abs=0.01)
    assert not any(s.action is Action.EXPORT for s in plan(inputs).slots)


def test_a_paid_export_event_is_met_full_and_sold_in() -> None:
    """100 p for a kWh exported: full at its beginning, nothing bought in it, sold if that can be."""
    seller = replace(PLAIN, can_export_stored=True, export_limit_w=5000.0)
    for battery, action in ((seller, Action.EXPORT), (PLAIN, Action.USE)):
        inputs = site([30.0] * 48, load_kwh=0.1, stored_kwh=2.0, battery=battery)
        slots = tuple(
            replace(slot, export_p_per_kwh=100.0, session=Session.POWER_DOWN)
            if index in (44, 45)
            else slot
            for index, slot in enumerate(inputs.slots)
        )
        found = plan(replace(inputs, slots=slots))
        assert {slot.action for slot in found.slots[44:46]} == {action}
        assert found.slots[43].end_percent == pytest.approx(100.0, abs=1.0)


def test_a_sale_leaves_what_the_evening_needs() -> None:
    """The house needs 2.4 kWh at 40 p: 2.67 kWh of the 10 kWh stay, rounded up to 27 %."""
    seller = replace(PLAIN, can_export_stored=True, export_limit_w=5000.0)
    day = [40.0] * 9 + [5.0] * 39
    loads = [0.0] + [0.3] * 8 + [0.0] * 39
    inputs = site(day, load_kwh=loads, stored_kwh=4.0, battery=seller)
    slots = (replace(inputs.slots[0], export_p_per_kwh=20.0), *inputs.slots[1:])
    found = plan(replace(inputs, slots=slots))
    assert found.slots[0].action is Action.EXPORT
    assert found.slots[0].target_percent == 27
    assert found.slots[0].grid_export_kwh == pytest.approx((4.0 - 2.7) * 0.9, abs=0.01)
    assert sum(slot.grid_import_kwh for slot in found.slots[:9]) == pytest.approx(0.0, abs=0.02)


def test_an_uncertain_evening_is_worth_more_than_its_mean() -> None:
    """Unpublished rates of 10 p or 50 p: energy is bought at 20 p for what may come at 50 p."""
    known = [20.0] * 10
    inputs = site([*known, *[None] * 38], load_kwh=0.5, stored_kwh=0.0, battery=PLAIN)

    def trajectory(rate: float) -> PriceScenario:
        rates = (*known, *[rate] * 38)
        return PriceScenario(weight=1.0, import_p_per_kwh=rates, export_p_per_kwh=(0.0,) * 48)

    surprises = (trajectory(10.0), trajectory(50.0))
    unsure = plan(replace(inputs, price_scenarios=surprises, rates_known_at=inputs.slots[8].start))
    at_the_mean = plan(replace(inputs, price_scenarios=(trajectory(24.0),)))
    assert any(slot.action is Action.CHARGE for slot in unsure.slots[:10])
    assert not any(slot.action is Action.CHARGE for slot in at_the_mean.slots[:10])
    assert unsure.slots[20].rate_is_estimate
    assert unsure.slots[20].import_p_per_kwh == pytest.approx(30.0)


def test_preferences_default_to_what_a_powerwall_comes_with() -> None:
    """20 % kept back, no ceiling but full, a small price on wear."""
    rules = HouseholdRules()
    assert (rules.reserve_floor_percent, rules.everyday_ceiling_percent) == (20.0, 100.0)
    assert rules.price_ceiling_p_per_kwh is None
    assert rules.wear_p_per_kwh == 1.0
