"""The planner: inputs in, plan out. Pure.

An exact dynamic program over charge level and time (`problem`, `recursion`) finds what every
option of every slot costs from every level; following the best ones from now on (`forward`) gives the
plan, and what each part of it wins (`gains`). A running plan stays in force unless a new one saves
more than the household's threshold: people are to find tomorrow what they read today.
"""

from __future__ import annotations

from .checks import check
from .choices import Choice
from .forward import Course, follow, present, still_to_pay_p
from .model import Action, Plan, PlanInputs
from .problem import Problem
from .recursion import Solution, solve
from .report import report

NEAR_PERCENT = 0.5
# A running plan that costs no more than this beyond the best is the best.
SAME_P = 0.05


def plan(inputs: PlanInputs) -> Plan:
    """Make the plan that is expected to cost least. The same inputs give the same plan.

    Raises PlanInputError, which names the field, for inputs that make no sense.
    """
    check(inputs)
    problem = Problem(inputs)
    running = _still_possible(problem, inputs.running)
    charges = {slot for slot, choice in running.items() if choice.action is Action.CHARGE}
    solution = solve(problem, charges)
    kept = _kept(problem, solution, running)
    if kept is None:
        return report(problem, solution, follow(problem, solution), kept_saves_p=None)
    course, saves_p = kept
    return report(problem, solution, course, kept_saves_p=saves_p if saves_p > SAME_P else None)


def _kept(
    problem: Problem, solution: Solution, running: dict[int, Choice]
) -> tuple[Course, float] | None:
    """The running plan on today's knowledge, and what a new one would save, if it stands."""
    if not running:
        return None
    course = follow(problem, solution, wanted=running)
    saves_p = course.pence - still_to_pay_p(solution, 0, present(problem))
    return (course, saves_p) if saves_p < problem.rules.stability_p else None


def _still_possible(problem: Problem, running: Plan | None) -> dict[int, Choice]:
    """The running plan's choices by slot; none at all if the rules have come to forbid one.

    Only those at published rates: what later rates will settle is no promise.
    """
    wanted: dict[int, Choice] = {}
    if running is None:
        return wanted
    for index, slot in enumerate(problem.inputs.slots):
        planned = running.slot_at(slot.start)
        if planned is None or planned.rate_is_estimate or not problem.published[index]:
            continue
        choice = Choice(planned.action, planned.method, planned.target_percent)
        if not _allowed(problem, index, choice):
            return {}
        wanted[index] = choice
    return wanted


def _allowed(problem: Problem, slot: int, choice: Choice) -> bool:
    """Whether the rules and pins of a slot let a choice stand."""
    if choice.action is Action.CHARGE:
        ceiling_percent = problem.ceiling_kwh[slot] / problem.battery.capacity_kwh * 100.0
        within = (choice.target_percent or 100) <= ceiling_percent + NEAR_PERCENT
        offered = any(method.model.method is choice.method for method in problem.methods)
        return bool(problem.may_charge[slot]) and within and offered
    if problem.must_charge[slot] or (
        problem.must_sell[slot] and choice.action is not Action.EXPORT
    ):
        return False
    if choice.action is Action.EXPORT and (problem.sale is None or not problem.may_sell[slot]):
        return False
    if choice.action is Action.HOLD:
        return not problem.must_use[slot]
    above_floor = (choice.target_percent or 0) >= problem.floor_percent
    return bool(problem.may_use[slot]) and above_floor
