"""People find tomorrow what they read today, unless something better is worth it."""

from dataclasses import replace
from itertools import pairwise

from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Plan,
    PlanInputs,
    Session,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .homes import MONEY_ONLY, POWERWALL, site, with_slot

NIGHT = [20.0] * 6 + [9.0, 9.2, 9.1, 9.3, 9.0, 9.2] + [20.0] * 24 + [35.0] * 12
STEADY = replace(MONEY_ONLY, stability_p=3.0)


def a_night(**more: object) -> PlanInputs:
    """A home that buys for the evening in the cheap hours."""
    return site(NIGHT * 2, load_kwh=0.1, stored_kwh=1.0, rules=STEADY, **more)  # type: ignore[arg-type]  # by name


def actions(found: Plan) -> list[Action]:
    """What the slots are."""
    return [slot.action for slot in found.slots]


def test_a_running_plan_is_kept_for_pennies() -> None:
    """The cheapest half-hours change places by a tenth of a penny."""
    inputs = a_night()
    first = plan(inputs)
    bought = next(i for i, slot in enumerate(first.slots) if slot.action is Action.CHARGE)
    changed = with_slot(inputs, bought, import_p_per_kwh=9.9)
    fresh = plan(changed)
    assert actions(fresh) != actions(first)
    kept = plan(replace(changed, running=first))
    assert actions(kept) == actions(first)
    assert kept.kept_instead_saves_p is not None
    assert 0.0 <= kept.kept_instead_saves_p < STEADY.stability_p
    # The kept plan is re-priced: it tells the cost at the new rates.
    assert kept.slots[bought].import_p_per_kwh == 9.9


def test_a_better_plan_replaces_it() -> None:
    """A penny per kWh more over the whole night is worth a change."""
    inputs = a_night()
    first = plan(inputs)
    slots = tuple(
        replace(slot, import_p_per_kwh=24.0) if planned.action is Action.CHARGE else slot
        for slot, planned in zip(inputs.slots, first.slots, strict=True)
    )
    found = plan(replace(inputs, slots=slots, running=first))
    assert actions(found) != actions(first)
    assert found.kept_instead_saves_p is None


def test_a_rule_outranks_the_running_plan() -> None:
    """A ban, a peak, a session or a pin is not weighed against pennies."""
    inputs = a_night()
    first = plan(inputs)
    bought = next(i for i, slot in enumerate(first.slots) if slot.action is Action.CHARGE)
    for change in (
        {"charge_blocked": True},
        {"grid_charge_forbidden": True},
        {"forced": Action.HOLD},
        {"import_p_per_kwh": None},
    ):
        found = plan(replace(with_slot(inputs, bought, **change), running=first))
        assert found.slots[bought].action is not Action.CHARGE


def test_a_running_hold_does_not_outlast_its_permission() -> None:
    """A power-down event forbids to keep what the house could use, whatever was planned."""
    inputs = a_night()
    held = plan(with_slot(inputs, 2, forced=Action.HOLD))
    assert held.slots[2].action is Action.HOLD
    event = with_slot(inputs, 2, session=Session.POWER_DOWN)
    assert plan(replace(event, running=held)).slots[2].action is Action.USE


def test_a_running_sale_does_not_outlast_its_permission() -> None:
    """The battery may no longer sell, or a pin wants something else."""
    battery = replace(POWERWALL, can_export_stored=True, export_limit_w=5000.0)
    inputs = with_slot(a_night(battery=battery), 3, forced=Action.EXPORT)
    sold = plan(inputs)
    assert sold.slots[3].action is Action.EXPORT
    unpinned = with_slot(inputs, 3, forced=Action.HOLD)
    assert plan(replace(unpinned, running=sold)).slots[3].action is Action.HOLD
    forbidden = replace(with_slot(inputs, 3, forced=None), battery=POWERWALL, running=sold)
    assert plan(forbidden).slots[3].action is not Action.EXPORT


def test_a_forced_sale_outranks_the_running_plan() -> None:
    """What ran was no sale; the pin wants one."""
    battery = replace(POWERWALL, can_export_stored=True, export_limit_w=5000.0)
    inputs = a_night(battery=battery)
    is_forced = with_slot(inputs, 3, forced=Action.EXPORT)
    found = plan(replace(is_forced, running=plan(inputs)))
    assert found.slots[3].action is Action.EXPORT


def test_the_same_plan_is_not_called_kept() -> None:
    """Nothing new, nothing to tell."""
    inputs = a_night()
    first = plan(inputs)
    again = plan(replace(inputs, running=first))
    assert actions(again) == actions(first)
    assert again.kept_instead_saves_p is None


def test_a_plan_of_yesterday_is_no_plan() -> None:
    """A running plan that does not reach into these slots changes nothing."""
    inputs = a_night()
    first = plan(inputs)
    later = site(NIGHT * 2, load_kwh=0.1, stored_kwh=1.0, rules=STEADY, now=first.slots[-1].end)
    assert plan(replace(later, running=first)) == plan(later)


def test_few_changes_are_worth_a_penny() -> None:
    """A tenth of a penny between neighbouring half-hours does not make the battery stop and go."""
    night = [20.0] * 6 + [9.0, 9.3, 9.0, 9.3, 9.0, 9.3, 9.0, 9.3] + [20.0] * 22 + [35.0] * 12
    inputs = site(night * 2, load_kwh=0.15, stored_kwh=1.0, rules=STEADY)
    calm, restless = plan(inputs), plan(replace(inputs, rules=MONEY_ONLY))

    def changes(found: Plan) -> int:
        here = actions(found)
        return sum(one is not other for one, other in pairwise(here))

    assert changes(calm) < changes(restless)
    assert calm.net_cost_p is not None
    assert restless.net_cost_p is not None
    assert calm.net_cost_p <= restless.net_cost_p + STEADY.stability_p
