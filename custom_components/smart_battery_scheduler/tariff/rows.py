"""From price rows, as the supplier lists them, to half-hours.

One rule covers every tariff: a half-hour costs what the row says that covers the whole of it, and
where there is no such row there is no price. A row may be a half-hour (Agile), a block of hours
(Go, Flux, Cosy), a local day (Tracker) or years without an end (Flexible, flat export).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

from ..common.http import aware, number
from ..const import MARKET_TIME_ZONE
from .errors import TariffReplyError
from .model import SLOT, Rate, RateTable, floor_slot
from .vat import with_vat

# Far above every price cap so far: such a number is a fault, not a price.
ABSURD_P = 1000.0
DIRECT_DEBIT = "DIRECT_DEBIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """One listed price without VAT: p/kWh, or p/day for a standing charge.

    ``start`` or ``end`` of None is open. ``payment_method`` of None holds for everybody.
    """

    start: datetime | None
    end: datetime | None
    p_exc_vat: float
    payment_method: str | None = None


@dataclass(frozen=True, slots=True)
class NightWindow:
    """When the night register counts, by the clock of a zone; it may cross midnight."""

    start: time
    end: time
    zone: tzinfo

    def contains(self, when: datetime) -> bool:
        """Whether ``when`` is night."""
        clock = when.astimezone(self.zone).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


# A smart meter keeps UTC all year, an old one the local clock.
SMART_METER_NIGHT = NightWindow(time(0, 30), time(7, 30), UTC)
OLD_METER_NIGHT = NightWindow(time(0), time(7), MARKET_TIME_ZONE)
INTELLIGENT_NIGHT = NightWindow(time(23, 30), time(5, 30), MARKET_TIME_ZONE)


def parse_rows(results: Iterable[object]) -> tuple[PriceRow, ...]:
    """The rows of a reply. Raises TariffReplyError if one of them cannot be understood."""
    return tuple(map(_parse_row, results))


def _parse_row(result: object) -> PriceRow:
    if not isinstance(result, Mapping):
        raise TariffReplyError("a price row is not an object")
    price = number(result.get("value_exc_vat"))
    if price is None or abs(price) > ABSURD_P:
        raise TariffReplyError("a price row has no sensible price")
    method = result.get("payment_method")
    return PriceRow(
        start=_bound(result, "valid_from"),
        end=_bound(result, "valid_to"),
        p_exc_vat=price,
        payment_method=method if isinstance(method, str) else None,
    )


def _bound(result: Mapping[object, object], key: str) -> datetime | None:
    text = result.get(key)
    moment = aware(text)
    if text is not None and moment is None:
        raise TariffReplyError(f"a price row has no sensible {key}")
    return moment


def for_payment(rows: Iterable[PriceRow], method: str = DIRECT_DEBIT) -> tuple[PriceRow, ...]:
    """The rows that hold for a way of payment; rows for everybody do."""
    return tuple(row for row in rows if row.payment_method in (None, method))


def half_hours(
    rows: Iterable[PriceRow], start: datetime, end: datetime, *, taxed: bool
) -> RateTable:
    """The rates of the half-hours of [start, end) that are wholly covered by a row.

    Where rows overlap the one that began later holds. ``taxed`` adds VAT by the half-hour's date.
    """
    prices: dict[datetime, float] = {}
    for row in sorted(rows, key=lambda row: row.start or datetime.min.replace(tzinfo=UTC)):
        first = start if row.start is None else max(start, row.start)
        last = end if row.end is None else min(end, row.end)
        for slot in slots(ceil_slot(first), last):
            prices[slot] = row.p_exc_vat
    return RateTable.of(
        Rate(slot, slot + SLOT, with_vat(price, slot) if taxed else price)
        for slot, price in prices.items()
    )


def day_and_night(day: RateTable, night: RateTable, window: NightWindow) -> RateTable:
    """One table of two registers. A half-hour whose register has no price has none."""
    return RateTable.of(
        (
            *(rate for rate in day.rates if not window.contains(rate.start)),
            *(rate for rate in night.rates if window.contains(rate.start)),
        )
    )


def slots(start: datetime, end: datetime) -> Iterator[datetime]:
    """The starts of the half-hours that lie wholly in [start, end); ``start`` is on one."""
    while start + SLOT <= end:
        yield start
        start += SLOT


def ceil_slot(when: datetime) -> datetime:
    """The first start of a half-hour at or after ``when``."""
    floor = floor_slot(when)
    return floor if floor == when else floor + SLOT
