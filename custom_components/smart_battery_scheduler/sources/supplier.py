"""What Octopus Energy knows of a home: its region, its tariffs, its rates.

The one place where the supplier's errors become texts for people.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from ..carbon.client import BASE_URL as CARBON_URL, CarbonIntensity
from ..common.service_urls import CARBON, OCTOPUS, endpoint
from ..const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_DISPATCH_ENTITY,
    CONF_EXPORT_ACCOUNT,
    CONF_EXPORT_ENTITIES,
    CONF_EXPORT_PROPERTY,
    CONF_EXPORT_TARIFF,
    CONF_IMPORT_MPAN,
    CONF_IMPORT_TARIFF,
    CONF_NIGHT,
    CONF_PROPERTY,
    CONF_RATE_ENTITIES,
    CONF_TARIFF,
    NIGHT_OLD_METER,
    NIGHT_SMART_METER,
)
from ..tariff.account import Account, Agreement, MeterPoint, Property
from ..tariff.agreement_rates import AccountRates, Meters, TariffRates
from ..tariff.codes import TariffCode
from ..tariff.errors import (
    NoRatesError,
    SupplyLaterError,
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
from ..tariff.past_tariffs import standing_charges
from ..tariff.problems import placeholders_of
from ..tariff.products import Offer
from ..tariff.rows import OLD_METER_NIGHT, SMART_METER_NIGHT
from .octopus_account import KeyQuestion, OctoplusAccount, kraken
from .rate_entities import EntitySource
from .rate_sources import AccountSource, TariffSource
from .rates_coordinator import RateSource

# The span tried at set-up: a day from yesterday on has rates even before the next publication.
TRIED = timedelta(hours=24)
# The letters of the distribution regions, as the form's options.
REGIONS = ("a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "l", "m", "n", "p")
# When the night rate holds, as the form's options.
NIGHTS = {NIGHT_SMART_METER: SMART_METER_NIGHT, NIGHT_OLD_METER: OLD_METER_NIGHT}


class TariffProblem(Exception):
    """Something about the tariff that a person can correct: a text key, and the field at fault.

    ``placeholders`` are what the text names.
    """

    def __init__(
        self, key: str, field: str = "base", placeholders: Mapping[str, str] | None = None
    ) -> None:
        """Name the text and the field."""
        super().__init__(key)
        self.key = key
        self.field = field
        self.placeholders = placeholders or {}


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
        case NoRatesError():
            return TariffProblem("tariff_no_rates", placeholders=placeholders_of(error))
        case SupplyLaterError():
            return TariffProblem("supply_later", placeholders=placeholders_of(error))
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
            await _async_try_tariff(client, code, now, taxed=code is codes[0])
    except TariffNotFoundError as err:
        raise TariffProblem("not_on_offer") from err
    except TariffError as err:
        raise problem_of(err) from err
    return codes[0].text, codes[1].text if sold else None


async def _async_try_tariff(
    client: OctopusRest, code: TariffCode, now: datetime, *, taxed: bool
) -> None:
    """Ask for its rates. Raises a TariffError, NoRatesError for a price list without any.

    Since yesterday: the hours ahead of a late night may not be published yet.
    """
    found = await client.rates(code, now - TRIED, now + timedelta(hours=1), taxed=taxed)
    if not found.rates:
        raise NoRatesError(code.text)


type Place = tuple[str, Property]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FoundAddress:
    """An address that buys electricity on one of a key's accounts, by one of its meters.

    ``bought`` and ``sold`` are its agreements from now on, the present one first. ``import_mpan`` is
    given where the address has several import meters. ``exports`` is the account and property of an
    export meter that stands apart; ``export_choices`` are those that may be meant.
    """

    account_number: str
    address: Property
    bought: tuple[Agreement, ...]
    sold: tuple[Agreement, ...]
    import_mpan: str | None = None
    exports: Place | None = None
    export_choices: tuple[Place, ...] = ()

    @property
    def choice(self) -> str:
        """What distinguishes it from the others."""
        meter = f":{self.import_mpan}" if self.import_mpan else ""
        return f"{self.account_number}:{self.address.id}{meter}"

    @property
    def label(self) -> str:
        """By what its owner knows it; of several meters also the tariff and the last digits."""
        place = self.address.label or self.account_number
        if self.import_mpan is None:
            return place
        return f"{place} · {self.bought[0].tariff_code} · …{self.import_mpan[-4:]}"

    def as_tariff(self, api_key: str, imports: str, exports: str | None) -> dict[str, str | None]:
        """What the config entry keeps of it, as ``rate_source`` reads it; with today's tariff codes."""
        found: dict[str, str | None] = {
            CONF_API_KEY: api_key,
            CONF_ACCOUNT_NUMBER: self.account_number,
            CONF_PROPERTY: self.address.id,
            CONF_IMPORT_TARIFF: imports,
            CONF_EXPORT_TARIFF: exports,
        }
        if self.import_mpan is not None:
            found[CONF_IMPORT_MPAN] = self.import_mpan
        if self.exports is not None:
            found[CONF_EXPORT_ACCOUNT], found[CONF_EXPORT_PROPERTY] = (
                self.exports[0],
                self.exports[1].id,
            )
        return found

    def selling_by(self, place: Place | None, now: datetime) -> FoundAddress:
        """The same home, with this export meter of another account, or with none."""
        point = place[1].export_point(now) if place is not None else None
        return replace(self, exports=place, export_choices=(), sold=_from_now_on(point, now))


class FoundAddresses(NamedTuple):
    """The homes of a key. Not ``complete``: one of its accounts could not be read."""

    addresses: tuple[FoundAddress, ...]
    complete: bool


async def async_addresses_of(hass: HomeAssistant, key: str, number: str | None) -> FoundAddresses:
    """The addresses of a key, or of one of its accounts. Raises TariffProblem if there is none.

    An account that cannot be read does not affect the others.
    """
    client, now = octopus(hass, key), dt_util.utcnow()
    numbers = (number,) if number else await _async_accounts_of(hass, key)
    accounts: list[Account] = []
    errors: list[TariffError] = []
    for each in numbers:
        try:
            accounts.append(await client.account(each))
        except TariffError as err:
            errors.append(err)
    if not accounts:
        raise problem_of(errors[0])
    places = [(account.number, address) for account in accounts for address in account.current(now)]
    if not places:
        raise TariffProblem("moved_out")
    found = tuple(address for place in places for address in _found_at(place, places, now))
    if not found:
        sells = any(address.selling(now) for _, address in places)
        raise TariffProblem("export_only" if sells else "no_import")
    complete = not errors and not any(account.unreadable for account in accounts)
    return FoundAddresses(found, complete)


def _found_at(place: Place, places: Sequence[Place], now: datetime) -> Iterator[FoundAddress]:
    """A home for each import meter of an address."""
    number, address = place
    points = address.buying(now)
    for point in points:
        mpan = point.mpan if len(points) > 1 else None
        found = FoundAddress(
            account_number=number,
            address=address.metered_by(mpan),
            bought=point.from_now_on(now),
            sold=_from_now_on(address.export_point(now), now),
            import_mpan=mpan,
        )
        yield found if address.selling(now) else _with_export_apart(found, places, now)


def _with_export_apart(
    address: FoundAddress, places: Sequence[Place], now: datetime
) -> FoundAddress:
    """Its export meter may stand on an account of its own: by the address, or to be asked."""
    apart = tuple(place for place in places if place[1].selling(now) and not place[1].buying(now))
    here = [place for place in apart if _same_address(place[1], address.address)]
    if len(here) == 1:
        return address.selling_by(here[0], now)
    return replace(address, export_choices=apart)


def _same_address(one: Property, other: Property) -> bool:
    """Whether postcode and first line are the same, however they are written."""
    keys = [
        tuple(
            "".join(filter(str.isalnum, part)).casefold()
            for part in (each.postcode or "", each.label.partition(",")[0])
        )
        for each in (one, other)
    ]
    return keys[0] == keys[1] and all(keys[0])


def _from_now_on(point: MeterPoint | None, now: datetime) -> tuple[Agreement, ...]:
    return point.from_now_on(now) if point is not None else ()


async def _async_accounts_of(hass: HomeAssistant, key: str) -> tuple[str, ...]:
    try:
        numbers = await kraken(hass, key).accounts()
    except TariffAuthError as err:
        raise problem_of(err) from err
    except TariffError as err:
        # The account is read through another API, which may work.
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

    An export tariff that cannot be planned for is left out: plans work without export rates.
    """
    now = dt_util.utcnow()
    try:
        if address.bought[0].valid_from > now:
            raise SupplyLaterError(address.bought[0].valid_from)
        imports = TariffCode.parse(address.bought[0].tariff_code)
        await _async_try_tariff(octopus(hass, key), imports, now, taxed=True)
    except TariffNotFoundError as err:
        raise TariffProblem("tariff_unknown") from err
    except TariffError as err:
        raise problem_of(err) from err
    return imports.text, address.sold[0].tariff_code if address.sold else None


def rate_source(
    hass: HomeAssistant, entry: ConfigEntry, kept: Property | None
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
            meters=Meters(
                import_mpan=tariff.get(CONF_IMPORT_MPAN),
                export_account=tariff.get(CONF_EXPORT_ACCOUNT),
                export_property=tariff.get(CONF_EXPORT_PROPERTY),
            ),
        )
        return AccountSource(rates, KeyQuestion(hass, entry).async_received)
    client, exports = octopus(hass), tariff[CONF_EXPORT_TARIFF]
    imports = TariffCode.parse(tariff[CONF_IMPORT_TARIFF])
    return TariffSource(
        TariffRates.of_code(client, imports, taxed=True),
        TariffRates.of_code(client, TariffCode.parse(exports), taxed=False) if exports else None,
        dt_util.utcnow,
    )


def tariff_mark(entry: ConfigEntry) -> str:
    """Names the tariff of a home: stored rates with another mark belong to another tariff."""
    tariff = entry.data.get(CONF_TARIFF, {})
    keys = [CONF_ACCOUNT_NUMBER, CONF_PROPERTY, CONF_RATE_ENTITIES, CONF_EXPORT_ENTITIES]
    if tariff.get(CONF_ACCOUNT_NUMBER) is None:
        keys += [CONF_IMPORT_TARIFF, CONF_EXPORT_TARIFF]
    apart = (CONF_NIGHT, CONF_IMPORT_MPAN, CONF_EXPORT_ACCOUNT, CONF_EXPORT_PROPERTY)
    keys += [key for key in apart if key in tariff]
    return "|".join(str(tariff.get(key)) for key in keys)


def region_of(entry: ConfigEntry) -> str | None:
    """The letter of the home's region; None where its tariff does not say."""
    try:
        return TariffCode.parse(entry.data[CONF_TARIFF].get(CONF_IMPORT_TARIFF) or "").region
    except TariffNotSupportedError:
        return None


async def async_standing(
    hass: HomeAssistant, entry: ConfigEntry, start: datetime, end: datetime
) -> RateTable | None:
    """The standing charge of the home's tariff, p/day by half-hour; None where it is not known."""
    try:
        text = entry.data.get(CONF_TARIFF, {}).get(CONF_IMPORT_TARIFF) or ""
        code = TariffCode.parse(text)
    except TariffNotSupportedError:
        return None
    return await standing_charges(octopus(hass), code, start, end)


def carbon_source(hass: HomeAssistant, entry: ConfigEntry) -> CarbonIntensity:
    """The carbon forecast of the home's region; of the nation where that is not known."""
    return CarbonIntensity(
        async_get_clientsession(hass),
        region_of(entry),
        base_url=endpoint(CARBON, CARBON_URL),
        clock=dt_util.utcnow,
    )


def octoplus_account(
    hass: HomeAssistant, entry: ConfigEntry, rates: RateSource
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
