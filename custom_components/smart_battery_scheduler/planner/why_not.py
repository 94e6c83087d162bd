"""What a slot would have cost with another action."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .checks import check
from .choices import best_of
from .model import Action, Plan, PlanInputError, PlanInputs, PlannedSlot
from .problem import Forbidden, Problem
from .recursion import ONLY_ON_REQUEST_P, solve


class Verdict(StrEnum):
    """Why a slot has no other action."""

    AS_PLANNED = "as_planned"
    COSTS_MORE = "costs_more"
    COSTS_THE_SAME = "costs_the_same"
    KEPT_PLAN = "kept_plan"
    FORBIDDEN = "forbidden"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """The answer: ``extra_p`` is what the other action costs beyond the planned one.

    It counts money, wear, carbon and unmet requests, over the whole plan. ``forbidden_by`` names the
    rule (see ``problem.Forbidden``) if one forbids it.
    """

    slot: PlannedSlot
    action: Action
    verdict: Verdict
    extra_p: float | None = None
    target_percent: int | None = None
    forbidden_by: str | None = None


# Pence. A smaller difference is not worth a sentence.
SAME_P = 0.1


def why_not(inputs: PlanInputs, plan: Plan, when: datetime, action: Action) -> WhyNot:
    """Why the slot at ``when`` does not have ``action``.

    ``inputs`` are those of the plan. Raises PlanInputError if the plan has no slot at ``when``.
    """
    check(inputs)
    slot = plan.slot_at(when)
    index = next((i for i, s in enumerate(inputs.slots) if s.start <= when < s.end), None)
    if slot is None or index is None:
        raise PlanInputError("when", "is not within the plan")
    if slot.action is action:
        return WhyNot(slot=slot, action=action, verdict=Verdict.AS_PLANNED, extra_p=0.0)
    problem = Problem(inputs)
    rule = problem.forbidden(index) if action is Action.CHARGE else None
    if slot.action is inputs.slots[index].forced:
        rule = rule or Forbidden.FORCED
    if rule is not None:
        return WhyNot(slot=slot, action=action, verdict=Verdict.FORBIDDEN, forbidden_by=rule.value)
    solution = solve(problem, thorough=True)
    stored_kwh = slot.start_percent / 100.0 * problem.battery.capacity_kwh
    other = best_of(problem, solution, index, action, stored_kwh)
    planned = best_of(problem, solution, index, slot.action, stored_kwh)
    if other is None or planned is None or other[0] - planned[0] > ONLY_ON_REQUEST_P / 2.0:
        return WhyNot(slot=slot, action=action, verdict=Verdict.NOT_POSSIBLE)
    extra_p = other[0] - planned[0]
    verdict = Verdict.COSTS_MORE
    if abs(extra_p) <= SAME_P:
        verdict = Verdict.COSTS_THE_SAME
    elif extra_p < 0.0:
        verdict = Verdict.KEPT_PLAN
    return WhyNot(
        slot=slot,
        action=action,
        verdict=verdict,
        extra_p=extra_p,
        target_percent=other[1].target_percent,
    )
