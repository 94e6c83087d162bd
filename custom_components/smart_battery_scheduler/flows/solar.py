"""The solar steps of the config flow: where the forecast comes from, each source tested live."""

from collections.abc import Mapping, Sequence
import re
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    CONF_API_KEY,
    CONF_ENTRIES,
    CONF_INVERTER,
    CONF_INVERTER_KW,
    CONF_PEAK_KW,
    CONF_RESOURCE_IDS,
    CONF_SOLAR,
    CONF_SOURCE,
    SOLAR_FORECAST_SOLAR,
    SOLAR_KNOWN,
    SOLAR_NONE,
    SOLAR_OPEN_METEO,
    SOLAR_SOLCAST,
    SUBENTRY_ROOF_PLANE,
)
from ..solar.model import (
    RoofPlane,
    SolarAuthError,
    SolarError,
    SolarRateLimitError,
    SolarRequestError,
    SolarSource,
    SolarUnreachableError,
)
from ..sources.known_forecasts import KnownForecast, async_known_forecasts
from ..sources.solar_sources import build, plane_of, planes_of, solcast
from ..text.sentences import sentences_of
from .roof_plane import INVERTER_LIMIT, SHORT_PLANE_SCHEMA, plane_title

OPEN_METEO_CUSTOMER = "open_meteo_customer"
PLANES = ("plane_1", "plane_2")
# The select's labels where no translation is available.
SOURCES = {
    SOLAR_OPEN_METEO: "My panels, by Open-Meteo",
    SOLAR_FORECAST_SOLAR: "My panels, by Forecast.Solar",
    SOLAR_SOLCAST: "Solcast",
    OPEN_METEO_CUSTOMER: "My panels, by Open-Meteo as a customer",
    SOLAR_NONE: "No solar panels",
}
OF_PLANES = {SOLAR_OPEN_METEO, SOLAR_FORECAST_SOLAR, OPEN_METEO_CUSTOMER}
PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
KEY_SCHEMA = vol.Schema({vol.Required(CONF_API_KEY): PASSWORD})
OPTIONAL_KEY_SCHEMA = vol.Schema({vol.Optional(CONF_API_KEY): PASSWORD})
SOLCAST_SCHEMA = KEY_SCHEMA.extend({vol.Optional(CONF_RESOURCE_IDS): TextSelector()})
# Panels that share the one inverter of the first page.
ONE_INVERTER = "1"


class SolarSteps(ConfigFlow):
    """Ends in ``solar_done`` with the source's settings and the planes given here."""

    def __init__(self) -> None:
        """Nothing is known of the roof yet."""
        self._planes: list[dict[str, Any]] = []

    def solar_done(self, settings: Mapping[str, Any]) -> ConfigFlowResult:
        """What comes after these steps; ``settings`` belong in the entry's data."""
        raise NotImplementedError

    @property
    def plane_subentries(self) -> list[ConfigSubentryData]:
        """The planes given here, as subentries."""
        return [
            ConfigSubentryData(
                data=plane,
                subentry_type=SUBENTRY_ROOF_PLANE,
                title=plane_title(plane, sentences_of(self.hass)),
                unique_id=None,
            )
            for plane in self._planes
        ]

    async def async_step_solar(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Where the forecast comes from, and the panels, on one page."""
        known = await async_known_forecasts(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            source: str = user_input[CONF_SOURCE]
            self._planes = planes_from(user_input)
            if source not in OF_PLANES or self._planes or self._entry_planes():
                return await self._chosen(source)
            errors = {"base": "plane_needed"}
        schema = _solar_schema(known, with_planes=not self._entry_planes())
        suggested = user_input or {CONF_SOURCE: self._present_source(known)}
        return self.async_show_form(
            step_id="solar",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    async def _chosen(self, source: str) -> ConfigFlowResult:
        if source not in OF_PLANES:
            self._planes = []
        if source == SOLAR_FORECAST_SOLAR:
            return await self.async_step_forecast_solar()
        if source == SOLAR_SOLCAST:
            return await self.async_step_solcast()
        if source == OPEN_METEO_CUSTOMER:
            return await self.async_step_open_meteo()
        if source.startswith(SOLAR_KNOWN):
            _, _, entries = source.partition(":")
            return self.solar_done({CONF_SOURCE: SOLAR_KNOWN, CONF_ENTRIES: entries.split(",")})
        return self.solar_done({CONF_SOURCE: source})

    async def async_step_forecast_solar(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Forecast.Solar, with a key or without."""
        return await self._key_step("forecast_solar", SOLAR_FORECAST_SOLAR, user_input)

    async def async_step_open_meteo(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Open-Meteo with a customer's key."""
        return await self._key_step("open_meteo", SOLAR_OPEN_METEO, user_input)

    async def _key_step(
        self, step_id: str, source: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for a key and try it on one plane."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = {CONF_SOURCE: source}
            if key := (user_input.get(CONF_API_KEY) or "").strip():
                settings[CONF_API_KEY] = key
            planes = [plane_of(plane) for plane in self._planes] or self._entry_planes()
            errors = await _errors_of(build(self.hass, settings, planes[:1]))
            if not errors:
                return self.solar_done(settings)
        schema = OPTIONAL_KEY_SCHEMA if source == SOLAR_FORECAST_SOLAR else KEY_SCHEMA
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or {}),
            errors=errors,
        )

    async def async_step_solcast(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Solcast's key; its sites are found, or those named are checked."""
        errors: dict[str, str] = {}
        if user_input is not None:
            key = user_input[CONF_API_KEY].strip()
            wanted = re.findall(r"[^\s,;]+", user_input.get(CONF_RESOURCE_IDS) or "")
            try:
                sites = [site.resource_id for site in await solcast(self.hass, key, ()).sites()]
            except SolarError as error:
                errors["base"] = error_key(error)
            else:
                if any(each not in sites for each in wanted):
                    errors[CONF_RESOURCE_IDS] = "site_unknown"
                elif not sites:
                    errors["base"] = "no_site"
                else:
                    ids = wanted or sites
                    return self.solar_done(
                        {CONF_SOURCE: SOLAR_SOLCAST, CONF_API_KEY: key, CONF_RESOURCE_IDS: ids}
                    )
        return self.async_show_form(
            step_id="solcast",
            data_schema=self.add_suggested_values_to_schema(SOLCAST_SCHEMA, user_input or {}),
            errors=errors,
        )

    def _entry_planes(self) -> list[RoofPlane]:
        """Those of the entry that is changed; none for a new one."""
        if self.source != SOURCE_RECONFIGURE:
            return []
        return planes_of(self._get_reconfigure_entry())

    def _present_source(self, known: Sequence[KnownForecast]) -> str:
        """What is set, or what is likely: a forecast that the owner has already."""
        if self.source == SOURCE_RECONFIGURE:
            settings = self._get_reconfigure_entry().data.get(CONF_SOLAR, {})
            source: str = settings.get(CONF_SOURCE, SOLAR_OPEN_METEO)
            if source == SOLAR_KNOWN:
                return f"{SOLAR_KNOWN}:{','.join(settings[CONF_ENTRIES])}"
            has_key = source == SOLAR_OPEN_METEO and CONF_API_KEY in settings
            return OPEN_METEO_CUSTOMER if has_key else source
        first = next(iter(_known_options(known)), None)
        return first["value"] if first and known[0].in_dashboard else SOLAR_OPEN_METEO


def planes_from(user_input: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The planes of the page, all behind its one inverter if that has a limit."""
    limit = user_input.get(CONF_INVERTER_KW)
    shared = {} if limit is None else {CONF_INVERTER_KW: limit, CONF_INVERTER: ONE_INVERTER}
    planes = (user_input.get(name, {}) for name in PLANES)
    return [{**plane, **shared} for plane in planes if plane.get(CONF_PEAK_KW) is not None]


def error_key(error: SolarError) -> str:
    """The sentence for a failure."""
    if isinstance(error, SolarAuthError):
        return "solar_auth"
    if isinstance(error, SolarRateLimitError):
        return "solar_rate_limited"
    if isinstance(error, SolarRequestError):
        return "solar_refused"
    if isinstance(error, SolarUnreachableError):
        return "solar_unreachable"
    return "solar_unexpected"


async def _errors_of(source: SolarSource | None) -> dict[str, str]:
    """Try a source once."""
    if source is None:
        return {"base": "plane_needed"}
    try:
        await source.fetch()
    except SolarError as error:
        return {"base": error_key(error)}
    return {}


def _known_options(known: Sequence[KnownForecast]) -> list[SelectOptionDict]:
    """Those of the Energy dashboard together, as it adds them up, and each other one."""
    together = [each for each in known if each.in_dashboard]
    groups = [together] if together else []
    groups += [[each] for each in known if not each.in_dashboard]
    return [
        SelectOptionDict(
            value=f"{SOLAR_KNOWN}:{','.join(each.entry_id for each in group)}",
            label=" + ".join(each.title for each in group),
        )
        for group in groups
    ]


def _solar_schema(known: Sequence[KnownForecast], *, with_planes: bool) -> vol.Schema:
    ours = [SelectOptionDict(value=value, label=label) for value, label in SOURCES.items()]
    options = SelectSelectorConfig(
        options=[*_known_options(known), *ours],
        translation_key="solar_source",
        mode=SelectSelectorMode.LIST,
    )
    schema = vol.Schema({vol.Required(CONF_SOURCE): SelectSelector(options)})
    if not with_planes:
        return schema
    first, second = PLANES
    return schema.extend(
        {
            vol.Optional(first): section(SHORT_PLANE_SCHEMA, {"collapsed": False}),
            vol.Optional(second): section(SHORT_PLANE_SCHEMA, {"collapsed": True}),
            vol.Optional(CONF_INVERTER_KW): INVERTER_LIMIT,
        }
    )
