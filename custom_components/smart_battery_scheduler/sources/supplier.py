"""What Octopus Energy knows of a home: its region, its tariffs, its rates.

The one place where the supplier's errors become texts for people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from ..carbon.client import BASE_URL as CARBON_URL, CarbonIntensity
from ..common.service_urls import CARBON, OCTOPUS, endpoint
from ..const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_DISPATCH_ENTITY,
    CONF_EXPORT_ENTITIES,
    CONF_EXPORT_TARIFF,
    CONF_IMPORT_TARIFF,
    CONF_NIGHT,
    CONF_PROPERTY,
    CONF_RATE_ENTITIES,
    CONF_TARIFF,
    NIGHT_OLD_METER,
    NIGHT_SMART_METER,
)
from ..site.site import SmartBatteryConfigEntry
from ..site.storage import Records
from ..tariff.account import Agreement, MeterPoint, Property
from ..tariff.agreement_rates import AccountRates, TariffRates
from ..tariff.codes import TariffCode
from ..tariff.errors import (
    TariffAuthError,
    TariffBlockedError,
    TariffError,
    TariffNotFoundError,
    TariffNotSupportedError,
    TariffRateLimitError,
    TariffUnreachableError,
    Unsupported,
)
from ..tariff.model import RateTable
from ..tariff.octopus_rest import BASE_URL, OctopusRest
from ..tariff.products import Offer
from ..tariff.rows import OLD_METER_NIGHT, SMART_METER_NIGHT
from .coordinators import RateSource
from .octopus_account import KeyQuestion, OctoplusAccount, kraken
from .rate_entities import EntitySource
from .rate_sources import AccountSource, TariffSource

# The letters of the distribution regions, as the form's options.
REGIONS = ("a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "l", "m", "n", "p")
# When the night rate holds, as the form's options.
NIGHTS = {NIGHT_SMART_METER: SMART_METER_NIGHT, NIGHT_OLD_METER: OLD_METER_NIGHT}


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
        case TariffNotSupportedError(reason=Unsupported.INTELLIGENT_FLUX):
            return TariffProblem("tariff_refused")
        case TariffNotSupportedError():
            return TariffProblem("tariff_unknown")
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


async def async_agile_tariffs(
    hass: HomeAssistant, region: str, sold: Offer | None
) -> tuple[str, str | None]:
    """Today's tariff codes of Agile and of what exports are paid by, in a region, tried live.

    Raises TariffProblem.
    """
    client, now = octopus(hass), dt_util.utcnow()
    offers = (Offer.AGILE,) if sold is None else (Offer.AGILE, sold)
    try:
        products = await client.current_products(*offers)
        codes = [TariffCode.of(product.code, region.upper()) for product in products]
        for code in codes:
            await client.rates(code, now, now + timedelta(hours=1), taxed=code is codes[0])
    except TariffNotFoundError as err:
        raise TariffProblem("not_on_offer") from err
    except TariffError as err:
        raise problem_of(err) from err
    return codes[0].text, codes[1].text if sold else None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FoundAddress:
    """An address that buys electricity on one of a key's accounts.

    ``bought`` and ``sold`` are its agreements from now on, the present one first.
    """

    account_number: str
    address: Property
    bought: tuple[Agreement, ...]
    sold: tuple[Agreement, ...]

    @property
    def choice(self) -> str:
        """What tells it from the others."""
        return f"{self.account_number}:{self.address.id}"

    @property
    def label(self) -> str:
        """By what its owner knows it."""
        return self.address.label or self.account_number


async def async_addresses_of(
    hass: HomeAssistant, key: str, number: str | None
) -> tuple[FoundAddress, ...]:
    """The addresses of a key, or of one of its accounts. Raises TariffProblem if there is none."""
    client, now = octopus(hass, key), dt_util.utcnow()
    numbers = (number,) if number else await _async_accounts_of(hass, key)
    try:
        accounts = [await client.account(each) for each in numbers]
    except TariffError as err:
        raise problem_of(err) from err
    current = [
        (account.number, address) for account in accounts for address in account.current(now)
    ]
    if not current:
        raise TariffProblem("moved_out")
    addresses = [
        FoundAddress(
            account_number=number,
            address=address,
            bought=_from_now_on(address.import_point(now), now),
            sold=_from_now_on(address.export_point(now), now),
        )
        for number, address in current
    ]
    found = tuple(address for address in addresses if address.bought)
    if not found:
        raise TariffProblem(
            "export_only" if any(address.sold for address in addresses) else "no_import"
        )
    return found


def _from_now_on(point: MeterPoint | None, now: datetime) -> tuple[Agreement, ...]:
    return point.from_now_on(now) if point is not None else ()


async def _async_accounts_of(hass: HomeAssistant, key: str) -> tuple[str, ...]:
    try:
        numbers = await kraken(hass, key).accounts()
    except TariffAuthError as err:
        raise problem_of(err) from err
    except TariffError as err:
        # The account itself is read elsewhere, and may well be within reach.
        raise TariffProblem("octopus_lookup", CONF_ACCOUNT_NUMBER) from err
    if not numbers:
        raise TariffProblem("no_account")
    return numbers


def has_night_rate(address: FoundAddress) -> bool:
    """Whether the home buys, now or by an agreement to come, by day and night registers.

    Intelligent Go has its own night, whatever the meter.
    """
    return any(_depends_on_the_meter(each.tariff_code) for each in address.bought)


def _depends_on_the_meter(tariff_code: str) -> bool:
    try:
        code = TariffCode.parse(tariff_code)
    except TariffNotSupportedError:
        return False
    return code.is_two_register and not code.is_intelligent


async def async_try_address(
    hass: HomeAssistant, key: str, address: FoundAddress
) -> tuple[str, str | None]:
    """The import and export tariffs of a home, tried live. Raises TariffProblem.

    Exports that cannot be planned for do not matter here: the home's plans do without.
    """
    now = dt_util.utcnow()
    try:
        imports = TariffCode.parse(address.bought[0].tariff_code)
        await octopus(hass, key).rates(imports, now, now + timedelta(hours=1), taxed=True)
    except TariffNotFoundError as err:
        raise TariffProblem("tariff_unknown") from err
    except TariffError as err:
        raise problem_of(err) from err
    return imports.text, address.sold[0].tariff_code if address.sold else None


def rate_source(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry, kept: Property | None
) -> TariffSource | AccountSource | EntitySource:
    """The source of a home's rates. ``kept``: the home as it was last found on the account."""
    tariff = entry.data[CONF_TARIFF]
    if entities := tariff.get(CONF_RATE_ENTITIES):
        return EntitySource(
            hass,
            tuple(entities),
            tuple(tariff.get(CONF_EXPORT_ENTITIES, ())),
            tariff.get(CONF_DISPATCH_ENTITY),
            dt_util.utcnow,
        )
    key, number = tariff.get(CONF_API_KEY), tariff.get(CONF_ACCOUNT_NUMBER)
    if key and number:
        client = octopus(hass, key)
        rates = AccountRates(
            client,
            number,
            tariff.get(CONF_PROPERTY),
            clock=dt_util.utcnow,
            night=NIGHTS.get(tariff.get(CONF_NIGHT)),
            kept=kept,
        )
        return AccountSource(rates, KeyQuestion(hass, entry).async_received)
    client, exports = octopus(hass), tariff[CONF_EXPORT_TARIFF]
    imports = TariffCode.parse(tariff[CONF_IMPORT_TARIFF])
    return TariffSource(
        TariffRates.of_code(client, imports, taxed=True),
        TariffRates.of_code(client, TariffCode.parse(exports), taxed=False) if exports else None,
    )


def tariff_mark(entry: SmartBatteryConfigEntry) -> str:
    """Whose rates a home keeps: another mark means that rates kept earlier are somebody else's."""
    tariff = entry.data.get(CONF_TARIFF, {})
    keys = [CONF_ACCOUNT_NUMBER, CONF_PROPERTY, CONF_RATE_ENTITIES, CONF_EXPORT_ENTITIES]
    if tariff.get(CONF_ACCOUNT_NUMBER) is None:
        keys += [CONF_IMPORT_TARIFF, CONF_EXPORT_TARIFF]
    if CONF_NIGHT in tariff:
        keys.append(CONF_NIGHT)
    return "|".join(str(tariff.get(key)) for key in keys)


def without_strange_rates(entry: SmartBatteryConfigEntry, records: Records) -> Records:
    """What is remembered, but no rates of a tariff that is not the home's any more."""
    if records.tariff_mark in ("", tariff_mark(entry)):
        return records
    return replace(records, import_rates=RateTable(), export_rates=None, account_address=None)


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
        address=lambda: rates.address,
    )
