"""The demo home's one question: as if by which road its battery were reached."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ..const import CONF_DEMO_ROAD, DEMO_ROADS, KIND_NETZERO

ROAD = SelectSelector(
    SelectSelectorConfig(
        options=list(DEMO_ROADS), mode=SelectSelectorMode.LIST, translation_key=CONF_DEMO_ROAD
    )
)


class DemoSteps(ConfigFlow):
    """Reconfiguring the demo home; the running one reloads itself when its data change."""

    async def async_step_demo_road(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the road."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            if entry.state is not ConfigEntryState.LOADED:
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
            return self.async_update_and_abort(entry, data={**entry.data, **user_input})
        now = entry.data.get(CONF_DEMO_ROAD, KIND_NETZERO)
        schema = vol.Schema({vol.Required(CONF_DEMO_ROAD, default=now): ROAD})
        return self.async_show_form(step_id=CONF_DEMO_ROAD, data_schema=schema)
