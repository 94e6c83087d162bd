"""The options pages over the household's preferences: the same values as the entities show."""

from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import Platform
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
from homeassistant.helpers.typing import VolDictType

from ..site.limits import LIMITS
from ..site.preferences import Preferences
from .plain_options import (
    CARBON_CHOICE,
    HAS_CEILING,
    HAS_PEAK,
    HAS_READY_BY,
    MinuteSelector,
    carbon_selector,
    from_plain,
    to_plain,
)

PLANNING = (
    "reserve_floor_percent",
    "everyday_ceiling_percent",
    HAS_CEILING,
    "price_ceiling_p_per_kwh",
    HAS_READY_BY,
    "ready_by_percent",
    "ready_by_time",
    HAS_PEAK,
    "peak_start",
    "peak_end",
)
FINE_TUNING = ("wear_p_per_kwh", CARBON_CHOICE, "stability_p", "annual_load_kwh")
CONTROL = (
    "scheduler_enabled",
    "dry_run",
    "charge_now_percent",
    "charge_now_hours",
    "join_sessions",
    "carbon_forecast",
    "car_charging_entity",
    "axle_p_per_kwh",
    "power_setpoints",
)
SLIDERS = {
    "reserve_floor_percent",
    "everyday_ceiling_percent",
    "price_ceiling_p_per_kwh",
    "ready_by_percent",
    "charge_now_percent",
    "charge_now_hours",
}
TIMES = {"ready_by_time", "peak_start", "peak_end"}
CAR_DOMAINS = [Platform.BINARY_SENSOR, Platform.SWITCH, "input_boolean", Platform.SENSOR]


class PreferenceSteps(OptionsFlow):
    """Each page ends by storing the options."""

    async def async_step_planning(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """What plans go by."""
        return self._page("planning", PLANNING, user_input)

    async def async_step_fine_tuning(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """What few people change."""
        return self._page("fine_tuning", FINE_TUNING, user_input)

    async def async_step_control(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """What may act, and how."""
        return self._page("control", CONTROL, user_input)

    def _page(
        self, step_id: str, names: Iterable[str], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        options = self.config_entry.options
        if user_input is not None:
            # The form leaves out an emptied field: set it here, or the old entity would stay.
            cleared = {name: "" for name in names if name == "car_charging_entity"}
            return self.async_create_entry(data={**options, **cleared, **from_plain(user_input)})
        preferences = Preferences.from_options(options)
        present = to_plain(preferences)
        suggested = {name: value for name in names if (value := present[name]) != ""}
        schema = vol.Schema(_fields(names, preferences))
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
        )


def _fields(names: Iterable[str], present: Preferences) -> VolDictType:
    fields: VolDictType = {}
    for name in names:
        if name == "car_charging_entity":
            config = EntitySelectorConfig(domain=CAR_DOMAINS)
            fields[vol.Optional(name)] = EntitySelector(config)
        elif name in LIMITS:
            fields[vol.Required(name)] = _number(name)
        elif name in TIMES:
            fields[vol.Required(name)] = MinuteSelector()
        elif name == CARBON_CHOICE:
            fields[vol.Required(name)] = carbon_selector(present.carbon_gbp_per_tonne)
        else:
            fields[vol.Required(name)] = BooleanSelector()
    return fields


def _number(name: str) -> NumberSelector:
    limits = LIMITS[name]
    return NumberSelector(
        NumberSelectorConfig(
            min=limits.least,
            max=limits.most,
            step=limits.step,
            unit_of_measurement=limits.unit,
            mode=NumberSelectorMode.SLIDER if name in SLIDERS else NumberSelectorMode.BOX,
        )
    )
