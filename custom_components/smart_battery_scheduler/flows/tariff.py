"""The steps that find out what electricity costs: an account, a region, or entities."""

from collections.abc import Mapping
import re
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util

from ..const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_DISPATCH_ENTITY,
    CONF_EXPORT_ENTITIES,
    CONF_EXPORT_PROPERTY,
    CONF_EXPORT_TARIFF,
    CONF_IMPORT_TARIFF,
    CONF_NIGHT,
    CONF_POSTCODE,
    CONF_PROPERTY,
    CONF_RATE_ENTITIES,
    CONF_REGION,
    NIGHT_SMART_METER,
)
from ..sources.known_rates import KnownRates, known_rates
from ..sources.price_lists import RateEntityError, check_entity, rates_of
from ..sources.supplier import (
    NIGHTS,
    REGIONS,
    FoundAddress,
    TariffProblem,
    async_addresses_of,
    async_agile_tariffs,
    async_regions_of,
    async_try_address,
    has_night_rate,
)
from ..tariff.products import Offer
from ..text.sentences import sentences_of

PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
KEY_SCHEMA = vol.Schema({vol.Required(CONF_API_KEY): PASSWORD})
ACCOUNT_SCHEMA = KEY_SCHEMA.extend({vol.Optional(CONF_ACCOUNT_NUMBER): TextSelector()})
EXPORT_NONE = "none"
EXPORT_TARIFFS = [Offer.AGILE_OUTGOING, Offer.OUTGOING, Offer.OUTGOING_PRIME, EXPORT_NONE]
REGION_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_POSTCODE): TextSelector(),
        vol.Optional(CONF_REGION): SelectSelector(
            SelectSelectorConfig(
                options=list(REGIONS),
                translation_key=CONF_REGION,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        vol.Required(CONF_EXPORT_TARIFF, default=Offer.AGILE_OUTGOING.value): SelectSelector(
            SelectSelectorConfig(
                options=[str(each) for each in EXPORT_TARIFFS],
                translation_key=CONF_EXPORT_TARIFF,
                mode=SelectSelectorMode.LIST,
            )
        ),
    }
)
NIGHT_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NIGHT, default=NIGHT_SMART_METER): SelectSelector(
            SelectSelectorConfig(
                options=list(NIGHTS), translation_key=CONF_NIGHT, mode=SelectSelectorMode.LIST
            )
        )
    }
)
RATE_ENTITIES = EntitySelector(EntitySelectorConfig(domain=["sensor", "event"], multiple=True))
ENTITIES_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_RATE_ENTITIES): RATE_ENTITIES,
        vol.Optional(CONF_EXPORT_ENTITIES): RATE_ENTITIES,
        vol.Optional(CONF_DISPATCH_ENTITY): EntitySelector(
            EntitySelectorConfig(domain="binary_sensor")
        ),
    }
)
POSTCODE = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]?\s*(\d[A-Za-z]{2})?")
ACCOUNT_NUMBER = re.compile(r"A-[0-9A-Z]{8}")
API_KEY = re.compile(r"\S{8,200}")


class TariffSteps(ConfigFlow):
    """Ends in ``tariff_done`` with what belongs in the entry's data."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._api_key = ""
        self._addresses: tuple[FoundAddress, ...] = ()
        self._address: FoundAddress
        self._tariff: dict[str, Any] = {}

    async def tariff_done(self, tariff: Mapping[str, Any]) -> ConfigFlowResult:
        """What comes after these steps."""
        raise NotImplementedError

    async def async_step_tariff(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The owner's account, Agile by region, or what Home Assistant knows already."""
        return self.async_show_menu(
            step_id="tariff", menu_options=["account", "region", "rate_entities"]
        )

    # --- an account ------------------------------------------------------------------------

    async def async_step_account(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """The API key; everything else is found from it."""
        errors: dict[str, str] = {}
        placeholders: Mapping[str, str] = {}
        if user_input is not None:
            try:
                self._api_key, number = credentials(user_input)
                self._addresses, complete = await async_addresses_of(
                    self.hass, self._api_key, number
                )
                if len(self._addresses) > 1 or not complete:
                    return await self.async_step_property()
                return await self._address_chosen(self._addresses[0])
            except TariffProblem as problem:
                errors = {problem.field: problem.key}
                placeholders = sentences_of(self.hass).placeholders(problem.placeholders)
        return self.async_show_form(
            step_id="account",
            data_schema=self.add_suggested_values_to_schema(ACCOUNT_SCHEMA, user_input or {}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_property(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Which address, where the key has several."""
        errors: dict[str, str] = {}
        placeholders: Mapping[str, str] = {}
        if user_input is not None:
            chosen = user_input[CONF_PROPERTY]
            try:
                return await self._address_chosen(
                    next(address for address in self._addresses if address.choice == chosen)
                )
            except TariffProblem as problem:
                errors = {problem.field: problem.key}
                placeholders = sentences_of(self.hass).placeholders(problem.placeholders)
        labels = {address.choice: address.label for address in self._addresses}
        return self.async_show_form(
            step_id="property",
            data_schema=vol.Schema({vol.Required(CONF_PROPERTY): _one_of(labels)}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_export_meter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Which export meter is the home's, where they stand on accounts of their own."""
        address = self._address
        choices = {
            f"{number}:{place.id}": (number, place) for number, place in address.export_choices
        }
        errors: dict[str, str] = {}
        placeholders: Mapping[str, str] = {}
        if user_input is not None:
            chosen = choices.get(user_input.get(CONF_EXPORT_PROPERTY, ""))
            try:
                return await self._address_chosen(address.selling_by(chosen, dt_util.utcnow()))
            except TariffProblem as problem:
                errors = {problem.field: problem.key}
                placeholders = sentences_of(self.hass).placeholders(problem.placeholders)
        labels = {key: place.label or number for key, (number, place) in choices.items()}
        return self.async_show_form(
            step_id="export_meter",
            data_schema=vol.Schema({vol.Optional(CONF_EXPORT_PROPERTY): _one_of(labels)}),
            errors=errors,
            description_placeholders={"address": address.label, **placeholders},
        )

    async def _address_chosen(self, address: FoundAddress) -> ConfigFlowResult:
        if address.export_choices:
            self._address = address
            return await self.async_step_export_meter()
        imports, exports = await async_try_address(self.hass, self._api_key, address)
        self._tariff = address.as_tariff(self._api_key, imports, exports)
        if has_night_rate(address):
            return await self.async_step_night()
        return await self.tariff_done(self._tariff)

    async def async_step_night(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """When the night rate holds, where the tariff has one and no price list says so."""
        if user_input is not None:
            return await self.tariff_done({**self._tariff, **user_input})
        return self.async_show_form(step_id="night", data_schema=NIGHT_SCHEMA)

    # --- a region --------------------------------------------------------------------------

    async def async_step_region(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Agile by postcode or region letter."""
        errors: dict[str, str] = {}
        placeholders: Mapping[str, str] = {}
        if user_input is not None:
            try:
                return await self.tariff_done(await self._agile(user_input))
            except TariffProblem as problem:
                errors = {problem.field: problem.key}
                placeholders = sentences_of(self.hass).placeholders(problem.placeholders)
        return self.async_show_form(
            step_id="region",
            data_schema=self.add_suggested_values_to_schema(REGION_SCHEMA, user_input or {}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _agile(self, user_input: Mapping[str, Any]) -> dict[str, str | None]:
        region = user_input.get(CONF_REGION)
        postcode = (user_input.get(CONF_POSTCODE) or "").strip()
        if region is None:
            region = await self._region_of(postcode)
        chosen = user_input[CONF_EXPORT_TARIFF]
        sold = None if chosen == EXPORT_NONE else Offer(chosen)
        imports, exports = await async_agile_tariffs(self.hass, region, sold)
        return {
            CONF_REGION: region,
            CONF_IMPORT_TARIFF: imports,
            CONF_EXPORT_TARIFF: exports,
        }

    async def _region_of(self, postcode: str) -> str:
        if not postcode:
            raise TariffProblem("postcode_or_region")
        if not POSTCODE.fullmatch(postcode):
            raise TariffProblem("postcode_form", CONF_POSTCODE)
        regions = await async_regions_of(self.hass, postcode)
        if not regions:
            raise TariffProblem("postcode_unknown", CONF_POSTCODE)
        if len(regions) > 1:
            raise TariffProblem("postcode_several", CONF_REGION)
        return regions[0]

    # --- entities --------------------------------------------------------------------------

    async def async_step_rate_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Price sensors or another integration's events; what is found is suggested."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._unreadable(user_input)
            if not errors:
                return await self.tariff_done(
                    {
                        CONF_RATE_ENTITIES: user_input[CONF_RATE_ENTITIES],
                        CONF_EXPORT_ENTITIES: user_input.get(CONF_EXPORT_ENTITIES, []),
                        CONF_DISPATCH_ENTITY: user_input.get(CONF_DISPATCH_ENTITY),
                    }
                )
        suggested = user_input or _suggested(known_rates(self.hass))
        return self.async_show_form(
            step_id="rate_entities",
            data_schema=self.add_suggested_values_to_schema(ENTITIES_SCHEMA, suggested),
            errors=errors,
        )

    def _unreadable(self, user_input: Mapping[str, Any]) -> dict[str, str]:
        """At least one entity of each kind must have rates now, and every one be able to."""
        if not user_input[CONF_RATE_ENTITIES]:
            return {CONF_RATE_ENTITIES: "entity_missing"}
        for field in (CONF_RATE_ENTITIES, CONF_EXPORT_ENTITIES):
            entity_ids = user_input.get(field, [])
            now, known = dt_util.utcnow(), False
            for entity_id in entity_ids:
                try:
                    state = self.hass.states.get(entity_id)
                    check_entity(state, entity_id)
                    known |= bool(rates_of(state, entity_id, now).rates)
                except RateEntityError as err:
                    return {field: err.key}
            if entity_ids and not known:
                return {field: "entity_no_rates"}
        return {}


def credentials(user_input: Mapping[str, Any]) -> tuple[str, str | None]:
    """Key and account number in their proper form. Raises TariffProblem."""
    key = user_input[CONF_API_KEY].strip()
    number = (user_input.get(CONF_ACCOUNT_NUMBER) or "").strip().upper()
    if not API_KEY.fullmatch(key):
        raise TariffProblem("api_key_form", CONF_API_KEY)
    if number and not ACCOUNT_NUMBER.fullmatch(number):
        raise TariffProblem("account_number_form", CONF_ACCOUNT_NUMBER)
    return key, number or None


def _one_of(labels: Mapping[str, str]) -> SelectSelector:
    """A list to choose from: what is shown, by the value that comes back."""
    options = [SelectOptionDict(value=value, label=label) for value, label in labels.items()]
    return SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))


def _suggested(known: KnownRates) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if known.imports:
        found[CONF_RATE_ENTITIES] = list(known.imports)
    if known.exports:
        found[CONF_EXPORT_ENTITIES] = list(known.exports)
    if known.dispatches:
        found[CONF_DISPATCH_ENTITY] = known.dispatches
    return found
