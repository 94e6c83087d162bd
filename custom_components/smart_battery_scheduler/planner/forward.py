"""From now to the end: how likely every level is when each slot is played at its best.

The recursion gives, from every level, what is still to be paid. Here the same steps are taken forwards:
what is known now is one level for certain; a slot moves it to as many levels as its demand has
quantile points, each with its weight, and so on. Every expectation a plan tells is one over these
weights, so that its slots' pence add up to what the recursion found.

After the coming rates are published each price course has its own best choices. A charge that
only some courses make is shown with its **likelihood**, not as a promise.

Worked example: 2 kWh stored, a house that needs 0 or 1 kWh with equal weight, three slots of use
and no losses. After one slot 2 and 1 kWh are equally likely; after two 2, 1 and 0 kWh have the weights
0.25, 0.5 and 0.25; in the third, of the 0.5 kWh wanted, 0.125 are bought as the battery is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .choices import (
    EQUAL_P,
    Choice,
    action_of,
    course_weights,
    highest_reserve,
    meddling,
    method_of,
)
from .demand import WEIGHTS
from .flows import Flows, flows
from .grid import LEVELS, Floats, Lookup
from .model import Action, ChargeMethod
from .problem import Problem
from .reach import LeverReach, extra_p
from .recursion import (
    CHARGE,
    WISHED_P,
    SlotView,
    Solution,
    best_sales,
    best_targets,
    least_of,
    seen_from,
)

# How likely each level is, (level, course), after another action and after a charge.
type Mass = tuple[Floats, Floats]

# By how much likelier another action must be to be shown instead of the one before.
HARDLY = 0.15
# What is rarer than this is played like its neighbour.
RARE = 1e-5


@dataclass(frozen=True, slots=True)
class Played:
    """One slot of a course, expected over all that may be.

    ``likelihood`` is that of the choice; ``bill_p`` is what the grid's energy costs less what
    is paid for exports; ``weighed_p`` what the slot weighs in the choice: carbon, degradation,
    unmet wishes and the beginning of charges included. ``from_grid_kwh`` is what a charge takes.
    """

    choice: Choice
    likelihood: float
    imported_kwh: float
    exported_kwh: float
    in_kwh: float
    out_kwh: float
    from_grid_kwh: float
    bill_p: float
    weighed_p: float


@dataclass(frozen=True, slots=True)
class Course:
    """Every slot played; ``mass`` (level, course) by action before, at every slot and the end.

    ``pence`` is what the course is expected to cost, less what is left is worth.
    """

    played: tuple[Played, ...]
    mass: tuple[Mass, ...]
    pence: float

    def levels(self, slot: int) -> Floats:
        """How likely each level is at a slot's beginning."""
        resting, charging = self.mass[slot]
        likely: Floats = (resting + charging).sum(axis=1)
        return likely


class _Tally:
    """Sums up one slot: what its parts lead to, and what that costs."""

    def __init__(self, problem: Problem, slot: int, view: SlotView) -> None:
        self.problem, self.slot, self.view = problem, slot, view
        shape = (LEVELS, len(view.price))
        self.moved = [np.zeros(shape), np.zeros(shape)]
        self.choices: dict[Choice, float] = {}
        self.kwh = np.zeros(5)
        self.bill_p = self.weighed_p = 0.0

    def add(self, option: int, rows: slice, part: Floats, target_kwh: Floats) -> None:
        """Play a part of the mass (level, course) by one option to its target (level, course)."""
        problem, slot = self.problem, self.slot
        action = action_of(problem, option)
        method = method_of(problem, option) if action is Action.CHARGE else None
        made = flows(problem, slot, action, problem.levels_kwh[rows, None], target_kwh, method)
        likely = part * WEIGHTS[:, None, None]
        self._count(made, likely, method)
        _spread_mass(made.end_kwh, likely, problem.step_kwh, self.moved[method is not None])
        row, column = divmod(int(part.argmax()), part.shape[1])
        kwh = target_kwh[min(row, len(target_kwh) - 1), min(column, target_kwh.shape[1] - 1)]
        choice = self._choice(action, method, float(kwh))
        self.choices[choice] = self.choices.get(choice, 0.0) + float(part.sum())

    def _choice(self, action: Action, method: LeverReach | None, target_kwh: float) -> Choice:
        problem = self.problem
        percent = round(target_kwh / problem.battery.capacity_kwh * 100.0)
        if method is not None:
            return Choice(action, method.model.method, percent)
        if action is Action.HOLD:
            return Choice(action)
        percent = min(percent, highest_reserve(problem))
        return Choice(action, target_percent=max(percent, problem.floor_percent))

    def _count(self, made: Flows, likely: Floats, method: LeverReach | None) -> None:
        problem, view = self.problem, self.view

        def by_course(kwh: Floats) -> Floats:
            if kwh.shape[2] == 1:
                found: Floats = kwh.ravel() @ likely.reshape(kwh.size, -1)
                return found
            summed: Floats = (kwh * likely).sum(axis=(0, 1))
            return summed

        imported, exported = by_course(made.imported_kwh), by_course(made.exported_kwh)
        into, out = float(by_course(made.in_kwh).sum()), float(by_course(made.out_kwh).sum())
        from_grid = 0.0
        if method is not None:
            sun = np.minimum(problem.demand.surplus_kwh[self.slot][:, None, None], made.in_kwh)
            from_grid = into - float(by_course(sun).sum())
            self.weighed_p += extra_p(method.model, problem.rules) * from_grid
        self.kwh += (imported.sum(), exported.sum(), into, out, from_grid)
        sold_p = float(exported @ view.export)
        self.bill_p += float(imported @ view.bill) - sold_p
        self.weighed_p += float(imported @ view.price) - sold_p + problem.rules.wear_p_per_kwh * out

    def after(self) -> Mass:
        """How likely every level is at the slot's end, by what was done in it."""
        return self.moved[0], self.moved[1]

    def played(self, before: Action | None) -> Played:
        """The slot as it is most likely, and what is expected of it.

        The action of the slot ``before`` is shown on where another is hardly likelier.
        """
        by_action: dict[Action, float] = {}
        for choice, share in self.choices.items():
            by_action[choice.action] = by_action.get(choice.action, 0.0) + share
        action = max(by_action, key=lambda one: by_action[one] + HARDLY * (one is before))
        same = {one: share for one, share in self.choices.items() if one.action is action}
        by_method: dict[ChargeMethod | None, float] = {}
        for choice, share in same.items():
            by_method[choice.method] = by_method.get(choice.method, 0.0) + share
        method = max(by_method, key=lambda one: by_method[one])
        likeliest = max(
            (one for one in same if one.method is method), key=lambda choice: same[choice]
        )
        likelihood = min(by_action[action] / sum(by_action.values()), 1.0)
        imported, exported, into, out, from_grid = self.kwh.tolist()
        return Played(
            choice=likeliest,
            likelihood=likelihood,
            imported_kwh=imported,
            exported_kwh=exported,
            in_kwh=into,
            out_kwh=out,
            from_grid_kwh=from_grid,
            bill_p=self.bill_p,
            weighed_p=self.weighed_p,
        )


def _spread_mass(end_kwh: Floats, likely: Floats, step_kwh: float, into: Floats) -> None:
    """Put each part of ``likely`` (point, level, course) between the two levels where it ends."""
    courses = likely.shape[2]
    place = Lookup.of(end_kwh, step_kwh)
    lowest = int(place.below.min())
    span = int(place.below.max()) + 2 - lowest
    index = ((place.below - lowest) * courses + np.arange(courses)).ravel()
    over = likely * place.share
    size = span * courses
    moved = np.bincount(index, (likely - over).ravel(), size)
    moved += np.bincount(index + courses, over.ravel(), size)
    into[lowest : lowest + span] += moved.reshape(span, courses)


def follow(
    problem: Problem,
    solution: Solution,
    *,
    wanted: Mapping[int, Choice] | None = None,
    since: int = 0,
    until: int | None = None,
    mass: Mass | None = None,
) -> Course:
    """Go through the slots by the best options.

    ``wanted`` are slots in which one action is done wherever it can be. The course goes from slot
    ``since``, with ``mass`` at its beginning, to before ``until``; ``pence`` counts what is still
    to be paid then.
    """
    wanted = wanted or {}
    until = problem.planned if until is None else until
    if mass is None:
        mass = present(problem)
    masses, played = [mass], list[Played]()
    pence = 0.0
    for slot in range(since, until):
        pence += _level_p(problem, slot, mass)
        before = played[-1].choice.action if played else None
        here, mass = _play(problem, solution, slot, mass, wanted.get(slot), before)
        mass = _split(problem, slot, mass)
        pence += here.weighed_p
        played.append(here)
        masses.append(mass)
    pence += still_to_pay_p(solution, until, mass)
    return Course(tuple(played), tuple(masses), pence)


def still_to_pay_p(solution: Solution, slot: int, mass: Mass) -> float:
    """What the recursion expects to be paid from a slot on."""
    value = solution.values[slot]
    return float((value.resting * mass[0] + value.charging * mass[1]).sum())


def present(problem: Problem) -> Mass:
    """What is known now: one level, in the usual belief."""
    place = Lookup.of(np.array([problem.inputs.stored_kwh]), problem.step_kwh)
    now = np.zeros((LEVELS, 1))
    now[place.below, 0] = 1.0 - place.share
    now[place.below + 1, 0] += place.share
    mass = now * course_weights(problem, 0)
    nothing = np.zeros_like(mass)
    return (nothing, mass) if problem.inputs.charging else (mass, nothing)


def _split(problem: Problem, slot: int, mass: Mass) -> Mass:
    """The mass after a slot as the next one looks upon it: courses told apart, or together."""
    given = problem.courses(slot)
    following = problem.courses(slot + 1) if slot + 1 < problem.planned else given
    if following > given:
        return mass[0] * problem.course_weights, mass[1] * problem.course_weights
    return mass


def _level_p(problem: Problem, slot: int, mass: Mass) -> float:
    """What the levels themselves cost at a slot's beginning: unmet wishes, a floor not kept."""
    return float(problem.level_p[slot] @ (mass[0] + mass[1]).sum(axis=1))


def _play(
    problem: Problem,
    solution: Solution,
    slot: int,
    mass: Mass,
    wanted: Choice | None,
    before: Action | None,
) -> tuple[Played, Mass]:
    view = SlotView(problem, slot, seen_from(problem, slot, solution.values[slot + 1]))
    tally = _Tally(problem, slot, view)
    for charging, likely in enumerate(mass):
        rows, gathered = _gathered(likely)
        if rows.stop == rows.start:
            continue
        options = solution.options[slot].of(charging, rows)
        for option, part in _parts(problem, options, gathered, wanted):
            target = _target_kwh(view, option, rows)
            tally.add(option, rows, part, target)
            if option >= CHARGE and not charging and action_of(problem, option) is Action.CHARGE:
                tally.weighed_p += problem.start_p * float(part.sum())
    return tally.played(before), tally.after()


def _gathered(mass: Floats) -> tuple[slice, Floats]:
    """The levels that matter, with the little that lies beyond them put on their ends."""
    through = np.cumsum(mass.sum(axis=1))
    whole = float(through[-1])
    if whole <= 0.0:
        return slice(0, 0), mass
    rare = min(RARE, whole / 100.0)
    first, last = np.searchsorted(through, (rare, whole - rare)).tolist()
    found = mass[first : last + 1].copy()
    found[0] += mass[:first].sum(axis=0)
    found[-1] += mass[last + 1 :].sum(axis=0)
    return slice(first, last + 1), found


def _parts(
    problem: Problem,
    costs: dict[int, Floats],
    mass: Floats,
    wanted: Choice | None,
) -> Iterator[tuple[int, Floats]]:
    """The options that are best from some level, each with its part of the mass."""
    if wanted is not None:
        costs = {
            option: pence if _does(problem, option, wanted) else pence + WISHED_P
            for option, pence in costs.items()
        }
    limit = least_of(costs) + EQUAL_P
    left = mass
    for option in sorted(costs, key=lambda one: meddling(problem, one)):
        best = costs[option] <= limit
        part = np.where(best, left, 0.0)
        if part.any():
            yield option, part
            left = left - part


def _does(problem: Problem, option: int, wanted: Choice) -> bool:
    """Whether an option does what is wanted; by which lever, if one is named."""
    if action_of(problem, option) is not wanted.action:
        return False
    if wanted.action is not Action.CHARGE or wanted.method is None:
        return True
    return method_of(problem, option).model.method is wanted.method


def _target_kwh(view: SlotView, option: int, rows: slice) -> Floats:
    """Where an option ends, or how far it may go down: kWh by (level or 1, course or 1)."""
    problem, slot = view.problem, view.slot
    methods = len(problem.methods)
    if option < CHARGE:
        return np.array([[problem.floor_kwh]])
    if option < CHARGE + methods:
        return np.array([[problem.highest_stop_kwh(slot, method_of(problem, option))]])
    if option < CHARGE + 2 * methods:
        return best_targets(view, method_of(problem, option), rows)
    if option == CHARGE + 2 * methods:
        return np.array([[problem.floor_kwh]])
    return best_sales(view, rows)
