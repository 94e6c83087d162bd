"""Which homes an action means, and whether the caller may ask it of them."""

from __future__ import annotations

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_TARGET
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.typing import ConfigType, VolDictType

from ..const import DOMAIN
from ..home import Home
from ..targets import loaded_homes, targeted_homes

# Besides a target a home can be named by its config entry, as the card does.
HOME_FIELDS: VolDictType = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    **cv.TARGET_FIELDS,
}
_TARGET_KEYS = {str(key) for key in cv.TARGET_FIELDS}


async def async_homes(call: ServiceCall) -> tuple[Home, ...]:
    """The homes to command: those targeted, or the only one. Raises ServiceValidationError."""
    homes = _meant(call)
    for home in homes:
        await _async_check(call, home, POLICY_CONTROL)
    return homes


async def async_home(call: ServiceCall) -> Home:
    """The one home that is asked something."""
    homes = _meant(call)
    if len(homes) > 1:
        raise problem("one_home_only")
    await _async_check(call, homes[0], POLICY_READ)
    return homes[0]


def problem(key: str, **placeholders: str) -> ServiceValidationError:
    """What is wrong with a call, in the user's language."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


@callback
def _meant(call: ServiceCall) -> tuple[Home, ...]:
    entry_id: str | None = call.data.get(ATTR_CONFIG_ENTRY_ID)
    target: ConfigType = {key: call.data[key] for key in _TARGET_KEYS if key in call.data}
    if entry_id is not None:
        homes = tuple(h for h in loaded_homes(call.hass) if h.entry.entry_id == entry_id)
    elif target:
        homes = targeted_homes(call.hass, target)
    else:
        homes = loaded_homes(call.hass)
        if len(homes) > 1:
            raise problem("which_home", field=CONF_TARGET)
    if not homes:
        raise problem("no_such_home")
    return homes


async def _async_check(call: ServiceCall, home: Home, policy: str) -> None:
    """A home has no permission of its own: any of its entities stands for it."""
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise Unauthorized(context=call.context, permission=policy)
    if user.permissions.access_all_entities(policy):
        return
    if not any(
        user.permissions.check_entity(entity.entity_id, policy)
        for entity in _entities(call.hass, home)
    ):
        raise Unauthorized(
            context=call.context, config_entry_id=home.entry.entry_id, permission=policy
        )


def _entities(hass: HomeAssistant, home: Home) -> list[er.RegistryEntry]:
    return er.async_entries_for_config_entry(er.async_get(hass), home.entry.entry_id)
