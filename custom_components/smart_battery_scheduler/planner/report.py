"""A course as the plan that people and programs read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .model import Note, NoteCode, Plan, PlannedSlot, Session
from .problem import Floats, Forbidden, Problem
from .reasons import explain
from .recursion import Solution
from .rollout import Course, Flows

# A wish counts as met, and a floor as kept, when the plan comes this near.
NEAR_PERCENT = 1.0


def report(
    problem: Problem,
    solution: Solution,
    course: Course,
    *,
    idle: Course,
    kept_saves_p: float | None,
) -> Plan:
    """The plan of a course; ``idle`` is the course of a battery that is only ever used."""
    worths = [
        worth_p(problem, values, float(levels.mean()))
        for values, levels in zip(solution.values, course.levels_kwh, strict=True)
    ]
    return Plan(
        made_at=problem.inputs.now,
        slots=tuple(_slot(problem, course, worths, i) for i in range(problem.planned)),
        cost_p=_bill_p(problem, solution, course),
        self_use_cost_p=_bill_p(problem, solution, idle),
        kept_instead_saves_p=kept_saves_p,
        notes=tuple(_notes(problem, course)),
    )


def worth_p(problem: Problem, values: Floats, stored_kwh: float) -> float:
    """What one more stored kWh saves from here on, p."""
    capacity, step = problem.battery.capacity_kwh, problem.step_kwh
    low, high = max(stored_kwh - step, 0.0), min(stored_kwh + step, capacity)
    ends = np.interp([low, high], problem.grid, values)
    return float((ends[0] - ends[1]) / (high - low))


def _slot(problem: Problem, course: Course, worths: list[float], index: int) -> PlannedSlot:
    slot, choice, flows = problem.inputs.slots[index], course.choices[index], course.flows[index]
    percents = course.levels_kwh[index : index + 2] / problem.battery.capacity_kwh * 100.0
    p10, p90 = np.quantile(percents[1], [0.1, 0.9])
    export_known = slot.export_p_per_kwh is not None or problem.inputs.price_scenarios
    return PlannedSlot(
        start=slot.start,
        end=slot.end,
        action=choice.action,
        lever=choice.lever,
        target_percent=choice.target_percent,
        import_p_per_kwh=None if problem.unknown[index] else problem.import_rate_p(index),
        export_p_per_kwh=problem.export_rate_p(index) if export_known else None,
        rate_is_estimate=slot.import_p_per_kwh is None,
        load_kwh=slot.load_kwh.mean,
        pv_kwh=slot.pv_kwh.mean,
        grid_import_kwh=float(flows.imported_kwh.mean()),
        grid_export_kwh=float(flows.exported_kwh.mean()),
        battery_in_kwh=float(flows.in_kwh.mean()),
        battery_out_kwh=float(flows.out_kwh.mean()),
        start_percent=float(percents[0].mean()),
        end_percent=float(percents[1].mean()),
        end_percent_p10=float(p10),
        end_percent_p90=float(p90),
        cost_p=_slot_bill_p(problem, index, flows),
        stored_worth_p_per_kwh=worths[index],
        reason=explain(problem, course, worths, index),
    )


def _slot_bill_p(problem: Problem, index: int, flows: Flows) -> float | None:
    """The bill's share of a slot; None if energy is bought at a rate that is not even guessed."""
    bought, sold = float(flows.imported_kwh.mean()), float(flows.exported_kwh.mean())
    sold_p = problem.export_rate_p(index) * sold
    if problem.unknown[index]:
        return None if bought > 0.0 else -sold_p
    return problem.import_rate_p(index) * bought - sold_p


def _bill_p(problem: Problem, solution: Solution, course: Course) -> float | None:
    """The bill over the plan, corrected by the worth of the change in the battery."""
    total = 0.0
    for index, flows in enumerate(course.flows):
        bill_p = _slot_bill_p(problem, index, flows)
        if bill_p is None:
            return None
        total += bill_p
    begun, left = np.interp(course.levels_kwh[[0, -1]].mean(axis=1), problem.grid, solution.last)
    return total + float(left - begun)


def _notes(problem: Problem, course: Course) -> Iterator[Note]:
    """What the plan must say about itself."""
    inputs, capacity = problem.inputs, problem.battery.capacity_kwh
    if problem.unknown[: problem.planned].any():
        first = int(np.flatnonzero(problem.unknown)[0])
        yield Note(code=NoteCode.RATES_MISSING, at=inputs.slots[first].start)
    level, floor = inputs.stored_kwh / capacity * 100.0, inputs.wishes.reserve_floor_percent
    if level < floor - NEAR_PERCENT:
        numbers = {"charge_level_percent": level, "reserve_floor_percent": floor}
        yield Note(code=NoteCode.BELOW_FLOOR, numbers=numbers)
    for index, asked_kwh in problem.asked:
        reached = float(course.levels_kwh[index].mean()) / capacity * 100.0
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
        if slot.pin is not None and course.choices[index].action is not slot.pin:
            why = problem.forbidden(index)
            numbers = {f"forbidden_{why.value}": 1.0} if isinstance(why, Forbidden) else {}
            yield Note(code=NoteCode.PIN_NOT_KEPT, numbers=numbers, at=slot.start)
