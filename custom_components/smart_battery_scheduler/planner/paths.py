"""Where every possible path of a slot leads from every charge level, before prices are applied.

Axes, where an array has them, are in this order: slot, path, charge level. A *path* is one thing that
can happen to the battery in a slot: nothing, one quantile of demand served in full, or one charge method's
whole reach with one quantile of demand. The recursion mixes them into options.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .model import Battery, ChargeMethod, ChargeMethodModel, HouseholdRules, SlotInputs

type Floats = NDArray[np.float64]
type Ints = NDArray[np.intp]
type Bools = NDArray[np.bool_]

# Half a percent: finer steps no longer change plans, coarser ones blur small loads.
PER_PERCENT = 2
POINTS = 100 * PER_PERCENT + 1
# p10, p50 and p90 stand for a distribution with these weights (Swanson's rule).
QUANTILE_WEIGHTS = np.array([0.3, 0.4, 0.3])
QUANTILE_POINTS = len(QUANTILE_WEIGHTS)
# The share of its reach that a slow charge method must bring, where that is less than the least charge.
NEARLY_ALL = 0.9
# Room for rounding where levels are compared.
NEAR_KWH = 1e-9


@dataclass(frozen=True, slots=True)
class Lookup:
    """Places on the grid: between point ``below`` and the next, ``share`` of the way."""

    below: Ints
    share: Floats

    @classmethod
    def of(cls, stored_kwh: Floats, step_kwh: float) -> Lookup:
        """The places of stored energies that lie within the grid."""
        share = stored_kwh / step_kwh
        below = share.astype(np.intp)
        np.minimum(below, POINTS - 2, out=below)
        share -= below
        return cls(below, share)

    def __getitem__(self, where: int | tuple[int | slice, ...]) -> Lookup:
        """Some of the places."""
        return Lookup(self.below[where], self.share[where])

    def read(self, values: Floats) -> Floats:
        """Values (scenario, level) between the grid's points: (scenario, *places)."""
        low = values.take(self.below, axis=1)
        between = values.take(self.below + 1, axis=1)
        between -= low
        between *= self.share
        between += low
        return between


@dataclass(frozen=True, slots=True)
class Site:
    """The battery on its grid of levels, and how long each slot is."""

    battery: Battery
    floor_kwh: float
    hours: Floats
    eta: float
    grid: Floats

    @property
    def step_kwh(self) -> float:
        """From one point of the grid to the next."""
        return float(self.grid[1])

    @property
    def most_in_kwh(self) -> Floats:
        """What the battery can take per slot, AC."""
        return self.battery.max_charge_w * self.hours / 1000.0

    @property
    def most_out_kwh(self) -> Floats:
        """What the battery can give per slot, AC."""
        return self.battery.max_discharge_w * self.hours / 1000.0

    @property
    def export_limit_kwh(self) -> Floats:
        """What may go to the grid per slot."""
        limit_w = self.battery.export_limit_w
        return self.hours * np.inf if limit_w is None else limit_w * self.hours / 1000.0

    def taper(self, stored_kwh: Floats) -> Floats:
        """The share of a charge method's power that is left at each level."""
        battery = self.battery
        if battery.taper_from_percent >= 100.0:
            return np.ones_like(stored_kwh)
        percent = stored_kwh / battery.capacity_kwh * 100.0
        through = (percent - battery.taper_from_percent) / (100.0 - battery.taper_from_percent)
        slowed: Floats = 1.0 - np.clip(through, 0.0, 1.0) * (1.0 - battery.taper_to_fraction)
        return slowed


class Demand:
    """The house's net demand per slot and quantile, and what solar power and house do to every level.

    A quantile is one possible net demand of a slot (load less solar); a slot's quantiles are sorted from the
    greatest surplus to the greatest need.
    """

    def __init__(self, site: Site, slots: tuple[SlotInputs, ...]) -> None:
        """Lay out (slot, quantile) and (slot, quantile, level)."""
        battery, grid, eta = site.battery, site.grid, site.eta
        self.net_kwh = net_quantile_points(slots)
        surplus = np.maximum(-self.net_kwh, 0.0)[:, :, None]
        room = (battery.capacity_kwh - grid) / eta
        # What solar power would put in if there were room: (slot, quantile, 1).
        self.solar_kwh = np.minimum(surplus, site.most_in_kwh[:, None, None])
        self.solar_in_kwh = np.minimum(self.solar_kwh, room)
        left = np.minimum(surplus - self.solar_in_kwh, site.export_limit_kwh[:, None, None])
        self.mean_left_kwh: Floats = np.einsum("a,sal->sl", QUANTILE_WEIGHTS, left)
        self.sunned_kwh = grid + eta * self.solar_in_kwh
        # How many quantiles are a surplus: they come first.
        self.sunny = (self.net_kwh <= 0.0).sum(axis=1)
        self.need_kwh = np.maximum(self.net_kwh, 0.0)
        self.mean_need_kwh = self.need_kwh @ QUANTILE_WEIGHTS
        drawn = np.minimum(self.need_kwh, site.most_out_kwh[:, None])[:, :, None] / eta
        used = np.maximum(grid - drawn, np.minimum(grid, site.floor_kwh))
        has_need = (self.net_kwh > 0.0)[:, :, None]
        self.used_kwh = np.where(has_need, used, self.sunned_kwh)
        # What serving a need takes out of the battery; a surplus takes nothing.
        self.served_kwh = np.where(has_need, (grid - used) * eta, 0.0)
        # Ending a use there would need a reserve that the hardware does not know.
        highest_kwh = battery.highest_partial_reserve_percent / 100.0 * battery.capacity_kwh
        self.no_reserve: Bools = np.greater(self.used_kwh, highest_kwh + NEAR_KWH)


@dataclass(frozen=True, slots=True)
class ChargeMethodPaths:
    """Where a charge method leads in each slot.

    ``reached_kwh`` and ``bought_kwh`` (slot, quantile, level) are of its whole reach, ``windows`` (slot,
    level) is that reach in steps of the grid, ``stops`` (slot, level) are the points at which it can be
    made to stop, ``barred`` (slot, level) those from which its whole reach goes beyond the slot's ceiling
    or brings too little. ``skipped`` (slot, level) are the next stops that are too near. Where charging
    does not slow down towards full, windows and skipped stops have one level that stands for all.
    """

    model: ChargeMethodModel
    reached_kwh: Floats
    bought_kwh: Floats
    windows: Ints
    stops: Bools
    skipped: Ints
    barred: Bools

    @classmethod
    def of(
        cls,
        site: Site,
        demand: Demand,
        method: ChargeMethodModel,
        ceiling_kwh: Floats,
        least_kwh: Floats,
        is_forced: Bools,
    ) -> ChargeMethodPaths:
        """A charge method's paths, for slots that may charge to their ceilings; forced ones go to them.

        ``least_kwh`` is what a charge must bring in each slot, AC.
        """
        share = site.taper(site.grid)
        most = (method.power_w * site.hours / 1000.0)[:, None, None] * share
        spare = site.most_in_kwh[:, None, None] - demand.solar_in_kwh
        room = (site.battery.capacity_kwh - demand.sunned_kwh) / site.eta
        bought = np.maximum(np.minimum(np.minimum(most, spare), room), 0.0)
        reached = demand.sunned_kwh + site.eta * bought
        # The grid may use the charging power that solar leaves over, however much room there is.
        beside = site.most_in_kwh[:, None] - demand.solar_kwh[:, :, 0]
        reach_kwh = site.eta * np.minimum(most.max(axis=2), beside) @ QUANTILE_WEIGHTS
        highest = ceiling_kwh + NEAR_KWH
        slowed_kwh = reach_kwh[:, None] * share if share[-1] < 1.0 else reach_kwh[:, None]
        alone_kwh = most[:, 0] if share[-1] < 1.0 else most[:, 0, :1]
        least = np.minimum(least_kwh[:, None], NEARLY_ALL * alone_kwh)
        # Whoever is below the floor is filled up by as little as it takes.
        wants = site.grid >= min(site.floor_kwh, site.battery.capacity_kwh - site.step_kwh)
        little = wants & np.less(np.tensordot(QUANTILE_WEIGHTS, bought, (0, 1)), least)
        stops = _stops(site, method) & (site.grid <= highest[:, None])
        for slot in np.flatnonzero(is_forced):
            stops[slot, np.flatnonzero(stops[slot])[:-1]] = False
        # A target stands for what becomes of the mean sun: it must lie above what more sun reaches.
        sun = demand.solar_kwh[:, :, 0]
        sunnier = (sun.max(axis=1) - sun @ QUANTILE_WEIGHTS)[:, None]

        def percents(kwh: Floats) -> Floats:
            return site.eta * kwh / (PER_PERCENT * site.step_kwh)

        return cls(
            model=method,
            reached_kwh=reached,
            bought_kwh=bought,
            windows=(slowed_kwh / site.step_kwh + NEAR_KWH).astype(np.intp),
            stops=stops,
            skipped=np.maximum(
                percents(least).astype(np.intp), np.ceil(percents(sunnier)).astype(np.intp)
            ),
            barred=np.greater(reached.max(axis=1), highest[:, None]) | little,
        )


def _stops(site: Site, method: ChargeMethodModel) -> Bools:
    """The grid's points at which a charge by a charge method can be made to stop: whole percents."""
    percent = np.arange(101)
    whole: Bools = np.full(len(percent), method.stops_at_target)
    if method.method is ChargeMethod.RESERVE:
        whole &= percent <= site.battery.highest_partial_reserve_percent
    whole[-1] = True
    stops: Bools = np.zeros(POINTS, dtype=np.bool_)
    stops[::PER_PERCENT] = whole
    return stops


def extra_p(method: ChargeMethodPaths, rules: HouseholdRules) -> float:
    """What a kWh by a charge method weighs beyond its rate."""
    return 0.0 if method.model.method is ChargeMethod.RESERVE else rules.gentleness_p_per_kwh


class SlotPaths:
    """All paths of all slots side by side, so that the recursion reads them at once.

    Path 0 is the level as it is; then one path per quantile served in full; then, quantile by quantile, one path
    per charge method with its whole reach. A path costs ``weighed_kwh`` times the slot's rate and
    ``extra_p`` (path), what a kWh weighs beyond that rate.
    """

    def __init__(
        self,
        site: Site,
        demand: Demand,
        methods: tuple[ChargeMethodPaths, ...],
        rules: HouseholdRules,
    ) -> None:
        """Lay them side by side."""
        slots = len(site.hours)
        ends = np.empty((slots, 1 + QUANTILE_POINTS + QUANTILE_POINTS * len(methods), POINTS))
        self.weighed_kwh = np.empty_like(ends)
        ends[:, 0] = site.grid
        self.weighed_kwh[:, 0] = 0.0
        ends[:, 1 : 1 + QUANTILE_POINTS] = demand.used_kwh
        np.negative(demand.served_kwh, out=self.weighed_kwh[:, 1 : 1 + QUANTILE_POINTS])
        for number, method in enumerate(methods):
            ends[:, 1 + QUANTILE_POINTS + number :: len(methods)] = method.reached_kwh
            self.weighed_kwh[:, 1 + QUANTILE_POINTS + number :: len(methods)] = method.bought_kwh
        self.ends = Lookup.of(ends, site.step_kwh)
        # A kWh that the battery serves saves its rate, less the wear.
        by_method = [extra_p(method, rules) for method in methods]
        self.extra_p = np.array(
            [0.0, *[-rules.wear_p_per_kwh] * QUANTILE_POINTS, *by_method * QUANTILE_POINTS]
        )


@dataclass(frozen=True, slots=True)
class SellingPaths:
    """Where selling from the battery leads in each slot, per quantile and level.

    Surplus solar energy goes to the grid along with it. ``stops`` are the points at which a reserve
    can end it, ``window`` its reach in steps of the grid, ``least`` what the house may need of it:
    less is a use of the battery, not a sale.
    """

    ends: Lookup
    out_kwh: Floats
    imported_kwh: Floats
    exported_kwh: Floats
    window: Ints
    least: Ints
    stops: Bools

    @classmethod
    def of(cls, site: Site, demand: Demand, rules: HouseholdRules) -> SellingPaths:
        """Selling at full power, down to the floor."""
        percent = np.linspace(0.0, 100.0, POINTS)
        net = demand.net_kwh[:, :, None]
        limit = site.export_limit_kwh[:, None, None]
        room = np.maximum(net, 0.0) + np.maximum(limit - np.maximum(-net, 0.0), 0.0)
        spare = np.maximum(site.grid - site.floor_kwh, 0.0) * site.eta
        out = np.minimum(np.minimum(spare, site.most_out_kwh[:, None, None]), room)
        per_step = site.eta * site.step_kwh
        needed = np.ceil(demand.need_kwh.max(axis=1) / per_step).astype(np.intp)
        return cls(
            ends=Lookup.of(site.grid - out / site.eta, site.step_kwh),
            out_kwh=out,
            imported_kwh=np.maximum(net - out, 0.0),
            exported_kwh=np.minimum(np.maximum(out - net, 0.0), limit),
            window=np.floor(out[:, :, -1].min(axis=1) / per_step).astype(np.intp),
            least=np.minimum(needed, POINTS - 1),
            stops=np.isclose(percent, np.round(percent))
            & (percent <= site.battery.highest_partial_reserve_percent)
            & (percent >= rules.reserve_floor_percent),
        )


def net_quantile_points(slots: tuple[SlotInputs, ...]) -> Floats:
    """Load less solar as three quantiles per slot, smallest first, with the weights of ``QUANTILE_WEIGHTS``.

    Their mean is exact; their spread adds the two spreads as independent.
    """
    mean, low, middle, high = np.array(
        [(s.load_kwh.mean, s.load_kwh.p10, s.load_kwh.p50, s.load_kwh.p90) for s in slots]
    ).T
    pv_mean, pv_low, pv_middle, pv_high = np.array(
        [(s.pv_kwh.mean, s.pv_kwh.p10, s.pv_kwh.p50, s.pv_kwh.p90) for s in slots]
    ).T
    net = middle - pv_middle
    below = np.hypot(middle - low, pv_high - pv_middle)
    above = np.hypot(high - middle, pv_middle - pv_low)
    quantile_points = np.stack([net - below, net, net + above], axis=1)
    centred: Floats = (
        quantile_points + (mean - pv_mean - quantile_points @ QUANTILE_WEIGHTS)[:, None]
    )
    return centred
