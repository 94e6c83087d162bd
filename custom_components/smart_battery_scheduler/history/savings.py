"""What the plan has saved: the bill as it came against that of a self-powered twin.

The twin has the same house, sun and battery, but never charges from the grid: it stores what the
sun leaves over and gives it to the house. Half-hours that were not watched, or whose rate is not
known, count for neither; after them the twin starts from the real charge level again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import sqrt

from ..const import MARKET_TIME_ZONE
from ..planner.model import Battery, Plan
from ..tariff.model import SLOT, RateTable, floor_slot
from .accuracy import day_start
from .measurements import Energies, MeasuredSlot, Measurements

DAYS_KEPT = 63
# A stretch longer than this without a look is not gone through again.
CATCH_UP = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySaving:
    """One market day: what was paid for the grid's energy, and what the twin would have paid.

    ``expected_p`` is what the plan at the day's beginning foresaw to pay; None if it did not.
    """

    start: datetime
    cost_p: float = 0.0
    self_powered_p: float = 0.0
    half_hours: int = 0
    expected_p: float | None = None

    @property
    def saved_p(self) -> float:
        """What the plan saved."""
        return self.self_powered_p - self.cost_p


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsMemory:
    """What must survive a restart. ``baseline_kwh`` is the twin's stored energy; None: start anew."""

    through: datetime | None = None
    baseline_kwh: float | None = None
    saved_p: float = 0.0
    days: tuple[DaySaving, ...] = ()


class Savings:
    """The running account of one home."""

    def __init__(self, memory: SavingsMemory, measurements: Measurements) -> None:
        """Continue from what was stored."""
        self.memory = memory
        self._measurements = measurements

    def slot_began(
        self,
        now: datetime,
        imports: RateTable,
        exports: RateTable | None,
        battery: Battery,
        floor_percent: float,
    ) -> None:
        """Account for the half-hours that are over."""
        until = floor_slot(now)
        start = self.memory.through
        start = until - SLOT if start is None else max(start, floor_slot(now - CATCH_UP))
        while start < until:
            self._account(start, imports, exports, battery, floor_percent)
            start += SLOT
        self.memory = replace(self.memory, through=until)

    def expect(self, now: datetime, plan: Plan | None) -> None:
        """Keep what the plan foresees for the market day that begins now."""
        day = now.astimezone(MARKET_TIME_ZONE).date()
        if plan is not None and floor_slot(now) == day_start(day):
            self._keep(replace(self.day(day), expected_p=planned_cost_p(plan, day)))

    def day(self, day: date) -> DaySaving:
        """One market day so far."""
        start = day_start(day)
        found = (each for each in self.memory.days if each.start == start)
        return next(found, DaySaving(start=start))

    def month_p(self, day: date) -> float:
        """What was saved since the month of ``day`` began."""
        first = day_start(day.replace(day=1))
        return sum(each.saved_p for each in self.memory.days if each.start >= first)

    def _account(
        self,
        start: datetime,
        imports: RateTable,
        exports: RateTable | None,
        battery: Battery,
        floor_percent: float,
    ) -> None:
        slot = self._measurements.slot(start)
        bought, sold = _p_per_kwh(imports, start), _p_per_kwh(exports, start)
        if slot is None or not slot.is_whole or bought is None or sold is None:
            self.memory = replace(self.memory, baseline_kwh=None)
            return
        baseline_kwh = self.memory.baseline_kwh
        if baseline_kwh is None:
            baseline_kwh = _stored_before(slot, battery)
        if baseline_kwh is None:
            return
        grid_kwh, baseline_kwh = baseline_step(slot.energies, baseline_kwh, battery, floor_percent)
        actual = slot.energies
        cost_p = actual.import_kwh * bought - actual.export_kwh * sold
        baseline_p = max(0.0, grid_kwh) * bought - max(0.0, -grid_kwh) * sold
        self._add(start, cost_p, baseline_p)
        self.memory = replace(
            self.memory,
            baseline_kwh=baseline_kwh,
            saved_p=self.memory.saved_p + baseline_p - cost_p,
        )

    def _add(self, start: datetime, cost_p: float, baseline_p: float) -> None:
        day = start.astimezone(MARKET_TIME_ZONE).date()
        before = self.day(day)
        self._keep(
            replace(
                before,
                cost_p=before.cost_p + cost_p,
                self_powered_p=before.self_powered_p + baseline_p,
                half_hours=before.half_hours + 1,
            )
        )

    def _keep(self, day: DaySaving) -> None:
        others = (each for each in self.memory.days if each.start != day.start)
        self.memory = replace(self.memory, days=(*others, day)[-DAYS_KEPT:])


def planned_cost_p(plan: Plan, day: date) -> float | None:
    """What a plan foresees to pay in what it covers of a market day; None if some is unknown."""
    start, end = day_start(day), day_start(day + timedelta(days=1))
    slots = [slot for slot in plan.slots if start <= slot.start < end]
    costs = [slot.cost_p for slot in slots if slot.cost_p is not None]
    if not slots or len(costs) < len(slots) or slots[-1].end < end:
        return None
    return sum(costs)


def baseline_step(
    energies: Energies, stored_kwh: float, battery: Battery, floor_percent: float
) -> tuple[float, float]:
    """One half-hour of the twin: (kWh from the grid, negative when sold; kWh stored afterwards).

    The round-trip loss is split evenly between charging and discharging.
    """
    one_way = sqrt(battery.round_trip_efficiency)
    hours = SLOT / timedelta(hours=1)
    net_kwh = energies.load_kwh - energies.pv_kwh
    if net_kwh <= 0.0:
        room_kwh = max(0.0, battery.capacity_kwh - stored_kwh)
        taken_kwh = min(-net_kwh, battery.max_charge_w / 1000 * hours, room_kwh / one_way)
        return net_kwh + taken_kwh, stored_kwh + taken_kwh * one_way
    floor_kwh = floor_percent / 100 * battery.capacity_kwh
    usable_kwh = max(0.0, stored_kwh - floor_kwh) * one_way
    given_kwh = min(net_kwh, battery.max_discharge_w / 1000 * hours, usable_kwh)
    return net_kwh - given_kwh, stored_kwh - given_kwh / one_way


def _stored_before(slot: MeasuredSlot, battery: Battery) -> float | None:
    """What the battery held when a half-hour began, from what it held at its end."""
    if slot.soc_percent is None:
        return None
    one_way = sqrt(battery.round_trip_efficiency)
    after_kwh = slot.soc_percent / 100 * battery.capacity_kwh
    energies = slot.energies
    before_kwh = after_kwh - energies.battery_in_kwh * one_way + energies.battery_out_kwh / one_way
    return min(max(before_kwh, 0.0), battery.capacity_kwh)


def _p_per_kwh(table: RateTable | None, start: datetime) -> float | None:
    """A rate; 0 where nothing is paid at all, None where it is not known."""
    if table is None:
        return 0.0
    rate = table.at(start)
    return None if rate is None else rate.p_per_kwh
