"""Which homes an action means, and whether the caller may ask it of them."""

from __future__ import annotations

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_TARGET
from homeassistant.core import ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType, VolDictType

from ..const import DOMAIN
from ..site.site import Home
from .permissions import async_check
from .targets import loaded_homes, targeted_homes

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
        await async_check(call.hass, call.context, home.entry.entry_id, POLICY_CONTROL)
    return homes


async def async_home(call: ServiceCall) -> Home:
    """The one home that is asked something."""
    homes = _meant(call)
    if len(homes) > 1:
        raise problem("one_home_only")
    await async_check(call.hass, call.context, homes[0].entry.entry_id, POLICY_READ)
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
