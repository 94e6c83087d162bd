"""What each part of a plan wins: pence that add up to the plan's saving.

A plan is split into **blocks**, stretches in which the battery is charged, held or sold from. Let U be
the bill still to be paid by a battery that is only ever used from here on. A slot wins what U falls by
beyond the slot's own bill: the difference that it makes, if nothing else is done afterwards. These
differences add up, slot by slot, to the whole saving, U now less the plan's bill.

Worked example, of an empty battery of 2 kWh without losses, a house of 1 kWh per slot and rates of 10, 20
and 30 p. U is 60 p. Charge 1 kWh at 10 p: the bill is 20 p, and then U is 0 + 30 p: the slot wins 60
- 20 - 30 = 10 p (it replaces 20 p by 10 p). Hold at 20 p: the bill is 20 p, then U is 0: it wins 30
- 20 - 0 = 10 p. Charge and hold together win 20 p: 60 p become 40 p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .choices import Choice
from .demand import WEIGHTS
from .flows import flows
from .forward import Course, follow, still_to_pay_p
from .grid import Floats
from .model import Action
from .problem import Problem
from .recursion import Solution, only_used_p

# Less than this is nothing that a block could be said to serve.
SERVED_KWH = 0.05


@dataclass(frozen=True, slots=True)
class Served:
    """A later slot that a block serves: import avoided and export freed, kWh."""

    slot: int
    imported_kwh: float
    exported_kwh: float


@dataclass(frozen=True, slots=True)
class Block:
    """Slots ``first`` to before ``end``, and what they win.

    ``cost_p`` is what is paid in them beyond a battery that is only used, ``gain_p`` what they win
    altogether; so that ``cost_p`` plus ``gain_p`` is what they save later, at ``served``.
    ``left_out_p`` is what the plan would cost more without it, all later slots at their best.
    """

    first: int
    end: int
    action: Action
    cost_p: float
    gain_p: float
    left_out_p: float | None
    served: tuple[Served, ...]


def only_used(problem: Problem, solution: Solution) -> list[Floats]:
    """The bill from every slot and from the end on, by level, of a battery only ever used."""
    after: Floats = solution.last[:, None]
    found = [after[:, 0]]
    for slot in range(problem.planned - 1, -1, -1):
        after = only_used_p(problem, slot, after)
        found.append(after[:, 0])
    return found[::-1]


def gains_p(course: Course, used_p: list[Floats]) -> list[float]:
    """What every slot of a course wins."""
    ahead = [float(used @ course.levels(slot)) for slot, used in enumerate(used_p)]
    return [ahead[slot] - here.bill_p - ahead[slot + 1] for slot, here in enumerate(course.played)]


def blocks(
    problem: Problem, solution: Solution, course: Course, used_p: list[Floats]
) -> list[Block]:
    """The blocks of a course. What slots of plain use win is that of a last block of all.

    That is: of charges that are less likely than not, and that later rates will settle.
    """
    each_p = gains_p(course, used_p)
    stretches = _stretches(problem, course)
    begins = sorted({slot for first, end, _ in stretches for slot in (first, end)})
    used = _used_from(problem, course, begins)
    found = []
    for first, end, action in stretches:
        others = used[begins.index(first)], used[begins.index(end)]
        gain_p = sum(each_p[first:end])
        found.append(_block(problem, solution, course, (first, end), action, gain_p, others))
    settled = {slot for first, end, _ in stretches for slot in range(first, end)}
    rest_p = sum(pence for slot, pence in enumerate(each_p) if slot not in settled)
    if rest_p:
        found.append(Block(0, problem.planned, Action.USE, 0.0, rest_p, None, ()))
    return found


def _stretches(problem: Problem, course: Course) -> list[tuple[int, int, Action]]:
    """Slots of one block: charging, and holding what has been charged, or selling."""
    found: list[tuple[int, int, Action]] = []
    for slot, here in enumerate(course.played):
        action = _kind(problem, here.choice)
        if action is None:
            continue
        joins = found and found[-1][1] == slot
        if joins and (
            found[-1][2] is action or (found[-1][2] is Action.CHARGE and action is Action.HOLD)
        ):
            found[-1] = (found[-1][0], slot + 1, found[-1][2])
        else:
            found.append((slot, slot + 1, action))
    return found


def _kind(problem: Problem, choice: Choice) -> Action | None:
    """What a choice is beside a plain use of the battery."""
    if choice.action is not Action.USE:
        return choice.action
    return Action.HOLD if (choice.target_percent or 0) > problem.floor_percent else None


def _block(
    problem: Problem,
    solution: Solution,
    course: Course,
    slots: tuple[int, int],
    action: Action,
    gain_p: float,
    used: tuple[_Used, _Used],
) -> Block:
    """A block; ``used`` is what follows if the battery is only used from its beginning, or its end."""
    first, end = slots
    without, with_block = used
    avoided = without.imported - with_block.imported
    freed = with_block.exported - without.exported
    served = tuple(
        Served(slot, float(avoided[slot]), float(freed[slot]))
        for slot in range(end, problem.planned)
        if avoided[slot] > SERVED_KWH or freed[slot] > SERVED_KWH
    )
    paid_p = sum(here.bill_p for here in course.played[first:end])
    usual_p = float(
        problem.bill_mean_p[first:end] @ without.imported[first:end]
        - problem.export_rate_p[first:end] @ without.exported[first:end]
    )
    left_out_p = None
    if all(problem.published[slot] for slot in range(first, end)):
        mass = course.mass[first]
        wanted = dict.fromkeys(range(first, end), Choice(Action.USE))
        other = follow(problem, solution, wanted=wanted, since=first, until=end, mass=mass)
        left_out_p = max(other.pence - still_to_pay_p(solution, first, mass), 0.0)
    return Block(first, end, action, paid_p - usual_p, gain_p, left_out_p, served)


@dataclass(frozen=True, slots=True)
class _Used:
    imported: Floats
    exported: Floats


def _used_from(problem: Problem, course: Course, begins: list[int]) -> list[_Used]:
    """Grid energies, by slot, if the battery is only used from a slot on, from its mean level."""
    ahead = np.zeros((2, problem.planned, len(begins)))
    starts = [float(course.levels(slot) @ problem.levels_kwh) for slot in begins]
    stored = np.array(starts)[:, None]
    floor = np.minimum(problem.floor_kwh, stored)
    order = np.array(begins)[:, None]
    for slot in range(begins[0] if begins else problem.planned, problem.planned):
        made = flows(problem, slot, Action.USE, stored, floor)
        begun = order <= slot
        ahead[0, slot] = (WEIGHTS @ made.imported_kwh[:, :, 0]) * begun[:, 0]
        ahead[1, slot] = (WEIGHTS @ made.exported_kwh[:, :, 0]) * begun[:, 0]
        ends = np.tensordot(WEIGHTS, made.end_kwh, axes=1)
        stored = np.where(begun, ends, stored)
    return [_Used(ahead[0, :, one], ahead[1, :, one]) for one in range(len(begins))]
