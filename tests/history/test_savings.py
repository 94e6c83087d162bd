"""The account against a self-powered baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import sqrt

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.gaps import bridged
from custom_components.smart_battery_scheduler.history.measurements import (
    Energies,
    MeasuredSlot,
    Measurements,
)
from custom_components.smart_battery_scheduler.history.savings import (
    DaySaving,
    Savings,
    SavingsMemory,
    baseline_step,
    planned_cost_p,
)
from custom_components.smart_battery_scheduler.planner.model import Action, Battery
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable

from ..plans import a_plan, a_slot
from . import two_homes

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


def test_a_cheap_charge_that_is_used_at_the_expensive_hour_saves_the_difference() -> None:
    """2 kWh at 10 p replace 1.8 kWh at 40 p, less what the baseline's own energy would have served."""
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
    """Battery and baseline serve the same kWh."""
    savings = account(half_hour(0, 50, load_kwh=1, battery_out_kwh=1))
    savings.slot_began(START + HALF_HOUR, rates(30), rates(15), BATTERY, 20)
    assert savings.memory.saved_p == pytest.approx(0)


@pytest.mark.parametrize(("imports", "exports"), [(RateTable(), None), (rates(30), RateTable())])
def test_a_half_hour_without_a_rate_counts_for_neither_side_and_the_baseline_goes_on(
    imports: RateTable, exports: RateTable | None
) -> None:
    """It is counted as left out; the baseline's energy falls by what the house took."""
    savings = account(half_hour(0, 50, load_kwh=1, import_kwh=1))
    savings.memory = replace(savings.memory, saved_p=7.0)
    savings.slot_began(START + HALF_HOUR, imports, exports, BATTERY, 20)
    day = savings.day(DAY)
    assert (savings.memory.saved_p, day.half_hours, day.left_out) == (7.0, 0, 1)
    assert savings.memory.baseline_kwh == pytest.approx(5 - 1 / ONE_WAY)
    assert savings.memory.through == START + HALF_HOUR


def test_a_half_hour_without_a_charge_level_cannot_begin_the_account() -> None:
    """A half-hour without a charge level cannot begin the account; it is counted as left out."""
    savings = account(half_hour(0, None, load_kwh=1))
    savings.slot_began(START + HALF_HOUR, rates(30), None, BATTERY, 20)
    day = savings.day(DAY)
    assert (day.half_hours, day.left_out, savings.memory.baseline_kwh) == (0, 1, None)


def test_a_gap_waits_for_the_half_hour_after_it_and_three_hours_at_most() -> None:
    """After the seventh half-hour all are left out."""
    savings = account(replace(half_hour(0, 50, load_kwh=1), observed_s=900))
    for index in range(1, 8):
        savings.slot_began(START + index * HALF_HOUR, rates(*[30] * 8), None, BATTERY, 20)
        assert (savings.memory.through == START) == (index < 7)
    assert savings.day(DAY).left_out == 7


def test_nothing_is_counted_twice() -> None:
    """Calls at 30, 31 and 59 minutes account for one half-hour."""
    savings = account(half_hour(0, 20, load_kwh=0, import_kwh=2, battery_in_kwh=2))
    for minutes in (30, 31, 59):
        savings.slot_began(START + timedelta(minutes=minutes), rates(10), None, BATTERY, 0)
    assert savings.day(DAY).cost_p == pytest.approx(20)


def test_a_long_absence_is_not_gone_through() -> None:
    """After 400 days only the half-hours of the longest stretch are counted as left out."""
    savings = account(half_hour(0, 20, load_kwh=1, import_kwh=1))
    savings.slot_began(START + timedelta(days=400), rates(10), None, BATTERY, 0)
    assert sum(day.half_hours for day in savings.memory.days) == 0
    assert sum(day.left_out for day in savings.memory.days) == 96


def test_the_days_beginning_is_when_the_plans_word_is_taken() -> None:
    """The plan's 48 half-hours at the day's first second; None if one cost is unknown."""
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
def test_the_baseline_neither_makes_energy_nor_leaves_its_limits(
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


@dataclass(frozen=True)
class Account:
    """What the account of an independently simulated home came to, and what is true."""

    savings: Savings
    truth_p: float


def account_of_two_homes(days: int, unseen: Sequence[tuple[datetime, datetime]] = ()) -> Account:
    """Watch a simulated home minute by minute, but for some stretches; a stretch is a restart."""
    imports, exports = two_homes.rate_tables(days)
    watched, savings = Measurements(), Savings(SavingsMemory(), Measurements())
    truth_p = 0.0
    for minute in two_homes.minutes(days):
        at, truth_p = minute.reading.read_at, minute.saved_p
        if any(start <= at < end for start, end in unseen):
            watched = Measurements(watched.slots)
            continue
        watched.observe(minute.reading)
        if at.minute in (0, 30):
            savings = Savings(decode(SavingsMemory, encode(savings.memory)), watched)
            savings.slot_began(at, imports, exports, two_homes.BATTERY, two_homes.FLOOR_PERCENT)
    return Account(savings, truth_p)


def stretch(day: int, hour: int, minute: int, minutes: int) -> tuple[datetime, datetime]:
    """A time without a look."""
    start = two_homes.BEGIN + timedelta(days=day, hours=hour, minutes=minute)
    return start, start + timedelta(minutes=minutes)


def test_savings_agree_with_an_independent_simulation_within_one_percent() -> None:
    """Savings agree with an independent simulation of the same days within one percent."""
    seen = account_of_two_homes(6)
    assert seen.truth_p > 400
    assert seen.savings.memory.saved_p == pytest.approx(seen.truth_p, rel=0.01)


@pytest.mark.parametrize(
    "unseen",
    [
        [stretch(1, 12, 5, 20)],
        [stretch(2, 3, 50, 20)],
        [stretch(1, 17, 11, 7)],
        [stretch(day, 6 + 3 * day, 20, 20) for day in range(6)],
        [stretch(3, 23, 45, 30)],
        [stretch(2, 10, 0, 120)],
    ],
    ids=["midday", "in a charge", "restart", "every day", "midnight", "two hours"],
)
def test_a_gap_does_not_turn_a_saving_into_a_loss(
    unseen: Sequence[tuple[datetime, datetime]],
) -> None:
    """A gap of 20 minutes or a restart of 7 changes the saving by no more than two percent."""
    seen = account_of_two_homes(6, unseen)
    assert seen.savings.memory.saved_p == pytest.approx(seen.truth_p, rel=0.02)
    assert sum(day.left_out for day in seen.savings.memory.days) == 0
    assert any(day.bridged for day in seen.savings.memory.days)


def test_what_cannot_be_bridged_is_left_out_of_both_sides_and_counted() -> None:
    """What cannot be bridged is left out of both sides and counted; the charge before it is not lost."""
    begin = two_homes.BEGIN + timedelta(days=2, hours=9)
    seen = account_of_two_homes(6, [(begin, begin + timedelta(hours=5))])
    days = seen.savings.memory.days
    assert sum(day.left_out for day in days) == 10
    assert sum(day.half_hours + day.left_out for day in days) == 6 * 48
    # What five quiet hours of one day would have saved is missing, and nothing else.
    assert 0.85 * seen.truth_p < seen.savings.memory.saved_p < 1.05 * seen.truth_p


def test_a_charge_level_that_no_battery_could_reach_is_not_bridged() -> None:
    """From 20 to 95 % in half an hour is more than the battery's power; 40 % is not."""
    before, after = half_hour(0, 20, load_kwh=1), half_hour(2, 95, load_kwh=1)
    unseen = replace(half_hour(1, None), observed_s=0.0)
    assert bridged(before, [unseen], after, BATTERY) is None
    possible = bridged(before, [unseen], half_hour(2, 40, load_kwh=1), BATTERY)
    assert possible is not None
    (whole,) = possible
    assert whole.battery_in_kwh == pytest.approx(2 / ONE_WAY)
    assert whole.import_kwh == pytest.approx(1 + 2 / ONE_WAY)


def test_whole_days_add_up_to_the_total_to_the_penny() -> None:
    """Whole days add up to the total to the penny, and the day shown waits for its last half-hour."""
    seen = account_of_two_homes(4, [stretch(1, 23, 40, 20), stretch(2, 12, 0, 20)])
    memory = seen.savings.memory
    assert sum(day.saved_p for day in memory.days) == pytest.approx(memory.saved_p, abs=1e-6)


def test_a_clock_set_back_accounts_for_nothing_twice() -> None:
    """An hour or a day: the half-hours that the clock comes through again are accounted for."""
    slots = [half_hour(index, 50.0, import_kwh=0.5, load_kwh=0.5) for index in range(96)]
    savings = Savings(SavingsMemory(), Measurements(slots))
    table = rates(*[20.0] * 96)
    now = START
    for _ in range(48):
        now += HALF_HOUR
        savings.slot_began(now, table, None, BATTERY, 20.0)
    for back in (timedelta(hours=1), timedelta(days=1)):
        for index in range(1, back // HALF_HOUR + 1):
            savings.slot_began(now - back + index * HALF_HOUR, table, None, BATTERY, 20.0)
    assert savings.day(DAY).half_hours == 48
    savings.slot_began(now + HALF_HOUR, table, None, BATTERY, 20.0)
    assert savings.day(DAY + timedelta(days=1)).half_hours == 1


def test_a_clock_far_ahead_for_minutes_does_not_end_the_account() -> None:
    """It goes on with the half-hours after the clock was put right."""
    slots = [half_hour(index, 50.0, import_kwh=0.5, load_kwh=0.5) for index in range(96)]
    savings = Savings(SavingsMemory(), Measurements(slots))
    table = rates(*[20.0] * 96)
    for index in range(1, 11):
        savings.slot_began(START + index * HALF_HOUR, table, None, BATTERY, 20.0)
    savings.slot_began(START + timedelta(days=4000), table, None, BATTERY, 20.0)
    for index in range(11, 21):
        savings.slot_began(START + index * HALF_HOUR, table, None, BATTERY, 20.0)
    assert savings.day(DAY).half_hours >= 18


def test_a_clock_a_day_ahead_for_minutes_loses_no_half_hour_of_the_account() -> None:
    """What was left out of the day to come is counted when it comes, and once."""
    slots = [half_hour(index, 50.0, import_kwh=0.5, load_kwh=0.5) for index in range(144)]
    savings = Savings(SavingsMemory(), Measurements(slots[:10]))
    table = rates(*[20.0] * 144)
    for index in range(1, 11):
        savings.slot_began(START + index * HALF_HOUR, table, None, BATTERY, 20.0)
    savings.slot_began(START + (48 + 11) * HALF_HOUR, table, None, BATTERY, 20.0)
    assert savings.day(DAY).left_out > 0
    savings._measurements.adopt(slots)
    for index in range(11, 97):
        savings.slot_began(START + index * HALF_HOUR, table, None, BATTERY, 20.0)
    for day in (DAY, DAY + timedelta(days=1)):
        assert (savings.day(day).half_hours, savings.day(day).left_out) == (48, 0)


def test_a_clock_far_ahead_for_minutes_costs_none_of_the_nine_weeks() -> None:
    """It leaves out some half-hours of another decade, which are taken back."""
    days = tuple(
        DaySaving(start=START - timedelta(days=ago), half_hours=48) for ago in range(63, 0, -1)
    )
    memory = SavingsMemory(days=days, through=START, accounted_through=START)
    savings = Savings(memory, Measurements())
    table = rates(*[20.0] * 4)
    savings.slot_began(START + timedelta(days=4000), table, None, BATTERY, 20.0)
    savings.slot_began(START + HALF_HOUR, table, None, BATTERY, 20.0)
    assert savings.memory.days[:63] == days
    assert all(day.start < START + timedelta(days=2) for day in savings.memory.days)
