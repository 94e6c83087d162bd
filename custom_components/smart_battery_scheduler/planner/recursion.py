"""The recursion: from the last slot back to the first, what is still to be paid from every level.

With V the value of the slot after (pence still to be paid, by stored energy) and eta the one-way
efficiency:

- **use**: serving demand from the battery down to x saves (price - wear) * eta per stored kWh.
  A reserve that stops the use after d serves every atom as if it needed at most d, so that trying
  each atom's own need as the limit tries every reserve that matters; a limit of nothing is **hold**.
- **charge** to x costs V(x) + price / eta * x and a constant: the best target within a lever's
  reach is a minimum over a sliding window.

While the rates of the coming day are not published, one choice must serve all their courses: the
expectation is taken over the courses first and over the choices second; after publication the
other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .problem import ATOM_WEIGHTS, POINTS, Bools, Floats, LeverPaths, Lookup, Problem, SellingPaths

ATOMS = len(ATOM_WEIGHTS)
# Options of a slot, by row: use without a limit, hold, use limited to an atom's need (but the
# greatest); then for every lever its whole reach, and the best target within it; and, where the
# battery may sell, the same two for selling.
USE, HOLD, LIMITED = 0, 1, 2
CHARGE = LIMITED + ATOMS - 1
REACH, TARGET, PER_LEVER = 0, 1, 2
# Stands for "cannot be": finite, because a share of infinity is not a number.
NEVER_P = 1e9
# Stands for "only if nothing else is left".
WISHED_P = 1e6


@dataclass(frozen=True, slots=True)
class Solution:
    """What the recursion found, per planned slot, expected over the price courses.

    ``values``: pence still to be paid from the slot's beginning, by level; one more for the end.
    ``costs``: the same if the slot is played so (option, level).
    """

    values: list[Floats]
    costs: list[Floats]

    @property
    def last(self) -> Floats:
        """Pence still to be paid after the plan's end: the worth of what is left, negative."""
        return self.values[-1]


def solve(problem: Problem, *, thorough: bool = False) -> Solution:
    """Solve all slots, from the end of the repeated day back to now.

    ``thorough`` prices charging also where it can only lose, for those who ask what it would cost.
    """
    solution = Solution([], [])
    # The repeated day is as uncertain as the last one, but nothing of it is decided now: its
    # expected rates will do.
    value = problem.expected(_beyond(problem))
    for slot in range(len(problem.slots) - 1, -1, -1):
        if slot == problem.planned - 1:
            solution.values.append(value[0])
            if problem.decided_at < problem.planned:
                value = np.repeat(value, len(problem.course_weights), axis=0)
        if slot == problem.decided_at - 1:
            value = problem.expected(value)
        options = options_at(problem, slot, value, thorough=thorough)
        value = options.min(axis=0) + problem.level_p[slot]
        if slot < problem.planned:
            solution.values.append(problem.expected(value)[0])
            solution.costs.append(problem.expected(options)[:, 0])
    solution.values.reverse()
    solution.costs.reverse()
    return solution


def _limits(sunny: int) -> Floats:
    """How the options without grid charging are made of parts: (option, 1 + atom).

    Part 0 is the level as it is (a need that is not served), part 1 + w is atom w served in full.
    The first ``sunny`` atoms are surpluses: they go into the battery whatever is chosen.
    """
    most = {USE: ATOMS - 1, HOLD: -1}
    rows = np.zeros((CHARGE, 1 + ATOMS))
    for row in range(CHARGE):
        limit = most.get(row, row - LIMITED)
        for atom, weight in enumerate(ATOM_WEIGHTS):
            served = atom if atom < sunny else min(atom, limit)
            unserved = atom >= sunny and limit < sunny
            rows[row, 0 if unserved else 1 + served] += weight
    return rows


# By the number of atoms that are a surplus. Charging from the grid serves all needs alike, so
# that there the first need stands for all.
_LIMITS = tuple(_limits(sunny) for sunny in range(ATOMS + 1))
_CHARGED = tuple(
    np.append(ATOM_WEIGHTS[:sunny], ATOM_WEIGHTS[sunny:].sum())[:ATOMS]
    for sunny in range(ATOMS + 1)
)


def _beyond(problem: Problem) -> Floats:
    """Worth after the repeated day: what it costs to buy a kWh at that day's cheaper rates."""
    last = problem.price_p[problem.planned :]
    cheap = np.maximum(np.quantile(last, 0.25, axis=0), 0.0) / problem.eta
    value: Floats = -cheap[:, None] * problem.grid
    return value


def options_at(problem: Problem, slot: int, after: Floats, *, thorough: bool) -> Floats:
    """Pence of every option (option, course, level), given the value after the slot."""
    price, export = problem.rates(slot, len(after))
    base = price[:, None] * problem.mean_need_kwh[slot]
    if problem.sunny[slot]:
        base = base - export[:, None] * problem.mean_left_kwh[slot]
    sell = CHARGE + PER_LEVER * len(problem.levers)
    rows = sell + (PER_LEVER if problem.selling else 0)
    found = np.full((rows, len(after), POINTS), NEVER_P)
    _without_grid(problem, slot, after, price, found[:CHARGE])
    if problem.must_charge[slot]:
        found[:CHARGE] += WISHED_P * problem.unmet[slot]
    if problem.may_charge[slot]:
        stored_p = price[:, None] / problem.eta
        # Where a stored kWh is nowhere worth what it costs, no charge can pay.
        pays = (np.diff(after) + stored_p * problem.step_kwh).min() < 0.0
        if pays or thorough or problem.must_charge[slot]:
            for number, lever in problem.levers_at(slot):
                row = CHARGE + PER_LEVER * number
                _charge(problem, slot, lever, after, price, found[row : row + PER_LEVER])
    found += base
    if problem.selling and problem.may_sell[slot]:
        found[sell + REACH] = _sold(problem, problem.selling, slot, after)
        found[sell + TARGET] = _sold_to(problem, problem.selling, slot, after)
        if problem.must_sell[slot]:
            found[:sell] += WISHED_P
    return found


def _without_grid(problem: Problem, slot: int, after: Floats, price: Floats, found: Floats) -> None:
    """Use, hold and limited use: pence beyond the base into ``found`` (option, course, level)."""
    sunny = int(problem.sunny[slot])
    parts = np.empty((len(after), 1 + ATOMS, POINTS))
    parts[:, 0] = after
    parts[:, 1:] = problem.using[slot].read(after)
    if sunny < ATOMS:
        saved = (price - problem.wishes.wear_p_per_kwh) * problem.eta
        parts[:, 1 + sunny :] += saved[:, None, None] * problem.drawn_kwh[slot, sunny:]
    np.matmul(_LIMITS[sunny], parts, out=found.transpose(1, 0, 2))
    if problem.unsettable[slot]:
        for atom in range(ATOMS - 1):
            found[LIMITED + atom][:, problem.no_reserve[slot, atom]] = NEVER_P
    if not problem.may_use[slot]:
        found[USE] = found[LIMITED:] = NEVER_P
    if problem.must_use[slot]:
        found[HOLD:] = NEVER_P


def _charge(
    problem: Problem,
    slot: int,
    lever: LeverPaths,
    after: Floats,
    price: Floats,
    found: Floats,
) -> None:
    """Charging by one lever: pence beyond the base into ``found`` (reach and target)."""
    sunny = int(problem.sunny[slot])
    price = price + lever.extra_p
    weights = _CHARGED[sunny]
    atoms = slice(0, len(weights))
    reach = Lookup(lever.reach.below[slot, atoms], lever.reach.share[slot, atoms])
    bought = price[:, None, None] * lever.bought_kwh[slot, atoms]
    found[REACH] = weights @ (reach.read(after) + bought)
    ceiling_kwh = problem.ceiling_kwh[slot] + 1e-9
    if ceiling_kwh < problem.grid[-1]:
        too_far = (lever.reached_kwh[slot] > ceiling_kwh).any(axis=0)
        found[REACH][:, too_far] = NEVER_P
    if not lever.model.stops_at_target:
        return
    stored_p = price[:, None] / problem.eta
    worth = after + stored_p * problem.grid
    best = windowed(worth, stops(problem, slot, lever), int(lever.window[slot]))
    if sunny:
        sunned = weights @ problem.sunned_kwh[slot, atoms]
        best = Lookup.of(sunned, problem.step_kwh).read(best)
        found[TARGET] = best - stored_p * sunned
    else:
        found[TARGET] = best - stored_p * problem.grid


def _sold(problem: Problem, selling: SellingPaths, slot: int, after: Floats) -> Floats:
    """Pence of selling all that the slot has time for (course, level)."""
    price, export = problem.rates(slot, len(after))
    pence = selling.ends[slot].read(after)
    pence += price[:, None, None] * selling.imported_kwh[slot]
    pence -= export[:, None, None] * selling.exported_kwh[slot]
    pence += problem.wishes.wear_p_per_kwh * selling.out_kwh[slot]
    spent: Floats = ATOM_WEIGHTS @ pence
    return spent


def _sold_to(problem: Problem, selling: SellingPaths, slot: int, after: Floats) -> Floats:
    """Pence of selling down to the best reserve within reach (course, level)."""
    _, export = problem.rates(slot, len(after))
    kept_p = (export[:, None] - problem.wishes.wear_p_per_kwh) * problem.eta
    least, window = int(selling.least[slot]), int(selling.window[slot])
    worth = after + kept_p * problem.grid
    # Selling goes down from a level: the same search, on the grid turned round.
    turned = windowed(worth[:, ::-1], selling.stops[::-1], window - least)
    best = np.full_like(worth, NEVER_P)
    best[:, least:] = turned[:, ::-1][:, : POINTS - least]
    net_kwh = float(problem.net_kwh[slot] @ ATOM_WEIGHTS)
    spent: Floats = best - kept_p * problem.grid + export[:, None] * net_kwh
    return spent


def stops(problem: Problem, slot: int, lever: LeverPaths) -> Bools:
    """The points at which a charge in this slot may stop; a pinned one goes to the ceiling."""
    allowed: Bools = lever.stops & (problem.grid <= problem.ceiling_kwh[slot] + 1e-9)
    if problem.must_charge[slot] and allowed.any():
        allowed[: int(np.flatnonzero(allowed)[-1])] = False
    return allowed


def windowed(worth: Floats, stops: Bools, window: int) -> Floats:
    """The least of ``worth`` (course, level) among the stops above each level and within reach."""
    if window < 1:
        return np.full_like(worth, NEVER_P)
    least = np.full((len(worth), POINTS + window), NEVER_P)
    least[:, : POINTS - 1] = np.where(stops, worth, NEVER_P)[:, 1:]
    width = 1
    while width < window:
        step = min(width, window - width)
        np.minimum(least[:, :-step], least[:, step:], out=least[:, :-step])
        width += step
    return least[:, :POINTS]
