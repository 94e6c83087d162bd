"""The account against a self-powered twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import sqrt

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.measurements import (
    Energies,
    MeasuredSlot,
    Measurements,
)
from custom_components.smart_battery_scheduler.history.savings import (
    Savings,
    SavingsMemory,
    baseline_step,
    planned_cost_p,
)
from custom_components.smart_battery_scheduler.planner.model import Action, Battery
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable

from ..plans import a_plan, a_slot

DAY = date(2026, 1, 14)
START = datetime(2026, 1, 14, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
BATTERY = Battery(capacity_kwh=10, max_charge_w=5000, max_discharge_w=5000, methods=())
ONE_WAY = sqrt(0.9)


def rates(*p_per_kwh: float) -> RateTable:
    """Half-hours from the beginning of the day."""
    return RateTable.of(
        Rate(
            start=START + index * HALF_HOUR,
            end=START + (index + 1) * HALF_HOUR,
            p_per_kwh=value,
        )
        for index, value in enumerate(p_per_kwh)
    )


def half_hour(index: int, level: float | None, **kwh: float) -> MeasuredSlot:
    """A measured half-hour that was watched from end to end."""
    return MeasuredSlot(
        start=START + index * HALF_HOUR,
        energies=Energies(**kwh),
        observed_s=1800,
        soc_percent=level,
    )


def account(*slots: MeasuredSlot) -> Savings:
    """An account that begins with the day."""
    return Savings(SavingsMemory(through=START), Measurements(slots))


def test_a_cheap_charge_that_is_used_at_the_dear_hour_saves_the_difference() -> None:
    """A cheap charge that is used at the dear hour saves the difference."""
    bought = half_hour(0, 20, load_kwh=0, import_kwh=2, battery_in_kwh=2)
    used = half_hour(1, 0, load_kwh=1.8, battery_out_kwh=1.8)
    savings = account(bought, used)
    savings.slot_began(START + 2 * HALF_HOUR, rates(10, 40), None, BATTERY, 0)
    today = savings.day(DAY)
    stored_kwh = 20 / 100 * 10 - 2 * ONE_WAY
    baseline_kwh = stored_kwh * ONE_WAY
    assert today.cost_p == pytest.approx(20)
    assert today.self_powered_p == pytest.approx(40 * (1.8 - baseline_kwh))
    assert savings.memory.saved_p == pytest.approx(today.saved_p)
    assert savings.month_p(DAY) == pytest.approx(today.saved_p)
    assert savings.month_p(date(2026, 2, 1)) == 0


def test_without_charges_nothing_is_saved() -> None:
    """Without charges nothing is saved."""
    savings = account(half_hour(0, 50, load_kwh=1, battery_out_kwh=1))
    savings.slot_began(START + HALF_HOUR, rates(30), rates(15), BATTERY, 20)
    assert savings.memory.saved_p == pytest.approx(0)


@pytest.mark.parametrize(
    ("slot", "imports", "exports"),
    [
        (half_hour(0, 50, load_kwh=1), RateTable(), None),
        (half_hour(0, 50, load_kwh=1), rates(30), RateTable()),
        (replace(half_hour(0, 50, load_kwh=1), observed_s=900), rates(30), None),
        (half_hour(5, 50, load_kwh=1), rates(30), None),
        (half_hour(0, None, load_kwh=1), rates(30), None),
    ],
)
def test_what_is_not_known_is_not_counted(
    slot: MeasuredSlot, imports: RateTable, exports: RateTable | None
) -> None:
    """What is not known is not counted."""
    savings = account(slot)
    savings.memory = replace(savings.memory, saved_p=7.0)
    savings.slot_began(START + HALF_HOUR, imports, exports, BATTERY, 20)
    assert savings.memory.saved_p == 7.0
    assert savings.day(DAY).half_hours == 0
    assert savings.memory.baseline_kwh is None
    assert savings.memory.through == START + HALF_HOUR


def test_nothing_is_counted_twice() -> None:
    """Nothing is counted twice."""
    savings = account(half_hour(0, 20, load_kwh=0, import_kwh=2, battery_in_kwh=2))
    for minutes in (30, 31, 59):
        savings.slot_began(START + timedelta(minutes=minutes), rates(10), None, BATTERY, 0)
    assert savings.day(DAY).cost_p == pytest.approx(20)


def test_a_long_absence_is_not_gone_through() -> None:
    """A long absence is not gone through."""
    savings = account(half_hour(0, 20, load_kwh=1, import_kwh=1))
    savings.slot_began(START + timedelta(days=400), rates(10), None, BATTERY, 0)
    assert savings.memory.days == ()


def test_the_days_beginning_is_when_the_plans_word_is_taken() -> None:
    """The days beginning is when the plans word is taken."""
    plan = a_plan(*(a_slot(START + index * HALF_HOUR, Action.USE) for index in range(60)))
    savings = account()
    savings.expect(START + timedelta(seconds=1), plan)
    assert savings.day(DAY).expected_p == pytest.approx(48 * 2.0)
    savings.expect(START + HALF_HOUR, None)
    assert planned_cost_p(plan, DAY + timedelta(days=1)) is None
    unknown = replace(plan, slots=(replace(plan.slots[0], cost_p=None), *plan.slots[1:]))
    assert planned_cost_p(unknown, DAY) is None


def test_it_survives_being_stored() -> None:
    """It survives being stored."""
    savings = account(half_hour(0, 20, load_kwh=0, import_kwh=2, battery_in_kwh=2))
    savings.slot_began(START + HALF_HOUR, rates(10), None, BATTERY, 0)
    assert decode(SavingsMemory, encode(savings.memory)) == savings.memory


@given(
    load=st.floats(0, 5),
    pv=st.floats(0, 5),
    stored=st.floats(0, 10),
    floor=st.floats(0, 100),
)
def test_the_twin_neither_makes_energy_nor_leaves_its_bounds(
    load: float, pv: float, stored: float, floor: float
) -> None:
    """The twin neither makes energy nor leaves its bounds."""
    grid, after = baseline_step(Energies(load_kwh=load, pv_kwh=pv), stored, BATTERY, floor)
    assert -1e-9 <= after <= 10 + 1e-9
    assert after >= min(stored, floor / 10) - 1e-9
    given_kwh = load - pv - grid
    lost = stored - after - given_kwh
    assert lost >= -1e-9
    if load > pv:
        assert grid >= -1e-9
    else:
        assert grid <= 1e-9
