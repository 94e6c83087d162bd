"""What would it have cost otherwise?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.planner.model import Action, PlanInputError
from custom_components.smart_battery_scheduler.planner.optimiser import plan
from custom_components.smart_battery_scheduler.planner.why_not import Verdict, why_not

from .homes import MONEY_ONLY, site, with_slot

# A cheap night and a expensive evening.
DAY = [20.0] * 8 + [8.0] * 8 + [20.0] * 24 + [35.0] * 8
INPUTS = site(DAY * 2, load_kwh=0.3, stored_kwh=5.0, rules=MONEY_ONLY)
PLAN = plan(INPUTS)


def test_charging_in_the_evening_costs_what_it_costs() -> None:
    """A half-hour at 35 p instead of the battery: more expensive by the difference in rates and losses."""
    slot = PLAN.slots[42]
    answer = why_not(INPUTS, PLAN, slot.start, Action.CHARGE)
    assert answer.verdict is Verdict.COSTS_MORE
    assert answer.extra_p is not None
    # At least the 0.3 kWh that are now bought at 35 p and not taken from 8 p energy.
    assert answer.extra_p > 0.3 * (35.0 - 8.0 / 0.9) - 1.0


def test_holding_when_it_should_be_used() -> None:
    """0.3 kWh at 35 p instead of what 0.3 kWh from the battery are worth later."""
    slot = PLAN.slots[42]
    answer = why_not(INPUTS, PLAN, slot.start + timedelta(minutes=5), Action.HOLD)
    assert answer.verdict is Verdict.COSTS_MORE
    assert answer.extra_p == pytest.approx(0.3 * (35.0 - 20.0), abs=5.0)


def test_what_is_planned_needs_no_reason_against_it() -> None:
    """The planned action itself."""
    slot = PLAN.slots[42]
    assert slot.action is Action.USE
    answer = why_not(INPUTS, PLAN, slot.start, Action.USE)
    assert (answer.verdict, answer.extra_p) == (Verdict.AS_PLANNED, 0.0)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"grid_charge_forbidden": True}, "peak"),
        ({"charge_blocked": True}, "banned"),
        ({"forced": Action.HOLD}, "pinned"),
        ({"import_p_per_kwh": None}, "rate_unknown"),
    ],
)
def test_a_rule_is_named(change: dict[str, object], rule: str) -> None:
    """Not a matter of pence."""
    inputs = with_slot(INPUTS, 10, **change)
    answer = why_not(inputs, plan(inputs), inputs.slots[10].start, Action.CHARGE)
    assert answer.verdict is Verdict.FORBIDDEN
    assert answer.forbidden_by == rule


def test_above_the_ceiling() -> None:
    """The household's own limit."""
    inputs = replace(INPUTS, rules=replace(MONEY_ONLY, price_ceiling_p_per_kwh=5.0))
    answer = why_not(inputs, plan(inputs), inputs.slots[10].start, Action.CHARGE)
    assert answer.forbidden_by == "price_ceiling"


def test_selling_is_not_possible_here() -> None:
    """This battery cannot."""
    answer = why_not(INPUTS, PLAN, PLAN.slots[3].start, Action.EXPORT)
    assert answer.verdict is Verdict.NOT_POSSIBLE


def test_a_kept_plan_may_be_worse() -> None:
    """The running plan was kept though another way is a little cheaper: it is said."""
    steady = replace(INPUTS, rules=replace(MONEY_ONLY, stability_p=50.0))
    index = next(i for i, slot in enumerate(PLAN.slots) if slot.action is Action.CHARGE)
    dearer = replace(with_slot(steady, index, import_p_per_kwh=21.0), running=PLAN)
    kept = plan(dearer)
    assert kept.slots[index].action is Action.CHARGE
    answer = why_not(dearer, kept, kept.slots[index].start, Action.USE)
    assert answer.verdict is Verdict.KEPT_PLAN
    assert answer.extra_p is not None
    assert answer.extra_p < 0.0


def test_a_moment_outside_the_plan() -> None:
    """There is nothing to tell of it."""
    with pytest.raises(PlanInputError, match="when"):
        why_not(INPUTS, PLAN, PLAN.slots[-1].end, Action.CHARGE)


@pytest.mark.parametrize("action", [Action.HOLD, Action.USE])
def test_what_somebody_asked_for_is_the_reason(action: Action) -> None:
    """Not a price: the other actions were never weighed."""
    inputs = with_slot(INPUTS, 3, forced=Action.CHARGE)
    answer = why_not(inputs, plan(inputs), inputs.slots[3].start, action)
    assert (answer.verdict, answer.forbidden_by) == (Verdict.FORBIDDEN, "pinned")
