"""The planner: inputs in, plan out. Pure.

An exact dynamic program over charge level and time (`problem`, `recursion`) finds what every
option of every slot costs from every level; following the cheapest options from the present level
(`forward`) gives the plan. A running plan stays in force unless a new one saves more
than the household's threshold, so that the plan a person read stays valid.
"""

from .bridges import bridges, changes
from .checks import check
from .forward import Rollout, follow
from .model import Action, Plan, PlanInputs
from .problem import Problem
from .recursion import Solution, solve
from .report import report
from .rollout import Choice

NEAR_PERCENT = 0.5
# A plan that costs so little more than the best is the best: ties are settled by taste.
NEXT_TO_NOTHING_P = 0.1
# What fewer changes may cost over a plan: this share of the threshold for a new plan.
SHARE_FOR_FEW_CHANGES = 0.15


def plan(inputs: PlanInputs) -> Plan:
    """Make the plan that is expected to cost least. The same inputs give the same plan.

    Raises PlanInputError, which names the field, for inputs that make no sense.
    """
    check(inputs)
    problem = Problem(inputs)
    running = _still_possible(problem, inputs.running)
    charging = {slot for slot, choice in running.items() if choice.action is Action.CHARGE}
    solution = solve(problem, asked=charging)
    kept_saves_p: float | None = None
    rollout = _kept(problem, solution, running)
    if rollout is None:
        rollout = bridged(problem, solution, follow(problem, solution))
    elif rollout.spent_p > NEXT_TO_NOTHING_P:
        kept_saves_p = rollout.spent_p
    return report(problem, solution, rollout, kept_saves_p=kept_saves_p)


def _kept(problem: Problem, solution: Solution, running: dict[int, Choice]) -> Rollout | None:
    """The rollout by the running plan's choices; None if another saves more than the threshold."""
    if not running:
        return None
    most_p = problem.rules.stability_p
    kept = follow(problem, solution, running, tolerance_p=most_p)
    changed = any(kept.choices[slot].action is not one.action for slot, one in running.items())
    return None if changed or kept.spent_p >= most_p else kept


def bridged(problem: Problem, solution: Solution, best: Rollout) -> Rollout:
    """The same with fewer changes, where these cost next to nothing, counted over the whole plan."""
    most_p = problem.rules.stability_p * SHARE_FOR_FEW_CHANGES
    wanted = bridges(problem, solution, best, most_p) if most_p > 0.0 else {}
    if not wanted:
        return best
    first = min(wanted)
    rest = range(first, problem.planned)
    steadier = follow(problem, solution, wanted, slots=rest, mass=best.mass[first])
    steadier = Rollout(best.played[:first] + steadier.played, best.mass[:first] + steadier.mass)
    fewer = changes(steadier.choices) < changes(best.choices)
    return steadier if fewer and steadier.spent_p <= most_p else best


def _still_possible(problem: Problem, running: Plan | None) -> dict[int, Choice]:
    """The running plan's choices by slot; none at all if the rules have come to forbid one.

    What it chose at an estimated rate is no promise, and not kept.
    """
    fixed: dict[int, Choice] = {}
    if running is None:
        return fixed
    for index, slot in enumerate(problem.inputs.slots):
        planned = running.slot_at(slot.start)
        if planned is None or slot.import_p_per_kwh is None:
            continue
        choice = Choice(planned.action, planned.method, planned.target_percent)
        if not _allowed(problem, index, choice):
            return {}
        fixed[index] = choice
    return fixed


def _allowed(problem: Problem, slot: int, choice: Choice) -> bool:
    """Whether the rules and manual slots of a slot let a choice stand."""
    if choice.action is Action.CHARGE:
        ceiling_percent = problem.ceiling_kwh[slot] / problem.battery.capacity_kwh * 100.0
        within = (choice.target_percent or 100) <= ceiling_percent + NEAR_PERCENT
        offered = any(method.model.method is choice.method for method in problem.methods)
        return bool(problem.may_charge[slot]) and within and offered
    if problem.must_charge[slot] or (
        problem.must_sell[slot] and choice.action is not Action.EXPORT
    ):
        return False
    if choice.action is Action.EXPORT and (problem.selling is None or not problem.may_sell[slot]):
        return False
    if choice.action is Action.HOLD:
        return not problem.must_use[slot]
    above_floor = (choice.target_percent or 0) >= problem.floor_percent
    return bool(problem.may_use[slot]) and above_floor
