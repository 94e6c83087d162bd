"""What Octopus Energy knows of a home: its region, its tariffs, its rates."""

from __future__ import annotations

from dataclasses import dataclass

from homeassistant.core import HomeAssistant

# The letters of the distribution regions, in the order of their names' lists.
REGIONS = ("a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "l", "m", "n", "p")


class TariffProblem(Exception):
    """Something about the tariff that a person can mend: a text key, and the field at fault."""

    def __init__(self, key: str, field: str = "base") -> None:
        """Name the text and the field."""
        super().__init__(key)
        self.key = key
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that can be used."""

    region: str


async def async_account(hass: HomeAssistant, key: str, number: str) -> Account:
    raise TariffProblem("octopus_unreachable")


async def async_regions_of(hass: HomeAssistant, postcode: str) -> tuple[str, ...]:
    raise TariffProblem("octopus_unreachable")


async def async_agile_tariffs(hass: HomeAssistant, region: str) -> tuple[str, str | None]:
    raise TariffProblem("octopus_unreachable")
