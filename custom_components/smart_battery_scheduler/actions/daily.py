"""The digest as an action, for an automation that sends it once a day."""

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..text.digest import digest_of_site
from .sites import SITE_FIELDS, async_site

GET_DIGEST = "get_digest"


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register it."""
    hass.services.async_register(
        DOMAIN,
        GET_DIGEST,
        _async_get_digest,
        schema=vol.Schema(SITE_FIELDS),
        supports_response=SupportsResponse.ONLY,
    )


async def _async_get_digest(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    digest = digest_of_site(site, dt_util.utcnow())
    return {
        "home": site.entry.title,
        "next_charge": digest.next_charge,
        "plan": digest.plan,
        "yesterday": digest.yesterday,
        "week": digest.week,
        "message": digest.message,
    }
