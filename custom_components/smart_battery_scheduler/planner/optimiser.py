"""The planner: inputs in, plan out. Pure.

An exact dynamic program over charge level and time (`problem`, `recursion`) finds what every
option of every slot costs from every level; following the cheapest options from the present level
(`choices`, `rollout`) gives the plan. A running plan stays in force unless a new one saves more
than the household's threshold, so that the plan a person read stays valid.
"""

from dataclasses import replace

import numpy as np

from .checks import check
from .choices import best_choice
from .model import Action, Plan, PlanInputs
from .paths import Floats
from .problem import Problem
from .recursion import Solution, solve
from .report import report
from .rollout import SAMPLE_PATHS, Choice, SamplePaths, Trajectory, play

NEAR_PERCENT = 0.5
# The most that fewer changes may cost, as a share of the replan threshold: in all, and at one slot.
SHARE_FOR_FEW_CHANGES = 0.3
SHARE_PER_CHANGE = 0.1


def plan(inputs: PlanInputs) -> Plan:
    """Make the plan that is expected to cost least. The same inputs give the same plan.

    Raises PlanInputError, which names the field, for inputs that make no sense.
    """
    check(inputs)
    problem = Problem(inputs)
    solution = solve(problem)
    sample_paths = SamplePaths.of(problem)
    best = follow(problem, solution, sample_paths, {})
    kept_saves_p: float | None = None
    running = _still_possible(problem, inputs.running)
    if running:
        kept = follow(problem, solution, sample_paths, running)
        if kept.choices != best.choices and kept.pence - best.pence < inputs.rules.stability_p:
            kept_saves_p = max(kept.pence - best.pence, 0.0)
            best = kept
    floor = Choice(Action.USE, target_percent=problem.floor_percent)
    idle = follow(problem, solution, sample_paths, dict.fromkeys(range(problem.planned), floor))
    return report(problem, solution, best, idle=idle, kept_saves_p=kept_saves_p)


def follow(
    problem: Problem, solution: Solution, sample_paths: SamplePaths, fixed: dict[int, Choice]
) -> Trajectory:
    """Go through the slots, by the fixed choices where there are some, else by the best."""
    stored = np.full(SAMPLE_PATHS, problem.inputs.stored_kwh)
    levels, put_in, taken_out = [stored], [], []
    choices: list[Choice] = []
    before: Choice | None = None
    patience_p = problem.rules.stability_p * SHARE_FOR_FEW_CHANGES
    for slot in range(problem.planned):
        choice = fixed.get(slot)
        if choice is None:
            choice, extra_p = best_choice(
                problem,
                solution,
                slot,
                float(stored.sum()) / SAMPLE_PATHS,
                before=before,
                patience_p=min(patience_p, problem.rules.stability_p * SHARE_PER_CHANGE),
            )
            patience_p -= extra_p
        before = choice
        into, out = play(problem, sample_paths, slot, choice, stored)
        stored = stored + problem.eta * into - out / problem.eta
        choices.append(choice)
        levels.append(stored)
        put_in.append(into)
        taken_out.append(out)
    return _trajectory(
        problem,
        solution,
        sample_paths,
        choices,
        np.array(levels),
        np.array(put_in),
        np.array(taken_out),
    )


def _trajectory(
    problem: Problem,
    solution: Solution,
    sample_paths: SamplePaths,
    choices: list[Choice],
    levels_kwh: Floats,
    into_kwh: Floats,
    out_kwh: Floats,
) -> Trajectory:
    """What a trajectory is expected to lead to, from what every member does (slot, member)."""
    grid = sample_paths.net_kwh + into_kwh - out_kwh
    limit = problem.site.export_limit_kwh[:, None]
    percents = levels_kwh / problem.battery.capacity_kwh * 100.0
    p10, p90 = np.quantile(percents, [0.1, 0.9], axis=1)
    trajectory = Trajectory(
        choices=tuple(choices),
        imported_kwh=np.maximum(grid, 0.0).mean(axis=1),
        exported_kwh=np.minimum(np.maximum(-grid, 0.0), limit).mean(axis=1),
        in_kwh=into_kwh.mean(axis=1),
        out_kwh=out_kwh.mean(axis=1),
        percent=percents.mean(axis=1),
        percent_p10=p10,
        percent_p90=p90,
        pence=float(np.interp(levels_kwh[-1], problem.grid, solution.last).mean()),
    )
    return replace(trajectory, pence=trajectory.pence + _pence(problem, trajectory, levels_kwh))


def _pence(problem: Problem, trajectory: Trajectory, levels_kwh: Floats) -> float:
    """What the slots of a trajectory weigh in the choice: money, carbon, wear and unmet requests."""
    weights = problem.scenario_weights
    bought_p = problem.price_p @ weights @ trajectory.imported_kwh
    sold_p = problem.export_p @ weights @ trajectory.exported_kwh
    worn_p = problem.rules.wear_p_per_kwh * trajectory.out_kwh.sum()
    unmet_p = sum(
        float(np.interp(levels_kwh[slot], problem.grid, problem.level_p[slot]).mean())
        for slot in np.flatnonzero(problem.level_p.any(axis=1))
    )
    return float(bought_p - sold_p + worn_p) + unmet_p


def _still_possible(problem: Problem, running: Plan | None) -> dict[int, Choice]:
    """The running plan's choices by slot; none at all if the rules have come to forbid one."""
    fixed: dict[int, Choice] = {}
    if running is None:
        return fixed
    for index, slot in enumerate(problem.inputs.slots):
        planned = running.slot_at(slot.start)
        if planned is None:
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
