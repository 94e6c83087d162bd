"""What Octopus Energy knows of a home: its region, its tariffs, its rates.

The one place where the supplier's errors become texts for people.
"""

from __future__ import annotations

from datetime import datetime, timedelta
import random

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .const import CONF_EXPORT_TARIFF, CONF_IMPORT_TARIFF, CONF_TARIFF
from .coordinator import RateError, Rates
from .endpoints import OCTOPUS, endpoint
from .home import SmartBatteryConfigEntry
from .tariff.codes import TariffCode
from .tariff.errors import (
    TariffAuthError,
    TariffBlockedError,
    TariffError,
    TariffNotFoundError,
    TariffNotSupportedError,
    TariffRateLimitError,
    TariffUnreachableError,
)
from .tariff.octopus_rest import BASE_URL, OctopusRest
from .tariff.products import Direction

# The letters of the distribution regions, as the form's options.
REGIONS = ("a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "l", "m", "n", "p")


class TariffProblem(Exception):
    """Something about the tariff that a person can mend: a text key, and the field at fault."""

    def __init__(self, key: str, field: str = "base") -> None:
        """Name the text and the field."""
        super().__init__(key)
        self.key = key
        self.field = field


def octopus(hass: HomeAssistant, api_key: str | None = None) -> OctopusRest:
    """The client on Home Assistant's session."""
    return OctopusRest(
        async_get_clientsession(hass),
        api_key,
        base_url=endpoint(OCTOPUS, BASE_URL),
        clock=dt_util.utcnow,
    )


def problem_of(error: TariffError) -> TariffProblem:
    """The text for a supplier's error."""
    match error:
        case TariffAuthError():
            return TariffProblem("octopus_auth")
        case TariffBlockedError() | TariffRateLimitError():
            return TariffProblem("octopus_blocked")
        case TariffUnreachableError():
            return TariffProblem("octopus_unreachable")
        case TariffNotSupportedError():
            return TariffProblem("tariff_refused")
        case TariffNotFoundError():
            return TariffProblem("octopus_not_found")
        case _:
            return TariffProblem("octopus_unexpected")


async def async_regions_of(hass: HomeAssistant, postcode: str) -> tuple[str, ...]:
    """The regions of a postcode, as form options. Raises TariffProblem."""
    try:
        regions = await octopus(hass).regions_of_postcode(postcode)
    except TariffError as err:
        raise problem_of(err) from err
    return tuple(region.lower() for region in regions)


async def async_agile_tariffs(hass: HomeAssistant, region: str) -> tuple[str, str | None]:
    """Today's Agile import and export tariff codes in a region, tried live. Raises TariffProblem."""
    client, now = octopus(hass), dt_util.utcnow()
    try:
        products = {direction: await client.current_agile(direction) for direction in Direction}
        imports, exports = (
            TariffCode.of(products[direction].code, region.upper()) for direction in Direction
        )
        await client.rates(imports, now, now + timedelta(hours=1), taxed=True)
    except TariffNotFoundError as err:
        raise TariffProblem("no_agile") from err
    except TariffError as err:
        raise problem_of(err) from err
    return imports.text, exports.text


async def async_account_tariffs(
    hass: HomeAssistant, key: str, number: str
) -> tuple[str, str | None]:
    """The import and export tariff codes in force on an account. Raises TariffProblem."""
    client, now = octopus(hass, key), dt_util.utcnow()
    try:
        account = await client.account(number)
        for home in account.current(now):
            imports, exports = home.import_point(now), home.export_point(now)
            bought = imports.agreement_at(now) if imports else None
            if bought is None:
                continue
            sold = exports.agreement_at(now) if exports else None
            import_code = TariffCode.parse(bought.tariff_code)
            await client.rates(import_code, now, now + timedelta(hours=1), taxed=True)
            return import_code.text, TariffCode.parse(sold.tariff_code).text if sold else None
    except TariffError as err:
        raise problem_of(err) from err
    raise TariffProblem("no_import")


class OctopusRates:
    """The rates of one import and perhaps one export tariff."""

    def __init__(
        self, client: OctopusRest, imports: TariffCode, exports: TariffCode | None
    ) -> None:
        """Ask for these tariffs."""
        self._client = client
        self._imports = imports
        self._exports = exports
        # Homes shall not all ask at the same second.
        self._shift = timedelta(seconds=random.uniform(0, 120))

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """What is published. Raises RateError."""
        try:
            imports = await self._client.rates(self._imports, start, end, taxed=True)
            if self._exports is None:
                return Rates(imports=imports)
            exports = await self._client.rates(self._exports, start, end, taxed=False)
        except TariffRateLimitError as err:
            raise RateError(str(err), err.retry_after_s) from err
        except TariffError as err:
            raise RateError(str(err)) from err
        return Rates(imports=imports, exports=exports)

    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """Every quarter of an hour while tomorrow is awaited, else every three hours."""
        return now + timedelta(minutes=15) + self._shift


def octopus_rates(hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> OctopusRates:
    """The source of a home's rates."""
    tariff = entry.data[CONF_TARIFF]
    exports = tariff[CONF_EXPORT_TARIFF]
    return OctopusRates(
        octopus(hass),
        TariffCode.parse(tariff[CONF_IMPORT_TARIFF]),
        TariffCode.parse(exports) if exports else None,
    )
