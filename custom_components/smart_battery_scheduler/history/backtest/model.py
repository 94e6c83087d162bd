"""The data model of the replay: what was metered, what a tariff is, what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from ...const import MARKET_TIME_ZONE
from ...planner.model import Action, Battery, HouseholdRules
from ...powerwall.physics import Hardware
from ...tariff.model import SLOT, RateTable

# Octopus publishes the next market day, from 23:00 local, at about this local time.
PUBLISHED_AT = time(16)
PUBLISHED_THROUGH = time(23)
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSlot:
    """What is known of one half-hour, kWh on the AC side; None is not known, and never 0.

    What a home does not have at all (no roof, no battery, no export) is 0. ``load_kwh`` is the
    house where it was measured by itself: the balance is checked against it.
    """

    start: datetime
    import_kwh: float | None
    export_kwh: float | None
    pv_kwh: float | None
    battery_in_kwh: float | None
    battery_out_kwh: float | None
    load_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedSlot:
    """One half-hour of a day that adds up, kWh: house and roof, and what the meters showed."""

    start: datetime
    load_kwh: float
    pv_kwh: float
    import_kwh: float
    export_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedDay:
    """A whole local day of 46, 48 or 50 half-hours."""

    day: date
    slots: tuple[LivedSlot, ...]


class LeftOut(StrEnum):
    """Why a day is not replayed."""

    HOLES = "holes"
    NO_EXPORT_METER = "no_export_meter"
    DOES_NOT_ADD_UP = "does_not_add_up"
    IMPLAUSIBLE = "implausible"
    ESTIMATED = "estimated"
    NOTHING_KNOWN = "nothing_known"
    BEFORE_MOVING_IN = "before_moving_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The days that can be replayed, oldest first, and how many cannot, by reason."""

    days: tuple[LivedDay, ...] = ()
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Rates of the past in p/kWh with VAT, and the standing charge in p/day by half-hour.

    ``exports`` None: nothing is paid for export. ``standing`` None: not known. ``is_day_ahead``:
    rates are published for one market day at a time (Agile, Tracker); others are known ahead.
    """

    name: str
    imports: RateTable
    exports: RateTable | None = None
    standing: RateTable | None = None
    is_day_ahead: bool = False

    def published_until(self, now: datetime) -> datetime | None:
        """The end of what is published at ``now``; None is all of it."""
        if not self.is_day_ahead:
            return None
        local = now.astimezone(MARKET_TIME_ZONE)
        days = 1 if local.time() >= PUBLISHED_AT else 0
        day = local.date() + timedelta(days=days)
        until = datetime.combine(day, PUBLISHED_THROUGH, MARKET_TIME_ZONE).astimezone(now.tzinfo)
        return max(until, now + SLOT)

    def covers(self, days: tuple[LivedDay, ...]) -> bool:
        """Whether every half-hour of the days has its rates."""
        return all(
            self.imports.at(slot.start) is not None
            and (self.exports is None or self.exports.at(slot.start) is not None)
            for day in days
            for slot in day.slots
        )

    def cost_p(self, start: datetime, import_kwh: float, export_kwh: float) -> float:
        """What the energy of a half-hour costs. Raises ValueError where a rate is not known."""
        bought = self.imports.at(start)
        sold = None if self.exports is None else self.exports.at(start)
        if bought is None or (self.exports is not None and sold is None):
            raise ValueError("a half-hour without a rate has no cost")
        return import_kwh * bought.p_per_kwh - export_kwh * (sold.p_per_kwh if sold else 0.0)

    def standing_p(self, day: LivedDay) -> float | None:
        """The day's standing charge; None if it is not known."""
        noon = day.slots[len(day.slots) // 2].start
        found = None if self.standing is None else self.standing.at(noon)
        return None if found is None else found.p_per_kwh


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySite:
    """The battery that is replayed, and what its household asks for.

    ``peak`` are local half-hours [start, end) in which nothing may be charged from the grid.
    ``start_percent`` is the charge level at the beginning.
    """

    hardware: Hardware
    battery: Battery
    rules: HouseholdRules
    annual_load_kwh: float
    peak: tuple[time, time] | None = None
    start_percent: float = 50.0

    def in_peak(self, start: datetime) -> bool:
        """Whether a half-hour lies in the peak window, which may cross midnight."""
        if self.peak is None or self.peak[0] == self.peak[1]:
            return False
        clock, (first, last) = start.astimezone(MARKET_TIME_ZONE).time(), self.peak
        return first <= clock < last if first < last else clock >= first or clock < last


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedSlot:
    """One half-hour as it would have been."""

    start: datetime
    action: Action
    import_kwh: float
    export_kwh: float
    cost_p: float
    end_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedDay:
    """One day as it would have been. ``stored_kwh`` is what the battery holds at its end.

    ``marginal_p_per_kwh`` is what the last plan gave for one more stored kWh; None without a plan.
    """

    day: date
    slots: tuple[ReplayedSlot, ...]
    stored_kwh: float
    marginal_p_per_kwh: float | None = None

    @property
    def cost_p(self) -> float:
        """The bill's share for energy."""
        return sum(slot.cost_p for slot in self.slots)
