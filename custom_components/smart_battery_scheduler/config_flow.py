"""Setting up a home: the Powerwall, the tariff, the roof. Every step is tested live."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
import logging
from types import MappingProxyType
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryData,
    ConfigSubentryFlow,
)
from homeassistant.core import callback

from .const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_EXPORT_TARIFF,
    CONF_IMPORT_TARIFF,
    CONF_KIND,
    CONF_PEAK_KW,
    CONF_REAUTH,
    CONF_SOLAR,
    CONF_TARIFF,
    CONF_TOKEN,
    DOMAIN,
    KIND_DEMO,
    KIND_NETZERO,
    REAUTH_OCTOPUS,
    SUBENTRY_ROOF_PLANE,
)
from .flows.demo import DemoSteps
from .flows.notices import FINISH_SCHEMA
from .flows.options import SmartBatteryOptionsFlow
from .flows.powerwall import POWERWALL_KEYS, STEP_KNOWN, TOKEN_SCHEMA, PowerwallSteps
from .flows.roof_plane import RoofPlaneFlow
from .flows.solar import SolarSteps
from .flows.tariff import KEY_SCHEMA, TariffSteps, credentials
from .frontend.dashboard_panel import CONF_DASHBOARD
from .site.preferences import Preferences
from .site.site import SmartBatteryConfigEntry
from .sources.rates_now import async_rates_now
from .sources.supplier import TariffProblem, async_addresses_of
from .text.sentences import Sentences, async_load_sentences, sentences_of

_LOGGER = logging.getLogger(__name__)


class SmartBatteryConfigFlow(PowerwallSteps, TariffSteps, SolarSteps, DemoSteps, domain=DOMAIN):
    """From two strings to a plan."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Collect the answers."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._rates_now: tuple[float | None, float | None] = (None, None)

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: SmartBatteryConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Roof planes; the demo home has simulated ones."""
        if config_entry.data[CONF_KIND] == KIND_DEMO:
            return {}
        return {SUBENTRY_ROOF_PLANE: RoofPlaneFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: SmartBatteryConfigEntry) -> SmartBatteryOptionsFlow:
        """What can be set later."""
        return SmartBatteryOptionsFlow()

    # --- what kind of home -----------------------------------------------------------------

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """A real home or the demo home."""
        # Without an entry yet, nothing of the integration has been set up.
        await async_load_sentences(self.hass)
        return self.async_show_menu(
            step_id="user",
            menu_options=[*self._roads(), KIND_DEMO],
            description_placeholders=self.placeholders_of_known(),
        )

    async def async_step_demo(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Everything simulated, nothing to fill in."""
        await self.async_set_unique_id(KIND_DEMO, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        return self.async_create_entry(
            title=sentences_of(self.hass).say("title.demo"),
            data={CONF_KIND: KIND_DEMO},
            options={**Preferences().as_options(), CONF_DASHBOARD: True},
        )

    # --- the Powerwall ---------------------------------------------------------------------

    @override
    async def powerwall_done(self, powerwall: Mapping[str, Any]) -> ConfigFlowResult:
        """The Powerwall is found and read: on to the tariff, or back to the home that changed."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            others = {key: entry.data[key] for key in entry.data if key not in POWERWALL_KEYS}
            return self._updated(entry, {**others, **powerwall})
        self._data.update(powerwall)
        return await self.async_step_tariff()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """What to change of the same home."""
        if self._get_reconfigure_entry().data[CONF_KIND] == KIND_DEMO:
            return await self.async_step_demo_road()
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=[*self._roads(), "tariff", "solar"],
            description_placeholders=self.placeholders_of_known(),
        )

    def _roads(self) -> list[str]:
        """How a Powerwall can be reached: one that Home Assistant knows needs nothing typed."""
        return [*([STEP_KNOWN] if self.sites_to_offer() else []), KIND_NETZERO]

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The token, or the Octopus key, is not accepted any more."""
        if entry_data.get(CONF_REAUTH) == REAUTH_OCTOPUS:
            return await self.async_step_reauth_octopus()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new token for the same site."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            token = user_input[CONF_TOKEN].strip()
            reading, errors = await self.try_netzero({**entry.data, CONF_TOKEN: token})
            if reading is not None:
                return self._updated(entry, {**entry.data, CONF_TOKEN: token})
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN_SCHEMA,
            errors=errors,
            description_placeholders={"site": entry.title},
        )

    async def async_step_reauth_octopus(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new API key for the same account."""
        entry = self._get_reauth_entry()
        tariff, errors = entry.data[CONF_TARIFF], dict[str, str]()
        if user_input is not None:
            try:
                key, _ = credentials(user_input)
                await async_addresses_of(self.hass, key, tariff.get(CONF_ACCOUNT_NUMBER))
            except TariffProblem as problem:
                errors[problem.field] = problem.key
            else:
                renewed = {**tariff, CONF_API_KEY: key}
                return self._updated(entry, {**entry.data, CONF_TARIFF: renewed})
        return self.async_show_form(
            step_id="reauth_octopus",
            data_schema=KEY_SCHEMA,
            errors=errors,
            description_placeholders={"site": entry.title},
        )

    def _updated(
        self,
        entry: SmartBatteryConfigEntry,
        data: Mapping[str, Any],
        planes: Sequence[ConfigSubentryData] = (),
    ) -> ConfigFlowResult:
        """Save these data; a loaded entry reloads itself when they differ, others are reloaded here.

        Judged before anything is saved: the first change begins the reload that sees them all.
        """
        differs = bool(planes) or {**data} != entry.data
        sees_it = entry.state is ConfigEntryState.LOADED and differs
        for plane in planes:
            self.hass.config_entries.async_add_subentry(entry, _subentry(plane))
        result = self.async_update_and_abort(entry, data=data)
        if not sees_it:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result

    # --- the tariff ------------------------------------------------------------------------

    @override
    async def tariff_done(self, tariff: Mapping[str, Any]) -> ConfigFlowResult:
        """The tariff is found and tried: on to the panels, or back to the home that was changed."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return self._updated(entry, {**entry.data, CONF_TARIFF: tariff})
        self._data[CONF_TARIFF] = tariff
        self._rates_now = await async_rates_now(self.hass, tariff)
        return await self.async_step_solar()

    # --- the end ---------------------------------------------------------------------------

    @override
    def solar_done(self, settings: Mapping[str, Any]) -> ConfigFlowResult:
        """The last answer: a home that is set up or set right."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            data = {**entry.data, CONF_SOLAR: settings}
            return self._updated(entry, data, self.plane_subentries)
        self._data[CONF_SOLAR] = settings
        return self._finish_form()

    def _finish_form(self) -> ConfigFlowResult:
        """What was found, to be recognised, and two questions about the first days."""
        bought, sold = self._rates_now
        words = sentences_of(self.hass)
        tariff, planes = self._data[CONF_TARIFF], self.plane_subentries
        return self.async_show_form(
            step_id="finish",
            data_schema=FINISH_SCHEMA,
            description_placeholders={
                "import_tariff": tariff.get(CONF_IMPORT_TARIFF) or "–",
                "import_rate": _rate(bought, words),
                "export_tariff": tariff.get(CONF_EXPORT_TARIFF) or "–",
                "export_rate": _rate(sold, words),
                "roof_kw": words.short_number(sum(plane["data"][CONF_PEAK_KW] for plane in planes)),
                "planes": str(len(planes)),
            },
        )

    async def async_step_finish(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The last page."""
        if user_input is None:
            return self._finish_form()
        return self.async_create_entry(
            title=_free_name(
                sentences_of(self.hass).say("title.home"),
                (entry.title for entry in self._async_current_entries()),
            ),
            data=self._data,
            options={
                **Preferences().as_options(),
                CONF_DASHBOARD: self._with_dashboard,
                **user_input,
            },
            subentries=self.plane_subentries,
        )


def _rate(p_per_kwh: float | None, words: Sentences) -> str:
    return "–" if p_per_kwh is None else f"{words.number(p_per_kwh, 1)} p/kWh"


def _free_name(name: str, taken: Iterable[str]) -> str:
    """That name or one made from it, not in use: homes must differ by voice, in lists and in messages."""
    names = {name.casefold() for name in taken}
    if name.casefold() not in names:
        return name
    return next(f"{name} {n}" for n in count(2) if f"{name} {n}".casefold() not in names)


def _subentry(plane: ConfigSubentryData) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType(plane["data"]),
        subentry_type=plane["subentry_type"],
        title=plane["title"],
        unique_id=plane["unique_id"],
    )
