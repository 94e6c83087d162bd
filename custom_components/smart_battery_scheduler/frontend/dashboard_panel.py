"""The ready dashboard in the sidebar: there while any home wants it.

Pages that are open while the first home is set up have not loaded our modules, and never will before
they are loaded again. So the sidebar leads to a panel of our own, which brings its module with it and
goes on to the dashboard behind it. After a restart every page has them: then the sidebar leads there
directly, and the address behind stays for who is still on it.
"""

from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.frontend import (
    async_panel_exists,
    async_register_built_in_panel,
    async_remove_panel,
)
from homeassistant.components.lovelace.const import (
    CONF_REQUIRE_ADMIN,
    CONF_SHOW_IN_SIDEBAR,
    CONF_TITLE,
    DOMAIN as LOVELACE_DOMAIN,
    LOVELACE_DATA,
    MODE_YAML,
)
from homeassistant.components.lovelace.dashboard import LovelaceConfig
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_ICON, CONF_MODE
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.json import cached_json_fragment, json_fragment
from homeassistant.helpers.selector import BooleanSelector

from ..const import DOMAIN
from ..site.site import SmartBatteryConfigEntry
from ..text.sentences import sentences_of
from .card import CARD_URL

CONF_DASHBOARD: Final = "dashboard"
URL_PATH: Final = "battery-plan"
BEHIND: Final = "battery-plan-view"
OPENER: Final = "smart-battery-scheduler-opener"
# Its views are made in the browser, from what each home has at that moment.
CONTENT: Final = {"strategy": {"type": "custom:smart-battery-scheduler"}}
TITLE: Final = "title.dashboard"
ICON: Final = "mdi:home-battery"
PANEL: Final = {
    CONF_ICON: ICON,
    CONF_SHOW_IN_SIDEBAR: False,
    CONF_REQUIRE_ADMIN: False,
    CONF_MODE: MODE_YAML,
}


class OwnDashboard(LovelaceConfig):
    """Made from the homes, so there is nothing to store and nothing to edit."""

    mode = MODE_YAML

    @override
    async def async_get_info(self) -> dict[str, Any]:
        """What the list of dashboards shows."""
        return {"mode": self.mode, "views": 0}

    @override
    async def async_load(self, force: bool) -> dict[str, Any]:
        """The same for everybody."""
        return dict(CONTENT)

    @override
    async def async_json(self, force: bool) -> json_fragment:
        """The same, as it is sent."""
        return cached_json_fragment(CONTENT)


@callback
def async_show_dashboard(hass: HomeAssistant) -> None:
    """Put it into the sidebar, or take it out, as the homes want it.

    A page that somebody else has under this address stays; so does ours while its homes are
    only stopped, because somebody may be looking at it.
    """
    if LOVELACE_DATA not in hass.data:
        return
    dashboards = hass.data[LOVELACE_DATA].dashboards
    wanted = any(
        entry.options.get(CONF_DASHBOARD, False)
        for entry in hass.config_entries.async_entries(DOMAIN)
    )
    shown = isinstance(dashboards.get(BEHIND), OwnDashboard)
    if wanted and not shown and not async_panel_exists(hass, URL_PATH):
        _add_dashboard(hass, BEHIND)
        if hass.state is CoreState.running:
            _add_opener(hass)
        else:
            _add_dashboard(hass, URL_PATH)
    elif shown and not wanted:
        for url_path in (URL_PATH, BEHIND):
            async_remove_panel(hass, url_path)
            dashboards.pop(url_path, None)


@callback
def _add_dashboard(hass: HomeAssistant, url_path: str) -> None:
    is_listed = url_path == URL_PATH
    title = sentences_of(hass).say(TITLE)
    panel = {**PANEL, CONF_TITLE: title, CONF_SHOW_IN_SIDEBAR: is_listed}
    hass.data[LOVELACE_DATA].dashboards[url_path] = OwnDashboard(hass, url_path, panel)
    async_register_built_in_panel(
        hass,
        LOVELACE_DOMAIN,
        sidebar_title=title if is_listed else None,
        sidebar_icon=ICON if is_listed else None,
        frontend_url_path=url_path,
        config={CONF_MODE: MODE_YAML},
        show_in_sidebar=is_listed,
    )


@callback
def _add_opener(hass: HomeAssistant) -> None:
    # As ``panel_custom`` registers one, which would have to be set up for it.
    module = {
        "name": OPENER,
        "module_url": f"{hass.data[CARD_URL]}/opener.js",
        "embed_iframe": False,
        "trust_external": False,
    }
    async_register_built_in_panel(
        hass,
        "custom",
        sidebar_title=sentences_of(hass).say(TITLE),
        sidebar_icon=ICON,
        frontend_url_path=URL_PATH,
        config={"_panel_custom": module, "dashboard": BEHIND},
    )


async def async_entry_updated(hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> None:
    """The home's request may have changed."""
    async_show_dashboard(hass)


def with_choice(schema: vol.Schema) -> vol.Schema:
    """The form of a new home, with the question for the dashboard."""
    return schema.extend({vol.Required(CONF_DASHBOARD, default=True): BooleanSelector()})


class DashboardStep(OptionsFlow):
    """The options page that adds or removes it later."""

    async def async_step_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Whether it is in the sidebar."""
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        present = {CONF_DASHBOARD: options.get(CONF_DASHBOARD, False)}
        schema = self.add_suggested_values_to_schema(with_choice(vol.Schema({})), present)
        return self.async_show_form(step_id="dashboard", data_schema=schema)
