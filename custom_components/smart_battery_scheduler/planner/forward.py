"""From now to the end: how likely every charge level is when each slot is played at its best.

The recursion tells what is still to be paid from every level. Here the same steps are taken forwards:
what is known now is one level; a slot moves it to as many levels as its demand has quantile points,
each with its weight, and so on; after the coming rates are published each price scenario goes its
own way. Every energy and every penny of a plan is an expectation over these weights, so that
the slots' pence add up to what the recursion found.

Worked example: 2 kWh stored, a house that needs 0 or 1 kWh with equal weight, no losses. After one slot
of use 2 and 1 kWh are equally likely; after two 2, 1 and 0 kWh have the weights 0.25, 0.5 and 0.25; in
the third 0.125 of the 0.5 kWh that are wanted are bought, as the battery is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .choices import action_of, choice_of, meddling, method_of
from .model import Action, ChargeMethod
from .paths import POINTS, QUANTILE_WEIGHTS, Floats, Ints, Lookup
from .problem import Problem
from .recursion import CHARGE, NEVER_P, WITHOUT_GRID, Solution, best_sale, best_stop
from .rollout import Choice

# Options whose costs lie this close are equals for each step of meddling that they differ in.
TASTE_P = 0.003
# What is rarer than this has no part in a plan.
RARE = 1e-12


@dataclass(frozen=True, slots=True)
class Played:
    """One slot, expected over all that may be: kWh AC, pence.

    ``likelihood`` is that of the choice's action. ``bill_p`` is what the grid's energy costs less
    what is paid for exports; not a number where something is bought at a rate nobody can guess.
    ``spent_p`` is what the slot costs beyond its best choice, by what was fixed and by taste.
    """

    choice: Choice
    likelihood: float
    imported_kwh: float
    exported_kwh: float
    in_kwh: float
    out_kwh: float
    bill_p: float
    spent_p: float


@dataclass(frozen=True, slots=True)
class Rollout:
    """Slots played from the first on; ``mass`` (scenario, level) at the beginning of each and the end."""

    played: tuple[Played, ...]
    mass: tuple[Floats, ...]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What each slot is."""
        return tuple(here.choice for here in self.played)

    @property
    def spent_p(self) -> float:
        """What the whole costs beyond the best."""
        return sum(here.spent_p for here in self.played)

    def levels(self, slot: int) -> Floats:
        """How likely each level is at a slot's beginning, (level)."""
        likely: Floats = self.mass[slot].sum(axis=0)
        return likely


def now(problem: Problem) -> Floats:
    """What is known now: one level (scenario, level)."""
    stored = np.array([min(problem.inputs.stored_kwh, problem.battery.capacity_kwh)])
    place = Lookup.of(stored, problem.step_kwh)
    mass = np.zeros((1, POINTS))
    mass[0, place.below] = 1.0 - place.share
    mass[0, place.below + 1] += place.share
    return mass


def follow(
    problem: Problem,
    solution: Solution,
    fixed: Mapping[int, Choice] | None = None,
    *,
    tolerance_p: float = NEVER_P / 2.0,
    slots: range | None = None,
    mass: Floats | None = None,
) -> Rollout:
    """Go through the slots by the best options.

    Where a choice is ``fixed`` its action is done from every level at which that costs no more than
    ``tolerance_p`` beyond the best. ``slots`` are all, or those from one with ``mass`` at its beginning.
    """
    fixed = fixed or {}
    options = _Options(problem, solution)
    masses = [now(problem) if mass is None else mass]
    played: list[Played] = []
    for slot in slots or range(problem.planned):
        step = _Step(options, slot, masses[-1])
        wanted = fixed.get(slot)
        step.play(wanted, tolerance_p)
        played.append(step.played(wanted, played[-1].choice if played else None))
        masses.append(step.after())
    return Rollout(tuple(played), tuple(masses))


class _Options:
    """What is known of the recursion's options once for all slots."""

    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem, self.solution = problem, solution
        self.targets = CHARGE + len(problem.methods)
        self.sales = self.targets + len(problem.methods)
        self.count = self.sales + 2 * (problem.selling is not None)
        self.actions = [action_of(problem, one) for one in range(self.count)]
        taste = [meddling(problem, one) * TASTE_P for one in range(self.count)]
        self.taste = np.array(taste)[:, None, None]
        # By how many quantile points are a surplus: the share of every path in every option.
        self.mixes: list[Floats] = []
        for mix in solution.mixes:
            padded = np.zeros((mix.shape[1], self.count))
            padded[:, : self.targets] = mix.T
            self.mixes.append(padded)
        solar_in = np.einsum("q,sql->sl", QUANTILE_WEIGHTS, problem.demand.solar_in_kwh)
        self.solar_in_kwh: Floats = solar_in
        self._does: dict[tuple[Action, ChargeMethod | None], Ints] = {}

    def does(self, wanted: Choice) -> Ints:
        """Which options do what is wanted; by which charge method, if one is named."""
        key = wanted.action, wanted.method
        if key not in self._does:
            methods = [
                method_of(self.problem, one).model.method if action is Action.CHARGE else None
                for one, action in enumerate(self.actions)
            ]
            self._does[key] = np.flatnonzero(
                [
                    action is wanted.action and wanted.method in (None, method)
                    for action, method in zip(self.actions, methods, strict=True)
                ]
            )
        return self._does[key]


class _Step:
    """One slot: every part of the mass by its option, and what that sums up to."""

    def __init__(self, options: _Options, slot: int, mass: Floats) -> None:
        self.given, self.problem, self.slot = options, options.problem, slot
        self.costs = options.solution.options[slot]
        scenarios = self.costs.shape[1]
        if scenarios > len(mass):
            mass = mass * self.problem.scenario_weights[:, None]
        held = np.flatnonzero(mass.sum(axis=0) > RARE)
        self.levels = slice(int(held[0]), int(held[-1]) + 1)
        self.mass = mass[:, self.levels]
        self.offsets = (np.arange(scenarios) * POINTS)[:, None]
        self.places: list[Ints] = []
        self.shares: list[Floats] = []
        # By scenario, kWh: bought for the battery, and house and sun without it.
        self.bought = np.zeros(scenarios)
        self.imported, self.exported = np.zeros(scenarios), np.zeros(scenarios)
        self.out_kwh = self.solar_in_kwh = self.spent_p = 0.0

    def play(self, wanted: Choice | None, tolerance_p: float) -> None:
        """Part the mass among the options and play each part."""
        given = self.given
        costs = self.costs[:, :, self.levels]
        tasted = costs + given.taste
        if wanted is None:
            self.best = tasted.argmin(axis=0)
        else:
            does = given.does(wanted)
            other = does[tasted[does].argmin(axis=0)]
            extra = np.take_along_axis(costs, other[None], 0)[0] - costs.min(axis=0)
            kept = extra <= tolerance_p
            self.best = other if kept.all() else np.where(kept, other, tasted.argmin(axis=0))
            self.spent_p = float(np.vdot(np.where(kept, extra, 0.0), self.mass))
        self.likely = np.bincount(self.best.ravel(), self.mass.ravel(), given.count)
        used = np.flatnonzero(self.likely).tolist()
        if used[-1] < given.sales:
            self._house(self.mass)
        else:
            self._house(np.where(self.best < given.sales, self.mass, 0.0))
        if used[0] < given.targets:
            self._mixed([one for one in used if one < given.targets])
        for option in used:
            if option >= given.sales:
                self._sell(self._part(option), whole=option == given.sales)
            elif option >= given.targets:
                self._to_target(option, self._part(option))

    def _part(self, option: int) -> Floats:
        if float(self.likely[option]) >= float(self.likely.sum()):
            return self.mass
        part: Floats = np.where(self.best == option, self.mass, 0.0)
        return part

    def _house(self, part: Floats) -> None:
        """What house and sun make of a part, but for the battery's share of it."""
        demand, slot, levels = self.problem.demand, self.slot, self.levels
        self.imported += part.sum(axis=1) * demand.mean_need_kwh[slot]
        if demand.sunny[slot]:
            self.exported += part @ demand.mean_left_kwh[slot, levels]
            self.solar_in_kwh += float((part @ self.given.solar_in_kwh[slot, levels]).sum())

    def _mixed(self, used: list[int]) -> None:
        """Use, hold and a charge method's whole reach: mixed from the slot's paths."""
        paths, slot, levels = self.problem.paths, self.slot, self.levels
        mix = self.given.mixes[int(self.problem.demand.sunny[slot])]
        path_indices = np.flatnonzero(mix[:, used].any(axis=1))
        likely = mix[path_indices][:, self.best] * self.mass
        ends = Lookup(
            paths.ends.below[slot, path_indices, levels],
            paths.ends.share[slot, path_indices, levels],
        )
        self._move(ends, likely)
        kwh = np.matmul(likely, paths.weighed_kwh[slot, path_indices, levels][:, :, None])[:, :, 0]
        free = int(np.searchsorted(path_indices, WITHOUT_GRID))
        served = kwh[:free].sum(axis=0)
        self.imported += served
        self.out_kwh -= float(served.sum())
        self.bought += kwh[free:].sum(axis=0)

    def _move(self, ends: Lookup, likely: Floats) -> None:
        """Put each part of ``likely`` (path, scenario, level) between the two points where it ends."""
        over = likely * ends.share[:, None, :]
        index = (ends.below[:, None, :] + self.offsets).ravel()
        self.places += [index, index + 1]
        self.shares += [(likely - over).ravel(), over.ravel()]

    def _to_target(self, option: int, part: Floats) -> None:
        """A charge to the best target: the sun comes first, the grid from where it leads."""
        problem, slot = self.problem, self.slot
        levels: slice = self.levels
        begun = part
        if problem.demand.sunny[slot]:
            ends = QUANTILE_WEIGHTS @ problem.demand.sunned_kwh[slot][:, levels]
            place = Lookup.of(ends, problem.step_kwh)
            over = part * place.share
            at = np.concatenate([(place.below + self.offsets).ravel()] * 2)
            at[part.size :] += 1
            shares = np.concatenate([(part - over).ravel(), over.ravel()])
            begun = _summed(at, shares, len(part))
            levels = slice(0, POINTS)
        held = np.flatnonzero(begun.sum(axis=0))
        begun = begun[:, held[0] : held[-1] + 1]
        levels = slice(levels.start + int(held[0]), levels.start + int(held[-1]) + 1)
        price, _ = problem.rates(slot, len(part))
        method = method_of(problem, option)
        stops = best_stop(problem, slot, method, self.given.solution.after[slot], price, levels)
        gained_kwh: Floats = problem.grid[stops] - problem.grid[levels]
        self.bought += (gained_kwh * begun).sum(axis=1) / problem.eta
        self.places.append((stops + self.offsets).ravel())
        self.shares.append(begun.ravel())

    def _sell(self, part: Floats, *, whole: bool) -> None:
        problem, slot, selling = self.problem, self.slot, self.problem.selling
        if selling is None:
            return
        if whole:
            likely = QUANTILE_WEIGHTS[:, None, None] * part
            at = (slot, slice(None), self.levels)
            self._move(selling.ends[at], likely)
            self.imported += np.einsum("qsl,ql->s", likely, selling.imported_kwh[at])
            self.exported += np.einsum("qsl,ql->s", likely, selling.exported_kwh[at])
            self.out_kwh += float(np.einsum("qsl,ql->", likely, selling.out_kwh[at]))
            return
        _, export = problem.rates(slot, len(part))
        after = self.given.solution.after[slot]
        stops = best_sale(problem, selling, slot, after, export, self.levels)
        sold_kwh: Floats = problem.grid[self.levels] - problem.grid[stops]
        out: Floats = (sold_kwh * part).sum(axis=1) * problem.eta
        net_kwh = float(problem.demand.net_kwh[slot] @ QUANTILE_WEIGHTS)
        self.exported += out - part.sum(axis=1) * net_kwh
        self.out_kwh += float(out.sum())
        self.places.append((stops + self.offsets).ravel())
        self.shares.append(part.ravel())

    def after(self) -> Floats:
        """How likely every level is at the slot's end (scenario, level)."""
        places, shares = np.concatenate(self.places), np.concatenate(self.shares)
        return _summed(places, shares, len(self.offsets))

    def played(self, wanted: Choice | None, before: Choice | None) -> Played:
        """The slot as it is most likely, and what is expected of it."""
        problem, slot = self.problem, self.slot
        choice, likelihood = self._shown(wanted, before)
        imported = self.imported + self.bought
        alone = len(self.offsets) == 1
        rates = problem.import_rate_p[slot] if alone else problem.import_p[slot]
        paid = problem.export_rate_p[slot] if alone else problem.export_p[slot]
        if problem.unknown[slot] and float(imported.sum()) <= 0.0:
            rates = 0.0
        return Played(
            choice=choice,
            likelihood=likelihood,
            imported_kwh=max(float(imported.sum()), 0.0),
            exported_kwh=float(self.exported.sum()),
            in_kwh=self.solar_in_kwh + float(self.bought.sum()),
            out_kwh=self.out_kwh,
            bill_p=float((rates * imported - paid * self.exported).sum()),
            spent_p=self.spent_p,
        )

    def _shown(self, wanted: Choice | None, before: Choice | None) -> tuple[Choice, float]:
        """The likeliest action, and how likely it is; its likeliest option as the choice."""
        actions, shares = self.given.actions, self.likely.tolist()
        by_action: dict[Action, float] = {}
        for option, share in enumerate(shares):
            if share > 0.0:
                by_action[actions[option]] = by_action.get(actions[option], 0.0) + share
        shown = max(by_action, key=lambda one: (round(by_action[one], 6), _goes_on(one, before)))
        likelihood = min(by_action[shown] / sum(shares), 1.0)
        if wanted is not None and wanted.action is shown:
            return wanted, likelihood
        option = max(
            (one for one, action in enumerate(actions) if action is shown),
            key=lambda one: shares[one],
        )
        by_level = np.where(self.best == option, self.mass, 0.0).sum(axis=0)
        stored_kwh = float(by_level @ self.problem.grid[self.levels]) / shares[option]
        solution = self.given.solution
        return choice_of(self.problem, solution, self.slot, option, stored_kwh), likelihood


def _summed(places: Ints, shares: Floats, scenarios: int) -> Floats:
    """Shares summed up by their places, laid out (scenario, level)."""
    size = scenarios * POINTS
    summed = np.bincount(places, shares, size).astype(np.float64, copy=False)
    return summed[:size].reshape(scenarios, POINTS)


def _goes_on(action: Action, before: Choice | None) -> bool:
    return before is not None and action is before.action
