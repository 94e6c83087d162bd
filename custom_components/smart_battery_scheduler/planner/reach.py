"""What each charge lever, and a sale, can do in a slot from every charge level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .demand import QUANTILES, WEIGHTS, Demand
from .grid import LEVELS, NEAR_KWH, PER_PERCENT, Bools, Floats, Grid, Ints, Lookup
from .model import ChargeMethod, ChargeMethodModel, HouseholdRules

# A charge that brings less than this in a half-hour does nothing.
NOTHING_KWH = 0.02


@dataclass(frozen=True, slots=True)
class Charge:
    """A lever's whole reach in one slot, by groups of quantile points.

    The sun of a surplus goes into the battery first, so that each sunny point is a group of its
    own; all needs are one group, as the grid serves them whatever they are. ``ends`` and ``weights`` are by
    group; ``bought_kwh`` is what is bought on average (level), ``full_kwh`` what an empty battery
    takes, AC. ``too_far`` are the levels from which it goes beyond the slot's
    ceiling, ``idle_from`` is the first level from which it does nothing, ``window`` its reach in
    steps of the grid.
    """

    ends: tuple[Lookup, ...]
    weights: tuple[float, ...]
    bought_kwh: Floats
    full_kwh: float
    too_far: Bools
    idle_from: int
    window: int


class LeverReach:
    """One lever's charges, slot by slot."""

    def __init__(
        self,
        grid: Grid,
        demand: Demand,
        method: ChargeMethodModel,
        ceiling_kwh: Floats,
        forced: Bools,
    ) -> None:
        """For slots that may charge to their ceilings; a forced one goes to it."""
        self.grid, self.demand, self.model = grid, demand, method
        self.ceiling_kwh = ceiling_kwh
        self._taper = grid.taper(grid.levels_kwh)
        self._dark: dict[tuple[float, float], Charge] = {}
        highest = ceiling_kwh + NEAR_KWH
        self.stops: Bools = _stops(grid, method) & (grid.levels_kwh <= highest[:, None])
        for slot in np.flatnonzero(forced):
            self.stops[slot, np.flatnonzero(self.stops[slot])[:-1]] = False

    def at(self, slot: int) -> Charge:
        """The whole reach in a slot. Slots of one length without sun are alike."""
        sunny = int(self.demand.sunny[slot])
        if sunny:
            groups = min(sunny + 1, QUANTILES)
            return self._charge(slot, [float(s) for s in self.demand.surplus_kwh[slot, :groups]])
        key = (float(self.grid.hours[slot]), float(self.ceiling_kwh[slot]))
        if key not in self._dark:
            self._dark[key] = self._charge(slot, [0.0])
        return self._dark[key]

    def _charge(self, slot: int, suns_kwh: list[float]) -> Charge:
        grid = self.grid
        levels, capacity, eta = grid.levels_kwh, grid.battery.capacity_kwh, grid.eta
        most = self.model.power_w * float(grid.hours[slot]) / 1000.0 * self._taper
        most_in = float(grid.most_in_kwh[slot])
        room = (capacity - levels) / eta
        ends, windows = [], []
        expected = np.zeros(LEVELS)
        weights = WEIGHTS[: len(suns_kwh)].copy()
        weights[-1] = 1.0 - weights[:-1].sum()
        for weight, sun_kwh in zip(weights.tolist(), suns_kwh, strict=True):
            sun = np.minimum(sun_kwh, room)
            bought = np.maximum(np.minimum(np.minimum(most, most_in - sun), room - sun), 0.0)
            ends.append(levels + eta * (sun + bought))
            expected += weight * bought
            # However much room there is: beside the sun the grid has the rest of the power.
            windows.append(eta * min(float(most[0]), most_in - sun_kwh))
        highest = float(self.ceiling_kwh[slot]) + NEAR_KWH
        reach_kwh = float(np.dot(windows, weights))
        least = min(NOTHING_KWH, reach_kwh / eta / 2.0)
        return Charge(
            ends=tuple(Lookup.of(end, grid.step_kwh) for end in ends),
            weights=tuple(weights.tolist()),
            bought_kwh=expected,
            full_kwh=reach_kwh / eta,
            too_far=np.greater(np.maximum.reduce(ends), highest),
            idle_from=int(np.searchsorted(-expected, -least, side="right")),
            window=int(reach_kwh / grid.step_kwh + NEAR_KWH),
        )


def _stops(grid: Grid, method: ChargeMethodModel) -> Bools:
    """The levels at which a charge by a lever can be made to stop: whole percents."""
    percent = np.arange(101)
    whole: Bools = np.full(len(percent), method.stops_at_target)
    if method.method is ChargeMethod.RESERVE:
        whole &= percent <= grid.battery.highest_partial_reserve_percent
    whole[-1] = True
    stops: Bools = np.zeros(LEVELS, dtype=np.bool_)
    stops[::PER_PERCENT] = whole
    return stops


def extra_p(method: ChargeMethodModel, rules: HouseholdRules) -> float:
    """What a kWh by a lever weighs beyond its rate."""
    return 0.0 if method.method is ChargeMethod.RESERVE else rules.gentleness_p_per_kwh


@dataclass(frozen=True)
class Sale:
    """Where selling from the battery leads in each slot, by quantile point and level.

    Sun that is left goes to the grid along with it.
    """

    grid: Grid
    demand: Demand
    floor_percent: float

    def at(self, slot: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Selling at full power: end level, out, imported, exported, kWh (point, level)."""
        grid, net = self.grid, self.demand.net_kwh[slot][:, None]
        limit = float(grid.export_limit_kwh[slot])
        room = np.maximum(net, 0.0) + np.maximum(limit - np.maximum(-net, 0.0), 0.0)
        spare = np.maximum(grid.levels_kwh - grid.floor_kwh, 0.0) * grid.eta
        out = np.minimum(np.minimum(spare, float(grid.most_out_kwh[slot])), room)
        imported = np.maximum(net - out, 0.0)
        exported = np.minimum(np.maximum(out - net, 0.0), limit)
        return grid.levels_kwh - out / grid.eta, out, imported, exported

    @cached_property
    def least(self) -> Ints:
        """Steps that the house may need in each slot: less is a use of the battery, not a sale."""
        per_step = self.grid.eta * self.grid.step_kwh
        needed = np.ceil(self.demand.need_kwh.max(axis=1) / per_step).astype(np.intp)
        least: Ints = np.minimum(needed, LEVELS - 1)
        return least

    @cached_property
    def window(self) -> Ints:
        """A sale's reach in steps of the grid, in each slot."""
        net = self.demand.net_kwh
        limit = self.grid.export_limit_kwh[:, None]
        room = np.maximum(net, 0.0) + np.maximum(limit - np.maximum(-net, 0.0), 0.0)
        most = max(self.grid.battery.capacity_kwh - self.grid.floor_kwh, 0.0) * self.grid.eta
        out = np.minimum(np.minimum(most, self.grid.most_out_kwh[:, None]), room)
        steps: Ints = np.floor(out.min(axis=1) / (self.grid.eta * self.grid.step_kwh)).astype(
            np.intp
        )
        return steps

    @cached_property
    def stops(self) -> Bools:
        """Levels at which a reserve can end it."""
        percent = np.linspace(0.0, 100.0, LEVELS)
        return (
            np.isclose(percent, np.round(percent))
            & (percent <= self.grid.battery.highest_partial_reserve_percent)
            & (percent >= self.floor_percent)
        )
