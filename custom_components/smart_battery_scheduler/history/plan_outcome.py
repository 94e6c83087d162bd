"""Plan against actual: what was planned for each half-hour when it began, and what came of it.

A day's difference in pence is split into its causes. What the battery holds more or less than
planned counts at the plan's own worth of a stored kWh, so that a charge that was missed is no gain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import sqrt

from ..common.retention import too_old
from ..const import MARKET_TIME_ZONE
from ..planner.model import Action, Plan
from ..tariff.model import SLOT, RateTable, floor_slot
from .accuracy import day_start
from .measurements import Energies, Measurements

HALF_HOURS_KEPT = timedelta(days=21)
DAYS_KEPT = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHalfHour:
    """A half-hour as it was planned when it began, kWh on the AC side and p/kWh."""

    start: datetime
    action: Action
    energies: Energies
    import_p_per_kwh: float
    export_p_per_kwh: float
    stored_p_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """A local day in pence: what its ``half_hours`` were planned to cost, and what they cost more.

    ``load_p`` is for another house load than planned, ``solar_p`` for another sun, ``price_p`` for
    other rates, ``obedience_p`` for a battery that did something else. Negative is cheaper. Their
    sum is ``more_p``: the bill, less what the battery holds more.
    """

    start: datetime
    half_hours: int = 0
    planned_p: float = 0.0
    load_p: float = 0.0
    solar_p: float = 0.0
    price_p: float = 0.0
    obedience_p: float = 0.0

    @property
    def more_p(self) -> float:
        """What the day cost more than planned."""
        return self.load_p + self.solar_p + self.price_p + self.obedience_p

    def plus(self, other: DayOutcome) -> DayOutcome:
        """Both together, from this one's start on."""
        return DayOutcome(
            start=self.start,
            half_hours=self.half_hours + other.half_hours,
            planned_p=self.planned_p + other.planned_p,
            load_p=self.load_p + other.load_p,
            solar_p=self.solar_p + other.solar_p,
            price_p=self.price_p + other.price_p,
            obedience_p=self.obedience_p + other.obedience_p,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOutcome:
    """Planned charging half-hours in a row: kWh that were to go into the battery, and that went."""

    start: datetime
    end: datetime
    planned_kwh: float
    delivered_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOutcomeMemory:
    """What survives a restart."""

    planned: tuple[PlannedHalfHour, ...] = ()
    days: tuple[DayOutcome, ...] = ()


class PlanOutcomes:
    """Notes what is planned and holds it against the measurements, a day at a time."""

    def __init__(self, memory: PlanOutcomeMemory, measurements: Measurements) -> None:
        """Go on from what was noted."""
        self._measurements = measurements
        self._planned = {each.start: each for each in memory.planned}
        self._days = {each.start: each for each in memory.days}

    @property
    def memory(self) -> PlanOutcomeMemory:
        """What to store."""
        return PlanOutcomeMemory(
            planned=tuple(self._planned[start] for start in sorted(self._planned)),
            days=tuple(self._days[start] for start in sorted(self._days)[-DAYS_KEPT:]),
        )

    def slot_began(
        self,
        now: datetime,
        plan: Plan | None,
        imports: RateTable,
        exports: RateTable | None,
        round_trip_efficiency: float,
    ) -> None:
        """Judge the day that is over, once, and note what is planned for the half-hour that begins."""
        start = floor_slot(now)
        yesterday = start.astimezone(MARKET_TIME_ZONE).date() - timedelta(days=1)
        if day_start(yesterday) not in self._days:
            found = self._judged(yesterday, imports, exports, sqrt(round_trip_efficiency))
            if found.half_hours:
                self._days[found.start] = found
        if (noted := _noted(plan, start)) is not None:
            self._planned.setdefault(start, noted)
        for old in too_old(self._planned, HALF_HOURS_KEPT, now):
            del self._planned[old]

    def day(self, day: date) -> DayOutcome | None:
        """A day that was judged; None if nothing of it could be."""
        return self._days.get(day_start(day))

    def week(self, last: date) -> DayOutcome | None:
        """The seven days up to ``last`` together; None if none of them was judged."""
        days = [self.day(last - timedelta(days=back)) for back in range(7)]
        known = [each for each in days if each is not None]
        total = DayOutcome(start=day_start(last - timedelta(days=6)))
        for each in known:
            total = total.plus(each)
        return total if known else None

    def charges(self, day: date) -> tuple[ChargeOutcome, ...]:
        """The planned charges of a local day, where all their half-hours were measured."""
        return tuple(self._charges(day))

    def _charges(self, day: date) -> Iterator[ChargeOutcome]:
        ordered = [each for each in self._of(day) if each.action is Action.CHARGE]
        # Half-hours in a row keep the same distance to their place in the list.
        rows = groupby(enumerate(ordered), key=lambda at: at[1].start - at[0] * SLOT)
        for row in ([each for _, each in found] for _, found in rows):
            delivered = [self._measured(each.start) for each in row]
            known = [each.battery_in_kwh for each in delivered if each is not None]
            if len(known) == len(row):
                yield ChargeOutcome(
                    start=row[0].start,
                    end=row[-1].start + SLOT,
                    planned_kwh=sum(each.energies.battery_in_kwh for each in row),
                    delivered_kwh=sum(known),
                )

    def _judged(
        self, day: date, imports: RateTable, exports: RateTable | None, one_way: float
    ) -> DayOutcome:
        total = DayOutcome(start=day_start(day))
        for planned in self._of(day):
            actual = self._measured(planned.start)
            bought, sold = _rate(imports, planned.start), _rate(exports, planned.start)
            if actual is not None and bought is not None and sold is not None:
                total = total.plus(outcome(planned, actual, bought, sold, one_way))
        return total

    def _of(self, day: date) -> list[PlannedHalfHour]:
        begin, end = day_start(day), day_start(day + timedelta(days=1))
        return [self._planned[start] for start in sorted(self._planned) if begin <= start < end]

    def _measured(self, start: datetime) -> Energies | None:
        slot = self._measurements.slot(start)
        return slot.energies if slot is not None and slot.is_whole else None


def outcome(
    planned: PlannedHalfHour, actual: Energies, bought_p: float, sold_p: float, one_way: float
) -> DayOutcome:
    """One half-hour's outcome by the rates that held; ``one_way`` is the battery's efficiency.

    Another load or sun counts at what a kWh more was going to cost by the plan: out of the battery,
    not into it, not sold, or bought. What then remains is the battery's own doing.
    """
    wanted = planned.energies
    planned_p = _cost_p(wanted, planned.import_p_per_kwh, planned.export_p_per_kwh)
    price_p = _cost_p(actual, bought_p, sold_p) - _cost_p(
        actual, planned.import_p_per_kwh, planned.export_p_per_kwh
    )
    stored_kwh = (actual.battery_in_kwh - wanted.battery_in_kwh) * one_way - (
        actual.battery_out_kwh - wanted.battery_out_kwh
    ) / one_way
    more_p = _cost_p(actual, bought_p, sold_p) - planned_p
    more_p -= stored_kwh * planned.stored_p_per_kwh
    kwh_more_p = _kwh_more_p(planned, one_way)
    load_p = (actual.load_kwh - wanted.load_kwh) * kwh_more_p
    solar_p = (wanted.pv_kwh - actual.pv_kwh) * kwh_more_p
    return DayOutcome(
        start=planned.start,
        half_hours=1,
        planned_p=planned_p,
        load_p=load_p,
        solar_p=solar_p,
        price_p=price_p,
        obedience_p=more_p - load_p - solar_p - price_p,
    )


def _kwh_more_p(planned: PlannedHalfHour, one_way: float) -> float:
    """What a kWh that the house takes more costs, by what the battery was going to do."""
    if planned.energies.export_kwh > 0.0:
        return planned.export_p_per_kwh
    if planned.action is not Action.USE:
        return planned.import_p_per_kwh
    if planned.energies.battery_out_kwh > 0.0:
        return planned.stored_p_per_kwh / one_way
    if planned.energies.battery_in_kwh > 0.0:
        return planned.stored_p_per_kwh * one_way
    return planned.import_p_per_kwh


def _noted(plan: Plan | None, start: datetime) -> PlannedHalfHour | None:
    """The plan's half-hour that begins now; None where it has none or its rate is not known."""
    slot = None if plan is None else plan.slot_at(start)
    if slot is None or slot.start != start or slot.end - slot.start != SLOT:
        return None
    if slot.import_p_per_kwh is None:
        return None
    return PlannedHalfHour(
        start=start,
        action=slot.action,
        # To a tenth of a watt-hour: it is stored a thousand times.
        energies=Energies(
            load_kwh=round(slot.load_kwh, 4),
            pv_kwh=round(slot.pv_kwh, 4),
            import_kwh=round(slot.grid_import_kwh, 4),
            export_kwh=round(slot.grid_export_kwh, 4),
            battery_in_kwh=round(slot.battery_in_kwh, 4),
            battery_out_kwh=round(slot.battery_out_kwh, 4),
        ),
        import_p_per_kwh=slot.import_p_per_kwh,
        export_p_per_kwh=slot.export_p_per_kwh or 0.0,
        stored_p_per_kwh=round(slot.marginal_value_p_per_kwh, 3),
    )


def _cost_p(energies: Energies, bought_p: float, sold_p: float) -> float:
    return energies.import_kwh * bought_p - energies.export_kwh * sold_p


def _rate(table: RateTable | None, start: datetime) -> float | None:
    """A rate; 0 where nothing is paid at all, None where it is not known."""
    if table is None:
        return 0.0
    found = table.at(start)
    return None if found is None else found.p_per_kwh
