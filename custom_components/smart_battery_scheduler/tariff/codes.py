"""Tariff codes and regions.

A code reads ``{fuel}-{registers}-{product}-{region}``, as ``E-1R-AGILE-24-10-01-C``; fuel and registers
are missing in those of trials, as ``V2G-TRIAL-24-01-01-C``. Regions are the fourteen grid supply
point groups; there is no I and no O.
"""

from dataclasses import dataclass
import re

from .errors import TariffNotSupportedError, Unsupported
from .rate_links import RateKind

_FORM = re.compile(r"(?:([A-Z])-([0-9A-Z]*R)-)?(.+)-([A-HJ-NP])")
_GROUP = re.compile(r"_?([A-HJ-NP])")
# FLAT2R is a meter of two registers at one price.
_USUAL_KINDS = {
    "1R": (RateKind.STANDARD,),
    "FLAT2R": (RateKind.STANDARD,),
    "2R": (RateKind.DAY, RateKind.NIGHT),
}
_INTELLIGENT_FLUX = "INTELLI-FLUX-"
_INTELLIGENT = ("INTELLI-", "IOG-")
_WITHOUT_ALLOWANCE = ("INTELLI-", "IOG-KDP-")


@dataclass(frozen=True, slots=True)
class TariffCode:
    """A tariff code, taken apart. ``registers`` is empty where the code does not name them."""

    text: str
    registers: str
    product: str
    region: str

    @classmethod
    def parse(cls, text: str) -> TariffCode:
        """Take apart a code that we can plan for. Raises TariffNotSupportedError.

        Intelligent Flux is refused because there Octopus itself commands the battery.
        """
        code = text.strip().upper()
        match = _FORM.fullmatch(code)
        if match is None:
            raise TariffNotSupportedError(text, Unsupported.UNKNOWN_FORM)
        fuel, registers, product, region = match.groups()
        if fuel not in ("E", None):
            raise TariffNotSupportedError(text, Unsupported.NOT_ELECTRICITY)
        if product.startswith(_INTELLIGENT_FLUX):
            raise TariffNotSupportedError(text, Unsupported.INTELLIGENT_FLUX)
        return cls(code, registers or "", product, region)

    @classmethod
    def of(cls, product: str, region: str) -> TariffCode:
        """The single-register tariff of a product in a region. Raises TariffNotSupportedError."""
        return cls.parse(f"E-1R-{product}-{region}")

    @property
    def is_two_register(self) -> bool:
        """True when day and night are priced apart, by meter register."""
        return self.registers == "2R"

    @property
    def usual_kinds(self) -> tuple[RateKind, ...]:
        """The rates that such a code has as a rule; none where only the product's page can say."""
        return _USUAL_KINDS.get(self.registers, ())

    @property
    def is_intelligent(self) -> bool:
        """True when Octopus charges the car and may add cheap half-hours (dispatches)."""
        return self.product.startswith(_INTELLIGENT)

    @property
    def has_car_allowance(self) -> bool:
        """True where only six hours of car charging a day are cheap (see ``car_allowance``).

        Of the Intelligent Go products only the older ones are without; one that is not known yet
        is taken to be as the new ones are.
        """
        return self.is_intelligent and not self.product.startswith(_WITHOUT_ALLOWANCE)


def region_letter(group: str) -> str | None:
    """The letter of a region written as ``C``, ``c`` or ``_C``; None if it is none."""
    match = _GROUP.fullmatch(group.strip().upper())
    return None if match is None else match[1]
