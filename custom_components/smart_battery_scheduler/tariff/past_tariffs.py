"""Tariffs to compare: what a region is sold today, with its rates and standing charges of the past."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
import re

from .codes import TariffCode
from .errors import TariffError, TariffNotFoundError, TariffNotSupportedError
from .model import RateTable, floor_slot
from .octopus_rest import PAGE_SIZE, OctopusRest, utc_stamp
from .products import BRAND, Direction, Product
from .rows import ceil_slot, for_payment, half_hours, parse_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of tariff: how its products are named, and which family is paid for its export."""

    name: str
    form: re.Pattern[str]
    sold_by: str | None = None
    is_day_ahead: bool = False
    is_two_register: bool = False


# A digit must follow, for AGILE-OUTGOING and VAR-BB are other products.
OUTGOING = re.compile(r"OUTGOING-VAR-\d")
EXPORTS = {
    "outgoing": OUTGOING,
    "agile_outgoing": re.compile(r"AGILE-OUTGOING-\d"),
    "flux_export": re.compile(r"FLUX-EXPORT-\d"),
}
FAMILIES = (
    Family(
        name="agile",
        form=re.compile(r"AGILE-\d"),
        sold_by="agile_outgoing",
        is_day_ahead=True,
    ),
    Family(
        name="agile_fixed_export",
        form=re.compile(r"AGILE-\d"),
        sold_by="outgoing",
        is_day_ahead=True,
    ),
    Family(name="go", form=re.compile(r"GO-VAR-\d"), sold_by="outgoing"),
    Family(
        name="intelligent_go", form=re.compile(r"(INTELLI-VAR|IOG-[A-Z-]+)-\d"), sold_by="outgoing"
    ),
    Family(name="cosy", form=re.compile(r"COSY-\d"), sold_by="outgoing"),
    Family(name="flux", form=re.compile(r"FLUX-IMPORT-\d"), sold_by="flux_export"),
    Family(name="tracker", form=re.compile(r"SILVER-"), sold_by="outgoing", is_day_ahead=True),
    Family(name="flexible", form=re.compile(r"VAR-\d"), sold_by="outgoing"),
    Family(name="economy_7", form=re.compile(r"VAR-\d"), sold_by="outgoing", is_two_register=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTariff:
    """A tariff's rates with VAT; ``exports`` None is unpaid export, ``standing`` None not known."""

    name: str
    imports: RateTable
    exports: RateTable | None
    standing: RateTable | None
    is_day_ahead: bool


def newest(
    products: Iterable[Product], form: re.Pattern[str], direction: Direction
) -> Product | None:
    """The product of a form that a newcomer would get today."""
    on_offer = [
        (product.available_from, product.code, product)
        for product in products
        if product.brand == BRAND
        and product.direction is direction
        and product.is_open
        and product.available_from is not None
        and form.match(product.code)
    ]
    return max(on_offer, key=lambda offer: offer[:2])[2] if on_offer else None


async def past_tariffs(
    client: OctopusRest, region: str, start: datetime, end: datetime, *, is_export_paid: bool
) -> tuple[tuple[PastTariff, ...], tuple[str, ...]]:
    """Every family's tariff in a region, and the names of those that cannot be had.

    Raises a TariffError if not even the list of products can be read.
    """
    products = await client.products()
    sold = await _exports(client, products, region, start, end) if is_export_paid else {}
    found: list[PastTariff] = []
    missing: list[str] = []
    for family in FAMILIES:
        product = newest(products, family.form, Direction.IMPORT)
        exports = sold.get(family.sold_by or "")
        if product is None or (is_export_paid and exports is None):
            missing.append(family.name)
            continue
        if family.name == "agile_fixed_export" and not is_export_paid:
            continue
        try:
            code = _code(product, region, family)
            imports = await client.rates(code, start, end, taxed=True)
            standing = await standing_charges(client, code, start, end)
        except TariffNotFoundError, TariffNotSupportedError:
            missing.append(family.name)
            continue
        found.append(
            PastTariff(
                name=family.name,
                imports=imports,
                exports=exports,
                standing=standing,
                is_day_ahead=family.is_day_ahead,
            )
        )
    return tuple(found), tuple(missing)


async def _exports(
    client: OctopusRest,
    products: Iterable[Product],
    region: str,
    start: datetime,
    end: datetime,
) -> dict[str, RateTable]:
    found: dict[str, RateTable] = {}
    for name, form in EXPORTS.items():
        product = newest(products, form, Direction.EXPORT)
        if product is None:
            continue
        try:
            code = TariffCode.of(product.code, region)
            found[name] = await client.rates(code, start, end, taxed=False)
        except TariffNotFoundError, TariffNotSupportedError:
            continue
    return found


def _code(product: Product, region: str, family: Family) -> TariffCode:
    registers = "2R" if family.is_two_register else "1R"
    return TariffCode.parse(f"E-{registers}-{product.code}-{region}")


async def standing_charges(
    client: OctopusRest, code: TariffCode, start: datetime, end: datetime
) -> RateTable | None:
    """p/day with VAT by half-hour; None where they cannot be had."""
    path = f"products/{code.product}/electricity-tariffs/{code.text}/standing-charges/"
    query: dict[str, str | int] = {
        "period_from": utc_stamp(start),
        "period_to": utc_stamp(end),
        "page_size": PAGE_SIZE,
    }
    try:
        rows = parse_rows(await client.listed(path, query))
    except TariffError:
        return None
    table = half_hours(for_payment(rows), floor_slot(start), ceil_slot(end), taxed=True)
    return table if table.rates else None
