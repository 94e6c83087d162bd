"""Which homes an action means, and whether the caller may ask it of them."""

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_TARGET
from homeassistant.core import ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType, VolDictType

from ..const import DOMAIN
from ..site.site import Site
from .permissions import async_check
from .targets import loaded_sites, targeted_sites

# Besides a target a home can be named by its config entry, as the card does.
SITE_FIELDS: VolDictType = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    **cv.TARGET_FIELDS,
}
_TARGET_KEYS = {str(key) for key in cv.TARGET_FIELDS}


async def async_sites(call: ServiceCall) -> tuple[Site, ...]:
    """The homes to command: those targeted, or the only one. Raises ServiceValidationError."""
    sites = _meant(call)
    for site in sites:
        await async_check(call.hass, call.context, site.entry.entry_id, POLICY_CONTROL)
    return sites


async def async_site(call: ServiceCall) -> Site:
    """The one home that is asked something."""
    sites = _meant(call)
    if len(sites) > 1:
        raise problem("one_home_only")
    await async_check(call.hass, call.context, sites[0].entry.entry_id, POLICY_READ)
    return sites[0]


def problem(key: str, **placeholders: str) -> ServiceValidationError:
    """What is wrong with a call, in the user's language."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


@callback
def _meant(call: ServiceCall) -> tuple[Site, ...]:
    entry_id: str | None = call.data.get(ATTR_CONFIG_ENTRY_ID)
    target: ConfigType = {key: call.data[key] for key in _TARGET_KEYS if key in call.data}
    if entry_id is not None:
        sites = tuple(h for h in loaded_sites(call.hass) if h.entry.entry_id == entry_id)
    elif target:
        sites = targeted_sites(call.hass, target)
    else:
        sites = loaded_sites(call.hass)
        if len(sites) > 1:
            raise problem("which_home", field=CONF_TARGET)
    if not sites:
        raise problem("no_such_home")
    return sites
