"""A trajectory as the plan that people and programs read."""

from collections.abc import Iterator

import numpy as np

from .forward import Rollout, now
from .model import Note, NoteCode, Plan, PlannedSlot, Session
from .paths import Lookup
from .problem import Forbidden, Problem
from .reasons import explain
from .recursion import Solution, only_used_p
from .trajectory import Trajectory

# Percent. A manual slot counts as met, and a floor as kept, when the plan comes this near.
NEAR_PERCENT = 1.0


def report(
    problem: Problem, solution: Solution, rollout: Rollout, *, kept_saves_p: float | None
) -> Plan:
    """The plan of a rollout."""
    trajectory = Trajectory.of(problem, rollout)
    worths = worths_p(problem, solution, trajectory)
    slots = tuple(_slot(problem, trajectory, worths, i) for i in range(problem.planned))
    costs = [slot.cost_p for slot in slots if slot.cost_p is not None]
    known = len(costs) == len(slots)
    begun_p = float(now(problem)[0] @ solution.last)
    left_p = begun_p - float(rollout.levels(problem.planned) @ solution.last)
    used_p = only_used_p(problem, solution.last)
    return Plan(
        made_at=problem.inputs.now,
        slots=slots,
        cost_p=sum(costs) if known else None,
        left_p=left_p,
        baseline_cost_p=float(now(problem)[0] @ used_p[0]) - begun_p if known else None,
        kept_instead_saves_p=kept_saves_p,
        notes=tuple(_notes(problem, trajectory)),
    )


def worths_p(problem: Problem, solution: Solution, trajectory: Trajectory) -> list[float]:
    """What one more stored kWh saves from each slot's beginning on, and from the end on, p."""
    capacity, step = problem.battery.capacity_kwh, problem.step_kwh
    stored = trajectory.percent / 100.0 * capacity
    ends = np.array([np.maximum(stored - step, 0.0), np.minimum(stored + step, capacity)])
    places = Lookup.of(ends, step)
    values, moments = np.array(solution.values), np.arange(len(stored))
    under, over = values[moments, places.below], values[moments, places.below + 1]
    low, high = under + places.share * (over - under)
    worths: list[float] = ((low - high) / (ends[1] - ends[0])).tolist()
    return worths


def _slot(problem: Problem, trajectory: Trajectory, worths: list[float], index: int) -> PlannedSlot:
    slot, choice = problem.inputs.slots[index], trajectory.choices[index]
    bill_p = float(trajectory.bill_p[index])
    export_known = slot.export_p_per_kwh is not None or problem.inputs.price_scenarios
    return PlannedSlot(
        start=slot.start,
        end=slot.end,
        action=choice.action,
        method=choice.method,
        target_percent=choice.target_percent,
        import_p_per_kwh=None if problem.unknown[index] else float(problem.import_rate_p[index]),
        export_p_per_kwh=float(problem.export_rate_p[index]) if export_known else None,
        rate_is_estimate=slot.import_p_per_kwh is None,
        load_kwh=slot.load_kwh.mean,
        pv_kwh=slot.pv_kwh.mean,
        grid_import_kwh=float(trajectory.imported_kwh[index]),
        grid_export_kwh=float(trajectory.exported_kwh[index]),
        battery_in_kwh=float(trajectory.in_kwh[index]),
        battery_out_kwh=float(trajectory.out_kwh[index]),
        start_percent=float(trajectory.percent[index]),
        end_percent=float(trajectory.percent[index + 1]),
        end_percent_p10=float(trajectory.percent_p10[index + 1]),
        end_percent_p90=float(trajectory.percent_p90[index + 1]),
        cost_p=None if np.isnan(bill_p) else bill_p,
        marginal_value_p_per_kwh=worths[index],
        reason=explain(problem, trajectory, worths, index),
        likelihood=trajectory.likelihood[index],
    )


def _notes(problem: Problem, trajectory: Trajectory) -> Iterator[Note]:
    """What the plan must say about itself."""
    inputs, capacity = problem.inputs, problem.battery.capacity_kwh
    if problem.unknown[: problem.planned].any():
        first = int(np.flatnonzero(problem.unknown)[0])
        yield Note(code=NoteCode.RATES_MISSING, at=inputs.slots[first].start)
    level, floor = inputs.stored_kwh / capacity * 100.0, inputs.rules.reserve_floor_percent
    if level < floor - NEAR_PERCENT:
        numbers = {"charge_level_percent": level, "reserve_floor_percent": floor}
        yield Note(code=NoteCode.BELOW_FLOOR, numbers=numbers)
    for index, asked_kwh in problem.asked:
        reached = float(trajectory.percent[index])
        wanted = asked_kwh / capacity * 100.0
        if index and reached < wanted - NEAR_PERCENT:
            slot = inputs.slots[index]
            in_session = slot.session is Session.POWER_DOWN
            yield Note(
                code=NoteCode.SESSION_NOT_FULL if in_session else NoteCode.READY_BY_MISSED,
                numbers={"wanted_percent": wanted, "reached_percent": reached},
                at=slot.start,
            )
    for index, slot in enumerate(inputs.slots):
        target = slot.forced_target_percent
        if target is not None and trajectory.percent[index] >= target - NEAR_PERCENT:
            continue
        if slot.forced is not None and trajectory.choices[index].action is not slot.forced:
            why = problem.forbidden(index)
            numbers = {f"forbidden_{why.value}": 1.0} if isinstance(why, Forbidden) else {}
            yield Note(code=NoteCode.FORCED_NOT_KEPT, numbers=numbers, at=slot.start)
