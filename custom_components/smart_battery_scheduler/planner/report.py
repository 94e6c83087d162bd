"""A course as the plan that people and programs read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .forward import Course
from .gains import Block, Served, blocks, only_used
from .grid import LEVELS, Floats
from .model import (
    Action,
    Note,
    NoteCode,
    Plan,
    PlannedBlock,
    PlannedSlot,
    Reason,
    ServedHours,
    Session,
)
from .problem import Forbidden, Problem
from .reasons import explain
from .recursion import Solution

# A wish counts as met, and a floor as kept, when the plan comes this near.
NEAR_PERCENT = 1.0
# A Power Down counts as served when no more than this is bought in it.
NEAR_KWH = 0.1
# Surprises last, and the recursion draws half-hours apart: over six hours the variance of a home's demand is
# 2.1 times the sum of its half-hours'. The spread that is shown is as much wider, as a distance.
LASTING = 1.45
PERCENTS = np.linspace(0.0, 100.0, LEVELS)


def report(
    problem: Problem, solution: Solution, course: Course, *, kept_saves_p: float | None
) -> Plan:
    """The plan of a course."""
    used_p = only_used(problem, solution)
    found = blocks(problem, solution, course, used_p)
    levels = [course.levels(slot) for slot in range(problem.planned + 1)]
    percents = [float(likely @ PERCENTS / likely.sum()) for likely in levels]
    worths = worths_p(problem, solution, course)
    block_of = {
        slot: one
        for one in found
        if one.served or one.left_out_p is not None
        for slot in range(one.first, one.end)
    }
    slots = []
    for index in range(problem.planned):
        reason = explain(problem, course, percents, worths, block_of.get(index), index)
        slots.append(_slot(problem, course, index, percents, levels[index + 1], worths, reason))
    cost_p, left_p = _cost_p(problem, course), _left_p(problem, solution, course)
    return Plan(
        made_at=problem.inputs.now,
        slots=tuple(slots),
        cost_p=cost_p,
        baseline_cost_p=_only_used_cost_p(problem, solution, used_p, left_p),
        left_p=left_p,
        kept_instead_saves_p=kept_saves_p,
        notes=tuple(_notes(problem, course, percents)),
        blocks=() if cost_p is None else tuple(_planned(problem, course, one) for one in found),
    )


def worths_p(problem: Problem, solution: Solution, course: Course) -> list[float]:
    """What one more stored kWh saves from each slot's beginning on, and from the end on, p."""
    found = []
    for value, mass in zip(solution.values, course.mass, strict=True):
        likely = mass[0] + mass[1]
        still_p = value.resting @ likely.sum(axis=0)[: value.resting.shape[1]]
        slope = np.gradient(still_p, problem.step_kwh)
        found.append(-float(slope @ likely.sum(axis=1)))
    return found


def _slot(
    problem: Problem,
    course: Course,
    index: int,
    percents: list[float],
    end: Floats,
    worths: list[float],
    reason: Reason,
) -> PlannedSlot:
    slot, here = problem.inputs.slots[index], course.played[index]
    export_known = slot.export_p_per_kwh is not None or problem.inputs.price_scenarios
    mean = percents[index + 1]
    p10, p90 = (mean + LASTING * (percent - mean) for percent in _quantiles(end))
    return PlannedSlot(
        start=slot.start,
        end=slot.end,
        action=here.choice.action,
        method=here.choice.method,
        target_percent=here.choice.target_percent,
        import_p_per_kwh=None if problem.unknown[index] else float(problem.import_rate_p[index]),
        export_p_per_kwh=float(problem.export_rate_p[index]) if export_known else None,
        rate_is_estimate=slot.import_p_per_kwh is None,
        load_kwh=slot.load_kwh.mean,
        pv_kwh=slot.pv_kwh.mean,
        grid_import_kwh=here.imported_kwh,
        grid_export_kwh=here.exported_kwh,
        battery_in_kwh=here.in_kwh,
        battery_out_kwh=here.out_kwh,
        start_percent=percents[index],
        end_percent=percents[index + 1],
        end_percent_p10=min(max(p10, _lowest_percent(problem)), mean),
        end_percent_p90=min(max(p90, mean), 100.0),
        cost_p=_slot_bill_p(problem, course, index),
        marginal_value_p_per_kwh=worths[index],
        reason=reason,
        likelihood=here.likelihood,
    )


def _lowest_percent(problem: Problem) -> float:
    lowest_kwh = min(problem.floor_kwh, problem.inputs.stored_kwh)
    return lowest_kwh / problem.battery.capacity_kwh * 100.0


def _quantiles(likely: Floats) -> tuple[float, float]:
    """The levels, percent, that are passed in nine of ten and in one of ten cases."""
    through = np.cumsum(likely)
    first, last = np.searchsorted(through, (0.1 * through[-1], 0.9 * through[-1]))
    return float(PERCENTS[first]), float(PERCENTS[min(int(last), LEVELS - 1)])


def _slot_bill_p(problem: Problem, course: Course, index: int) -> float | None:
    """The bill's share of a slot; None if energy is bought at a rate that is not even guessed."""
    here = course.played[index]
    return None if problem.unknown[index] and here.imported_kwh > 0.0 else here.bill_p


def _cost_p(problem: Problem, course: Course) -> float | None:
    """The sum of the slots' bills; None if that of one is not known."""
    bills_p = [_slot_bill_p(problem, course, index) for index in range(problem.planned)]
    known_p = [pence for pence in bills_p if pence is not None]
    return sum(known_p) if len(known_p) == len(bills_p) else None


def _left_p(problem: Problem, solution: Solution, course: Course) -> float:
    """What the battery holds more at the end than at the beginning is worth."""
    begun, left = (float(solution.last @ course.levels(slot)) for slot in (0, problem.planned))
    return begun - left


def _only_used_cost_p(
    problem: Problem, solution: Solution, used_p: list[Floats], left_p: float
) -> float | None:
    """The same for a battery that is only ever used, and then holds as much as the plan's."""
    if (problem.unknown & (problem.demand.need_kwh.max(axis=1) > 0.0)).any():
        return None
    stored_kwh, levels_kwh = problem.inputs.stored_kwh, problem.levels_kwh
    return float(np.interp(stored_kwh, levels_kwh, used_p[0] - solution.last)) + left_p


def _planned(problem: Problem, course: Course, block: Block) -> PlannedBlock:
    slots = problem.inputs.slots
    return PlannedBlock(
        start=slots[block.first].start,
        end=slots[block.end - 1].end,
        action=block.action,
        from_grid_kwh=sum(here.from_grid_kwh for here in course.played[block.first : block.end])
        if block.action is not Action.USE
        else 0.0,
        cost_p=block.cost_p,
        saves_p=block.cost_p + block.gain_p,
        gain_p=block.gain_p,
        left_out_p=block.left_out_p,
        serves=tuple(_served_hours(problem, block)),
    )


def _served_hours(problem: Problem, block: Block) -> Iterator[ServedHours]:
    """The slots that a block serves, neighbours together."""
    run: list[Served] = []
    for one in (*block.served, None):
        if run and (one is None or one.slot != run[-1].slot + 1):
            yield ServedHours(
                start=problem.inputs.slots[run[0].slot].start,
                end=problem.inputs.slots[run[-1].slot].end,
                import_avoided_kwh=sum(each.imported_kwh for each in run),
                export_freed_kwh=sum(each.exported_kwh for each in run),
            )
            run = []
        if one is not None:
            run.append(one)


def _notes(problem: Problem, course: Course, percents: list[float]) -> Iterator[Note]:
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
        reached = percents[index]
        wanted = asked_kwh / capacity * 100.0
        if index and reached < wanted - NEAR_PERCENT:
            yield Note(
                code=NoteCode.READY_BY_MISSED,
                numbers={"wanted_percent": wanted, "reached_percent": reached},
                at=inputs.slots[index].start,
            )
    yield from _unserved_sessions(problem, course, percents)
    for index, slot in enumerate(inputs.slots):
        target = slot.forced_target_percent
        if target is not None and percents[index] >= target - NEAR_PERCENT:
            continue
        if slot.forced is not None and course.played[index].choice.action is not slot.forced:
            why = problem.forbidden(index)
            numbers = {f"forbidden_{why.value}": 1.0} if isinstance(why, Forbidden) else {}
            yield Note(code=NoteCode.FORCED_NOT_KEPT, numbers=numbers, at=slot.start)


def _unserved_sessions(problem: Problem, course: Course, percents: list[float]) -> Iterator[Note]:
    """Power Downs in which something is bought all the same."""
    slots = problem.inputs.slots
    inside = [index for index, slot in enumerate(slots) if slot.session is Session.POWER_DOWN]
    for index in inside:
        if index and slots[index - 1].session is Session.POWER_DOWN:
            continue
        end = next((i for i in range(index, len(slots)) if i not in inside), len(slots))
        missing_kwh = sum(here.imported_kwh for here in course.played[index:end])
        if missing_kwh > NEAR_KWH:
            numbers = {"missing_kwh": missing_kwh, "reached_percent": percents[index]}
            yield Note(code=NoteCode.SESSION_NOT_FULL, numbers=numbers, at=slots[index].start)
