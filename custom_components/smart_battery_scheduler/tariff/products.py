"""Products on offer, and which of them a newcomer would get."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import re

from ..common.http import aware
from .errors import TariffReplyError

BRAND = "OCTOPUS_ENERGY"


class Direction(StrEnum):
    """Whether a product prices bought or sold energy, by its wire name."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"


class Offer(StrEnum):
    """What somebody may be on whose account is not known."""

    AGILE = "agile"
    AGILE_OUTGOING = "agile_outgoing"
    OUTGOING = "outgoing"
    OUTGOING_PRIME = "outgoing_prime"


# A digit must follow: AGILE-OUTGOING, AGILE-FLEX and AGILE-BB are other products than AGILE.
_FORMS = {
    Offer.AGILE: (Direction.IMPORT, re.compile(r"AGILE-\d")),
    Offer.AGILE_OUTGOING: (Direction.EXPORT, re.compile(r"AGILE-OUTGOING-\d")),
    Offer.OUTGOING: (Direction.EXPORT, re.compile(r"OUTGOING-VAR-\d")),
    Offer.OUTGOING_PRIME: (Direction.EXPORT, re.compile(r"OUTGOING-PRIME-FIX-\d+M-\d")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A row of the products list. ``is_open`` when no end of sale is named."""

    code: str
    direction: Direction | None
    brand: str | None
    available_from: datetime | None
    is_open: bool


def parse_products(results: Iterable[object]) -> tuple[Product, ...]:
    """The rows of the products list. Raises TariffReplyError."""
    return tuple(map(_parse_product, results))


def _parse_product(result: object) -> Product:
    if not isinstance(result, Mapping) or not isinstance(code := result.get("code"), str):
        raise TariffReplyError("a product has no code")
    brand, direction = result.get("brand"), result.get("direction")
    return Product(
        code=code,
        direction=next((each for each in Direction if each == direction), None),
        brand=brand if isinstance(brand, str) else None,
        available_from=aware(result.get("available_from")),
        is_open=result.get("available_to") is None,
    )


def current(products: Iterable[Product], offer: Offer) -> Product | None:
    """The product that a newcomer would get today, or None if none is on offer.

    The list holds other brands' copies and versions that are closed.
    """
    direction, form = _FORMS[offer]
    on_offer = [
        (product.available_from, product)
        for product in products
        if product.brand == BRAND
        and product.direction is direction
        and product.is_open
        and product.available_from is not None
        and form.match(product.code)
    ]
    newest = max(on_offer, key=lambda offer: offer[0], default=None)
    return None if newest is None else newest[1]
