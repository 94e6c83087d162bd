"""The recursion: from the last slot back to the first, what is still to be paid from every level.

With V the value of the slot after (pence still to be paid, by stored energy) and eta the one-way
efficiency:

- **use**: serving demand from the battery down to x saves (price - degradation) * eta per stored
  kWh; **hold** leaves it, and buys what the house needs.
- **charge** to x costs V(x) + price / eta * x and a constant: the best target within a lever's
  reach is a minimum over a sliding window.

Two values are kept, of a slot that a charge has led to and of one that it has not: to begin a charge
costs a little, and must bring at least the least charge. So a top-up has to be worth its while and
neighbouring half-hours join, at exactly what that costs.

While the rates of the coming day are not published, one choice must serve all their courses: the
expectation is taken over the courses first and over the choices second; after publication the
other way round.

Worked example: levels 0, 1 and 2 kWh, no losses, a house of 1 kWh per slot, rates of 10, 20 and 30 p, a
charge of 1 kWh per slot, nothing worth anything after the end. Last slot: use, V = 30, 0, 0. Middle:
use costs 20 + 30, 0 + 30, 0 + 0; charge costs 40 + 0, 40 + 0, (full); hold 20 + 30, 20 + 0, 20 + 0:
V = 40, 20, 0. First: use 10 + 40, 40, 20; charge 20 + 20, 20 + 0, (full); hold 50, 30, 10: V = 40, 20,
10. From an empty battery the plan charges at 10 p, holds at 20 p and uses at 30 p: 40 p instead of 60.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .demand import QUANTILES, WEIGHTS
from .grid import LEVELS, PER_PERCENT, Floats, Lookup
from .problem import Problem
from .reach import Charge, LeverReach, Sale, extra_p
from .windows import NEVER_P, windowed

# Options of a slot: use, hold; then each lever's whole reach; then each lever's best target within
# it; and, where the battery may sell, its whole reach in selling and the best reserve within it.
# (A use that ends at a reserve above the floor was an option, too: on five windows of real days it
# saved nothing, and took a third of the time.)
USE, HOLD, CHARGE = 0, 1, 2
# Stands for "only if nothing else is left".
WISHED_P = 1e6
ALL = slice(0, LEVELS)
# A half-hour of a charge that goes on brings at least this share of the least charge.
LEAST_SHARE = 0.2
ALMOST_FULL = 99 * PER_PERCENT


@dataclass(frozen=True, slots=True)
class Value:
    """Pence still to be paid, (level, course): after another action, and after a charge."""

    resting: Floats
    charging: Floats

    def of(self, charging: int) -> Floats:
        """One of the two."""
        return self.charging if charging else self.resting


@dataclass(frozen=True, slots=True)
class Options:
    """What a slot's options cost, (level, course) each, by option.

    ``base_p`` comes on top whatever is chosen: the house's own need. ``charging`` are the charges that go on; one that begins costs ``start_p`` more, and begins only
    at levels below ``start_below``, by option.
    """

    resting: dict[int, Floats]
    charging: dict[int, Floats]
    start_below: dict[int, int]
    start_p: float
    base_p: Floats

    def least(self) -> Floats:
        """The cheapest where it does not matter whether a charge begins."""
        least: Floats = least_of(self.resting | self.charging) + self.base_p
        return least

    def of(self, charging: int, rows: slice = ALL) -> dict[int, Floats]:
        """All options at some levels after a charge, or after another action."""
        found = {option: pence[rows] for option, pence in self.resting.items()}
        for option, pence in self.charging.items():
            if charging:
                found[option] = pence[rows]
                continue
            begun = pence[rows] + self.start_p
            below = max(self.start_below[option] - (rows.start or 0), 0)
            begun[below:] = NEVER_P
            if below:
                found[option] = begun
        return found


@dataclass(frozen=True, slots=True)
class Solution:
    """What the recursion found: ``values`` at the beginning of every slot and at the end."""

    values: list[Value]
    options: list[Options]

    @property
    def last(self) -> Floats:
        """Pence still to be paid after the plan's end, by level: minus what is left is worth."""
        end: Floats = self.values[-1].resting[:, 0]
        return end


def solve(problem: Problem, thorough: Collection[int] = ()) -> Solution:
    """Solve all slots, from the end of the repeated day back to now.

    In the slots of ``thorough`` charging is priced also where it can only lose, for those who ask
    what it would cost.
    """
    value = _repeated_day(problem)
    values, options = [value], []
    for slot in range(problem.planned - 1, -1, -1):
        after = seen_from(problem, slot, value)
        found = options_at(problem, slot, after, thorough=slot in thorough)
        value = _best(found, problem.level_p[slot])
        values.append(value)
        options.append(found)
    values.reverse()
    options.reverse()
    return Solution(values, options)


def seen_from(problem: Problem, slot: int, after: Value) -> Value:
    """The value after a slot as the slot looks upon it: courses told apart, or expected."""
    given, wanted = after.resting.shape[1], problem.courses(slot)
    if given == wanted:
        return after

    def seen(values: Floats) -> Floats:
        if wanted > given:
            return np.repeat(values, wanted, axis=1)
        expected: Floats = values @ problem.course_weights[:, None]
        return expected

    resting = seen(after.resting)
    return Value(resting, resting if after.charging is after.resting else seen(after.charging))


def _repeated_day(problem: Problem) -> Value:
    """The value at the plan's end: its last day is played once more.

    It is as uncertain as the last one, but nothing of it is decided now: its expected rates and
    the quickest lever will do, and a charge may begin at any time.
    """
    after = _beyond(problem)[:, None]
    value = Value(after, after)
    for slot in reversed(problem.last_day):
        found = options_at(problem, slot, value, roughly=True)
        least = found.least()
        same = least + problem.short_p[slot][:, None]
        value = Value(same, same)
    return value


def _beyond(problem: Problem) -> Floats:
    """Value after the repeated day: what it costs to buy a kWh at that day's cheaper rates."""
    last = problem.price_p[problem.last_day]
    cheap = np.maximum(np.quantile(last, 0.25, axis=0), 0.0) / problem.eta
    value: Floats = -float(cheap @ problem.course_weights) * problem.levels_kwh
    return value


def _best(found: Options, level_p: Floats) -> Value:
    """The cheapest option from every level, and what the level itself costs."""
    rest = least_of(found.resting)
    extra = level_p[:, None] + found.base_p
    if not found.charging:
        same = rest + extra
        return Value(same, same)
    charging = np.minimum(rest, least_of(found.charging))
    for option, pence in found.charging.items():
        below = found.start_below[option]
        if below:
            rest[:below] = np.minimum(rest[:below], pence[:below] + found.start_p)
    rest += extra
    charging += extra
    return Value(rest, charging)


def least_of(options: dict[int, Floats]) -> Floats:
    """The least of all, as an array of its own."""
    first, *others = options.values()
    if not others:
        return first.copy()
    least = np.minimum(first, others[0])
    for pence in others[1:]:
        np.minimum(least, pence, out=least)
    return least


class SlotView:
    """One slot's prices, by course, and demand, with the value after it."""

    def __init__(self, problem: Problem, slot: int, after: Value) -> None:
        """Look upon a slot; ``after`` has as many courses as are told apart in it."""
        self.problem, self.slot, self.after = problem, slot, after
        courses = after.resting.shape[1]
        self.price, self.export = problem.rates(slot, courses)
        self.bill = problem.bill_rates(slot, courses)
        self.worn_p = problem.rules.wear_p_per_kwh
        self.sunny = int(problem.demand.sunny[slot])
        self.need_kwh = problem.demand.served_kwh[slot]
        self.suns_kwh = problem.demand.surplus_kwh[slot] * problem.eta

    @cached_property
    def sunned(self) -> Floats:
        """The value of the sunny points, weighed: their sun goes in whatever is chosen."""
        total: Floats = np.zeros_like(self.after.resting)
        for point in range(self.sunny):
            kwh, weight = float(self.suns_kwh[point]), float(WEIGHTS[point])
            self.problem.grid.add_raised(total, self.after.resting, kwh, weight)
        return total


def _pence(kwh: Floats, p_per_kwh: Floats) -> Floats:
    """Pence of expected energies (level) at a price (course): (level, course)."""
    pence: Floats = np.multiply.outer(kwh, p_per_kwh)
    return pence


def options_at(
    problem: Problem,
    slot: int,
    after: Value,
    *,
    thorough: bool = False,
    roughly: bool = False,
) -> Options:
    """Pence of every option that the rules allow, given the value after the slot.

    ``roughly``: by the quickest lever only.
    """
    here = SlotView(problem, slot, after)
    forced = bool(problem.must_charge[slot])
    resting = _without_grid(here)
    charging: dict[int, Floats] = {}
    start_below: dict[int, int] = {}
    if problem.may_charge[slot] and (thorough or forced or _pays(here)):
        for number in problem.quickest if roughly else problem.usable[slot]:
            _charging(here, number, charging, start_below)
    base_p = _base_p(here)
    if forced and charging:
        for pence in resting.values():
            pence += WISHED_P * problem.unmet[slot][:, None]
    if problem.sale and problem.may_sell[slot]:
        if problem.must_sell[slot]:
            for pence in (*resting.values(), *charging.values()):
                pence += WISHED_P
        sell = CHARGE + 2 * len(problem.methods)
        resting[sell] = _sold(here, problem.sale) - base_p
        resting[sell + 1] = _sold_to(here, problem.sale) - base_p
    return Options(resting, charging, start_below, problem.start_p, base_p)


def _base_p(here: SlotView) -> Floats:
    """The house's own need at the slot's rate, less what is paid for sun that is left."""
    base: Floats = here.price * (here.problem.demand.need_kwh[here.slot] @ WEIGHTS)
    if here.sunny:
        base = base - _pence(_left_kwh(here), here.export)
    return base


def _left_kwh(here: SlotView) -> Floats:
    """Sun that neither house nor battery takes and the grid does: (level, point)."""
    problem, slot = here.problem, here.slot
    demand, grid = problem.demand, problem.grid
    room = (grid.battery.capacity_kwh - grid.levels_kwh)[:, None] / grid.eta
    surplus = np.maximum(-demand.net_kwh[slot], 0.0)
    left = surplus - np.minimum(demand.surplus_kwh[slot], room)
    kwh: Floats = np.minimum(left, grid.export_limit_kwh[slot]) @ WEIGHTS
    return kwh


def _pays(here: SlotView) -> bool:
    """Whether a stored kWh is worth what it costs, at any level that can be reached."""
    problem = here.problem
    after = here.after.charging[problem.lowest :]
    steps = (after[1:] - after[:-1]).min(axis=0)
    return bool((steps + here.price * (problem.step_kwh / problem.eta)).min() < 0.0)


# --- without the grid --------------------------------------------------------------------------


def _without_grid(here: SlotView) -> dict[int, Floats]:
    """What the rules let of use and hold."""
    problem, slot = here.problem, here.slot
    found: dict[int, Floats] = {}
    if problem.may_use[slot]:
        found[USE] = _used(here)
    if not problem.must_use[slot]:
        found[HOLD] = _held(here)
    return found


def _held(here: SlotView) -> Floats:
    """Nothing out of the battery: a need that is not served leaves the level."""
    if not here.sunny:
        return here.after.resting.copy()
    needy = float(WEIGHTS[here.sunny :].sum())
    held: Floats = here.sunned + needy * here.after.resting
    return held


def _used(here: SlotView) -> Floats:
    """Each need served from the battery, down to the floor."""
    grid, eta = here.problem.grid, here.problem.eta
    total = here.sunned.copy()
    for point in range(here.sunny, QUANTILES):
        kwh, weight = float(here.need_kwh[point]) / eta, float(WEIGHTS[point])
        grid.add_drawn(total, here.after.resting, kwh, weight)
    served_kwh: Floats = np.minimum(here.need_kwh, grid.spare_kwh) @ WEIGHTS
    total -= _pence(served_kwh, here.price - here.worn_p)
    return total


# --- charging ------------------------------------------------------------------------------------


def _charging(
    here: SlotView, number: int, charging: dict[int, Floats], start_below: dict[int, int]
) -> None:
    """One lever's reach, and its best target: what they cost, and where they may begin."""
    problem, slot = here.problem, here.slot
    method = problem.methods[number]
    charge = method.at(slot)
    whole, target = CHARGE + number, CHARGE + len(problem.methods) + number
    charging[whole] = _whole_reach(here, method, charge)
    start_below[whole] = LEVELS
    if not problem.any_charge[slot]:
        least_kwh = min(problem.rules.least_charge_kwh, charge.full_kwh) - 0.01
        enough = int(np.searchsorted(-charge.bought_kwh, -least_kwh, side="right"))
        # Below the floor every kWh is asked for.
        start_below[whole] = max(enough, problem.grid.above_floor)
    # Beside the sun a target cannot be kept: it goes on rising.
    if method.model.stops_at_target and (not here.sunny or problem.is_asked[slot]):
        charging[target] = _to_target(here, method, charge)
        asked = LEVELS if problem.any_charge[slot] else problem.grid.above_floor
        start_below[target] = asked if problem.rules.least_charge_kwh else LEVELS


def _whole_reach(here: SlotView, method: LeverReach, charge: Charge) -> Floats:
    """A lever's whole reach, where it does something and goes not too far."""
    problem = here.problem
    total = charge.ends[0].read(here.after.charging)
    if len(charge.ends) > 1:
        total *= charge.weights[0]
        for ends, weight in zip(charge.ends[1:], charge.weights[1:], strict=True):
            total += weight * ends.read(here.after.charging)
    total += _pence(charge.bought_kwh, here.price + extra_p(method.model, problem.rules))
    if charge.too_far[-1]:
        total[charge.too_far] = NEVER_P
    # A charge that somebody wants is one, however much the sun leaves for the grid to bring.
    idle_from = charge.idle_from
    if problem.must_charge[here.slot]:
        idle_from = max(idle_from, ALMOST_FULL)
    total[idle_from:] = NEVER_P
    return total


def _stored_p(here: SlotView, method: LeverReach) -> Floats:
    """What a stored kWh costs by a lever: (column)."""
    problem = here.problem
    pence: Floats = (here.price + extra_p(method.model, problem.rules)) / problem.eta
    return pence


def _sunned_kwh(here: SlotView) -> Floats:
    """Where the sun alone leads from every level, on average."""
    problem = here.problem
    room = (problem.battery.capacity_kwh - problem.levels_kwh)[:, None]
    sunned: Floats = problem.levels_kwh + np.minimum(here.suns_kwh, room) @ WEIGHTS
    return sunned


def _to_target(here: SlotView, method: LeverReach, charge: Charge) -> Floats:
    """Charging by one lever to the best level at which it can stop."""
    problem = here.problem
    stored_p = _stored_p(here, method)
    levels_p = np.multiply.outer(problem.levels_kwh, stored_p)
    worth = here.after.charging + levels_p
    least = least_steps(problem, here.slot)
    best = windowed(worth, method.stops[here.slot], charge.window - least + 1)
    if least > 1:
        best = np.concatenate([best[least - 1 :], np.full_like(best[: least - 1], NEVER_P)])
    if here.sunny:
        sunned_kwh = _sunned_kwh(here)
        best = Lookup.of(sunned_kwh, problem.step_kwh).read(best)
        levels_p = np.multiply.outer(sunned_kwh, stored_p)
    best -= levels_p
    return best


def least_steps(problem: Problem, slot: int) -> int:
    """How many steps of the grid a charge to a target goes at least: less is not worth a command."""
    if problem.any_charge[slot]:
        return 1
    least_kwh = LEAST_SHARE * problem.rules.least_charge_kwh * problem.eta
    return max(int(np.ceil(least_kwh / problem.step_kwh)), 1)


def best_targets(here: SlotView, method: LeverReach, rows: slice) -> Floats:
    """The stops, kWh by (level, course), at which a charge to a target ends from some levels."""
    problem, slot = here.problem, here.slot
    worth = here.after.charging + np.multiply.outer(problem.levels_kwh, _stored_p(here, method))
    worth[~method.stops[slot]] = NEVER_P
    levels = np.arange(LEVELS)[rows]
    if here.sunny:
        levels = np.ceil(_sunned_kwh(here)[rows] / problem.step_kwh - 1e-6).astype(np.intp)
    least = least_steps(problem, slot)
    reach = np.arange(least, max(method.at(slot).window, least) + 1)
    places = np.minimum(levels[:, None] + reach, LEVELS - 1)
    best = worth[places].argmin(axis=1)
    found: Floats = problem.levels_kwh[np.minimum(levels[:, None] + reach[best], LEVELS - 1)]
    return found


# --- selling -------------------------------------------------------------------------------------


def _sold(here: SlotView, sale: Sale) -> Floats:
    """Pence of selling all that the slot has time for (level, course)."""
    ends, out, imported, exported = sale.at(here.slot)
    total: Floats = np.zeros_like(here.after.resting)
    for weight, end in zip(WEIGHTS.tolist(), ends, strict=True):
        total += weight * Lookup.of(end, here.problem.step_kwh).read(here.after.resting)
    total += _pence(WEIGHTS @ imported, here.price)
    total -= _pence(WEIGHTS @ exported, here.export)
    total += here.worn_p * (WEIGHTS @ out)[:, None]
    return total


def _sold_to(here: SlotView, sale: Sale) -> Floats:
    """Pence of selling down to the best reserve within reach (level, course)."""
    problem, slot = here.problem, here.slot
    kept_p = (here.export - here.worn_p) * problem.eta
    least, window = int(sale.least[slot]), int(sale.window[slot])
    levels = problem.levels_kwh[:, None]
    worth = here.after.resting + kept_p * levels
    # Selling goes down from a level: the same search, on the grid turned round.
    turned = windowed(worth[::-1], sale.stops[::-1], window - least)
    best = np.full_like(worth, NEVER_P)
    best[least:] = turned[::-1][: LEVELS - least]
    net_kwh = float(problem.demand.net_kwh[slot] @ WEIGHTS)
    spent: Floats = best - kept_p * levels + here.export * net_kwh
    return spent


def best_sales(here: SlotView, rows: slice) -> Floats:
    """The reserves, kWh by (level, course), at which a sale within its reach ends."""
    problem, slot, sale = here.problem, here.slot, here.problem.sale
    levels = np.arange(LEVELS)[rows]
    if sale is None:
        return np.array([[problem.floor_kwh]])
    kept_p = (here.export - here.worn_p) * problem.eta
    worth = here.after.resting + np.multiply.outer(problem.levels_kwh, kept_p)
    worth[~sale.stops] = NEVER_P
    least, window = int(sale.least[slot]), int(sale.window[slot])
    reach = np.arange(least + 1, max(window, least + 1) + 1)
    places = np.maximum(levels[:, None] - reach, 0)
    best = worth[places].argmin(axis=1)
    found: Floats = problem.levels_kwh[np.maximum(levels[:, None] - reach[best], 0)]
    return found


def only_used_p(problem: Problem, slot: int, after: Floats) -> Floats:
    """The bill from a slot on, (level, 1), of a battery that is only ever used."""
    here = SlotView(problem, slot, Value(after, after))
    here.price, here.worn_p = here.bill, 0.0
    found: Floats = _used(here) + _base_p(here)
    return found
