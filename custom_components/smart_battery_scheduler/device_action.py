"""Device actions: what a person can ask of a battery, for those who begin with the device."""

from datetime import timedelta

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_FOR, CONF_TYPE
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType, TemplateVarsType
from homeassistant.util import dt as dt_util

from .actions.order_validation import async_order
from .actions.override_factory import ACTIONS, override_of
from .actions.permissions import async_check
from .actions.targets import entry_id_of_device, loaded_sites
from .const import DOMAIN
from .planner.model import Action
from .site.site import Site

CONF_TARGET_PERCENT = "target_percent"
RESUME, REPLAN = "resume", "replan"
TYPES = (*(action.value for action in ACTIONS), RESUME, REPLAN)

_FIGURES = {
    vol.Optional(CONF_FOR): cv.positive_time_period_dict,
    vol.Optional(CONF_TARGET_PERCENT): vol.All(vol.Coerce(int), vol.Range(min=1, max=100)),
}
ACTION_SCHEMA = cv.DEVICE_ACTION_BASE_SCHEMA.extend(
    {vol.Required(CONF_TYPE): vol.In(TYPES), **_FIGURES}
)


async def async_get_actions(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Every action, for a home's device."""
    if entry_id_of_device(hass, device_id) is None:
        return []
    return [{CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id, CONF_TYPE: kind} for kind in TYPES]


async def async_get_action_capabilities(
    hass: HomeAssistant, config: ConfigType
) -> dict[str, vol.Schema]:
    """How long and, for a charge, how far."""
    kind = config[CONF_TYPE]
    if kind in (RESUME, REPLAN):
        return {}
    fields = {
        key: value
        for key, value in _FIGURES.items()
        if key == CONF_FOR or kind == Action.CHARGE.value
    }
    return {"extra_fields": vol.Schema(fields)}


async def async_call_action_from_config(
    hass: HomeAssistant,
    config: ConfigType,
    variables: TemplateVarsType,
    context: Context | None,
) -> None:
    """Do it. Raises InvalidDeviceAutomationConfig if the home does not run, or Unauthorized."""
    site = _site(hass, config[CONF_DEVICE_ID])
    await async_check(hass, context, site.entry.entry_id, POLICY_CONTROL)
    kind: str = config[CONF_TYPE]
    if kind == REPLAN:
        await site.async_replan()
        return
    if kind == RESUME:
        await site.async_resume()
        return
    now = dt_util.utcnow()
    lasts: timedelta | None = config.get(CONF_FOR)
    override = override_of(
        Action(kind),
        now,
        site.preferences,
        until=now + lasts if lasts else None,
        target_percent=config.get(CONF_TARGET_PERCENT),
    )
    await async_order(
        site, override, CONF_TARGET_PERCENT if CONF_TARGET_PERCENT in config else None
    )


def _site(hass: HomeAssistant, device_id: str) -> Site:
    entry_id = entry_id_of_device(hass, device_id)
    for site in loaded_sites(hass):
        if site.entry.entry_id == entry_id:
            return site
    raise InvalidDeviceAutomationConfig(
        translation_domain=DOMAIN, translation_key="device_is_no_home"
    )
