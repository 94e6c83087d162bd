"""Plan against actual, in pence and in kWh."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import sqrt

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.measurements import (
    Energies,
    MeasuredSlot,
    Measurements,
)
from custom_components.smart_battery_scheduler.history.plan_outcome import (
    HALF_HOURS_KEPT,
    PlannedHalfHour,
    PlanOutcomeMemory,
    PlanOutcomes,
    outcome,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.tariff.model import SLOT, Rate, RateTable

from ..plans import a_plan, a_slot

DAY = date(2026, 1, 14)
START = datetime(2026, 1, 14, tzinfo=UTC)
NEXT_DAY = START + timedelta(days=1)
EFFICIENCY = 0.9
ONE_WAY = sqrt(EFFICIENCY)
BUY, SELL, STORED = 30.0, 10.0, 20.0


def rates(p_per_kwh: float = BUY, days: int = 3) -> RateTable:
    """One rate for some days."""
    return RateTable.of([Rate(START, START + timedelta(days=days), p_per_kwh)])


def planned(action: Action = Action.HOLD, **energies: float) -> PlannedHalfHour:
    """A half-hour's plan."""
    return PlannedHalfHour(
        start=START,
        action=action,
        energies=Energies(**energies),
        import_p_per_kwh=BUY,
        export_p_per_kwh=SELL,
        stored_p_per_kwh=STORED,
    )


def test_what_goes_to_plan_costs_nothing_more() -> None:
    """A half-hour that went as planned has no difference in any part."""
    slot = planned(load_kwh=0.5, import_kwh=0.5)
    found = outcome(slot, slot.energies, BUY, SELL, ONE_WAY)
    assert found.planned_p == pytest.approx(15.0)
    assert (found.load_p, found.solar_p, found.price_p, found.obedience_p) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("slot", "actual", "load_p"),
    [
        (
            planned(load_kwh=0.5, import_kwh=0.5),
            Energies(load_kwh=0.7, import_kwh=0.7),
            0.2 * BUY,
        ),
        (
            planned(Action.USE, load_kwh=0.5, battery_out_kwh=0.5),
            Energies(load_kwh=0.7, battery_out_kwh=0.7),
            0.2 * STORED / ONE_WAY,
        ),
        (
            planned(Action.USE, load_kwh=0.5, pv_kwh=1.0, battery_in_kwh=0.5),
            Energies(load_kwh=0.7, pv_kwh=1.0, battery_in_kwh=0.3),
            0.2 * STORED * ONE_WAY,
        ),
        (
            planned(Action.USE, load_kwh=0.5, pv_kwh=1.0, export_kwh=0.5),
            Energies(load_kwh=0.7, pv_kwh=1.0, export_kwh=0.3),
            0.2 * SELL,
        ),
        (
            planned(Action.USE, load_kwh=0.5, import_kwh=0.5),
            Energies(load_kwh=0.7, import_kwh=0.7),
            0.2 * BUY,
        ),
    ],
    ids=["bought", "out of the battery", "not into the battery", "not sold", "battery empty"],
)
def test_a_house_that_takes_more_is_the_loads_part(
    slot: PlannedHalfHour, actual: Energies, load_p: float
) -> None:
    """More load costs what a kWh more was going to cost; nothing of it is the battery's doing."""
    found = outcome(slot, actual, BUY, SELL, ONE_WAY)
    assert found.load_p == pytest.approx(load_p)
    assert found.obedience_p == pytest.approx(0.0, abs=1e-9)
    assert found.more_p == pytest.approx(load_p)


def test_less_sun_and_another_rate_have_their_own_parts() -> None:
    """Less sun is bought; a rate that was otherwise than planned counts for what was bought."""
    slot = planned(load_kwh=1.0, pv_kwh=0.6, import_kwh=0.4)
    found = outcome(slot, Energies(load_kwh=1.0, pv_kwh=0.1, import_kwh=0.9), 32.0, SELL, ONE_WAY)
    assert found.solar_p == pytest.approx(0.5 * BUY)
    assert found.price_p == pytest.approx(0.9 * 2.0)
    assert found.obedience_p == pytest.approx(0.0, abs=1e-9)


def test_a_charge_that_was_missed_is_no_gain() -> None:
    """A charge that did not come costs what the energy was worth less what it would have cost."""
    slot = replace(
        planned(Action.CHARGE, load_kwh=0.2, import_kwh=1.8, battery_in_kwh=1.6),
        import_p_per_kwh=9.0,
    )
    found = outcome(slot, Energies(load_kwh=0.2, import_kwh=0.2), 9.0, SELL, ONE_WAY)
    assert found.obedience_p == pytest.approx(1.6 * ONE_WAY * STORED - 1.6 * 9.0)
    assert found.obedience_p > 0.0


class Home:
    """Half-hours that are planned and measured one after the other."""

    def __init__(self, memory: PlanOutcomeMemory | None = None) -> None:
        """Nothing is measured yet."""
        self.measurements = Measurements()
        self.outcomes = PlanOutcomes(memory or PlanOutcomeMemory(), self.measurements)

    def began(self, index: int, action: Action = Action.HOLD, **more: object) -> None:
        """A half-hour begins, with a plan for it."""
        start = START + index * SLOT
        more = {"import_p_per_kwh": BUY, **more}
        self.outcomes.slot_began(
            start, a_plan(a_slot(start, action, **more)), rates(), None, EFFICIENCY
        )

    def measured(self, index: int, observed_s: float = 1800.0, **energies: float) -> None:
        """A half-hour is over."""
        slot = MeasuredSlot(
            start=START + index * SLOT, energies=Energies(**energies), observed_s=observed_s
        )
        self.measurements.adopt([slot])


def test_a_day_is_judged_once_when_it_is_over() -> None:
    """The day's whole half-hours are added up when the next begins; later rates change nothing."""
    home = Home()
    for index in range(3):
        home.began(index)
    home.measured(0, load_kwh=0.3, import_kwh=0.3)
    home.measured(1, load_kwh=0.2, import_kwh=0.2)
    home.measured(2, observed_s=600.0, load_kwh=9.0, import_kwh=9.0)
    assert home.outcomes.day(DAY) is None
    home.began(48)
    found = home.outcomes.day(DAY)
    assert found is not None
    assert found.half_hours == 2
    assert found.planned_p == pytest.approx(2 * 0.2 * BUY)
    assert found.more_p == pytest.approx(0.1 * BUY)
    home.outcomes.slot_began(NEXT_DAY + SLOT, None, rates(99.0), None, EFFICIENCY)
    assert home.outcomes.day(DAY) == found
    week = home.outcomes.week(DAY + timedelta(days=3))
    assert week is not None
    assert week.half_hours == 2
    assert week.more_p == pytest.approx(0.1 * BUY)
    assert home.outcomes.week(DAY - timedelta(days=1)) is None


def test_charges_in_a_row_are_one_planned_and_delivered() -> None:
    """Planned 3.2 kWh, delivered 3.1; one of which a half-hour was not seen is not told."""
    home = Home()
    for index in (4, 5, 10, 20):
        home.began(index, Action.CHARGE, battery_in_kwh=1.6)
    home.measured(4, battery_in_kwh=1.6)
    home.measured(5, battery_in_kwh=1.5)
    home.measured(10, battery_in_kwh=0.0)
    first, second = home.outcomes.charges(DAY)
    assert (first.start, first.end) == (START + 4 * SLOT, START + 6 * SLOT)
    assert (first.planned_kwh, first.delivered_kwh) == pytest.approx((3.2, 3.1))
    assert (second.planned_kwh, second.delivered_kwh) == pytest.approx((1.6, 0.0))


def test_what_is_not_known_is_not_judged() -> None:
    """Without a plan, within a half-hour, without a rate: nothing is noted, nothing judged."""
    home = Home()
    outcomes = home.outcomes
    outcomes.slot_began(START, None, rates(), None, EFFICIENCY)
    home.began(1, import_p_per_kwh=None)
    begun = a_slot(START + 2 * SLOT + timedelta(minutes=5), Action.HOLD)
    outcomes.slot_began(START + 2 * SLOT, a_plan(begun), rates(), None, EFFICIENCY)
    assert outcomes.memory == PlanOutcomeMemory()
    home.began(3)
    home.measured(3, load_kwh=0.2, import_kwh=0.2)
    outcomes.slot_began(NEXT_DAY, None, RateTable(), None, EFFICIENCY)
    assert outcomes.day(DAY) is None
    outcomes.slot_began(NEXT_DAY + SLOT, None, rates(), rates(SELL), EFFICIENCY)
    assert outcomes.day(DAY) is not None


def test_it_goes_on_after_a_restart_and_forgets_what_is_old() -> None:
    """What was noted survives being stored; half-hours are kept for three weeks."""
    home = Home()
    home.began(0)
    home.measured(0, load_kwh=0.3, import_kwh=0.3)
    home.began(48)
    stored = decode(PlanOutcomeMemory, encode(home.outcomes.memory))
    again = Home(stored)
    assert again.outcomes.memory == stored
    assert again.outcomes.day(DAY) == home.outcomes.day(DAY)
    for index in range(60):
        again.began((HALF_HOURS_KEPT // SLOT) + 100 + index)
    assert len(again.outcomes.memory.planned) == 60
