"""What the plan has saved: the actual bill against that of a self-powered baseline.

The baseline has the same load, solar energy and battery, but never charges from the grid: it stores the
solar surplus and gives it to the house. It is simulated from the first half-hour on: a
gap in the measurements is bridged where the energy balance allows it (``gaps``), and what cannot be
bridged is left out of both sides and counted. What the battery had been given ahead of the
baseline before such a gap, it still has after it; else a charge that is paid for would be lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import sqrt

from ..const import MARKET_TIME_ZONE
from ..planner.model import Battery, Plan
from ..tariff.model import SLOT, RateTable, floor_slot
from .accuracy import day_start
from .gaps import LONGEST_BRIDGE, bridged, made_whole, stored_after_kwh, stored_before_kwh
from .measurements import Energies, MeasuredSlot, Measurements

# Nine weeks, and the three days of which a clock that is far ahead for minutes leaves something out.
DAYS_KEPT = 66
# A stretch longer than this without readings is not simulated.
CATCH_UP = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySaving:
    """One market day: what was paid for the grid's energy, and what the baseline would have paid.

    ``expected_p`` is what the plan at the day's beginning foresaw to pay; None if it did not.
    Of the ``half_hours`` that count, ``bridged`` were not measured from end to end; ``left_out``
    count for neither side.
    """

    start: datetime
    cost_p: float = 0.0
    self_powered_p: float = 0.0
    half_hours: int = 0
    expected_p: float | None = None
    bridged: int = 0
    left_out: int = 0

    @property
    def saved_p(self) -> float:
        """What the plan saved."""
        return self.self_powered_p - self.cost_p


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsMemory:
    """What must survive a restart.

    ``baseline_kwh`` is the baseline's stored energy; None: start anew, ``ahead_kwh`` below what the
    battery holds then. ``through`` is the end of what is accounted for or left out;
    ``accounted_through`` of what is accounted for.
    """

    through: datetime | None = None
    accounted_through: datetime | None = None
    baseline_kwh: float | None = None
    saved_p: float = 0.0
    days: tuple[DaySaving, ...] = ()
    ahead_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a stretch of half-hours is accounted by."""

    imports: RateTable
    exports: RateTable | None
    battery: Battery
    floor_percent: float


class Savings:
    """The running account of one home."""

    def __init__(self, memory: SavingsMemory, measurements: Measurements) -> None:
        """Continue from what was stored."""
        self.memory = memory
        self._measurements = measurements

    @property
    def shown_day(self) -> date | None:
        """The market day that the account has reached; None before the first half-hour.

        It is yesterday for as long as yesterday's last half-hour is not accounted for.
        """
        through = self.memory.through
        return None if through is None else through.astimezone(MARKET_TIME_ZONE).date()

    def slot_began(
        self,
        now: datetime,
        imports: RateTable,
        exports: RateTable | None,
        battery: Battery,
        floor_percent: float,
    ) -> None:
        """Account for the half-hours that are over.

        A gap waits for the half-hour after it, at most as long as it could still be bridged.
        """
        terms = _Terms(imports, exports, battery, floor_percent)
        until = floor_slot(now)
        start = self.memory.through or self._beginning(until)
        if start > until:
            start = self._taken_back(start, until)
        if start < until - CATCH_UP:
            self._start_anew(self._stored_after_kwh(start - SLOT, battery))
            start = until - CATCH_UP
        while start < until:
            gap = self._gap(start, until)
            after = start + len(gap) * SLOT
            if after == until and len(gap) * SLOT <= LONGEST_BRIDGE:
                break
            self._account_gap(gap, terms)
            if after < until:
                self._account_whole(self._seen(after), terms)
            start = min(after + SLOT, until)
        self.memory = replace(self.memory, through=start)

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
        """What was saved in the month of ``day``."""
        first = day.replace(day=1)
        begin, end = day_start(first), day_start((first + timedelta(days=31)).replace(day=1))
        return sum(each.saved_p for each in self.memory.days if begin <= each.start < end)

    def days_between(self, first: date, end: date | None) -> tuple[date, ...]:
        """The market days from ``first`` on that are over when ``end`` is reached."""
        days = (each.start.astimezone(MARKET_TIME_ZONE).date() for each in self.memory.days)
        return tuple(sorted(day for day in days if end is not None and first <= day < end))

    def _beginning(self, until: datetime) -> datetime:
        """A new account begins with the half-hour before, if that was measured."""
        return until - SLOT if self._seen(until - SLOT).is_whole else until

    def _taken_back(self, through: datetime, until: datetime) -> datetime:
        """Where to go on after the clock went back to ``until``.

        What is accounted for is waited for; what was only left out, as while a clock was ahead for
        minutes, is counted anew.
        """
        accounted = self.memory.accounted_through or through
        if accounted > until + CATCH_UP:
            accounted = until
        start = max(accounted, through - CATCH_UP)
        while start < through:
            self._count_left_out(start, -1)
            start += SLOT
        days = (day for day in self.memory.days if day.half_hours or day.left_out or day.expected_p)
        self.memory = replace(self.memory, days=tuple(days))
        return accounted

    def _gap(self, start: datetime, until: datetime) -> tuple[MeasuredSlot, ...]:
        """The half-hours from ``start`` on up to the first that was mostly measured."""
        gap: list[MeasuredSlot] = []
        while start < until and not (slot := self._seen(start)).is_whole:
            gap.append(slot)
            start += SLOT
        return tuple(gap)

    def _seen(self, start: datetime) -> MeasuredSlot:
        unseen = MeasuredSlot(start=start, energies=Energies(), observed_s=0.0)
        return self._measurements.slot(start) or unseen

    def _account_gap(self, gap: Sequence[MeasuredSlot], terms: _Terms) -> None:
        if not gap:
            return
        before = self._measurements.slot(gap[0].start - SLOT)
        after = self._seen(gap[-1].start + SLOT)
        whole = None
        if self.memory.baseline_kwh is not None and after.is_whole:
            whole = bridged(before, gap, after, terms.battery)
        if whole is None:
            self._start_anew(stored_after_kwh(before, terms.battery))
            for slot in gap:
                self._leave_out(slot.start)
            return
        for slot, energies in zip(gap, whole, strict=True):
            self._account(slot.start, energies, terms, bridged=1)

    def _account_whole(self, slot: MeasuredSlot, terms: _Terms) -> None:
        if self.memory.baseline_kwh is None:
            stored_kwh = stored_before_kwh(slot, terms.battery)
            if stored_kwh is None:
                self._leave_out(slot.start)
                return
            baseline_kwh = min(
                max(stored_kwh - self.memory.ahead_kwh, 0.0), terms.battery.capacity_kwh
            )
            self.memory = replace(self.memory, baseline_kwh=baseline_kwh, ahead_kwh=0.0)
        self._account(slot.start, made_whole(slot), terms)

    def _account(
        self, start: datetime, actual: Energies, terms: _Terms, *, bridged: int = 0
    ) -> None:
        """Simulate a half-hour of the baseline; its cost counts where the rates are known."""
        baseline_kwh = self.memory.baseline_kwh
        if baseline_kwh is None:
            raise ValueError("the baseline has not begun")
        grid_kwh, baseline_kwh = baseline_step(
            actual, baseline_kwh, terms.battery, terms.floor_percent
        )
        self.memory = replace(
            self.memory, baseline_kwh=baseline_kwh, accounted_through=start + SLOT
        )
        bought, sold = _p_per_kwh(terms.imports, start), _p_per_kwh(terms.exports, start)
        if bought is None or sold is None:
            self._leave_out(start)
            return
        cost_p = actual.import_kwh * bought - actual.export_kwh * sold
        baseline_p = max(0.0, grid_kwh) * bought - max(0.0, -grid_kwh) * sold
        self._add(start, cost_p, baseline_p, bridged)

    def _start_anew(self, stored_kwh: float | None) -> None:
        """Stop the baseline; it starts again as far below the battery's energy as it is now."""
        baseline_kwh = self.memory.baseline_kwh
        if baseline_kwh is None:
            return
        ahead_kwh = 0.0 if stored_kwh is None else stored_kwh - baseline_kwh
        self.memory = replace(self.memory, baseline_kwh=None, ahead_kwh=ahead_kwh)

    def _stored_after_kwh(self, start: datetime, battery: Battery) -> float | None:
        return stored_after_kwh(self._measurements.slot(start), battery)

    def _leave_out(self, start: datetime) -> None:
        self._count_left_out(start, 1)

    def _count_left_out(self, start: datetime, by: int) -> None:
        before = self.day(start.astimezone(MARKET_TIME_ZONE).date())
        self._keep(replace(before, left_out=max(before.left_out + by, 0)))

    def _add(self, start: datetime, cost_p: float, baseline_p: float, bridged: int) -> None:
        before = self.day(start.astimezone(MARKET_TIME_ZONE).date())
        self._keep(
            replace(
                before,
                cost_p=before.cost_p + cost_p,
                self_powered_p=before.self_powered_p + baseline_p,
                half_hours=before.half_hours + 1,
                bridged=before.bridged + bridged,
            )
        )
        self.memory = replace(self.memory, saved_p=self.memory.saved_p + baseline_p - cost_p)

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


def bill_ahead_p(plan: Plan) -> float | None:
    """What a plan's half-hours cost together, as a table of them adds up; None if some is unknown.

    It is ``Plan.cost_p`` when the plan is made, and what is still ahead of it later.
    """
    costs = [slot.cost_p for slot in plan.slots]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def baseline_step(
    energies: Energies, stored_kwh: float, battery: Battery, floor_percent: float
) -> tuple[float, float]:
    """One half-hour of the baseline: (kWh from the grid, negative when sold; kWh stored afterwards).

    The round-trip loss is split evenly between charging and discharging.
    """
    one_way = sqrt(battery.round_trip_efficiency)
    hours = SLOT / timedelta(hours=1)
    net_kwh = energies.load_kwh - energies.pv_kwh
    if net_kwh <= 0.0:
        room_kwh = max(0.0, battery.capacity_kwh - stored_kwh)
        taken_kwh = min(-net_kwh, battery.max_charge_w / 1000 * hours, room_kwh / one_way)
        sent_kwh = net_kwh + taken_kwh
        if battery.export_limit_w is not None:
            sent_kwh = max(sent_kwh, -battery.export_limit_w / 1000 * hours)
        return sent_kwh, stored_kwh + taken_kwh * one_way
    floor_kwh = floor_percent / 100 * battery.capacity_kwh
    usable_kwh = max(0.0, stored_kwh - floor_kwh) * one_way
    given_kwh = min(net_kwh, battery.max_discharge_w / 1000 * hours, usable_kwh)
    return net_kwh - given_kwh, stored_kwh - given_kwh / one_way


def _p_per_kwh(table: RateTable | None, start: datetime) -> float | None:
    """A rate; 0 where nothing is paid at all, None where it is not known."""
    if table is None:
        return 0.0
    rate = table.at(start)
    return None if rate is None else rate.p_per_kwh
