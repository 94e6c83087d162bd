"""Actions: what automations, scripts and the card can ask of a home."""

from __future__ import annotations

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .digest import digest_of_home
from .home import Home, SmartBatteryConfigEntry
from .present import plan_as_dict

SERVICE_GET_DIGEST = "get_digest"
SERVICE_GET_PLAN = "get_plan"
SERVICE_REPLAN = "replan"

HOME_SCHEMA = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, once."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_GET_PLAN,
        _async_get_plan,
        schema=HOME_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_GET_DIGEST,
        _async_get_digest,
        schema=HOME_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(DOMAIN, SERVICE_REPLAN, _async_replan, schema=HOME_SCHEMA)


def _home(call: ServiceCall) -> Home:
    """The home that is meant; the only one, if none is named."""
    entry: SmartBatteryConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    return entry.runtime_data


async def _async_get_plan(call: ServiceCall) -> ServiceResponse:
    plan = _home(call).planner.data
    if plan is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_plan_yet")
    return dict(plan_as_dict(plan))


async def _async_get_digest(call: ServiceCall) -> ServiceResponse:
    home = _home(call)
    digest = digest_of_home(home, dt_util.utcnow())
    return {
        "home": home.entry.title,
        "next_charge": digest.next_charge,
        "plan": digest.plan,
        "yesterday": digest.yesterday,
        "message": digest.message,
    }


async def _async_replan(call: ServiceCall) -> None:
    await _home(call).async_replan()
