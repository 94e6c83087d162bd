"""Who is notified of failures: asked at the end of set-up, and on a page of the options."""

from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import Platform
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    TimeSelector,
)

from ..const import CONF_DAILY_DIGEST, CONF_DIGEST_TIME, CONF_NOTIFY_ENTITIES, DIGEST_TIME

PEOPLE: Final = EntitySelector(EntitySelectorConfig(domain=Platform.NOTIFY, multiple=True))
CONF_DRY_RUN: Final = "dry_run"
# What is asked at the end of set-up.
FINISH_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_DRY_RUN, default=False): BooleanSelector(),
        vol.Optional(CONF_NOTIFY_ENTITIES): PEOPLE,
        vol.Required(CONF_DAILY_DIGEST, default=False): BooleanSelector(),
    }
)
NOTICES_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_NOTIFY_ENTITIES): PEOPLE,
        vol.Required(CONF_DAILY_DIGEST, default=False): BooleanSelector(),
        vol.Required(CONF_DIGEST_TIME, default=DIGEST_TIME): TimeSelector(),
    }
)


class NoticesStep(OptionsFlow):
    """The options page that changes it later."""

    async def async_step_notices(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Which phones, and whether the evening's three lines go there too."""
        options = self.config_entry.options
        if user_input is not None:
            # The form leaves out an emptied field: set it here, or the old phones would stay.
            cleared: dict[str, list[str]] = {CONF_NOTIFY_ENTITIES: []}
            return self.async_create_entry(data={**options, **cleared, **user_input})
        return self.async_show_form(
            step_id="notices",
            data_schema=self.add_suggested_values_to_schema(NOTICES_SCHEMA, options),
        )
