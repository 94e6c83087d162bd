"""House load from grid meter, solar and battery; and which days add up.

A day that does not add up is left out as a whole and counted by its reason; no value is estimated.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from ...const import MARKET_TIME_ZONE
from ...tariff.model import SLOT
from .model import LeftOut, LivedDay, LivedSlot, MeterSlot, Past

# Meters of a balance are read at slightly different moments.
ROUNDING_KWH = 0.1
# What a day's balance may be off, as a share of the house and in kWh: meters differ by percents.
DAY_OFF_SHARE, DAY_OFF_KWH = 0.1, 1.0
# A 100 A fuse passes 23 kW: more in a half-hour is Wh taken for kWh, or a meter that jumped.
MOST_KWH = 12.0
# A real meter does not show the same energy for six hours on end; an estimate does.
SAME_SLOTS = 12
LEAST_DAY_KWH = 0.3


def rebuild(
    metered: Iterable[MeterSlot], asked: Iterable[date] = (), moved_in: date | None = None
) -> Past:
    """The whole local days among the half-hours. Half-hours may come in any order.

    Of the days ``asked`` for, those without a half-hour are counted too; those up to the one that
    the household moved in on are others' and not looked at.
    """
    by_day: dict[date, dict[datetime, MeterSlot]] = {}
    for slot in metered:
        day = slot.start.astimezone(MARKET_TIME_ZONE).date()
        by_day.setdefault(day, {})[slot.start] = slot
    lived: list[LivedDay] = []
    left_out: Counter[LeftOut] = Counter()
    for day in sorted({*by_day, *asked}):
        if moved_in is not None and day <= moved_in:
            left_out[LeftOut.BEFORE_MOVING_IN] += 1
            continue
        if day not in by_day:
            left_out[LeftOut.NOTHING_KNOWN] += 1
            continue
        slots = [by_day[day][start] for start in sorted(by_day[day])]
        found = _day(day, slots)
        if isinstance(found, LeftOut):
            left_out[found] += 1
        else:
            lived.append(found)
    return Past(days=tuple(lived), left_out=dict(left_out))


def day_slots(day: date) -> int:
    """How many half-hours a local day has: 46, 48 or 50."""
    begins = [
        datetime.combine(each, time(), MARKET_TIME_ZONE).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    ]
    return (begins[1] - begins[0]) // SLOT


def _day(day: date, slots: Sequence[MeterSlot]) -> LivedDay | LeftOut:
    if len(slots) != day_slots(day):
        return LeftOut.HOLES
    if any(slot.import_kwh is None or slot.pv_kwh is None for slot in slots):
        return LeftOut.HOLES
    if any(slot.export_kwh is None and slot.pv_kwh for slot in slots):
        return LeftOut.NO_EXPORT_METER
    lived = [_lived(slot) for slot in slots]
    whole = tuple(slot for slot in lived if slot is not None)
    if len(whole) < len(slots):
        return LeftOut.HOLES
    return _problem(slots, whole) or LivedDay(day=day, slots=tuple(map(_not_negative, whole)))


def _lived(slot: MeterSlot) -> LivedSlot | None:
    """The balance: what came in, less what went out, was used by the house."""
    known = (slot.import_kwh, slot.pv_kwh, slot.battery_in_kwh, slot.battery_out_kwh)
    bought, solar, taken, given = known
    sold = slot.export_kwh or 0.0
    if bought is None or solar is None or taken is None or given is None:
        return None
    return LivedSlot(
        start=slot.start,
        load_kwh=bought + solar + given - sold - taken,
        pv_kwh=solar,
        import_kwh=bought,
        export_kwh=sold,
    )


def _problem(slots: Sequence[MeterSlot], lived: Sequence[LivedSlot]) -> LeftOut | None:
    loads = [slot.load_kwh for slot in lived]
    if max(max(slot.import_kwh, slot.export_kwh, slot.pv_kwh, slot.load_kwh) for slot in lived) > (
        MOST_KWH
    ):
        return LeftOut.IMPLAUSIBLE
    if min(loads) < -ROUNDING_KWH or sum(loads) < LEAST_DAY_KWH:
        return LeftOut.DOES_NOT_ADD_UP
    if _longest_run([slot.import_kwh for slot in lived]) >= SAME_SLOTS:
        return LeftOut.ESTIMATED
    measured = [slot.load_kwh for slot in slots if slot.load_kwh is not None]
    if len(measured) == len(slots):
        allowed = DAY_OFF_KWH + DAY_OFF_SHARE * sum(measured)
        if abs(sum(loads) - sum(measured)) > allowed:
            return LeftOut.DOES_NOT_ADD_UP
    return None


def _longest_run(values: Sequence[float]) -> int:
    """How often the same energy that is not next to nothing stands in a row."""
    longest = run = 0
    for before, value in zip((None, *values), values, strict=False):
        run = run + 1 if value == before and value > ROUNDING_KWH else 1
        longest = max(longest, run)
    return longest


def _not_negative(slot: LivedSlot) -> LivedSlot:
    """At least 0: meters read at different moments may give a few Wh less."""
    if slot.load_kwh >= 0.0:
        return slot
    return LivedSlot(
        start=slot.start,
        load_kwh=0.0,
        pv_kwh=slot.pv_kwh,
        import_kwh=slot.import_kwh,
        export_kwh=slot.export_kwh,
    )
