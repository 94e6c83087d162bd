"""What Octopus Energy knows of a home: its region, its tariffs, its rates.

The one place where the supplier's errors become texts for people.
"""

from __future__ import annotations

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .carbon import BASE_URL as CARBON_URL, CarbonIntensity
from .const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_EXPORT_TARIFF,
    CONF_IMPORT_TARIFF,
    CONF_PROPERTY,
    CONF_TARIFF,
)
from .coordinator import RateSource
from .endpoints import CARBON, OCTOPUS, endpoint
from .home import SmartBatteryConfigEntry
from .octoplus import OctoplusAccount, async_ask_for_key, kraken
from .rate_sources import AccountSource, TariffSource
from .tariff.account import Property
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
from .tariff.following import AccountRates, TariffRates
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


def octopus_source(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry, kept: Property | None
) -> TariffSource | AccountSource:
    """The source of a home's rates. ``kept``: the home as it was last found on the account."""
    tariff = entry.data[CONF_TARIFF]
    key, number = tariff.get(CONF_API_KEY), tariff.get(CONF_ACCOUNT_NUMBER)
    if key and number:
        client = octopus(hass, key)
        rates = AccountRates(
            client, number, tariff.get(CONF_PROPERTY), clock=dt_util.utcnow, kept=kept
        )
        return AccountSource(rates, lambda: async_ask_for_key(hass, entry))
    client, exports = octopus(hass), tariff[CONF_EXPORT_TARIFF]
    imports = TariffCode.parse(tariff[CONF_IMPORT_TARIFF])
    return TariffSource(
        TariffRates.of_code(client, imports, taxed=True),
        TariffRates.of_code(client, TariffCode.parse(exports), taxed=False) if exports else None,
    )


def region_of(entry: SmartBatteryConfigEntry) -> str | None:
    """The letter of the home's region; None where its tariff does not tell."""
    try:
        return TariffCode.parse(entry.data[CONF_TARIFF].get(CONF_IMPORT_TARIFF) or "").region
    except TariffNotSupportedError:
        return None


def carbon_source(hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> CarbonIntensity:
    """The carbon forecast of the home's region; of the nation where that is not known."""
    return CarbonIntensity(
        async_get_clientsession(hass),
        region_of(entry),
        base_url=endpoint(CARBON, CARBON_URL),
        clock=dt_util.utcnow,
    )


def octoplus_account(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry, rates: RateSource
) -> OctoplusAccount | None:
    """Whom to ask for sessions; None for a home whose account is not known."""
    if not isinstance(rates, AccountSource):
        return None
    tariff = entry.data[CONF_TARIFF]
    return OctoplusAccount(
        client=kraken(hass, tariff[CONF_API_KEY]),
        number=tariff[CONF_ACCOUNT_NUMBER],
        home=lambda: rates.home,
    )
