"""Where a tariff's unit rates are, as the product's own page names it.

The code of a tariff does not say so. Every new Intelligent Go tariff is written with one register
(``E-1R-IOG-SMB-...``) and answers ``standard-unit-rates`` with an empty list and status 200: its
prices are under ``day-unit-rates`` and ``night-unit-rates`` (evcc-io/evcc#33692, BottlecapDave/
HomeAssistant-OctopusEnergy#1708). Products also list rates of the car alone; those are not a
house's, and are left out.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from .json_shape import JsonObject, one_object


class RateKind(StrEnum):
    """A list of unit rates that a house pays by; the name of the link to it."""

    STANDARD = "standard_unit_rates"
    DAY = "day_unit_rates"
    NIGHT = "night_unit_rates"

    @property
    def path(self) -> str:
        """The last part of its address."""
        return self.value.replace("_", "-")


def parse_rate_links(body: object, tariff_code: str) -> dict[RateKind, str]:
    """The addresses of a tariff's rates in the reply about its product; none if it is not there.

    Raises TariffReplyError for a reply that is no product.
    """
    for tariff in _tariffs(one_object(body, "the product")):
        if str(tariff.get("code")).upper() == tariff_code:
            return dict(_links(tariff))
    return {}


def _tariffs(product: JsonObject) -> Iterator[JsonObject]:
    """Every electricity tariff of a product, by whatever number of registers it is filed."""
    for name, by_region in product.items():
        if not str(name).endswith("_electricity_tariffs") or not isinstance(by_region, Mapping):
            continue
        for by_payment in by_region.values():
            if isinstance(by_payment, Mapping):
                yield from (each for each in by_payment.values() if isinstance(each, Mapping))


def _links(tariff: JsonObject) -> Iterator[tuple[RateKind, str]]:
    links = tariff.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and isinstance(href := link.get("href"), str):
            kind = next((each for each in RateKind if each == link.get("rel")), None)
            if kind is not None:
                yield kind, href
