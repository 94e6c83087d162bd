"""A plan's inputs as arrays: what can happen in each slot, before any choice is made.

Axes, where an array has them, are in this order: slot, price course, atom, charge level. An atom is
one possible net demand of the house in a slot (load less sun); the atoms of a slot are sorted from
the greatest surplus to the greatest need. Charge levels are the points of a fixed grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .model import Action, Lever, LeverModel, PlanInputs, Session, SlotInputs, Spread

type Floats = NDArray[np.float64]
type Ints = NDArray[np.intp]
type Bools = NDArray[np.bool_]

# Half a percent: finer steps no longer change plans, coarser ones blur small loads.
POINTS = 201
# p10, p50 and p90 stand for a distribution with these weights (Swanson's rule).
ATOM_WEIGHTS = np.array([0.3, 0.4, 0.3])
# A wish that is not met costs this much per kWh: more than any rate, and still no infinity, so
# that the plan comes as near as it can.
WISH_P_PER_KWH = 150.0
# Each hour that a kWh is missing below the floor: enough to fill it up within a day, at the
# cheapest time of that day.
SHORT_P_PER_KWH_HOUR = 1.0
LIFTED_BEFORE = timedelta(hours=12)
LAST_DAY = timedelta(days=1)


class Forbidden(StrEnum):
    """Why the grid may not charge the battery in a slot."""

    PEAK = "peak"
    SESSION = "session"
    BANNED = "banned"
    PINNED = "pinned"
    RATE_UNKNOWN = "rate_unknown"
    PRICE_CEILING = "price_ceiling"


@dataclass(frozen=True, slots=True)
class Lookup:
    """Places on the grid: between point ``below`` and the next, ``share`` of the way."""

    below: Ints
    share: Floats

    @classmethod
    def of(cls, stored_kwh: Floats, step_kwh: float) -> Lookup:
        """The places of stored energies that lie within the grid."""
        steps = stored_kwh / step_kwh
        below = np.minimum(steps.astype(np.intp), POINTS - 2)
        return cls(below, steps - below)

    def __getitem__(self, slot: int) -> Lookup:
        """The places of one slot."""
        return Lookup(self.below[slot], self.share[slot])

    def read(self, values: Floats) -> Floats:
        """Values (course, level) between the grid's points: (course, *places)."""
        low = values.take(self.below, axis=1)
        between = values.take(self.below + 1, axis=1)
        between -= low
        between *= self.share
        between += low
        return between


@dataclass(frozen=True, slots=True)
class LeverPaths:
    """Where a lever leads in each slot, per atom and level.

    ``extra_p`` is what a kWh by it weighs beyond its rate. ``bought_kwh`` is what it takes from the
    grid for its whole reach, ``window`` that reach in
    steps of the grid, ``stops`` the points at which it can be made to stop.
    """

    model: LeverModel
    extra_p: float
    reach: Lookup
    reached_kwh: Floats
    bought_kwh: Floats
    window: Ints
    stops: Bools


@dataclass(frozen=True, slots=True)
class SellingPaths:
    """Where selling from the battery leads in each slot, per atom and level.

    Sun that is left goes to the grid along with it. ``stops`` are the points at which a reserve
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


class Problem:
    """Arrays over all slots of the plan and, after them, once more its last day.

    The repeated day gives what is left at the end of the plan its worth.
    """

    def __init__(self, inputs: PlanInputs) -> None:
        """Lay out the inputs; they have been checked."""
        self.inputs = inputs
        self.battery = inputs.battery
        self.wishes = inputs.wishes
        self.eta = float(np.sqrt(self.battery.round_trip_efficiency))
        self.grid = np.linspace(0.0, self.battery.capacity_kwh, POINTS)
        self.step_kwh = float(self.grid[1])
        self.planned = len(inputs.slots)
        end = inputs.slots[-1].end
        again = [i for i, slot in enumerate(inputs.slots) if slot.start >= end - LAST_DAY]
        self.order = np.array([*range(self.planned), *again], dtype=np.intp)
        self.slots = tuple(inputs.slots[i] for i in self.order)
        self.hours = np.array([(s.end - s.start) / timedelta(hours=1) for s in self.slots])
        self._lay_rates()
        self._lay_demand()
        self._lay_levers()
        self.selling = self._selling() if self.battery.can_export_stored else None
        self._lay_rules()

    # --- rates -----------------------------------------------------------------------------

    def _lay_rates(self) -> None:
        """Rates per slot and course: the published rate in every course, else each course's own.

        Where there is neither, the rate is not a number.
        """
        scenarios = self.inputs.price_scenarios
        self.course_weights = np.array([s.weight for s in scenarios] or [1.0])
        self.course_weights = self.course_weights / self.course_weights.sum()
        courses = len(self.course_weights)
        nothing = np.full((courses, self.planned), np.nan)
        estimates = [
            (np.array([s.import_p_per_kwh for s in scenarios]) if scenarios else nothing),
            (np.array([s.export_p_per_kwh for s in scenarios]) if scenarios else 0.0 * nothing),
        ]
        slots = self.inputs.slots
        published = [
            np.array([_or_nan(slot.import_p_per_kwh) for slot in slots]),
            np.array([_or_nan(slot.export_p_per_kwh) for slot in slots]),
        ]
        self.import_p, self.export_p = (
            np.where(np.isnan(known), guessed, known).T[self.order]
            for known, guessed in zip(published, estimates, strict=True)
        )
        self.export_p = np.nan_to_num(self.export_p)
        carbon = np.array([slot.carbon_g_per_kwh or 0.0 for slot in self.slots])
        self.carbon_p = carbon * self.wishes.carbon_gbp_per_tonne / 10_000.0
        self.unknown: Bools = np.isnan(self.import_p).any(axis=1)
        free = np.array([slot.session is Session.POWER_UP for slot in self.slots])
        self.import_p[free] = np.minimum(self.import_p[free], 0.0)
        # What a kWh from the grid weighs in the choice: money and carbon. Where the rate is not
        # even guessed, neither using nor keeping a kWh shall look like a gain.
        known_p = self.import_p + self.carbon_p[:, None]
        self.price_p = np.where(self.unknown[:, None], self.wishes.wear_p_per_kwh, known_p)
        # Expected over the courses; the import rate is not a number where there is none.
        self.import_rate_p: Floats = self.import_p @ self.course_weights
        self.export_rate_p: Floats = self.export_p @ self.course_weights
        self.decided_at = self._decided_at()

    def _decided_at(self) -> int:
        """The slot from which on the courses are told apart; before it one choice serves all."""
        known_at = self.inputs.rates_known_at
        if known_at is None or len(self.course_weights) == 1:
            return self.planned
        return next(
            (i for i, slot in enumerate(self.inputs.slots) if slot.start >= known_at),
            self.planned,
        )

    def rates(self, slot: int, courses: int) -> tuple[Floats, Floats]:
        """Import and export rate per course, or their expectation while one choice serves all."""
        price, export = self.price_p[slot], self.export_p[slot]
        if courses < len(price):
            price = np.array([self.course_weights @ price])
            export = np.array([self.course_weights @ export])
        return price, export

    @property
    def floor_percent(self) -> int:
        """The reserve that keeps the floor."""
        return min(int(np.ceil(self.wishes.reserve_floor_percent)), 100)

    def percent(self, point: int) -> int:
        """A point of the grid as the charge level that people see."""
        return round(100.0 * point / (POINTS - 1))

    def expected(self, values: Floats) -> Floats:
        """Values (..., course, level) expected over the courses, which stay as one."""
        if values.shape[-2] == 1:
            return values
        mean: Floats = np.matmul(self.course_weights, values)
        return mean[..., None, :]

    # --- demand ----------------------------------------------------------------------------

    def _lay_demand(self) -> None:
        """Net demand per atom, and where surplus and demand lead from every charge level."""
        battery, grid = self.battery, self.grid
        self.net_kwh = np.array([net_atoms(slot.load_kwh, slot.pv_kwh) for slot in self.slots])
        surplus = np.maximum(-self.net_kwh, 0.0)[:, :, None]
        most_in = (battery.max_charge_w * self.hours / 1000.0)[:, None, None]
        room = (battery.capacity_kwh - grid) / self.eta
        self.solar_in_kwh = np.minimum(np.minimum(surplus, most_in), room)
        self.left_kwh = surplus - self.solar_in_kwh
        if battery.export_limit_w is not None:
            limit = (battery.export_limit_w * self.hours / 1000.0)[:, None, None]
            self.left_kwh = np.minimum(self.left_kwh, limit)
        self.sunned_kwh = grid + self.eta * self.solar_in_kwh
        self.need_kwh = np.maximum(self.net_kwh, 0.0)
        most_out = battery.max_discharge_w * self.hours / 1000.0
        drawn = np.minimum(self.need_kwh, most_out[:, None])[:, :, None] / self.eta
        self.floor_kwh = self.wishes.reserve_floor_percent / 100.0 * battery.capacity_kwh
        used = np.maximum(grid - drawn, np.minimum(grid, self.floor_kwh))
        has_need = (self.net_kwh > 0.0)[:, :, None]
        self.used_kwh = np.where(has_need, used, self.sunned_kwh)
        self.using = Lookup.of(self.used_kwh, self.step_kwh)
        # How many atoms are a surplus: they come first.
        self.sunny = (self.net_kwh <= 0.0).sum(axis=1)
        self.mean_need_kwh = self.need_kwh @ ATOM_WEIGHTS
        self.mean_left_kwh = np.einsum("a,sal->sl", ATOM_WEIGHTS, self.left_kwh)
        self.drawn_kwh = self.used_kwh - grid
        # Ending a use there would need a reserve that the hardware does not know.
        highest_kwh = battery.highest_partial_reserve_percent / 100.0 * battery.capacity_kwh
        self.no_reserve: Bools = np.greater(self.used_kwh, highest_kwh + 1e-9)
        self.unsettable = self.no_reserve.any(axis=(1, 2))

    # --- levers ----------------------------------------------------------------------------

    def _lay_levers(self) -> None:
        share = self.taper(self.grid)
        spare = (self.battery.max_charge_w * self.hours / 1000.0)[:, None, None]
        self.levers = tuple(self._paths(lever, share, spare) for lever in self.battery.levers)

    def levers_at(self, slot: int) -> tuple[tuple[int, LeverPaths], ...]:
        """The levers that may be used in a slot, each with its number."""
        settled = self.slots[slot].pin_lever
        every = tuple(enumerate(self.levers))
        return tuple(each for each in every if each[1].model.lever is settled) or every

    def _paths(self, lever: LeverModel, share: Floats, spare: Floats) -> LeverPaths:
        most = (lever.power_w * self.hours / 1000.0)[:, None, None] * share
        bought = np.minimum(most, spare - self.solar_in_kwh)
        room = (self.battery.capacity_kwh - self.sunned_kwh) / self.eta
        bought = np.clip(bought, 0.0, np.maximum(room, 0.0))
        reached = self.sunned_kwh + self.eta * bought
        steps = np.floor(self.eta * most.max(axis=(1, 2)) / self.step_kwh).astype(np.intp)
        return LeverPaths(
            model=lever,
            extra_p=0.0 if lever.lever is Lever.GENTLE else self.wishes.gentleness_p_per_kwh,
            reach=Lookup.of(reached, self.step_kwh),
            reached_kwh=reached,
            bought_kwh=bought,
            window=np.maximum(steps, 1),
            stops=self._stops(lever),
        )

    def _stops(self, lever: LeverModel) -> Bools:
        """The grid's points at which a charge by this lever can be made to stop."""
        percent = np.linspace(0.0, 100.0, POINTS)
        whole: Bools = np.isclose(percent, np.round(percent))
        if not lever.stops_at_target:
            whole &= percent == 100.0
        if lever.lever is Lever.GENTLE:
            highest = self.battery.highest_partial_reserve_percent
            whole &= (percent <= highest) | (percent == 100.0)
        return whole

    def _selling(self) -> SellingPaths:
        battery, percent = self.battery, np.linspace(0.0, 100.0, POINTS)
        most = battery.max_discharge_w * self.hours / 1000.0
        net = self.net_kwh[:, :, None]
        limit = np.full_like(most, np.inf)
        if battery.export_limit_w is not None:
            limit = battery.export_limit_w * self.hours / 1000.0
        limit = limit[:, None, None]
        room = np.maximum(net, 0.0) + np.maximum(limit - np.maximum(-net, 0.0), 0.0)
        spare = np.maximum(self.grid - self.floor_kwh, 0.0) * self.eta
        out = np.minimum(np.minimum(spare, most[:, None, None]), room)
        steps = np.floor(out[:, :, -1].min(axis=1) / self.eta / self.step_kwh).astype(np.intp)
        needed = np.ceil(self.need_kwh.max(axis=1) / self.eta / self.step_kwh).astype(np.intp)
        return SellingPaths(
            ends=Lookup.of(self.grid - out / self.eta, self.step_kwh),
            out_kwh=out,
            imported_kwh=np.maximum(net - out, 0.0),
            exported_kwh=np.minimum(np.maximum(out - net, 0.0), limit),
            window=steps,
            least=np.minimum(needed, POINTS - 1),
            stops=np.isclose(percent, np.round(percent))
            & (percent <= battery.highest_partial_reserve_percent)
            & (percent >= self.wishes.reserve_floor_percent),
        )

    def taper(self, stored_kwh: Floats) -> Floats:
        """The share of a lever's power that is left at each level."""
        battery = self.battery
        if battery.taper_from_percent >= 100.0:
            return np.ones_like(stored_kwh)
        percent = stored_kwh / battery.capacity_kwh * 100.0
        through = (percent - battery.taper_from_percent) / (100.0 - battery.taper_from_percent)
        slowed: Floats = 1.0 - np.clip(through, 0.0, 1.0) * (1.0 - battery.taper_to_fraction)
        return slowed

    # --- rules -----------------------------------------------------------------------------

    def _lay_rules(self) -> None:
        pins = [slot.pin for slot in self.slots]
        self.may_charge = np.array([self.forbidden(i) is None for i in range(len(self.slots))])
        self.must_charge = np.array([pin is Action.CHARGE for pin in pins]) & self.may_charge
        self.paid: Bools = np.less(self.import_p, 0.0).all(axis=1)
        wants_use = np.array([pin is Action.USE for pin in pins])
        self.may_use = np.array([_may_use(slot) for slot in self.slots])
        self.must_use = self.may_use & (
            self.unknown
            | np.array([slot.session is Session.POWER_DOWN for slot in self.slots])
            | wants_use
        )
        self.may_sell = self.may_use & np.array([pin in (None, Action.EXPORT) for pin in pins])
        self.must_sell = self.may_sell & np.array([pin is Action.EXPORT for pin in pins])
        self.ceiling_kwh = np.array([self._ceiling(i) for i in range(len(self.slots))])
        # A pinned charge that has its own target is a wish only below that target.
        has_target = np.array([slot.pin_target_percent is not None for slot in self.slots])
        below = self.grid < self.ceiling_kwh[:, None] - 1e-9
        self.unmet: Floats = (self.must_charge[:, None] & (below | ~has_target[:, None])) * 1.0
        short = np.maximum(self.floor_kwh - self.grid, 0.0)
        self.level_p = np.outer(self.hours, SHORT_P_PER_KWH_HOUR * short)
        for index, asked_kwh in self.asked:
            self.level_p[index] += WISH_P_PER_KWH * np.maximum(asked_kwh - self.grid, 0.0)

    def forbidden(self, index: int) -> Forbidden | None:
        """Why the grid may not charge the battery in a slot, if it may not.

        A person's pin outranks the price ceiling, never a peak window or a session.
        """
        slot, ceiling = self.slots[index], self.wishes.price_ceiling_p_per_kwh
        if slot.grid_charge_forbidden:
            return Forbidden.PEAK
        if slot.session is Session.POWER_DOWN:
            return Forbidden.SESSION
        if slot.charge_banned:
            return Forbidden.BANNED
        if slot.pin is Action.CHARGE:
            return None
        if slot.pin is not None:
            return Forbidden.PINNED
        if self.unknown[index]:
            return Forbidden.RATE_UNKNOWN
        if ceiling is not None and self.import_rate_p[index] > ceiling:
            return Forbidden.PRICE_CEILING
        return None

    @cached_property
    def asked(self) -> tuple[tuple[int, float], ...]:
        """Slots at whose beginning so many kWh are asked for: ready-by wishes, power-down events."""
        found = []
        for index, slot in enumerate(self.inputs.slots):
            found += [
                (index, wish.percent / 100.0 * self.battery.capacity_kwh)
                for wish in self.wishes.ready_by
                if slot.start <= wish.at < slot.end
            ]
            before = self.inputs.slots[index - 1].session if index else slot.session
            if slot.session is Session.POWER_DOWN and before is not Session.POWER_DOWN:
                found.append((index, self.battery.capacity_kwh))
        return tuple(found)

    def _ceiling(self, index: int) -> float:
        """How far a slot may charge from the grid.

        A pinned charge with a target of its own goes so far, whatever the everyday ceiling is.
        A wish for more than the everyday ceiling lifts it only in the hours before the wish.
        """
        slot, capacity = self.slots[index], self.battery.capacity_kwh
        if slot.pin is Action.CHARGE and slot.pin_target_percent is not None:
            return float(slot.pin_target_percent) / 100.0 * capacity
        if self.paid[index] or slot.session is Session.POWER_UP:
            return capacity
        everyday = min(self.wishes.everyday_ceiling_percent, 100.0) / 100.0 * capacity
        return max(
            [everyday]
            + [
                kwh
                for asked, kwh in self.asked
                if slot.start < self.inputs.slots[asked].start <= slot.start + LIFTED_BEFORE
            ]
        )


def net_atoms(load: Spread, pv: Spread) -> Floats:
    """Load less sun as three atoms, smallest first, with the weights of ``ATOM_WEIGHTS``.

    Their mean is exact; their spread adds the two spreads as independent.
    """
    middle = load.p50 - pv.p50
    low = middle - np.hypot(load.p50 - load.p10, pv.p90 - pv.p50)
    high = middle + np.hypot(load.p90 - load.p50, pv.p50 - pv.p10)
    atoms: Floats = np.array([low, middle, high])
    return atoms + (load.mean - pv.mean - float(ATOM_WEIGHTS @ atoms))


def _may_use(slot: SlotInputs) -> bool:
    return not slot.car_charging and slot.pin is not Action.HOLD


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
