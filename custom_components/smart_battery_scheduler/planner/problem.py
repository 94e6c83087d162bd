"""A plan's inputs as arrays: the rates, rules and wishes of each slot.

Axes, where an array has them, are in this order: slot, then charge level or price course. Charge
levels are those of a fixed grid.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np

from .demand import Demand
from .grid import LEVELS, Bools, Floats, Grid
from .model import Action, ChargeMethod, PlanInputs, Session, SlotInputs
from .reach import LeverReach, Sale

# A wish that is not met costs this much per kWh: more than any rate, and still no infinity, so
# that the plan comes as near as it can.
WISH_P_PER_KWH = 150.0
# Each hour that a kWh is missing below the floor: enough to fill it up within a day, at the
# cheapest time of that day.
SHORT_P_PER_KWH_HOUR = 1.0
LIFTED_BEFORE = timedelta(hours=12)
# A Power Down that does not tell its reward: it was joined to be kept, at about the rate that the
# sessions of the winters from 2022 to 2024 paid for a kWh.
UNTOLD_REWARD_P_PER_KWH = 100.0
# From this level on a battery ages by being full.
AGES_FROM = 0.8
# To begin a charge costs this share of what a new plan must save: few changes make a plan that
# people can follow.
START_SHARE = 0.15
LAST_DAY = timedelta(days=1)


class Forbidden(StrEnum):
    """Why the grid may not charge the battery in a slot."""

    PEAK = "peak"
    SESSION = "session"
    BLOCKED = "banned"
    FORCED = "pinned"
    RATE_UNKNOWN = "rate_unknown"
    PRICE_CEILING = "price_ceiling"


class Problem:
    """Arrays over all slots of the plan; ``last_day`` are those of its last day.

    That day is played once more after the plan: it gives what is left at the end its worth.
    """

    def __init__(self, inputs: PlanInputs) -> None:
        """Lay out the inputs; they have been checked."""
        self.inputs = inputs
        self.battery = inputs.battery
        self.rules = inputs.rules
        self.planned = len(inputs.slots)
        end = inputs.slots[-1].end
        self.last_day = [i for i, s in enumerate(inputs.slots) if s.start >= end - LAST_DAY]
        self.floor_kwh = self.rules.reserve_floor_percent / 100.0 * self.battery.capacity_kwh
        self.grid = Grid(
            battery=self.battery,
            floor_kwh=self.floor_kwh,
            hours=np.array([(s.end - s.start) / timedelta(hours=1) for s in inputs.slots]),
        )
        self.levels_kwh, self.hours = self.grid.levels_kwh, self.grid.hours
        self.eta, self.step_kwh = self.grid.eta, self.grid.step_kwh
        # Neither house nor sale takes the battery below the floor, or below where it is now. One
        # step less is kept, for the value of a kWh at that level.
        lowest_kwh = min(self.floor_kwh, inputs.stored_kwh)
        self.lowest = max(int(lowest_kwh / self.step_kwh) - 1, 0)
        self._lay_rates()
        self._lay_rules()
        self._lay_reach()

    def _lay_reach(self) -> None:
        self.demand = Demand(self.grid, self.inputs.slots)
        self.methods = tuple(
            LeverReach(self.grid, self.demand, method, self.ceiling_kwh, self.must_charge)
            for method in self.battery.methods
        )
        every = list(range(len(self.methods)))
        self.quickest = every[-1:]
        for number in every:
            if self.methods[number].model.power_w > self.methods[self.quickest[0]].model.power_w:
                self.quickest = [number]
        # Which levers may be used in a slot: a pin may have settled it.
        self.usable = [
            [
                number
                for number in self._settled(slot.forced_method, every)
                if self._fits(slot, number)
            ]
            for slot in self.inputs.slots
        ]
        self.sale = (
            Sale(self.grid, self.demand, self.rules.reserve_floor_percent)
            if self.battery.can_export_stored
            else None
        )

    def _settled(self, settled: ChargeMethod | None, every: list[int]) -> list[int]:
        return [n for n in every if self.methods[n].model.method is settled] or every

    def _fits(self, slot: SlotInputs, number: int) -> bool:
        """Whether house and charge together stay below the house's import limit.

        The Powerwall cannot charge slower than its lever does. The house is counted at its p90: more
        than that is for the controller to see.
        """
        limit_w = self.rules.import_limit_w
        if limit_w is None:
            return True
        house_w = slot.load_kwh.p90 / ((slot.end - slot.start) / timedelta(hours=1)) * 1000.0
        return self.methods[number].model.power_w + house_w <= limit_w

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
            np.where(np.isnan(known), guessed, known).T
            for known, guessed in zip(published, estimates, strict=True)
        )
        self.published: Bools = ~np.isnan(published[0])
        self.export_p = np.nan_to_num(self.export_p)
        carbon = np.array([slot.carbon_g_per_kwh or 0.0 for slot in self.inputs.slots])
        self.carbon_p = carbon * self.rules.carbon_gbp_per_tonne / 10_000.0
        self.unknown: Bools = np.isnan(self.import_p).any(axis=1)
        free = np.array([slot.session is Session.POWER_UP for slot in self.inputs.slots])
        self.import_p[free] = np.minimum(self.import_p[free], 0.0)
        # What a kWh from the grid weighs in the choice: money and carbon. Where the rate is not
        # even guessed, neither using nor keeping a kWh shall look like a gain.
        known_p = self.import_p + self.carbon_p[:, None]
        self.price_p = np.where(self.unknown[:, None], self.rules.wear_p_per_kwh, known_p)
        self.price_p = self.price_p + self._rewards()[:, None]
        # Expected over the courses; the import rate is not a number where there is none.
        self.import_rate_p: Floats = self.import_p @ self.course_weights
        self.export_rate_p: Floats = self.export_p @ self.course_weights
        self.bill_p = np.nan_to_num(self.import_p)
        self.bill_mean_p = np.nan_to_num(self.import_rate_p)
        self.price_mean_p = self.price_p @ self.course_weights
        self.decided_at = self._decided_at()

    def _rewards(self) -> Floats:
        """What a kWh that is not bought earns in a Power Down, p by slot."""
        return np.array(
            [
                0.0
                if slot.session is not Session.POWER_DOWN
                else UNTOLD_REWARD_P_PER_KWH
                if slot.session_reward_p_per_kwh is None
                else slot.session_reward_p_per_kwh
                for slot in self.inputs.slots
            ]
        )

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
        if courses < len(self.course_weights):
            return self.price_mean_p[slot : slot + 1], self.export_rate_p[slot : slot + 1]
        return self.price_p[slot], self.export_p[slot]

    def bill_rates(self, slot: int, courses: int) -> Floats:
        """The import rate alone, per course or expected; nothing where it is not even guessed."""
        if courses < len(self.course_weights):
            expected: Floats = self.bill_mean_p[slot : slot + 1]
            return expected
        each: Floats = self.bill_p[slot]
        return each

    def highest_stop_kwh(self, slot: int, method: LeverReach) -> float:
        """The highest level at which a lever may stop in a slot."""
        allowed = np.flatnonzero(method.stops[slot])
        return float(self.levels_kwh[allowed[-1]]) if len(allowed) else self.battery.capacity_kwh

    def courses(self, slot: int) -> int:
        """How many price courses are told apart when a slot is decided."""
        return len(self.course_weights) if slot >= self.decided_at else 1

    @property
    def floor_percent(self) -> int:
        """The reserve that keeps the floor."""
        return min(int(np.ceil(self.rules.reserve_floor_percent)), 100)

    def percent(self, point: int) -> int:
        """A point of the grid as the charge level that people see."""
        return round(100.0 * point / (LEVELS - 1))

    # --- rules -----------------------------------------------------------------------------

    def _lay_rules(self) -> None:
        slots = self.inputs.slots
        forced_slots = [slot.forced for slot in slots]
        self.may_charge = np.array([self.forbidden(i) is None for i in range(self.planned)])
        self.must_charge = (
            np.array([forced is Action.CHARGE for forced in forced_slots]) & self.may_charge
        )
        self.paid: Bools = np.less(self.import_p, 0.0).all(axis=1)
        wants_use = np.array([forced is Action.USE for forced in forced_slots])
        self.may_use = np.array([_may_use(slot) for slot in slots])
        self.must_use = self.may_use & (
            self.unknown
            | np.array([slot.session is Session.POWER_DOWN for slot in slots])
            | wants_use
        )
        self.may_sell = self.may_use & np.array(
            [forced in (None, Action.EXPORT) for forced in forced_slots]
        )
        self.must_sell = self.may_sell & np.array(
            [forced is Action.EXPORT for forced in forced_slots]
        )
        self.ceiling_kwh = np.array([self._ceiling(i) for i in range(self.planned)])
        self.start_p = START_SHARE * self.rules.stability_p
        # Where somebody asks for energy; and where a charge may be as small as it likes, as it is
        # asked for or paid.
        self.is_asked: Bools = self.must_charge | np.array(
            [self._asked_for(i) for i in range(self.planned)]
        )
        is_free = np.array([slot.session is Session.POWER_UP for slot in slots])
        self.any_charge: Bools = self.is_asked | self.paid | is_free
        # A pinned charge that has its own target is a wish only below that target.
        has_target = np.array([slot.forced_target_percent is not None for slot in slots])
        below = self.levels_kwh < self.ceiling_kwh[:, None] - 1e-9
        self.unmet: Floats = (self.must_charge[:, None] & (below | ~has_target[:, None])) * 1.0
        short = np.maximum(self.floor_kwh - self.levels_kwh, 0.0)
        self.short_p: Floats = self.hours[:, None] * SHORT_P_PER_KWH_HOUR * short
        # Time spent full, over the last fifth.
        over = np.maximum(self.levels_kwh / self.battery.capacity_kwh - AGES_FROM, 0.0)
        share = over / (1.0 - AGES_FROM)
        self.short_p += self.hours[:, None] * self.rules.full_p_per_hour * share
        self.level_p = self.short_p.copy()
        for index, asked_kwh in self.asked:
            self.level_p[index] += WISH_P_PER_KWH * np.maximum(asked_kwh - self.levels_kwh, 0.0)

    def forbidden(self, index: int) -> Forbidden | None:
        """Why the grid may not charge the battery in a slot, if it may not.

        A person's pin outranks the price ceiling, never a peak window or a session.
        """
        slot, ceiling = self.inputs.slots[index], self.rules.price_ceiling_p_per_kwh
        if slot.grid_charge_forbidden:
            return Forbidden.PEAK
        if slot.session is Session.POWER_DOWN:
            return Forbidden.SESSION
        if slot.charge_blocked:
            return Forbidden.BLOCKED
        if slot.forced is Action.CHARGE:
            return None
        if slot.forced is not None:
            return Forbidden.FORCED
        if self.unknown[index] or self._unpublished_when_decided(index):
            return Forbidden.RATE_UNKNOWN
        if ceiling is not None and self.import_rate_p[index] > ceiling:
            return Forbidden.PRICE_CEILING
        return None

    def _unpublished_when_decided(self, index: int) -> bool:
        """Whether a slot begins before its rate is due: nothing is bought on a guess."""
        known_at = self.inputs.rates_known_at
        start = self.inputs.slots[index].start
        late = index == 0 if known_at is None else start < known_at
        return bool(late and not self.published[index])

    @cached_property
    def asked(self) -> tuple[tuple[int, float], ...]:
        """Slots at whose beginning so many kWh are asked for by a ready-by wish."""
        return tuple(
            (index, rule.percent / 100.0 * self.battery.capacity_kwh)
            for index, slot in enumerate(self.inputs.slots)
            for rule in self.rules.ready_by
            if slot.start <= rule.at < slot.end
        )

    @cached_property
    def lifting(self) -> tuple[tuple[int, float], ...]:
        """Slots before which a charge may go beyond the everyday ceiling, and how far."""
        slots = self.inputs.slots
        sessions = [
            (index, self.battery.capacity_kwh)
            for index, slot in enumerate(slots)
            if index
            and slot.session is Session.POWER_DOWN
            and slots[index - 1].session is not Session.POWER_DOWN
        ]
        return (*self.asked, *sessions)

    def _asked_for(self, index: int) -> bool:
        """Whether a wish or a session lies in the next hours."""
        slot = self.inputs.slots[index]
        return any(
            slot.start < self.inputs.slots[asked].start <= slot.start + LIFTED_BEFORE
            for asked, _ in self.lifting
        )

    def _ceiling(self, index: int) -> float:
        """How far a slot may charge from the grid.

        A pinned charge with a target of its own goes so far, whatever the everyday ceiling is.
        A wish for more than the everyday ceiling lifts it only in the hours before the wish.
        """
        slot, capacity = self.inputs.slots[index], self.battery.capacity_kwh
        if slot.forced is Action.CHARGE and slot.forced_target_percent is not None:
            return float(slot.forced_target_percent) / 100.0 * capacity
        if self.paid[index] or slot.session is Session.POWER_UP:
            return capacity
        everyday = min(self.rules.everyday_ceiling_percent, 100.0) / 100.0 * capacity
        return max(
            [everyday]
            + [
                kwh
                for asked, kwh in self.lifting
                if slot.start < self.inputs.slots[asked].start <= slot.start + LIFTED_BEFORE
            ]
        )


def _may_use(slot: SlotInputs) -> bool:
    return not slot.car_charging and slot.forced is not Action.HOLD


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
