"""Short interruptions of a plan that may be bridged, so that people can follow it.

A half-hour or two without a charge that differ between equal neighbours, as a pause of a tenth of a penny in a
charge, change nothing but the look of a plan. They are bridged for what that costs: the
recursion knows it, half-hour by half-hour, and the whole is held against an allowance. A charge
goes on only where it brings something, and only up to where the charge after it ends.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from .choices import best_of, costs_at
from .forward import Rollout
from .model import Action
from .problem import Problem
from .recursion import Solution
from .rollout import Choice

# Longer interruptions are a part of the plan.
MOST_SLOTS = 2


def bridges(
    problem: Problem, solution: Solution, rollout: Rollout, most_p: float
) -> dict[int, Choice]:
    """The choices that bridge interruptions, cheapest first, for at most ``most_p`` pence in all."""
    found = sorted(_found(problem, solution, rollout), key=lambda bridge: bridge[0])
    chosen: dict[int, Choice] = {}
    for pence, choices in found:
        most_p -= pence
        if most_p < 0.0:
            break
        chosen |= choices
    return chosen


def changes(choices: tuple[Choice, ...]) -> int:
    """How often a plan goes over from one action, or charge method, to another."""
    return sum(not _alike(one, other) for one, other in pairwise(choices))


def _found(
    problem: Problem, solution: Solution, rollout: Rollout
) -> Iterator[tuple[float, dict[int, Choice]]]:
    """Every interruption: what it costs to bridge it, and by what."""
    for first, end in _interruptions(rollout.choices):
        asked = [problem.inputs.slots[slot].forced for slot in range(first, end)]
        if any(asked) or rollout.choices[first].action is Action.CHARGE:
            continue
        around = rollout.choices[end]
        pence, choices = 0.0, dict[int, Choice]()
        for slot in range(first, end):
            stored_kwh = float(rollout.levels(slot) @ problem.grid)
            other = best_of(problem, solution, slot, around.action, stored_kwh)
            if other is None:
                break
            cost_p, choice = other
            pence += max(cost_p - min(costs_at(problem, solution, slot, stored_kwh)), 0.0)
            if around.action is Action.CHARGE:
                choice = replace(choice, method=around.method, target_percent=around.target_percent)
            choices[slot] = choice
        else:
            yield pence, choices


def _interruptions(choices: tuple[Choice, ...]) -> Iterator[tuple[int, int]]:
    """Slots (first, end) that differ from neighbours which are alike."""
    begins = [i for i in range(1, len(choices)) if not _alike(choices[i - 1], choices[i])]
    for first, end in pairwise(begins):
        if end - first <= MOST_SLOTS and _alike(choices[first - 1], choices[end]):
            yield first, end


def _alike(one: Choice, other: Choice) -> bool:
    return (one.action, one.method) == (other.action, other.method)
