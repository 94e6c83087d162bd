"""What the recursion's options are to a household: an action, by which lever, to which level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grid import LEVELS, PER_PERCENT, Floats
from .model import Action, ChargeMethod
from .problem import Problem
from .reach import LeverReach, extra_p
from .recursion import CHARGE, HOLD, Solution
from .windows import NEVER_P

# Options whose costs lie this close are equals: taste decides, and the least meddling wins.
EQUAL_P = 0.01


@dataclass(frozen=True, slots=True)
class Choice:
    """What a slot is to be: an action, by which lever, and to which level."""

    action: Action
    method: ChargeMethod | None = None
    target_percent: int | None = None


def costs_at(
    problem: Problem, solution: Solution, slot: int, stored_kwh: float, *, charging: bool
) -> dict[int, float]:
    """Pence still to be paid for every option of a slot from one level, as much as is known then.

    ``charging``: the slot before was a charge, so that no new one begins.
    """
    place = stored_kwh / problem.step_kwh
    below = min(int(place), LEVELS - 2)
    share = place - below
    weights = course_weights(problem, slot)
    options = solution.options[slot].of(charging)
    costs = {}
    for option, pence in options.items():
        low, high = (pence[below : below + 2] @ weights).tolist()
        costs[option] = low + share * (high - low)
    return costs


def course_weights(problem: Problem, slot: int) -> Floats:
    """The weights of the courses that are told apart when a slot is decided."""
    return problem.course_weights if problem.courses(slot) > 1 else np.ones(1)


def best_choice(
    problem: Problem, solution: Solution, slot: int, stored_kwh: float, *, charging: bool
) -> Choice:
    """The cheapest choice of a slot from one level; among equals the least meddling."""
    costs = costs_at(problem, solution, slot, stored_kwh, charging=charging)
    least = min(costs.values())
    equals = [option for option, pence in costs.items() if pence <= least + EQUAL_P]
    option = min(equals, key=lambda one: meddling(problem, one))
    return choice_of(problem, solution, slot, option, stored_kwh)


def best_of(
    problem: Problem,
    solution: Solution,
    slot: int,
    action: Action,
    stored_kwh: float,
    *,
    charging: bool,
) -> tuple[float, Choice] | None:
    """The cheapest way to do one action, with its pence still to be paid; None if there is none."""
    costs = {
        option: pence
        for option, pence in costs_at(
            problem, solution, slot, stored_kwh, charging=charging
        ).items()
        if action_of(problem, option) is action and pence < NEVER_P / 10.0
    }
    if not costs:
        return None
    option = min(costs, key=lambda one: costs[one])
    return costs[option], choice_of(problem, solution, slot, option, stored_kwh)


def action_of(problem: Problem, option: int) -> Action:
    """What an option of the recursion is called."""
    if option >= CHARGE + 2 * len(problem.methods):
        return Action.EXPORT
    if option >= CHARGE:
        return Action.CHARGE
    return Action.HOLD if option == HOLD else Action.USE


def method_of(problem: Problem, option: int) -> LeverReach:
    """The lever of an option that charges: the whole reaches come first, then the best targets."""
    return problem.methods[(option - CHARGE) % len(problem.methods)]


def meddling(problem: Problem, option: int) -> int:
    """The order of taste: leave it alone, hold, the lever that stops by itself, the fast one.

    Of two charges the one that ends at what it is for.
    """
    if option < CHARGE:
        return option
    if action_of(problem, option) is Action.EXPORT:
        return 6
    order = 2 if method_of(problem, option).model.method is ChargeMethod.RESERVE else 4
    return order + int(option < CHARGE + len(problem.methods))


def choice_of(
    problem: Problem, solution: Solution, slot: int, option: int, stored_kwh: float
) -> Choice:
    """An option of the recursion as a choice."""
    if option == HOLD:
        return Choice(Action.HOLD)
    if option < CHARGE:
        return Choice(Action.USE, target_percent=problem.floor_percent)
    methods = len(problem.methods)
    if option >= CHARGE + 2 * methods:
        percent = problem.floor_percent
        if option > CHARGE + 2 * methods:
            percent = _best_sale(problem, solution, slot, stored_kwh)
        return Choice(Action.EXPORT, target_percent=percent)
    method = method_of(problem, option)
    percent = _ceiling_percent(slot, method)
    if option >= CHARGE + methods:
        percent = _best_target(problem, solution, slot, method, stored_kwh)
    return Choice(Action.CHARGE, method.model.method, percent)


def highest_reserve(problem: Problem) -> int:
    """The highest reserve short of 100 % that the hardware keeps."""
    return problem.battery.highest_partial_reserve_percent


def _ceiling_percent(slot: int, method: LeverReach) -> int:
    """The highest level at which a lever may stop in a slot."""
    allowed = np.flatnonzero(method.stops[slot])
    return int(allowed[-1]) // PER_PERCENT if len(allowed) else 100


def _expected_after(
    problem: Problem, solution: Solution, slot: int, *, charging: bool
) -> tuple[Floats, float, float]:
    """The value after a slot by level, and the slot's two rates, expected over all columns."""
    values = solution.values[slot + 1].of(charging)
    weights = problem.course_weights if values.shape[1] > 1 else np.ones(1)
    price = float(problem.price_mean_p[slot])
    return values @ weights, price, float(problem.export_rate_p[slot])


def _best_sale(problem: Problem, solution: Solution, slot: int, stored_kwh: float) -> int:
    """The reserve at which a sale that need not use its whole reach should stop."""
    if problem.sale is None:
        return problem.floor_percent
    after, _, export = _expected_after(problem, solution, slot, charging=False)
    kept_p = (export - problem.rules.wear_p_per_kwh) * problem.eta
    worth = after + kept_p * problem.levels_kwh
    level = int(np.ceil(stored_kwh / problem.step_kwh))
    first = max(level - int(problem.sale.window[slot]), 0)
    last = max(level - int(problem.sale.least[slot]), first)
    allowed = np.flatnonzero(problem.sale.stops[first:last]) + first
    point = min((int(i) for i in allowed), key=lambda i: worth[i], default=0)
    return max(problem.percent(point), problem.floor_percent)


def _best_target(
    problem: Problem, solution: Solution, slot: int, method: LeverReach, stored_kwh: float
) -> int:
    """The level at which a charge that need not use its whole reach should stop."""
    after, price, _ = _expected_after(problem, solution, slot, charging=True)
    each_p = (price + extra_p(method.model, problem.rules)) / problem.eta
    worth = after + each_p * problem.levels_kwh
    allowed = np.flatnonzero(method.stops[slot])
    above = allowed[allowed * problem.step_kwh > stored_kwh]
    if not len(above):
        return _ceiling_percent(slot, method)
    within = above[above <= above[0] + method.at(slot).window]
    return int(within[int(worth[within].argmin())]) // PER_PERCENT
