"""The recursion, from the last slot back to the first: the pence still to be paid from every level.

With V the value of the slot after (pence still to be paid, by stored energy) and eta the one-way
efficiency:

- **use**: serving demand from the battery down to x saves (price - wear) * eta per stored kWh.
  A reserve that stops the use after d serves every quantile as if it needed at most d, so that trying
  each quantile's own need as the limit tries every reserve that matters; a limit of nothing is **hold**.
- **charge** to x costs V(x) + price / eta * x and a constant: the best target within a charge method's
  reach is a minimum over a sliding window.

While the rates of the coming day are not published, one choice must serve all their scenarios: the
expectation is taken over the scenarios first and over the choices second; after publication the
other way round.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from .paths import (
    PER_PERCENT,
    POINTS,
    QUANTILE_POINTS,
    QUANTILE_WEIGHTS,
    Bools,
    ChargeMethodPaths,
    Floats,
    Ints,
    Lookup,
    SellingPaths,
    extra_p,
)
from .problem import Problem

# Options of a slot, by row: use without a limit, hold, use limited to a quantile's need (but the
# greatest); then each charge method's whole reach; then each charge method's best target within it; and, where the
# battery may sell, its whole reach in selling and the best reserve within it.
USE, HOLD, LIMITED = 0, 1, 2
CHARGE = LIMITED + QUANTILE_POINTS - 1
# The first paths of a slot are those that need no grid charging.
WITHOUT_GRID = 1 + QUANTILE_POINTS
# Stands for "cannot be": finite, because a share of infinity is not a number.
NEVER_P = 1e9
# Stands for "only if nothing else is left".
ONLY_ON_REQUEST_P = 1e6


@dataclass(frozen=True, slots=True)
class Solution:
    """What the recursion found, per planned slot, expected over the price scenarios.

    ``values``: pence still to be paid from the slot's beginning, by level; one more for the end.
    ``costs``: the same if the slot is used so (option, level). ``options`` and ``after`` are the costs
    and the value after the slot as they were weighed, by scenario: (option, scenario, level) and
    (scenario, level). ``mixes`` are how options are mixed from paths (option, path), by how many
    quantile points of the slot are a surplus.
    """

    values: list[Floats]
    costs: list[Floats]
    options: list[Floats]
    after: list[Floats]
    mixes: tuple[Floats, ...]

    @property
    def last(self) -> Floats:
        """Pence still to be paid after the plan's end: the worth of what is left, negative."""
        return self.values[-1]


def solve(problem: Problem, *, thorough: bool = False, asked: Collection[int] = ()) -> Solution:
    """Solve all slots, from the end of the repeated day back to now.

    ``thorough`` prices charging also where it can only lose, for those who ask what it would cost;
    ``asked`` are single slots of which that is asked.
    """
    mixes = _mixes(problem)
    solution = Solution([], [], [], [], mixes)
    # No choice of the repeated day is made now, so that its expected rates
    # are enough.
    value = _terminal_value(problem)
    for slot in reversed(problem.last_day):
        options = options_at(problem, mixes, slot, value, thorough=thorough)
        value = options.min(axis=0) + problem.short_p[slot]
    solution.values.append(value[0])
    if problem.decided_at < problem.planned:
        value = np.repeat(value, len(problem.scenario_weights), axis=0)
    for slot in range(problem.planned - 1, -1, -1):
        if slot == problem.decided_at - 1:
            value = problem.expected(value)
        wanted = thorough or slot in asked
        options = options_at(problem, mixes, slot, value, thorough=wanted)
        solution.options.append(options)
        solution.after.append(value)
        value = options.min(axis=0) + problem.level_p[slot]
        solution.values.append(problem.expected(value)[0])
        solution.costs.append(problem.expected(options)[:, 0])
    for found in (solution.values, solution.costs, solution.options, solution.after):
        found.reverse()
    return solution


def only_used_p(problem: Problem, last: Floats) -> list[Floats]:
    """The bill still to be paid by a battery that is only ever used, by level: every slot and the end.

    Rates are those expected; one that nobody can guess counts nothing. ``last`` is the end's.
    """
    found = [last]
    mixes = _mixes(problem)
    rates = np.nan_to_num(problem.import_rate_p)
    for slot in range(problem.planned - 1, -1, -1):
        demand = problem.demand
        row = mixes[int(demand.sunny[slot])][USE, :WITHOUT_GRID]
        ends = problem.paths.ends[slot, :WITHOUT_GRID].read(found[-1][None])[0]
        ends += rates[slot] * problem.paths.weighed_kwh[slot, :WITHOUT_GRID]
        sold_p = problem.export_rate_p[slot] * demand.mean_left_kwh[slot]
        found.append(row @ ends + rates[slot] * demand.mean_need_kwh[slot] - sold_p)
    found.reverse()
    return found


def _mixes(problem: Problem) -> tuple[Floats, ...]:
    """How options are mixed from paths, by how many quantile points are a surplus: (option, path)."""
    return tuple(_mix(sunny, len(problem.methods)) for sunny in range(QUANTILE_POINTS + 1))


def _mix(sunny: int, methods: int) -> Floats:
    """The mix of a slot whose first ``sunny`` quantiles are surpluses.

    These go into the battery whatever is chosen. A need that is not served leaves the level.
    """
    most = {USE: QUANTILE_POINTS - 1, HOLD: -1}
    # Charging from the grid serves all needs alike, so that there the first need stands for all.
    charged = np.append(QUANTILE_WEIGHTS[:sunny], QUANTILE_WEIGHTS[sunny:].sum())[:QUANTILE_POINTS]
    rows = np.zeros((CHARGE + methods, WITHOUT_GRID + len(charged) * methods))
    for row in range(CHARGE):
        limit = most.get(row, row - LIMITED)
        for quantile, weight in enumerate(QUANTILE_WEIGHTS):
            served = quantile if quantile < sunny else min(quantile, limit)
            unserved = quantile >= sunny and limit < sunny
            rows[row, 0 if unserved else 1 + served] += weight
    for method in range(methods):
        rows[CHARGE + method, WITHOUT_GRID + method :: methods] = charged
    return rows


def _terminal_value(problem: Problem) -> Floats:
    """Worth after the repeated day: what it costs to buy a kWh at that day's cheaper rates.

    It is never more than what a kWh saves at that day's more expensive ones.
    """
    last = problem.price_p[problem.last_day]
    cheap, expensive = np.quantile(last, [0.25, 0.75], axis=0)
    saved = (expensive - problem.rules.wear_p_per_kwh) * problem.eta
    each = np.maximum(np.minimum(cheap / problem.eta, saved), 0.0)
    value: Floats = -each[:, None] * problem.grid
    return problem.expected(value)


def options_at(
    problem: Problem, mixes: tuple[Floats, ...], slot: int, after: Floats, *, thorough: bool
) -> Floats:
    """Pence of every option (option, scenario, level), given the value after the slot."""
    price, export = problem.rates(slot, len(after))
    sunny = int(problem.demand.sunny[slot])
    is_forced = bool(problem.must_charge[slot])
    charging = bool(problem.may_charge[slot]) and (
        thorough or is_forced or _pays(problem, price, after)
    )
    mix, path_count = mixes[sunny], WITHOUT_GRID
    if charging:
        path_count = mix.shape[1]
    parts = problem.paths.ends[slot, :path_count].read(after)
    weight_p = price[:, None] + problem.paths.extra_p[:path_count]
    parts += weight_p[:, :, None] * problem.paths.weighed_kwh[slot, :path_count]
    methods = len(problem.methods)
    sell = CHARGE + 2 * methods
    found = np.full((sell + 2 * (problem.selling is not None), len(after), POINTS), NEVER_P)
    mixed = CHARGE + methods if charging else CHARGE
    np.matmul(mix[:mixed, :path_count], parts, out=found[:mixed].transpose(1, 0, 2))
    _without_grid(problem, slot, found)
    if charging:
        _charging(problem, slot, after, price, found[CHARGE:sell])
    base = price[:, None] * problem.demand.mean_need_kwh[slot]
    if sunny:
        base = base - export[:, None] * problem.demand.mean_left_kwh[slot]
    found += base
    if problem.selling and problem.may_sell[slot]:
        found[sell] = _sold(problem, problem.selling, slot, after)
        found[sell + 1] = _sold_to(problem, problem.selling, slot, after)
        if problem.must_sell[slot]:
            found[:sell] += ONLY_ON_REQUEST_P
    return found


def _pays(problem: Problem, price: Floats, after: Floats) -> bool:
    """Whether a stored kWh is worth what it costs, at any level that can be reached."""
    step_p = price * (problem.step_kwh / problem.eta)
    steps = after[:, problem.lowest + 1 :] - after[:, problem.lowest : -1]
    return bool((steps.min(axis=1) + step_p).min() < 0.0)


def _without_grid(problem: Problem, slot: int, found: Floats) -> None:
    """What the rules make of use, hold and limited use."""
    unsettable = problem.demand.no_reserve[slot]
    for quantile in range(QUANTILE_POINTS - 1):
        if unsettable[quantile, -1]:
            found[LIMITED + quantile][:, unsettable[quantile]] = NEVER_P
    if not problem.may_use[slot]:
        found[USE] = found[LIMITED:CHARGE] = NEVER_P
    if problem.must_use[slot]:
        found[HOLD:CHARGE] = NEVER_P
    if problem.must_charge[slot]:
        found[:CHARGE] += ONLY_ON_REQUEST_P * problem.unmet[slot]


def _charging(problem: Problem, slot: int, after: Floats, price: Floats, found: Floats) -> None:
    """What the rules make of each charge method's reach, and its best target: into ``found``."""
    methods = problem.methods
    for number, usable in enumerate(problem.usable[slot]):
        method = methods[number]
        if not usable:
            found[number] = NEVER_P
            continue
        found[number][:, method.barred[slot]] = NEVER_P
        if method.model.stops_at_target:
            found[len(methods) + number] = _to_target(problem, slot, method, after, price)


def _to_target(
    problem: Problem, slot: int, method: ChargeMethodPaths, after: Floats, price: Floats
) -> Floats:
    """Charging by one charge method to the best point at which it can stop (scenario, level)."""
    stored_p = (price[:, None] + extra_p(method, problem.rules)) / problem.eta
    worth = after + stored_p * problem.grid
    stops = method.stops[slot]
    windows, skipped = method.windows[slot], method.skipped[slot]
    best = windowed(worth, stops, int(windows[0]), int(skipped[0]))
    if problem.inputs.stored_kwh < problem.floor_kwh:
        low = int(np.ceil(problem.floor_kwh / problem.step_kwh))
        best[:, :low] = windowed(worth, stops, int(windows[0]))[:, :low]
    if len(windows) > 1:
        slowed = slice(int(np.argmax(windows < windows[0])), POINTS)
        best[:, slowed] = _slowed(worth, stops, windows, skipped, slowed)
    begun: Floats = problem.grid
    if problem.demand.sunny[slot]:
        begun = QUANTILE_WEIGHTS @ problem.demand.sunned_kwh[slot]
        best = Lookup.of(begun, problem.step_kwh).read(best)
    return best - stored_p * begun


def _sold(problem: Problem, selling: SellingPaths, slot: int, after: Floats) -> Floats:
    """Pence of selling all that the slot has time for (scenario, level)."""
    price, export = problem.rates(slot, len(after))
    pence = selling.ends[slot].read(after)
    pence += price[:, None, None] * selling.imported_kwh[slot]
    pence -= export[:, None, None] * selling.exported_kwh[slot]
    pence += problem.rules.wear_p_per_kwh * selling.out_kwh[slot]
    spent: Floats = QUANTILE_WEIGHTS @ pence
    return spent


def _sold_to(problem: Problem, selling: SellingPaths, slot: int, after: Floats) -> Floats:
    """Pence of selling down to the best reserve within reach (scenario, level)."""
    _, export = problem.rates(slot, len(after))
    kept_p = (export[:, None] - problem.rules.wear_p_per_kwh) * problem.eta
    least, window = int(selling.least[slot]), int(selling.window[slot])
    worth = after + kept_p * problem.grid
    # Selling goes down from a level: the same search on the reversed grid.
    turned = windowed(worth[:, ::-1], selling.stops[::-1], window - least)
    best = np.full_like(worth, NEVER_P)
    best[:, least:] = turned[:, ::-1][:, : POINTS - least]
    net_kwh = float(problem.demand.net_kwh[slot] @ QUANTILE_WEIGHTS)
    spent: Floats = best - kept_p * problem.grid + export[:, None] * net_kwh
    return spent


def windowed(worth: Floats, stops: Bools, window: int, skipped: int = 0) -> Floats:
    """The least of ``worth`` (scenario, level) among the stops above each level and within reach.

    Stops are whole percents: every second point. From a whole percent and from the half above it
    the next stop is the same; only where the window is odd does the half see one stop further.
    The next ``skipped`` stops are too near.
    """
    best = np.full_like(worth, NEVER_P)
    nearest = PER_PERCENT * (1 + skipped)
    wholes, odd = divmod(window - PER_PERCENT * skipped, PER_PERCENT)
    if wholes < 0 or wholes + odd == 0 or nearest >= POINTS:
        return best
    ahead = np.full((len(worth), POINTS // 2 + 1 + wholes), NEVER_P)
    within = POINTS // 2 - skipped
    np.copyto(ahead[:, :within], worth[:, nearest::2], where=stops[nearest::2])
    if wholes:
        least = _sliding(ahead, wholes)[:, : POINTS // 2 + 1]
        best[:, ::2] = least
        best[:, 1::2] = least[:, :-1]
    if odd:
        further = ahead[:, wholes : wholes + POINTS // 2]
        best[:, 1::2] = np.minimum(best[:, 1::2], further)
    return best


def _slowed(worth: Floats, stops: Bools, windows: Ints, skipped: Ints, levels: slice) -> Floats:
    """The same for the levels from which charging slows down: (scenario, level), one by one."""
    places, allowed = _within_reach(stops, windows[levels], skipped[levels], levels)
    least: Floats = np.where(allowed, worth[:, places], NEVER_P).min(axis=2, initial=NEVER_P)
    return least


def _within_reach(stops: Bools, windows: Ints, skipped: Ints, levels: slice) -> tuple[Ints, Bools]:
    """Points above each of the levels, and which of them a charge can stop at: (level, place)."""
    level = np.arange(levels.start, levels.stop)[:, None]
    places = level + np.arange(1, max(int(windows.max()), 1) + 1)
    allowed = (
        (places > level + PER_PERCENT * skipped[:, None])
        & (places <= level + windows[:, None])
        & (places < POINTS)
    )
    np.minimum(places, POINTS - 1, out=places)
    return places, allowed & stops[places]


def best_stop(
    problem: Problem,
    slot: int,
    method: ChargeMethodPaths,
    after: Floats,
    price: Floats,
    levels: slice,
) -> Ints:
    """The best point at which a charge from each of the levels stops: (scenario, level)."""
    stored_p = (price[:, None] + extra_p(method, problem.rules)) / problem.eta
    worth = after + stored_p * problem.grid
    windows = np.broadcast_to(method.windows[slot], POINTS)[levels]
    skipped = np.broadcast_to(method.skipped[slot], POINTS)[levels]
    if problem.inputs.stored_kwh < problem.floor_kwh:
        skipped = np.where(problem.grid[levels] < problem.floor_kwh, 0, skipped)
    places, allowed = _within_reach(method.stops[slot], windows, skipped, levels)
    best = np.where(allowed, worth[:, places], NEVER_P).argmin(axis=2)
    stops: Ints = places[np.arange(len(places)), best]
    return stops


def best_sale(
    problem: Problem,
    selling: SellingPaths,
    slot: int,
    after: Floats,
    export: Floats,
    levels: slice,
) -> Ints:
    """The best point at which a sale from each of the levels stops: (scenario, level)."""
    kept_p = (export[:, None] - problem.rules.wear_p_per_kwh) * problem.eta
    worth = after + kept_p * problem.grid
    level = np.arange(levels.start, levels.stop)[:, None]
    least, window = int(selling.least[slot]), int(selling.window[slot])
    places = level - np.arange(least + 1, max(window, least + 1) + 1)
    allowed = (places >= 0) & (places >= level - window)
    np.maximum(places, 0, out=places)
    best = np.where(allowed & selling.stops[places], worth[:, places], NEVER_P).argmin(axis=2)
    stops: Ints = places[np.arange(len(places)), best]
    return stops


def _sliding(values: Floats, window: int) -> Floats:
    """The least of ``window`` neighbours, from each on (scenario, place)."""
    least, width = values, 1
    while width < window:
        step = min(width, window - width)
        least = np.minimum(least[:, :-step], least[:, step:])
        width += step
    return least
