"""The subentry flow of roof planes: added, changed and removed one by one."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import DEGREE, PERCENTAGE, UnitOfPower
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)

from ..const import (
    CONF_AZIMUTH,
    CONF_DECLINATION,
    CONF_INVERTER,
    CONF_INVERTER_KW,
    CONF_LOSSES_PERCENT,
    CONF_PEAK_KW,
)
from ..solar.model import DEFAULT_LOSSES_PERCENT
from ..text.sentences import Sentences, sentences_of


def _number(least: float, most: float, step: float, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least,
            max=most,
            step=step,
            unit_of_measurement=unit,
            mode=NumberSelectorMode.BOX,
        )
    )


KILOWATT = UnitOfPower.KILO_WATT.value
# Without a value to begin with the form would show the smallest that is allowed.
USUAL_PEAK_KW = 4
PLANE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_PEAK_KW, default=USUAL_PEAK_KW): _number(0.1, 100, 0.01, KILOWATT),
        vol.Required(CONF_DECLINATION, default=35): _number(0, 90, 1, DEGREE),
        vol.Required(CONF_AZIMUTH, default=180): _number(0, 359, 1, DEGREE),
        vol.Optional(CONF_INVERTER_KW): _number(0.1, 100, 0.01, KILOWATT),
        vol.Optional(CONF_INVERTER): TextSelector(),
        vol.Required(CONF_LOSSES_PERCENT, default=DEFAULT_LOSSES_PERCENT): _number(
            0, 50, 1, PERCENTAGE
        ),
    }
)
# A plane on the page that asks for everything about the roof; without a size there is none.
SHORT_PLANE_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_PEAK_KW): _number(0.1, 100, 0.01, KILOWATT),
        vol.Required(CONF_DECLINATION, default=35): _number(0, 90, 1, DEGREE),
        vol.Required(CONF_AZIMUTH, default=180): _number(0, 359, 1, DEGREE),
    }
)
INVERTER_LIMIT = _number(0.1, 100, 0.01, KILOWATT)


def plane_title(plane: Mapping[str, Any], words: Sentences) -> str:
    """A plane in a few signs: its compass bearing, tilt and size."""
    point, size = words.compass(float(plane[CONF_AZIMUTH])), words.short_number(plane[CONF_PEAK_KW])
    return f"{point} {plane[CONF_DECLINATION]:.0f}°, {size} kW"


class RoofPlaneFlow(ConfigSubentryFlow):
    """One roof plane."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a plane."""
        if user_input is not None:
            return self.async_create_entry(
                title=plane_title(user_input, sentences_of(self.hass)), data=user_input
            )
        return self.async_show_form(step_id="user", data_schema=PLANE_SCHEMA)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a plane."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            return self.async_update_and_abort(
                self._get_entry(),
                subentry,
                data=user_input,
                title=plane_title(user_input, sentences_of(self.hass)),
            )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(PLANE_SCHEMA, subentry.data),
        )
