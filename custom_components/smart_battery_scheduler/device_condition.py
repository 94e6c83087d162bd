"""Device conditions: the questions that need no figures, for those who begin with the device."""

from collections.abc import Callable
from datetime import datetime

import voluptuous as vol

from homeassistant.const import CONF_CONDITION, CONF_DEVICE_ID, CONF_DOMAIN, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.condition import ConditionCheckerType
from homeassistant.helpers.config_validation import DEVICE_CONDITION_BASE_SCHEMA
from homeassistant.helpers.typing import ConfigType, TemplateVarsType
from homeassistant.util import dt as dt_util

from .actions.targets import entry_id_of_device, loaded_sites
from .const import DOMAIN
from .planner.model import Action
from .site.site import Site
from .text.status import action_now, is_charging, is_in_control, override_now, tomorrows_rates_known

QUESTIONS: dict[str, Callable[[Site, datetime], bool]] = {
    "is_charging": lambda site, now: is_charging(site),
    "is_to_charge": lambda site, now: action_now(site, now) is Action.CHARGE,
    "is_to_hold": lambda site, now: action_now(site, now) is Action.HOLD,
    "is_to_use": lambda site, now: action_now(site, now) is Action.USE,
    "override_is_active": lambda site, now: override_now(site, now) is not None,
    "tomorrows_rates_known": tomorrows_rates_known,
    "in_control": lambda site, now: is_in_control(site),
}

CONDITION_SCHEMA = DEVICE_CONDITION_BASE_SCHEMA.extend(
    {vol.Required(CONF_TYPE): vol.In(list(QUESTIONS))}
)


async def async_get_conditions(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Every question, for a home's device."""
    if entry_id_of_device(hass, device_id) is None:
        return []
    return [
        {
            CONF_CONDITION: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_DEVICE_ID: device_id,
            CONF_TYPE: question,
        }
        for question in QUESTIONS
    ]


@callback
def async_condition_from_config(hass: HomeAssistant, config: ConfigType) -> ConditionCheckerType:
    """Build the question; a home that does not run answers no."""
    holds = QUESTIONS[config[CONF_TYPE]]
    device_id: str = config[CONF_DEVICE_ID]

    def check(hass: HomeAssistant, variables: TemplateVarsType = None) -> bool:
        entry_id, now = entry_id_of_device(hass, device_id), dt_util.utcnow()
        return any(
            holds(site, now) for site in loaded_sites(hass) if site.entry.entry_id == entry_id
        )

    return check
