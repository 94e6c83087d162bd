"""The options step for the house load: where its past comes from, and what a car took of it."""

from collections.abc import Mapping, Sequence
import re
from typing import Any

import voluptuous as vol

from homeassistant.components.energy.data import DeviceConsumption
from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    StatisticSelector,
    StatisticSelectorConfig,
)

from ..history.house_load import (
    CONF_CAR_STATISTICS,
    CONF_HOUSE_CALENDAR,
    CONF_LOAD_FROM,
    CONF_LOAD_STATISTIC,
    CONF_PERSONS,
    LoadFrom,
)
from ..history.load_history import async_dashboard, dashboard_balance

USABLE = {"energy", "power"}
# How people and makers name what charges a car.
CAR_WORDS = re.compile(
    r"\b(car|ev|evse|vehicle|charger|wallbox|wall connector|zappi|ohme|hypervolt|easee|pod point)\b"
)


class LoadSteps(OptionsFlow):
    """Ends by storing the options."""

    async def async_step_house_load(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Which statistics describe the house."""
        errors: dict[str, str] = {}
        options = self.config_entry.options
        if user_input is not None:
            errors = await _errors_of(self.hass, user_input)
            if not errors:
                kept = {key: value for key, value in options.items() if key not in LOAD_KEYS}
                return self.async_create_entry(data={**kept, **user_input})
        dashboard = await async_dashboard(self.hass)
        sources = [
            each.value
            for each in LoadFrom
            if each is not LoadFrom.DASHBOARD or dashboard_balance(dashboard)
        ]
        suggested = user_input or {key: options[key] for key in LOAD_KEYS if key in options}
        if CONF_CAR_STATISTICS not in suggested:
            devices = dashboard["device_consumption"] if dashboard else []
            suggested = {**suggested, CONF_CAR_STATISTICS: likely_cars(devices)}
        return self.async_show_form(
            step_id="house_load",
            data_schema=self.add_suggested_values_to_schema(_schema(sources), suggested),
            errors=errors,
        )


LOAD_KEYS = (
    CONF_LOAD_FROM,
    CONF_LOAD_STATISTIC,
    CONF_CAR_STATISTICS,
    CONF_PERSONS,
    CONF_HOUSE_CALENDAR,
)


def _schema(sources: list[str]) -> vol.Schema:
    select = SelectSelectorConfig(
        options=sources, translation_key=CONF_LOAD_FROM, mode=SelectSelectorMode.LIST
    )
    several = StatisticSelectorConfig(multiple=True)
    return vol.Schema(
        {
            vol.Required(CONF_LOAD_FROM, default=LoadFrom.AUTOMATIC.value): SelectSelector(select),
            vol.Optional(CONF_LOAD_STATISTIC): StatisticSelector(),
            vol.Optional(CONF_CAR_STATISTICS, default=list): StatisticSelector(several),
            vol.Optional(CONF_PERSONS): EntitySelector(
                EntitySelectorConfig(domain="person", multiple=True)
            ),
            vol.Optional(CONF_HOUSE_CALENDAR): EntitySelector(
                EntitySelectorConfig(domain="calendar")
            ),
        }
    )


def likely_cars(devices: Sequence[DeviceConsumption]) -> list[str]:
    """Those of the Energy dashboard's devices that sound like a car: a suggestion, no more."""
    found = []
    for device in devices:
        statistic = device["stat_consumption"]
        words = f"{device.get('name') or ''} {statistic}".lower()
        if CAR_WORDS.search(re.sub(r"[._:]", " ", words)):
            found.append(statistic)
    return found


async def _errors_of(hass: HomeAssistant, user_input: Mapping[str, Any]) -> dict[str, str]:
    """What cannot work: no statistic, or one that measures something else."""
    statistic: str | None = user_input.get(CONF_LOAD_STATISTIC)
    if user_input[CONF_LOAD_FROM] == LoadFrom.STATISTIC and not statistic:
        return {CONF_LOAD_STATISTIC: "statistic_needed"}
    cars: list[str] = user_input.get(CONF_CAR_STATISTICS, [])
    wanted = {*cars, *([statistic] if statistic else [])}
    if not wanted or "recorder" not in hass.config.components:
        return {}
    known = {
        each["statistic_id"]
        for each in await async_list_statistic_ids(hass, wanted)
        if each["unit_class"] in USABLE
    }
    if statistic and statistic not in known:
        return {CONF_LOAD_STATISTIC: "not_energy"}
    return {} if set(cars) <= known else {CONF_CAR_STATISTICS: "not_energy"}
