"""Octopus' products: what they are called and what they cost when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE

from .rates import SLOT, agile_p, at_local, outgoing_p, published_until
from .world import World

# Value added tax on domestic electricity in Great Britain: none from October 2026.
VAT_ENDS = datetime(2026, 9, 30, 23, tzinfo=UTC)
VAT_BEFORE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One price, as the API lists it."""

    start: datetime
    end: datetime | None
    exc_vat: float
    inc_vat: float
    payment_method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What rows are asked for: of a region, between two instants, at an instant."""

    world: World
    region: str
    start: datetime
    end: datetime
    now: datetime


type Rows = Callable[[Ask], Iterator[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. ``night`` are the rows of its night register.

    ``four_rates``: day and night rates under a code of one register, as every new Intelligent Go
    tariff has them (evcc-io/evcc#33692; HomeAssistant-OctopusEnergy#1708).
    """

    code: str
    display_name: str
    direction: str
    rows: Rows
    night: Rows | None = None
    four_rates: bool = False
    available_from: str = "2024-10-01T00:00:00+01:00"
    available_to: str | None = None
    brand: str = "OCTOPUS_ENERGY"
    standing_exc_vat: float = 37.6525
    is_variable: bool = True


def vat_at(when: datetime) -> float:
    """The tax rate for use at an instant."""
    return VAT_BEFORE if when < VAT_ENDS else 0.0


def _slots(start: datetime, end: datetime) -> Iterator[datetime]:
    """The half-hours that touch [start, end)."""
    at = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
    while at < end:
        yield at
        at += SLOT


def _agile_import(ask: Ask) -> Iterator[Row]:
    until = published_until(ask.now, ask.world.publication.imports_at)
    for at in _slots(ask.start, min(ask.end, until)):
        exc = agile_p(at, ask.world.scenario.day, ask.region)
        inc = round(exc * (1.0 + vat_at(at)), 4)
        yield Row(start=at, end=at + SLOT, exc_vat=exc, inc_vat=inc)


def _agile_export(ask: Ask) -> Iterator[Row]:
    until = published_until(ask.now, ask.world.publication.exports_at)
    for at in _slots(ask.start, min(ask.end, until)):
        price = outgoing_p(at, ask.world.scenario.day, ask.region)
        yield Row(start=at, end=at + SLOT, exc_vat=price, inc_vat=price)


def _blocks(prices: dict[time, float], *, taxed: bool) -> Rows:
    """Prices that change at the same local times every day, for ever ahead."""
    changes = sorted(prices)

    def rows(ask: Ask) -> Iterator[Row]:
        for day in _days(ask.start - timedelta(days=1), ask.end):
            for index, clock in enumerate(changes):
                last = index + 1 == len(changes)
                following = changes[0] if last else changes[index + 1]
                start = at_local(day, clock)
                end = at_local(day + timedelta(days=last), following)
                vat = vat_at(start) if taxed else 0.0
                inc = round(prices[clock] * (1.0 + vat), 4)
                if start < ask.end and end > ask.start:
                    yield Row(start=start, end=end, exc_vat=prices[clock], inc_vat=inc)

    return rows


def _open_rows(prices: dict[datetime, float], *, taxed: bool, methods: bool = False) -> Rows:
    """Prices that hold until the next one; the last has no end.

    As on the real API the tax in ``inc`` is today's, even for days long past. ``methods`` doubles
    each row for the two ways of payment, the more expensive one for those who pay otherwise.
    """
    changes = sorted(prices)

    def rows(ask: Ask) -> Iterator[Row]:
        vat = vat_at(ask.now) if taxed else 0.0
        for index, start in enumerate(changes):
            end = changes[index + 1] if index + 1 < len(changes) else None
            if start >= ask.end or (end is not None and end <= ask.start):
                continue
            ways = (
                (("DIRECT_DEBIT", 1.0), ("NON_DIRECT_DEBIT", 1.04)) if methods else ((None, 1.0),)
            )
            for method, factor in ways:
                exc = round(prices[start] * factor, 4)
                inc = round(exc * (1.0 + vat), 6)
                yield Row(start=start, end=end, exc_vat=exc, inc_vat=inc, payment_method=method)

    return rows


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day, last = start.astimezone(MARKET_TIME_ZONE).date(), end.astimezone(MARKET_TIME_ZONE).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _tracker(ask: Ask) -> Iterator[Row]:
    """One price a day; tomorrow's comes with the others in the afternoon."""
    until = published_until(ask.now, ask.world.publication.imports_at) + timedelta(hours=1)
    for day in _days(ask.start, ask.end):
        start, end = at_local(day, time()), at_local(day + timedelta(days=1), time())
        if start < min(ask.end, until) and end > ask.start:
            exc = 18.0 + (day.toordinal() % 7)
            inc = round(exc * (1.0 + vat_at(start)), 4)
            yield Row(start=start, end=end, exc_vat=exc, inc_vat=inc)


_FLEXIBLE = {
    datetime(2022, 11, 1, tzinfo=UTC): 32.2,
    datetime(2023, 12, 31, tzinfo=UTC): 28.1,
    datetime(2025, 12, 31, tzinfo=UTC): 25.4,
}
_NIGHT = {datetime(2022, 11, 1, tzinfo=UTC): 15.2, datetime(2025, 12, 31, tzinfo=UTC): 13.1}
_OUTGOING = {datetime(2024, 10, 28, tzinfo=UTC): 15.0, datetime(2026, 3, 1, tzinfo=UTC): 12.0}

_ALL = (
    Product(
        code="AGILE-24-10-01",
        display_name="Agile Octopus",
        direction="IMPORT",
        rows=_agile_import,
    ),
    Product(
        code="AGILE-24-04-03",
        display_name="Agile Octopus",
        direction="IMPORT",
        rows=_agile_import,
        available_from="2024-04-03T00:00:00+01:00",
        available_to="2024-10-01T00:00:00+01:00",
    ),
    Product(
        code="AGILE-BB-25-10-01",
        display_name="Agile Octopus",
        direction="IMPORT",
        rows=_agile_import,
        available_from="2025-10-01T00:00:00+01:00",
        brand="BULB",
    ),
    Product(
        code="AGILE-OUTGOING-19-05-13",
        display_name="Agile Outgoing Octopus",
        direction="EXPORT",
        rows=_agile_export,
        available_from="2018-01-01T00:00:00Z",
        standing_exc_vat=0.0,
    ),
    Product(
        code="OUTGOING-VAR-24-10-26",
        display_name="Outgoing Octopus",
        direction="EXPORT",
        rows=_open_rows(_OUTGOING, taxed=False),
        available_from="2024-10-28T00:00:00Z",
        standing_exc_vat=0.0,
    ),
    Product(
        code="GO-VAR-22-10-14",
        display_name="Octopus Go",
        direction="IMPORT",
        rows=_blocks({time(0, 30): 8.1, time(5, 30): 25.9}, taxed=True),
        available_from="2022-10-14T00:00:00+01:00",
    ),
    Product(
        code="FLUX-IMPORT-23-02-14",
        display_name="Octopus Flux Import",
        direction="IMPORT",
        rows=_blocks({time(2): 16.1, time(5): 26.8, time(16): 37.5, time(19): 26.8}, taxed=True),
        available_from="2023-02-14T00:00:00Z",
    ),
    Product(
        code="INTELLI-FLUX-IMPORT-23-07-14",
        display_name="Intelligent Octopus Flux Import",
        direction="IMPORT",
        rows=_blocks({time(16): 28.7, time(19): 21.5}, taxed=True),
        available_from="2023-07-13T00:00:00+01:00",
    ),
    Product(
        code="INTELLI-VAR-24-10-29",
        display_name="Intelligent Octopus Go",
        direction="IMPORT",
        rows=_blocks({time(5, 30): 26.4, time(23, 30): 6.7}, taxed=True),
        available_from="2024-10-29T00:00:00Z",
    ),
    Product(
        code="COSY-22-12-08",
        display_name="Cosy Octopus",
        direction="IMPORT",
        rows=_blocks(
            {
                time(): 25.8,
                time(4): 12.6,
                time(7): 25.8,
                time(13): 12.6,
                time(16): 38.7,
                time(19): 25.8,
                time(22): 12.6,
            },
            taxed=True,
        ),
        available_from="2022-12-08T00:00:00Z",
    ),
    Product(
        code="FLUX-EXPORT-23-02-14",
        display_name="Octopus Flux Export",
        direction="EXPORT",
        rows=_blocks({time(2): 4.9, time(5): 10.5, time(16): 29.2, time(19): 10.5}, taxed=False),
        available_from="2023-02-14T00:00:00Z",
        standing_exc_vat=0.0,
    ),
    Product(
        code="OUTGOING-PRIME-FIX-12M-26-06-23",
        display_name="Outgoing Prime",
        direction="EXPORT",
        rows=_blocks({time(16): 16.0, time(19): 9.0}, taxed=False),
        available_from="2026-06-23T00:00:00+01:00",
        standing_exc_vat=0.0,
    ),
    Product(
        code="SILVER-25-09-02",
        display_name="Octopus Tracker",
        direction="IMPORT",
        rows=_tracker,
        available_from="2025-09-02T00:00:00+01:00",
    ),
    Product(
        code="VAR-22-11-01",
        display_name="Flexible Octopus",
        direction="IMPORT",
        rows=_open_rows(_FLEXIBLE, taxed=True, methods=True),
        night=_open_rows(_NIGHT, taxed=True, methods=True),
        available_from="2022-11-01T00:00:00Z",
    ),
)

_OTHERS = (
    Product(
        code="OUTGOING-SEG-FIX-12M-20-07-07",
        display_name="Octopus Outgoing Smart Export Guarantee",
        direction="EXPORT",
        rows=_open_rows({datetime(2020, 7, 13, 23, tzinfo=UTC): 4.1}, taxed=False),
        available_from="2020-07-14T00:00:00+01:00",
        standing_exc_vat=0.0,
    ),
    Product(
        code="OE-FIX-12M-26-05-01",
        display_name="Octopus 12M Fixed",
        direction="IMPORT",
        rows=_open_rows({datetime(2026, 4, 30, 23, tzinfo=UTC): 23.6}, taxed=True, methods=True),
        available_from="2026-05-01T00:00:00+01:00",
    ),
    Product(
        code="IOG-SMB-TOU-25-12-12",
        display_name="Intelligent Octopus Go",
        direction="IMPORT",
        rows=_open_rows({datetime(2025, 12, 12, tzinfo=UTC): 26.4}, taxed=True),
        night=_open_rows({datetime(2025, 12, 12, tzinfo=UTC): 6.7}, taxed=True),
        four_rates=True,
        available_from="2025-12-12T00:00:00Z",
    ),
    Product(
        # Known to the list, with no price in any: HomeAssistant-OctopusEnergy#1417, #1279.
        code="OE-LOYAL-FIX-12M-25-05-01",
        display_name="Octopus 12M Fixed",
        direction="IMPORT",
        rows=_open_rows({}, taxed=True),
        available_from="2025-05-01T00:00:00+01:00",
    ),
    Product(
        code="IOG-SMB-VAR-24-10-29",
        display_name="Intelligent Octopus Go",
        direction="IMPORT",
        # With 5 % VAT 30.371355 and 6.89997, the prices of evcc-io/evcc#33692.
        rows=_open_rows({datetime(2024, 10, 29, tzinfo=UTC): 28.9251}, taxed=True),
        night=_open_rows({datetime(2024, 10, 29, tzinfo=UTC): 6.5714}, taxed=True),
        four_rates=True,
        available_from="2024-10-29T00:00:00Z",
    ),
)

PRODUCTS: dict[str, Product] = {product.code: product for product in _ALL + _OTHERS}
