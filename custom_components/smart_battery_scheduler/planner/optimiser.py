"""The exact dynamic program over charge level and time.

The state is the energy in the battery on a grid of one percent. In each slot the battery can
**use** (the house draws it down as far as a reserve), **hold**, or **charge** (to a target, by a
lever with its own rate). The load and the sun are uncertain: each slot's net demand is a few
weighted atoms, and the expectation over them is inside the recursion. Beyond the horizon the last
day repeats, which gives what is left in the battery its worth.

The recursion needs, per slot, only the value of the slot after it: with V the value (pence still
to be paid, as a function of stored energy) and eta the one-way efficiency, discharging to x saves
rate * eta per stored kWh, so that "use down to r" costs the expectation of H(max(y, r)) with
H(x) = V(x) + rate * eta * x and y where the whole demand would lead. Charging to t costs the
expectation of K(min(reach, t)) with K(x) = V(x) + rate * x / eta.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from .model import (
    Action,
    Battery,
    Lever,
    LeverModel,
    Note,
    NoteCode,
    Plan,
    PlanInputs,
    PlannedSlot,
    Session,
    SlotInputs,
)
from .reasons import explain

type Floats = NDArray[np.float64]

POINTS = 101
# Quantiles p10, p50, p90 stand for a distribution with these weights (Swanson's mean).
ATOM_WEIGHTS = np.array([0.3, 0.4, 0.3])
# A ready-by wish and a floor outweigh any rate without making the arithmetic blind to pence.
WISH_P_PER_KWH = 150.0
# Taste decides between ways that cost the same within this bound.
TASTE_P = 0.05


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be done in a slot."""

    action: Action
    lever: LeverModel | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One choice at one charge level: its best target and the pence it leads to."""

    choice: Choice
    target_percent: int | None
    cost_p: float


def plan(inputs: PlanInputs) -> Plan:
    """Make the plan that is expected to cost least. Pure: the same inputs give the same plan."""
    problem = Problem(inputs)
    values = solve(problem)
    slots = roll_out(problem, values)
    notes: list[Note] = []
    if np.isnan(problem.imports).any():
        notes.append(Note(code=NoteCode.RATES_MISSING))
    left = float(np.interp(_stored(problem, slots[-1].end_percent), problem.grid, values[-1]))
    begun = float(np.interp(inputs.stored_kwh, problem.grid, values[-1]))
    cost = sum(slot.cost_p for slot in slots) + left - begun
    return Plan(
        made_at=inputs.now,
        slots=slots,
        cost_p=cost,
        self_use_cost_p=_self_use_cost_p(problem, values[-1]),
        notes=tuple(notes),
    )


def solve(problem: Problem) -> list[Floats]:
    """The value at each slot's start and at the horizon, on the grid, in pence still to be paid."""
    value = np.zeros(POINTS)
    values: list[Floats] = []
    for slot, index in reversed(problem.rolled):
        rate = float(problem.imports[index])
        costs = [
            problem.option(choice, index, slot, problem.grid, value)[0]
            for choice in problem.choices(slot, rate)
        ]
        value = np.min(costs, axis=0) + problem.wish_cost(slot)
        values.append(value)
    values.reverse()
    return values[: len(problem.slots) + 1]


def roll_out(problem: Problem, values: list[Floats]) -> tuple[PlannedSlot, ...]:
    """Follow the best choices from the present charge level."""
    stored = np.full(3, problem.inputs.stored_kwh)
    planned = []
    for index, slot in enumerate(problem.slots):
        options = options_at(problem, values, index, float(stored[1]))
        best = _settled(options)
        flows = problem.follow(best, index, slot, stored)
        worth = -_slope(problem.grid, values[index], float(stored[1]))
        planned.append(_planned(problem, slot, index, best, options, stored, flows, worth))
        stored = flows.stored
    return tuple(planned)


def options_at(
    problem: Problem, values: list[Floats], index: int, stored_kwh: float
) -> tuple[Option, ...]:
    """Everything that could be done in a slot from one charge level, with its expected pence."""
    slot = problem.slots[index]
    at = np.array([stored_kwh])
    found = []
    for choice in problem.choices(slot, float(problem.imports[index])):
        cost, target = problem.option(choice, index, slot, at, values[index + 1])
        if np.isfinite(cost[0]):
            percent = None if target is None else int(target[0])
            found.append(Option(choice, percent, float(cost[0])))
    if not found:
        # Only a charge was left to choose and its target is reached: hold what is there.
        cost, _ = problem.option(Choice(Action.HOLD), index, slot, at, values[index + 1])
        found.append(Option(Choice(Action.HOLD), None, float(cost[0])))
    return tuple(found)


def _settled(options: tuple[Option, ...]) -> Option:
    """The cheapest; among those as cheap within the bound of taste, the one that asks for least."""
    least = min(option.cost_p for option in options)
    near = [option for option in options if option.cost_p <= least + TASTE_P]
    return min(near, key=lambda option: _meddling(option.choice))


def _meddling(choice: Choice) -> int:
    if choice.lever is None:
        return 0 if choice.action is Action.USE else 1
    return 2 if choice.lever.lever is Lever.GENTLE else 3


class Problem:
    """The inputs as arrays, and the transitions of one slot."""

    def __init__(self, inputs: PlanInputs) -> None:
        """Lay the slots out, followed by a repetition of the last day."""
        self.inputs = inputs
        self.battery: Battery = inputs.battery
        self.eta = float(np.sqrt(self.battery.round_trip_efficiency))
        self.grid = np.linspace(0.0, self.battery.capacity_kwh, POINTS)
        last_day = tuple(
            slot for slot in inputs.slots if slot.start >= inputs.slots[-1].end - timedelta(days=1)
        )
        self.slots = inputs.slots
        self.rolled: tuple[tuple[SlotInputs, int], ...] = (
            *((slot, index) for index, slot in enumerate(inputs.slots)),
            *((slot, len(inputs.slots) - len(last_day) + i) for i, slot in enumerate(last_day)),
        )
        self.imports = np.array([self._rate(i, "import") for i in range(len(inputs.slots))])
        self.exports = np.array([self._rate(i, "export") for i in range(len(inputs.slots))])

    def _rate(self, index: int, kind: str) -> float:
        """The published rate, else the estimate's mean; not a number where there is neither."""
        slot = self.inputs.slots[index]
        published = slot.import_p_per_kwh if kind == "import" else slot.export_p_per_kwh
        if published is not None:
            return published
        scenarios = self.inputs.price_scenarios
        if not scenarios:
            return float("nan") if kind == "import" else 0.0
        total = sum(scenario.weight for scenario in scenarios)
        return (
            sum(
                scenario.weight
                * (
                    scenario.import_p_per_kwh[index]
                    if kind == "import"
                    else scenario.export_p_per_kwh[index]
                )
                for scenario in scenarios
            )
            / total
        )

    def choices(self, slot: SlotInputs, rate_p: float) -> tuple[Choice, ...]:
        """What the rules and wishes leave to be chosen in a slot."""
        wishes = self.inputs.wishes
        ceiling = wishes.price_ceiling_p_per_kwh
        dear = ceiling is not None and rate_p > ceiling and slot.pin is not Action.CHARGE
        forbidden = (
            slot.grid_charge_forbidden
            or slot.charge_banned
            or slot.session is Session.POWER_DOWN
            or dear
            or np.isnan(rate_p)
        )
        charges = tuple(Choice(Action.CHARGE, lever) for lever in self.battery.levers)
        if slot.pin is Action.CHARGE and not forbidden:
            return charges
        if slot.pin in (Action.HOLD, Action.USE):
            return (Choice(slot.pin),)
        rest: tuple[Choice, ...] = (Choice(Action.HOLD),)
        if not slot.car_charging:
            rest = (Choice(Action.USE), *rest)
        return rest if forbidden else (*rest, *charges)

    def net_kwh(self, slot: SlotInputs) -> Floats:
        """Three atoms of what the house needs beyond its sun: low, middle, high."""
        load, pv = slot.load_kwh, slot.pv_kwh
        mean = load.mean - pv.mean
        less = float(np.hypot(max(0.0, load.mean - load.p10), max(0.0, pv.p90 - pv.mean)))
        more = float(np.hypot(max(0.0, load.p90 - load.mean), max(0.0, pv.mean - pv.p10)))
        low, high = mean - less, mean + more
        middle = (mean - ATOM_WEIGHTS[0] * low - ATOM_WEIGHTS[2] * high) / ATOM_WEIGHTS[1]
        return np.array([low, middle, high])

    def sunned(self, stored: Floats, net: Floats, hours: float) -> tuple[Floats, Floats]:
        """Stored energy after the surplus went in, and what of it is left to export.

        ``stored`` (n,) and ``net`` (w,) give (w, n) each.
        """
        battery = self.battery
        surplus = np.maximum(-net, 0.0)[:, None]
        room = np.maximum(battery.capacity_kwh - stored, 0.0)[None, :] / self.eta
        into = np.minimum(np.minimum(surplus, battery.max_charge_w * hours / 1000.0), room)
        left = surplus - into
        if battery.export_limit_w is not None:
            left = np.minimum(left, battery.export_limit_w * hours / 1000.0)
        filled: Floats = stored[None, :] + self.eta * into
        return filled, left

    def drawn(self, stored: Floats, net: Floats, hours: float) -> Floats:
        """Stored energy if the house may draw all it wants, (w, n)."""
        most = self.battery.max_discharge_w * hours / 1000.0
        out = np.minimum(np.maximum(net, 0.0), most)[:, None] / self.eta
        left: Floats = np.maximum(stored[None, :] - out, 0.0)
        return left

    def reach(self, lever: LeverModel, stored: Floats, sunned: Floats, hours: float) -> Floats:
        """How far a lever charges within the slot, (w, n)."""
        battery = self.battery
        share = np.ones_like(stored)
        if battery.taper_from_percent < 100.0:
            percent = stored / battery.capacity_kwh * 100.0
            through = (percent - battery.taper_from_percent) / (100.0 - battery.taper_from_percent)
            share -= np.clip(through, 0.0, 1.0) * (1.0 - battery.taper_to_fraction)
        limit = battery.max_charge_w * hours / 1000.0 - (sunned - stored) / self.eta
        grid = np.minimum(lever.power_w * hours / 1000.0 * share, np.maximum(limit, 0.0))
        reached: Floats = np.minimum(sunned + self.eta * grid, battery.capacity_kwh)
        return reached

    def targets(self, lever: LeverModel, ceiling_percent: float) -> tuple[int, ...]:
        """The levels at which a charge by this lever can be made to stop."""
        if not lever.stops_at_target:
            return (100,)
        if lever.lever is Lever.GENTLE:
            highest = self.battery.highest_partial_reserve_percent
            partial = range(1, highest + 1)
            return tuple(p for p in (*partial, 100) if p <= max(ceiling_percent, 1))
        return tuple(range(1, int(ceiling_percent) + 1))

    def reserves(self) -> tuple[int, ...]:
        """The levels down to which a use can be limited."""
        floor = int(np.ceil(self.inputs.wishes.reserve_floor_percent))
        highest = self.battery.highest_partial_reserve_percent
        return (*range(min(floor, highest), highest + 1),) or (floor,)

    def carbon_p_per_kwh(self, slot: SlotInputs) -> float:
        """What a kWh's carbon is priced at."""
        if slot.carbon_g_per_kwh is None:
            return 0.0
        return slot.carbon_g_per_kwh * self.inputs.wishes.carbon_gbp_per_tonne / 10_000.0

    def ceiling_percent(self, slot: SlotInputs, rate_p: float) -> float:
        """How far this slot may charge."""
        free = rate_p < 0.0 or slot.session is Session.POWER_UP or slot.pin is Action.CHARGE
        return 100.0 if free else self.inputs.wishes.everyday_ceiling_percent

    def option(
        self, choice: Choice, index: int, slot: SlotInputs, stored: Floats, value: Floats
    ) -> tuple[Floats, NDArray[np.int64] | None]:
        """Expected pence of a choice at each stored energy (n,), and its best target in percent."""
        hours = (slot.end - slot.start).total_seconds() / 3600.0
        rate = self.imports[index] + self.carbon_p_per_kwh(slot)
        rate = 0.0 if np.isnan(rate) else rate
        net = self.net_kwh(slot)
        sunned, exported = self.sunned(stored, net, hours)
        base = ATOM_WEIGHTS @ (
            np.maximum(net, 0.0)[:, None] * rate - exported * self.exports[index]
        )
        match choice.action:
            case Action.USE:
                return self._use(stored, net, sunned, hours, rate, base, value)
            case Action.CHARGE if choice.lever is not None:
                ceiling = self.ceiling_percent(slot, self.imports[index])
                return self._charge(choice.lever, stored, sunned, hours, rate, base, value, ceiling)
            case _:
                return base + ATOM_WEIGHTS @ np.interp(sunned, self.grid, value), None

    def _use(
        self,
        stored: Floats,
        net: Floats,
        sunned: Floats,
        hours: float,
        rate: float,
        base: Floats,
        value: Floats,
    ) -> tuple[Floats, NDArray[np.int64]]:
        saved = (rate - self.inputs.wishes.wear_p_per_kwh) * self.eta
        drawn = np.where((net > 0.0)[:, None], self.drawn(stored, net, hours), sunned)
        percents = np.array(self.reserves())
        reserves = percents / 100.0 * self.battery.capacity_kwh
        # (r, w, n): where each atom ends if the reserve stands at r.
        low = np.minimum(reserves[:, None, None], stored[None, None, :])
        ends = np.where((net > 0.0)[None, :, None], np.maximum(drawn[None], low), drawn[None])
        after = np.interp(ends, self.grid, value)
        used = np.where((net > 0.0)[None, :, None], stored[None, None, :] - ends, 0.0)
        cost = np.einsum("w,rwn->rn", ATOM_WEIGHTS, after - saved * used)
        best = cost.argmin(axis=0)
        return base + np.take_along_axis(cost, best[None], axis=0)[0], percents[best]

    def _charge(
        self,
        lever: LeverModel,
        stored: Floats,
        sunned: Floats,
        hours: float,
        rate: float,
        base: Floats,
        value: Floats,
        ceiling: float,
    ) -> tuple[Floats, NDArray[np.int64]]:
        percents = np.array(self.targets(lever, ceiling))
        targets = percents / 100.0 * self.battery.capacity_kwh
        reach = self.reach(lever, stored, sunned, hours)
        ends = np.minimum(reach[None], np.maximum(targets[:, None, None], sunned[None]))
        after = np.interp(ends, self.grid, value) + rate / self.eta * (ends - sunned[None])
        cost = np.einsum("w,twn->tn", ATOM_WEIGHTS, after)
        # A target that is already passed is a hold, not a charge.
        cost = np.where(targets[:, None] > stored[None, :] + 1e-9, cost, np.inf)
        best = cost.argmin(axis=0)
        return base + np.take_along_axis(cost, best[None], axis=0)[0], percents[best]

    def wish_cost(self, slot: SlotInputs) -> Floats:
        """Pence for every stored level that a ready-by wish at the slot's start finds too low."""
        cost = np.zeros(POINTS)
        for wish in self.inputs.wishes.ready_by:
            if slot.start == wish.at or slot.start < wish.at < slot.end:
                asked = wish.percent / 100.0 * self.battery.capacity_kwh
                cost += WISH_P_PER_KWH * np.maximum(asked - self.grid, 0.0)
        return cost

    def follow(self, option: Option, index: int, slot: SlotInputs, stored: Floats) -> Flows:
        """The flows of an option: its mean, and three courses for the spread.

        ``stored`` are a low, a middle and a high course (3,); a low course meets high demand.
        """
        hours = (slot.end - slot.start).total_seconds() / 3600.0
        net = self.net_kwh(slot)[::-1]
        pairs = [self._lead(option, hours, net[i : i + 1], stored[i : i + 1]) for i in range(3)]
        ends = np.array([end for end, _, _ in pairs])
        taken = np.array([into for _, into, _ in pairs])
        out = np.array([out for _, _, out in pairs])
        grid = net + taken - out
        exported = np.maximum(-grid, 0.0)
        if self.battery.export_limit_w is not None:
            exported = np.minimum(exported, self.battery.export_limit_w * hours / 1000.0)
        imported = np.maximum(grid, 0.0)
        rate = self.imports[index] + self.carbon_p_per_kwh(slot)
        rate = 0.0 if np.isnan(rate) else rate
        wear = self.inputs.wishes.wear_p_per_kwh
        weights = ATOM_WEIGHTS
        return Flows(
            stored=ends,
            imported_kwh=float(weights @ imported),
            exported_kwh=float(weights @ exported),
            in_kwh=float(weights @ taken),
            out_kwh=float(weights @ out),
            cost_p=float(weights @ (imported * rate - exported * self.exports[index] + out * wear)),
        )

    def _lead(
        self, option: Option, hours: float, net: Floats, stored: Floats
    ) -> tuple[float, float, float]:
        """One course: where it ends, what went into the battery and what came out, AC."""
        sunned, _ = self.sunned(stored, net, hours)
        end = float(sunned[0, 0])
        share = (option.target_percent or 0) / 100.0 * self.battery.capacity_kwh
        if option.choice.action is Action.CHARGE and option.choice.lever is not None:
            reach = float(self.reach(option.choice.lever, stored, sunned, hours)[0, 0])
            end = min(reach, max(share, end))
        if option.choice.action is Action.USE and net[0] > 0.0:
            drawn = float(self.drawn(stored, net, hours)[0, 0])
            end = max(drawn, min(share, float(stored[0])))
        change = end - float(stored[0])
        return end, max(change, 0.0) / self.eta, max(-change, 0.0) * self.eta


@dataclass(frozen=True, slots=True)
class Flows:
    """What a slot is expected to move, kWh AC, and the three courses of stored energy."""

    stored: Floats
    imported_kwh: float
    exported_kwh: float
    in_kwh: float
    out_kwh: float
    cost_p: float


def _planned(
    problem: Problem,
    slot: SlotInputs,
    index: int,
    best: Option,
    options: tuple[Option, ...],
    stored: Floats,
    flows: Flows,
    worth: float,
) -> PlannedSlot:
    capacity = problem.battery.capacity_kwh
    rate = float(problem.imports[index])
    return PlannedSlot(
        start=slot.start,
        end=slot.end,
        action=best.choice.action,
        lever=best.choice.lever.lever if best.choice.lever else None,
        target_percent=best.target_percent,
        import_p_per_kwh=None if np.isnan(rate) else rate,
        export_p_per_kwh=float(problem.exports[index]),
        rate_is_estimate=slot.import_p_per_kwh is None,
        load_kwh=slot.load_kwh.mean,
        pv_kwh=slot.pv_kwh.mean,
        grid_import_kwh=flows.imported_kwh,
        grid_export_kwh=flows.exported_kwh,
        battery_in_kwh=flows.in_kwh,
        battery_out_kwh=flows.out_kwh,
        start_percent=float(stored[1]) / capacity * 100.0,
        end_percent=float(flows.stored[1]) / capacity * 100.0,
        end_percent_p10=float(flows.stored.min()) / capacity * 100.0,
        end_percent_p90=float(flows.stored.max()) / capacity * 100.0,
        cost_p=flows.cost_p,
        stored_worth_p_per_kwh=worth,
        reason=explain(slot, rate, worth, problem.eta, best.choice.action),
    )


def _slope(grid: Floats, value: Floats, at: float) -> float:
    step = float(grid[1])
    low, high = max(at - step, 0.0), min(at + step, float(grid[-1]))
    ends = np.interp([low, high], grid, value)
    return float((ends[1] - ends[0]) / (high - low))


def _stored(problem: Problem, percent: float) -> float:
    return percent / 100.0 * problem.battery.capacity_kwh


def _self_use_cost_p(problem: Problem, last: Floats) -> float:
    """What the same hours cost if the battery is only ever used down to its floor."""
    floor = int(np.ceil(problem.inputs.wishes.reserve_floor_percent))
    stored = np.full(3, problem.inputs.stored_kwh)
    cost = 0.0
    for index, slot in enumerate(problem.slots):
        flows = problem.follow(Option(Choice(Action.USE), floor, 0.0), index, slot, stored)
        cost, stored = cost + flows.cost_p, flows.stored
    left, begun = np.interp([stored[1], problem.inputs.stored_kwh], problem.grid, last)
    return cost + float(left - begun)
