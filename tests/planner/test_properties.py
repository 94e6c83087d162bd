"""What must hold for every home."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    NoteCode,
    PlanInputs,
    PriceScenario,
    Spread,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan
from custom_components.smart_battery_scheduler.planner.problem import Problem
from custom_components.smart_battery_scheduler.planner.recursion import solve

from .homes import HALF_HOURS_PER_DAY, MONEY_ONLY, rates, site, sites, with_slot

some = settings(max_examples=25, deadline=None)
# The grid has steps of half a percent: of 27 kWh, at 40 p/kWh, that is 5 p.
GRID_P = 6.0


def still_to_pay_p(inputs: PlanInputs) -> float:
    """What the recursion expects to pay from here on, requests included."""
    problem = Problem(inputs)
    return float(np.interp(inputs.stored_kwh, problem.grid, solve(problem).values[0]))


@some
@given(sites())
def test_energy_is_conserved(inputs: PlanInputs) -> None:
    """In every slot: what comes in goes out, and the battery keeps its book."""
    one_way = inputs.battery.round_trip_efficiency**0.5
    for slot in plan(inputs).slots:
        came = slot.pv_kwh + slot.grid_import_kwh + slot.battery_out_kwh
        went = slot.load_kwh + slot.grid_export_kwh + slot.battery_in_kwh
        curtailed = came - went
        assert curtailed >= -1e-9
        if inputs.battery.export_limit_w is None:
            assert curtailed == pytest.approx(0.0, abs=1e-9)
        stored = one_way * slot.battery_in_kwh - slot.battery_out_kwh / one_way
        percent = stored / inputs.battery.capacity_kwh * 100.0
        assert slot.end_percent - slot.start_percent == pytest.approx(percent, abs=1e-6)


@some
@given(sites())
def test_no_limit_is_broken(inputs: PlanInputs) -> None:
    """Powers, the floor, the ends of the scale, and reserves that the hardware does not know."""
    battery, floor = inputs.battery, inputs.rules.reserve_floor_percent
    for slot in plan(inputs).slots:
        hours = (slot.end - slot.start) / timedelta(hours=1)
        assert slot.battery_in_kwh <= battery.max_charge_w * hours / 1000.0 + 1e-9
        assert slot.battery_out_kwh <= battery.max_discharge_w * hours / 1000.0 + 1e-9
        assert floor - 1e-6 <= slot.end_percent_p10 <= slot.end_percent_p90 <= 100.0 + 1e-6
        if slot.action is Action.USE:
            assert slot.target_percent is not None
            assert floor <= slot.target_percent <= battery.highest_partial_reserve_percent
        if slot.action is Action.CHARGE:
            assert slot.target_percent is not None
            assert slot.method is not None
            if slot.method.value == "gentle":
                assert not battery.highest_partial_reserve_percent < slot.target_percent < 100


@some
@given(sites())
def test_the_same_inputs_give_the_same_plan(inputs: PlanInputs) -> None:
    """Nothing but the inputs matters, and they survive being stored."""
    first = plan(inputs)
    assert plan(inputs) == first
    assert plan(decode(PlanInputs, encode(inputs))) == first


@some
@given(sites(), st.integers(-30, 30))
def test_a_shift_in_time_changes_nothing(inputs: PlanInputs, days: int) -> None:
    """The planner looks at no clock and no calendar."""
    shift = timedelta(days=days)
    slots = tuple(replace(s, start=s.start + shift, end=s.end + shift) for s in inputs.slots)
    moved = plan(replace(inputs, now=inputs.now + shift, slots=slots))
    here = plan(inputs)
    assert [(s.action, s.target_percent, s.end_percent) for s in moved.slots] == [
        (s.action, s.target_percent, s.end_percent) for s in here.slots
    ]


@some
@given(sites(), st.sampled_from([0.5, 2.0, 3.0]))
def test_scaled_prices_scale_the_cost(inputs: PlanInputs, factor: float) -> None:
    """Money has no favourite unit."""
    slots = tuple(
        replace(
            slot,
            import_p_per_kwh=(slot.import_p_per_kwh or 0.0) * factor,
            export_p_per_kwh=(slot.export_p_per_kwh or 0.0) * factor,
        )
        for slot in inputs.slots
    )
    scaled = still_to_pay_p(replace(inputs, slots=slots))
    assert scaled == pytest.approx(still_to_pay_p(inputs) * factor, abs=1e-6)


@some
@given(sites(least_rate=0.0), st.floats(1.0, 4.0))
def test_a_bigger_battery_never_costs_more(inputs: PlanInputs, times: float) -> None:
    """From the same stored energy and floor in kWh, where surplus sun is not better sold."""
    inputs = replace(
        inputs,
        slots=tuple(replace(slot, export_p_per_kwh=0.0) for slot in inputs.slots),
        rules=replace(inputs.rules, reserve_floor_percent=0.0),
    )
    taperless = replace(inputs.battery, taper_from_percent=100.0)
    bigger = replace(taperless, capacity_kwh=taperless.capacity_kwh * times)
    small = still_to_pay_p(replace(inputs, battery=taperless))
    assert still_to_pay_p(replace(inputs, battery=bigger)) <= small + GRID_P * times


@some
@given(
    st.lists(rates(0.0), min_size=48, max_size=48),
    st.integers(0, HALF_HOURS_PER_DAY - 1),
    st.floats(0.0, 15.0),
)
def test_a_lower_rate_never_costs_more(day: list[float], index: int, less: float) -> None:
    """One half-hour of the first of two days becomes cheaper."""
    inputs = site(day * 2)
    cheaper = with_slot(inputs, index, import_p_per_kwh=day[index] - less)
    assert still_to_pay_p(cheaper) <= still_to_pay_p(inputs) + 1e-6


@some
@given(sites(least_rate=0.0))
def test_a_surer_forecast_never_costs_more(inputs: PlanInputs) -> None:
    """The same means without spread."""

    def sure(value: Spread) -> Spread:
        return Spread.certain(value.mean)

    slots = tuple(
        replace(s, load_kwh=sure(s.load_kwh), pv_kwh=sure(s.pv_kwh), export_p_per_kwh=0.0)
        for s in inputs.slots
    )
    unsure = tuple(replace(s, export_p_per_kwh=0.0) for s in inputs.slots)
    certain = still_to_pay_p(replace(inputs, slots=slots))
    assert certain <= still_to_pay_p(replace(inputs, slots=unsure)) + GRID_P


@some
@given(sites(), st.data())
def test_a_ban_is_kept(inputs: PlanInputs, data: st.DataObject) -> None:
    """Whatever the rate: no grid charge in a banned, peak or unpaid-for half-hour."""
    index = data.draw(st.integers(0, len(inputs.slots) - 1))
    how = data.draw(st.sampled_from([{"charge_blocked": True}, {"grid_charge_forbidden": True}]))
    cheap = with_slot(inputs, index, import_p_per_kwh=-20.0, **how)
    assert plan(cheap).slots[index].action is not Action.CHARGE


@some
@given(sites(), st.data())
def test_a_forced_slot_is_kept(inputs: PlanInputs, data: st.DataObject) -> None:
    """A pinned action is the action, or the plan says that it could not be."""
    index = data.draw(st.integers(0, len(inputs.slots) - 1))
    forced = data.draw(st.sampled_from([Action.CHARGE, Action.HOLD, Action.USE]))
    found = plan(with_slot(inputs, index, forced=forced, import_p_per_kwh=40.0))
    slot = found.slots[index]
    if slot.action is not forced:
        assert forced is Action.CHARGE
        assert slot.start_percent >= 99.0
        assert [n.at for n in found.notes if n.code is NoteCode.FORCED_NOT_KEPT] == [slot.start]


@some
@given(rates(0.0), st.integers(4, 60), st.floats(0.0, 13.5))
def test_equal_rates_do_nothing(rate: float, slots: int, stored_kwh: float) -> None:
    """Nothing is gained by moving energy through a lossy battery."""
    found = plan(site([rate] * slots, stored_kwh=stored_kwh))
    assert {slot.action for slot in found.slots} <= {Action.USE, Action.HOLD}
    assert all(slot.battery_in_kwh == 0.0 for slot in found.slots)


@some
@given(rates(-8.0, -1.0), st.integers(10, 18), st.floats(0.0, 13.5))
def test_negative_rates_fill_the_battery(rate: float, slots: int, stored_kwh: float) -> None:
    """Being paid for long enough, the battery is full when it ends."""
    later = [25.0] * (HALF_HOURS_PER_DAY - slots)
    worn = replace(MONEY_ONLY, wear_p_per_kwh=1.0)
    found = plan(site([rate] * slots + later, stored_kwh=stored_kwh, load_kwh=0.6, rules=worn))
    assert found.slots[slots].start_percent == pytest.approx(100.0, abs=0.6)


@some
@given(sites())
def test_without_any_rate_the_plan_is_the_safe_one(inputs: PlanInputs) -> None:
    """No rate known, none guessed: use the battery down to its floor, and say so."""
    slots = tuple(replace(slot, import_p_per_kwh=None) for slot in inputs.slots)
    found = plan(replace(inputs, slots=slots))
    assert {slot.action for slot in found.slots} == {Action.USE}
    assert {slot.target_percent for slot in found.slots} == {
        int(inputs.rules.reserve_floor_percent)
    }
    assert [note.code for note in found.notes] == [NoteCode.RATES_MISSING]
    if any(slot.grid_import_kwh for slot in found.slots):
        assert found.cost_p is None


@some
@given(sites(slots=(8, 20)), st.data())
def test_guessed_courses_count_by_their_weight(inputs: PlanInputs, data: st.DataObject) -> None:
    """The same course twice is that course; published rates are not overruled by a guess."""
    count = len(inputs.slots)
    guess = tuple(data.draw(st.lists(rates(), min_size=count, max_size=count)))
    trajectory = PriceScenario(weight=1.0, import_p_per_kwh=guess, export_p_per_kwh=(0.0,) * count)
    hidden = tuple(
        replace(slot, import_p_per_kwh=None) if index >= count // 2 else slot
        for index, slot in enumerate(inputs.slots)
    )
    once = plan(replace(inputs, slots=hidden, price_scenarios=(trajectory,)))
    twice = plan(replace(inputs, slots=hidden, price_scenarios=(trajectory, trajectory)))
    assert [s.action for s in once.slots] == [s.action for s in twice.slots]
    for index, slot in enumerate(once.slots):
        guessed = index >= count // 2
        assert slot.rate_is_estimate is guessed
        known = guess[index] if guessed else inputs.slots[index].import_p_per_kwh
        assert slot.import_p_per_kwh == pytest.approx(known)


@some
@given(sites(slots=(6, 12)), st.floats(0.05, 0.95))
def test_a_first_slot_of_any_length(inputs: PlanInputs, share: float) -> None:
    """A half-hour that has begun is planned like any other, for the time that is left of it."""
    first = inputs.slots[0]
    start = first.start + (first.end - first.start) * share
    begun = replace(inputs, now=start, slots=(replace(first, start=start), *inputs.slots[1:]))
    found = plan(begun)
    assert found.slots[0].start == start
    hours = (first.end - start) / timedelta(hours=1)
    fastest_w = max(method.power_w for method in inputs.battery.methods)
    if first.pv_kwh.mean == 0.0 and found.slots[0].action is Action.CHARGE:
        assert found.slots[0].battery_in_kwh <= fastest_w * hours / 1000.0 + 1e-9
