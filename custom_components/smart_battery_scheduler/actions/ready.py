"""Actions on being ready at one time, once: the daily time is a preference and has entities."""

from datetime import timedelta

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..planner.model import ReadyBy
from .fields import TARGET_PERCENT, moment, number, percent
from .sites import SITE_FIELDS, async_sites, problem

READY_ONCE, CANCEL_READY_ONCE = "ready_once", "cancel_ready_once"
AT = "at"
FURTHEST = timedelta(days=7)

READY_SCHEMA = vol.Schema(
    {**SITE_FIELDS, vol.Required(TARGET_PERCENT): number, vol.Required(AT): cv.datetime}
)
CANCEL_SCHEMA = vol.Schema(SITE_FIELDS)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    hass.services.async_register(DOMAIN, READY_ONCE, _async_be_ready, schema=READY_SCHEMA)
    hass.services.async_register(DOMAIN, CANCEL_READY_ONCE, _async_cancel, schema=CANCEL_SCHEMA)


async def _async_be_ready(call: ServiceCall) -> None:
    now, at = dt_util.utcnow(), moment(call.data, AT)
    target = percent(call.data, TARGET_PERCENT)
    sites = await async_sites(call)
    if at <= now:
        raise problem("ready_in_the_past", field=AT)
    if at > now + FURTHEST:
        raise problem("ready_too_far", field=AT, days=str(FURTHEST.days))
    for site in sites:
        await site.async_be_ready(ReadyBy(at=at, percent=target))


async def _async_cancel(call: ServiceCall) -> None:
    for site in await async_sites(call):
        if site.ready_once is not None:
            await site.async_be_ready(None)
