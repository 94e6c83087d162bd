"""The demo home's last days as the planner itself would have played them.

Whoever looks at a new demo home sees two days of its past: the scheduler at work, not a home that never
had one. Plans are made twice a day from what could be known then; battery physics and loads are the demo's.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from ..const import (
    MARKET_TIME_ZONE,
    UNIT_BACKUP_CHARGE_W,
    UNIT_MAX_CHARGE_W,
    UNIT_MAX_DISCHARGE_W,
    UNIT_RESERVE_CHARGE_W,
)
from ..history.backtest.known import plan_inputs
from ..history.backtest.model import LivedSlot, ReplaySite, Tariff
from ..history.backtest.walk import play
from ..planner.model import Battery, ChargeMethod, ChargeMethodModel, HouseholdRules, Plan, Spread
from ..planner.optimiser import plan
from ..powerwall.physics import Hardware, Meters
from ..tariff.model import SLOT, Rate, RateTable, floor_slot
from .house import house_w
from .rates import PEAK_BEGINS, PEAK_ENDS, export_p_per_kwh, import_p_per_kwh

# Local times of day at which the past's plans were made: before the morning, and with the next day's rates.
PLANNED_AT = (time(4), time(16))
# So long before its end the past is the planner's, and up to a day more: it begins at 04:00.
PLANNED_FOR = timedelta(days=2)
SAMPLE = timedelta(minutes=10)
LOAD_P10, LOAD_P90 = 0.6, 1.5


def planned_from(end: datetime) -> datetime:
    """When the planner took over in a past that ends at ``end``: the same for all ends of a local day."""
    day = (end - PLANNED_FOR).astimezone(MARKET_TIME_ZONE).date()
    return datetime.combine(day, PLANNED_AT[0], MARKET_TIME_ZONE).astimezone(UTC)


def played(
    hardware: Hardware,
    stored_kwh: float,
    slots: Sequence[LivedSlot],
    solar: Sequence[Spread],
) -> Iterator[tuple[float, Meters]]:
    """Stored energy and meters (kWh) of each half-hour under the planner; nothing of no half-hours.

    ``solar`` is what was forecast, for the half-hours of ``slots`` and of the two days after.
    """
    if not slots:
        return
    knowledge = _Knowledge(slots[0].start, solar)
    site = _site_of(hardware)
    tariff = _tariff(slots[0].start, slots[-1].start + timedelta(days=2))
    running: Plan | None = None
    for slot in slots:
        planned = running.slot_at(slot.start) if running is not None else None
        if planned is None or slot.start.astimezone(MARKET_TIME_ZONE).time() in PLANNED_AT:
            running = plan(plan_inputs(slot.start, stored_kwh, tariff, site, knowledge))
            planned = running.slots[0]
        stored_kwh, meters = play(hardware, planned, stored_kwh, slot)
        yield stored_kwh, meters


class _Knowledge:
    """What could be known: the house as a week before, the roof as it was forecast."""

    def __init__(self, first: datetime, solar: Sequence[Spread]) -> None:
        self._first = first
        self._solar = solar

    def loads(self, now: datetime, starts: Sequence[datetime]) -> tuple[Spread, ...]:
        week = timedelta(days=7)
        usual = (half_hour_kwh(house_w, start - week) for start in starts)
        return tuple(
            Spread(mean=kwh, p10=kwh * LOAD_P10, p50=kwh, p90=kwh * LOAD_P90) for kwh in usual
        )

    def solar(self, start: datetime) -> Spread:
        return self._solar[(start - self._first) // SLOT]


def half_hour_kwh(power_w: Callable[[datetime], float], start: datetime) -> float:
    """The energy of a power, W by the moment, in the half-hour that begins at ``start``."""
    samples = [start + SAMPLE * (index + 0.5) for index in range(SLOT // SAMPLE)]
    return sum(map(power_w, samples)) * SLOT.total_seconds() / 3600.0 / 1000.0 / len(samples)


def _site_of(hardware: Hardware) -> ReplaySite:
    return ReplaySite(
        hardware=hardware,
        battery=Battery(
            capacity_kwh=hardware.capacity_kwh,
            max_charge_w=UNIT_MAX_CHARGE_W,
            max_discharge_w=UNIT_MAX_DISCHARGE_W,
            methods=tuple(
                ChargeMethodModel(method=method, power_w=power_w, stops_at_target=True)
                for method, power_w in (
                    (ChargeMethod.RESERVE, UNIT_RESERVE_CHARGE_W),
                    (ChargeMethod.BACKUP, UNIT_BACKUP_CHARGE_W),
                )
            ),
        ),
        rules=HouseholdRules(),
        annual_load_kwh=0.0,
        peak=(time(PEAK_BEGINS), time(PEAK_ENDS)),
    )


def _tariff(start: datetime, end: datetime) -> Tariff:
    count = (floor_slot(end) - start) // SLOT
    starts = [start + index * SLOT for index in range(count)]
    imports, exports = (
        RateTable(tuple(Rate(at, at + SLOT, price(at)) for at in starts))
        for price in (import_p_per_kwh, export_p_per_kwh)
    )
    return Tariff(name="Demo", imports=imports, exports=exports, is_day_ahead=True)
