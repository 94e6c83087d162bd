"""The steps that find the Powerwall: one that Home Assistant already knows, or NetZero's two strings."""

from collections.abc import Mapping
import re
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    CONF_INTEGRATION,
    CONF_KIND,
    CONF_SITE_ID,
    CONF_TOKEN,
    CONF_UNITS,
    KIND_HOME_ASSISTANT,
    KIND_NETZERO,
    UNIT_CAPACITY_KWH,
)
from ..frontend.dashboard_panel import CONF_DASHBOARD, with_choice
from ..powerwall.base import (
    PowerwallAuthError,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallState,
)
from ..powerwall.home_assistant import KnownSite, known_sites
from ..powerwall.tesla_entities import INTEGRATIONS
from ..sources.build import async_try_powerwall

STEP_KNOWN = "known"
CONF_KNOWN_SITE = "known_site"
# The keys of an entry's data that say how the Powerwall is reached: replaced together.
POWERWALL_KEYS = (CONF_KIND, CONF_TOKEN, CONF_SITE_ID, CONF_UNITS, CONF_INTEGRATION)
PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
TOKEN_SCHEMA = vol.Schema({vol.Required(CONF_TOKEN): PASSWORD})
UNITS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_UNITS, default=1): NumberSelector(
            NumberSelectorConfig(min=1, max=10, step=1, mode=NumberSelectorMode.BOX)
        )
    }
)
# NetZero seldom reports a battery's capacity, so that its one page asks for the units at once.
NETZERO_SCHEMA = TOKEN_SCHEMA.extend(
    {vol.Required(CONF_SITE_ID): TextSelector(), **UNITS_SCHEMA.schema}
)


class PowerwallSteps(ConfigFlow):
    """Ends in ``powerwall_done`` with what belongs in the entry's data."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._powerwall: dict[str, Any] = {}
        self._with_dashboard = True

    async def powerwall_done(self, powerwall: Mapping[str, Any]) -> ConfigFlowResult:
        """Go on from here."""
        raise NotImplementedError

    @property
    def powerwall_before(self) -> Mapping[str, Any]:
        """How a home that is set up already reaches its Powerwall."""
        is_new = self.source != SOURCE_RECONFIGURE
        return {} if is_new else self._get_reconfigure_entry().data

    # --- one that Home Assistant knows -----------------------------------------------------

    @callback
    def sites_to_offer(self) -> tuple[KnownSite, ...]:
        """The sites that are not set up yet; for one that is, the same site through another integration."""
        before = self.powerwall_before
        if before:
            now = before.get(CONF_INTEGRATION)
            return tuple(
                site
                for site in known_sites(self.hass)
                if site.site_id == before.get(CONF_SITE_ID) and site.integration != now
            )
        taken = {entry.unique_id for entry in self._async_current_entries()}
        return tuple(site for site in known_sites(self.hass) if site.site_id not in taken)

    @callback
    def placeholders_of_known(self) -> dict[str, str]:
        """The names of those sites, for the menu's text."""
        return {"known": ", ".join(_label(site) for site in self.sites_to_offer())}

    async def async_step_known(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the one there is; ask only where there are several or it does not answer."""
        sites = {f"{site.integration}:{site.site_id}": site for site in self.sites_to_offer()}
        if not sites:
            return self.async_abort(reason="no_known_site")
        chosen = sites.get((user_input or {}).get(CONF_KNOWN_SITE, ""))
        if chosen is None and len(sites) == 1:
            chosen = next(iter(sites.values()))
        errors: dict[str, str] = {}
        if chosen is not None:
            try:
                return await self._taken(chosen)
            except PowerwallError:
                errors["base"] = "known_silent"
        options = [SelectOptionDict(value=key, label=_label(site)) for key, site in sites.items()]
        config = SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        schema = vol.Schema(
            {vol.Required(CONF_KNOWN_SITE, default=next(iter(sites))): SelectSelector(config)}
        )
        return self.async_show_form(step_id=STEP_KNOWN, data_schema=schema, errors=errors)

    async def _taken(self, site: KnownSite) -> ConfigFlowResult:
        """Read a known site once; its units follow from that. Raises a PowerwallError."""
        data = {
            CONF_KIND: KIND_HOME_ASSISTANT,
            CONF_INTEGRATION: site.integration,
            CONF_SITE_ID: site.site_id,
        }
        reading = await async_try_powerwall(self.hass, data)
        await self._claim(site.site_id)
        self._powerwall = data
        if reading.capacity_kwh is None:
            return await self.async_step_units()
        return await self.powerwall_done({**data, CONF_UNITS: units_in(reading.capacity_kwh)})

    # --- NetZero ---------------------------------------------------------------------------

    async def async_step_netzero(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Token and site of the NetZero developer API."""
        errors: dict[str, str] = {}
        before = self.powerwall_before
        suggested = {key: before[key] for key in (CONF_SITE_ID, CONF_UNITS) if key in before}
        if user_input is not None:
            self._with_dashboard = user_input.get(CONF_DASHBOARD, True)
            data = {
                CONF_KIND: KIND_NETZERO,
                CONF_TOKEN: user_input[CONF_TOKEN].strip(),
                CONF_SITE_ID: user_input[CONF_SITE_ID].strip(),
                CONF_UNITS: int(user_input[CONF_UNITS]),
            }
            reading, errors = await self.try_netzero(data)
            if reading is not None:
                await self._claim(data[CONF_SITE_ID])
                return await self.powerwall_done(data)
            suggested = data
        suggested[CONF_DASHBOARD] = self._with_dashboard
        schema = NETZERO_SCHEMA if before else with_choice(NETZERO_SCHEMA)
        return self.async_show_form(
            step_id=KIND_NETZERO,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    async def try_netzero(
        self, data: Mapping[str, Any]
    ) -> tuple[PowerwallState | None, dict[str, str]]:
        """Try the credentials: a reading, or the key of the error to show."""
        if not re.fullmatch(r"\S{8,200}", data[CONF_TOKEN]):
            return None, {CONF_TOKEN: "token_form"}
        if not re.fullmatch(r"\d{4,20}", data[CONF_SITE_ID]):
            return None, {CONF_SITE_ID: "site_id_form"}
        try:
            return await async_try_powerwall(self.hass, data), {}
        except PowerwallAuthError:
            return None, {"base": "invalid_auth"}
        except PowerwallRateLimitError:
            return None, {"base": "rate_limited"}
        except PowerwallConnectionError:
            return None, {"base": "cannot_connect"}
        except PowerwallError:
            return None, {"base": "unexpected_answer"}

    # --- what the reading has, and what it has not -----------------------------------------

    async def _claim(self, site_id: str) -> None:
        """One home per site; a home that is set up keeps its own. Raises AbortFlow."""
        # A page that was closed half-way leaves a flow behind that cannot be continued.
        await self.async_set_unique_id(site_id, raise_on_progress=False)
        if self.source == SOURCE_RECONFIGURE:
            self._abort_if_unique_id_mismatch(reason="wrong_site")
        else:
            self._abort_if_unique_id_configured()

    async def async_step_units(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """How many Powerwalls there are, where no reading says so."""
        if user_input is not None:
            units = int(user_input[CONF_UNITS])
            return await self.powerwall_done({**self._powerwall, CONF_UNITS: units})
        suggested = {CONF_UNITS: self.powerwall_before.get(CONF_UNITS, 1)}
        return self.async_show_form(
            step_id=CONF_UNITS,
            data_schema=self.add_suggested_values_to_schema(UNITS_SCHEMA, suggested),
        )


def units_in(capacity_kwh: float) -> int:
    """How many units, with expansion packs, have this capacity; each loses some of it with age."""
    return max(1, round(capacity_kwh / UNIT_CAPACITY_KWH))


def _label(site: KnownSite) -> str:
    return f"{site.name} ({INTEGRATIONS[site.integration].name})"
