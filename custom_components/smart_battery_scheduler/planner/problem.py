"""A plan's inputs as arrays: the rates, rules and requests of each slot, and where its paths lead.

Axes, where an array has them, are in this order: slot, price scenario, charge level. Charge levels
are the points of a fixed grid.
"""

from datetime import timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np

from .model import Action, ChargeMethod, PlanInputs, Session, SlotInputs
from .paths import POINTS, Bools, ChargeMethodPaths, Demand, Floats, SellingPaths, Site, SlotPaths

# A manual slot that is not met costs this much per kWh: more than any rate, and still no infinity, so
# that the plan comes as near as it can.
REQUEST_P_PER_KWH = 150.0
# Each hour that a kWh is missing below the floor: enough to fill it up within a day, at the
# cheapest time of that day.
SHORT_P_PER_KWH_HOUR = 1.0
LIFTED_BEFORE = timedelta(hours=12)
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

    That day is repeated once after the plan: it gives what is left at the end its worth.
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
        self.site = Site(
            battery=self.battery,
            floor_kwh=self.floor_kwh,
            hours=np.array([(s.end - s.start) / timedelta(hours=1) for s in inputs.slots]),
            eta=float(np.sqrt(self.battery.round_trip_efficiency)),
            grid=np.linspace(0.0, self.battery.capacity_kwh, POINTS),
        )
        self.eta, self.grid, self.hours = self.site.eta, self.site.grid, self.site.hours
        self.step_kwh = self.site.step_kwh
        # Neither house nor sale takes the battery below the floor, or below where it is now. One
        # step less is kept, for the worth of a kWh at that level.
        lowest_kwh = min(self.floor_kwh, inputs.stored_kwh)
        self.lowest = max(int(lowest_kwh / self.step_kwh) - 1, 0)
        self._lay_rates()
        self._lay_rules()
        self._lay_paths()

    def _lay_paths(self) -> None:
        self.demand = Demand(self.site, self.inputs.slots)
        self.methods = tuple(
            ChargeMethodPaths.of(
                self.site, self.demand, method, self.ceiling_kwh, self._least(), self.must_charge
            )
            for method in self.battery.methods
        )
        # Which charge methods may be used in a slot: a manual slot may have settled it.
        every = [True] * len(self.methods)
        self.usable = [
            every if slot.forced_method is None else self._settled(slot.forced_method, every)
            for slot in self.inputs.slots
        ]
        self.paths = SlotPaths(self.site, self.demand, self.methods, self.rules)
        self.selling = (
            SellingPaths.of(self.site, self.demand, self.rules)
            if self.battery.can_export_stored
            else None
        )

    def _settled(self, settled: ChargeMethod, every: list[bool]) -> list[bool]:
        chosen = [method.model.method is settled for method in self.methods]
        return chosen if any(chosen) else every

    # --- rates -----------------------------------------------------------------------------

    def _lay_rates(self) -> None:
        """Rates per slot and scenario: the published rate in every scenario, else each scenario's own.

        Where there is neither, the rate is not a number.
        """
        scenarios = self.inputs.price_scenarios
        self.scenario_weights = np.array([s.weight for s in scenarios] or [1.0])
        self.scenario_weights = self.scenario_weights / self.scenario_weights.sum()
        scenario_count = len(self.scenario_weights)
        nothing = np.full((scenario_count, self.planned), np.nan)
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
        self.export_p = np.nan_to_num(self.export_p)
        carbon = np.array([slot.carbon_g_per_kwh or 0.0 for slot in self.inputs.slots])
        self.carbon_p = carbon * self.rules.carbon_gbp_per_tonne / 10_000.0
        self.unknown: Bools = np.isnan(self.import_p).any(axis=1)
        free = np.array([slot.session is Session.POWER_UP for slot in self.inputs.slots])
        self.import_p[free] = np.minimum(self.import_p[free], 0.0)
        # What a kWh from the grid weighs in the choice: money and carbon. Where the rate is not
        # even guessed, neither using nor keeping a kWh may look like a gain.
        known_p = self.import_p + self.carbon_p[:, None]
        self.price_p = np.where(self.unknown[:, None], self.rules.wear_p_per_kwh, known_p)
        # Expected over the scenarios; the import rate is not a number where there is none.
        self.import_rate_p: Floats = self.import_p @ self.scenario_weights
        self.export_rate_p: Floats = self.export_p @ self.scenario_weights
        self.expected_price_p = (self.price_p @ self.scenario_weights)[:, None]
        self.expected_export_p = self.export_rate_p[:, None]
        self.decided_at = self._decided_at()

    def _decided_at(self) -> int:
        """The slot from which on the price scenarios differ; before it one choice serves all."""
        known_at = self.inputs.rates_known_at
        if known_at is None or len(self.scenario_weights) == 1:
            return self.planned
        return next(
            (i for i, slot in enumerate(self.inputs.slots) if slot.start >= known_at),
            self.planned,
        )

    def rates(self, slot: int, scenario_count: int) -> tuple[Floats, Floats]:
        """Import and export rate per scenario, or their expectation while one choice serves all."""
        if scenario_count < len(self.scenario_weights):
            return self.expected_price_p[slot], self.expected_export_p[slot]
        return self.price_p[slot], self.export_p[slot]

    @property
    def floor_percent(self) -> int:
        """The reserve that keeps the floor."""
        return min(int(np.ceil(self.rules.reserve_floor_percent)), 100)

    def percent(self, point: int) -> int:
        """A point of the grid as the charge level that people see."""
        return round(100.0 * point / (POINTS - 1))

    def expected(self, values: Floats) -> Floats:
        """Values (..., scenario, level) expected over the scenarios, which stay as one."""
        if values.shape[-2] == 1:
            return values
        mean: Floats = np.matmul(self.scenario_weights, values)
        return mean[..., None, :]

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
        # A forced charge that has its own target is a request only below that target.
        has_target = np.array([slot.forced_target_percent is not None for slot in slots])
        below = self.grid < self.ceiling_kwh[:, None] - 1e-9
        self.unmet: Floats = (self.must_charge[:, None] & (below | ~has_target[:, None])) * 1.0
        short = np.maximum(self.floor_kwh - self.grid, 0.0)
        self.short_p: Floats = self.hours[:, None] * SHORT_P_PER_KWH_HOUR * short
        self.level_p = self.short_p.copy()
        for index, asked_kwh in self.asked:
            self.level_p[index] += REQUEST_P_PER_KWH * np.maximum(asked_kwh - self.grid, 0.0)

    def forbidden(self, index: int) -> Forbidden | None:
        """Why the grid may not charge the battery in a slot, if it may not.

        A person's manual slot outranks the price ceiling, never a peak window or a session.
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
        if self.unknown[index]:
            return Forbidden.RATE_UNKNOWN
        if ceiling is not None and self.import_rate_p[index] > ceiling:
            return Forbidden.PRICE_CEILING
        return None

    @cached_property
    def asked(self) -> tuple[tuple[int, float], ...]:
        """Slots at whose beginning so many kWh are asked for: ready-by requests, power-down events."""
        found = []
        for index, slot in enumerate(self.inputs.slots):
            found += [
                (index, rule.percent / 100.0 * self.battery.capacity_kwh)
                for rule in self.rules.ready_by
                if slot.start <= rule.at < slot.end
            ]
            before = self.inputs.slots[index - 1].session if index else slot.session
            if slot.session is Session.POWER_DOWN and before is not Session.POWER_DOWN:
                found.append((index, self.battery.capacity_kwh))
        return tuple(found)

    def _least(self) -> Floats:
        """What a charge must bring in each slot, kWh AC: nothing where it is asked for or paid for."""
        least = self.rules.least_charge_kwh * np.minimum(self.hours * 2.0, 1.0)
        least[self.must_charge | (self.price_p <= 0.0).any(axis=1)] = 0.0
        starts = [slot.start for slot in self.inputs.slots]
        for asked, _ in self.asked:
            least[[starts[asked] - LIFTED_BEFORE <= start < starts[asked] for start in starts]] = (
                0.0
            )
        return least

    def _ceiling(self, index: int) -> float:
        """How far a slot may charge from the grid.

        A forced charge with a target of its own goes so far, whatever the everyday ceiling is.
        A manual slot for more than the everyday ceiling lifts it only in the hours before the request.
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
                for asked, kwh in self.asked
                if slot.start < self.inputs.slots[asked].start <= slot.start + LIFTED_BEFORE
            ]
        )


def _may_use(slot: SlotInputs) -> bool:
    return not slot.car_charging and slot.forced is not Action.HOLD


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
