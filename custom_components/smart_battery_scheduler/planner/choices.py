"""From the recursion's costs to the choice for one slot at one charge level."""

import numpy as np

from .model import Action, ChargeMethod
from .paths import PER_PERCENT, POINTS, QUANTILE_WEIGHTS, ChargeMethodPaths, extra_p
from .problem import Problem
from .recursion import CHARGE, HOLD, LIMITED, NEVER_P, USE, Solution
from .rollout import Choice


def costs_at(problem: Problem, solution: Solution, slot: int, stored_kwh: float) -> list[float]:
    """Pence still to be paid for every option of a slot from one level."""
    place = stored_kwh / problem.step_kwh
    below = min(int(place), POINTS - 2)
    share = place - below
    around = solution.costs[slot][:, below : below + 2].tolist()
    return [low + share * (high - low) for low, high in around]


def best_of(
    problem: Problem, solution: Solution, slot: int, action: Action, stored_kwh: float
) -> tuple[float, Choice] | None:
    """The cheapest way to do one action, with its pence still to be paid; None if there is none."""
    costs = costs_at(problem, solution, slot, stored_kwh)
    options = [
        i for i, p in enumerate(costs) if action_of(problem, i) is action and p < NEVER_P / 10.0
    ]
    if not options:
        return None
    option = min(options, key=lambda i: costs[i])
    return costs[option], choice_of(problem, solution, slot, option, stored_kwh)


def action_of(problem: Problem, option: int) -> Action:
    """What an option of the recursion is called."""
    if option >= CHARGE + 2 * len(problem.methods):
        return Action.EXPORT
    if option >= CHARGE:
        return Action.CHARGE
    return Action.HOLD if option == HOLD else Action.USE


def choice_of(
    problem: Problem, solution: Solution, slot: int, option: int, stored_kwh: float
) -> Choice:
    """An option of the recursion as a choice."""
    if option == HOLD:
        return Choice(Action.HOLD)
    if option < CHARGE:
        percent = problem.floor_percent
        if option >= LIMITED:
            percent = _best_reserve(problem, solution, slot, stored_kwh)
        return Choice(Action.USE, target_percent=percent)
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


def method_of(problem: Problem, option: int) -> ChargeMethodPaths:
    """The charge method of an option that charges: the whole reaches come first, then the best targets."""
    return problem.methods[(option - CHARGE) % len(problem.methods)]


def meddling(problem: Problem, option: int) -> int:
    """The order among equal options: use, hold, the charge method that stops by itself, the fast one, export."""
    if option in (USE, HOLD):
        return option
    if option < CHARGE:
        return 2
    if action_of(problem, option) is Action.EXPORT:
        return 6
    order = 3 if method_of(problem, option).model.method is ChargeMethod.RESERVE else 4
    # Of two charges alike the one that brings the more at once.
    return order + int(option >= CHARGE + len(problem.methods))


def _ceiling_percent(slot: int, method: ChargeMethodPaths) -> int:
    """The highest level at which a charge method may stop in a slot."""
    allowed = np.flatnonzero(method.stops[slot])
    return int(allowed[-1]) // PER_PERCENT if len(allowed) else 100


def _best_reserve(problem: Problem, solution: Solution, slot: int, stored_kwh: float) -> int:
    """The reserve that best parts what is used now from what is kept for later."""
    price, _ = problem.rates(slot, 1)
    saved_p = float(price[0] - problem.rules.wear_p_per_kwh) * problem.eta
    after = solution.values[slot + 1]
    most_out = problem.battery.max_discharge_w * float(problem.hours[slot]) / 1000.0
    drawn = np.minimum(problem.demand.need_kwh[slot], most_out) / problem.eta
    highest = min(
        problem.battery.highest_partial_reserve_percent,
        int(stored_kwh / problem.battery.capacity_kwh * 100.0),
    )
    reserves = np.arange(problem.floor_percent, max(highest, problem.floor_percent) + 1)
    reserves_kwh = reserves / 100.0 * problem.battery.capacity_kwh
    ends = np.maximum(stored_kwh - drawn[None, :], np.minimum(reserves_kwh, stored_kwh)[:, None])
    costs = (np.interp(ends, problem.grid, after) + saved_p * ends) @ QUANTILE_WEIGHTS
    return int(reserves[int(costs.argmin())])


def _best_sale(problem: Problem, solution: Solution, slot: int, stored_kwh: float) -> int:
    """The reserve at which a sale that need not use its whole reach should stop."""
    if problem.selling is None:
        return problem.floor_percent
    _, export = problem.rates(slot, 1)
    kept_p = float(export[0] - problem.rules.wear_p_per_kwh) * problem.eta
    worth = solution.values[slot + 1] + kept_p * problem.grid
    level = int(np.ceil(stored_kwh / problem.step_kwh))
    first = max(level - int(problem.selling.window[slot]), 0)
    last = max(level - int(problem.selling.least[slot]), first)
    allowed = np.flatnonzero(problem.selling.stops[first:last]) + first
    point = min((int(i) for i in allowed), key=lambda i: worth[i], default=0)
    return max(problem.percent(point), problem.floor_percent)


def _best_target(
    problem: Problem, solution: Solution, slot: int, method: ChargeMethodPaths, stored_kwh: float
) -> int:
    """The level at which a charge that need not use its whole reach should stop."""
    price, _ = problem.rates(slot, 1)
    after = solution.values[slot + 1]
    worth = after + (price + extra_p(method, problem.rules)) / problem.eta * problem.grid
    allowed = np.flatnonzero(method.stops[slot])
    # The sun comes first; the target lies above where it leads.
    solar_kwh = float(QUANTILE_WEIGHTS @ problem.demand.solar_kwh[slot, :, 0]) * problem.eta
    stored_kwh = min(stored_kwh + solar_kwh, problem.battery.capacity_kwh)
    level = stored_kwh / problem.step_kwh
    point = min(round(level), len(method.windows[slot]) - 1)
    skipped = int(method.skipped[slot, point]) if stored_kwh >= problem.floor_kwh else 0
    above = allowed[allowed > level + PER_PERCENT * skipped]
    if not len(above):
        return _ceiling_percent(slot, method)
    reach = int(np.ceil(level)) + int(method.windows[slot, point])
    within = above[above <= max(reach, int(above[0]))]
    return int(within[int(worth[within].argmin())]) // PER_PERCENT
