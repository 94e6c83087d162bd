"""Actions for this moment: charge, hold, use, resume, replan."""

from functools import partial

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..planner.model import Action
from .fields import DURATION, TARGET_PERCENT, UNTIL, end_of, number, percent_if_any
from .order_validation import refuse_reached
from .override_factory import LONGEST, override_of
from .sites import SITE_FIELDS, async_sites

RESUME, REPLAN = "resume", "replan"

_END = {
    vol.Optional(DURATION): cv.positive_time_period,
    vol.Optional(UNTIL): cv.datetime,
}
HOLD_SCHEMA = vol.Schema({**SITE_FIELDS, **_END})
CHARGE_SCHEMA = vol.Schema({**SITE_FIELDS, **_END, vol.Optional(TARGET_PERCENT): number})
SITE_SCHEMA = vol.Schema(SITE_FIELDS)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    for action, schema in (
        (Action.CHARGE, CHARGE_SCHEMA),
        (Action.HOLD, HOLD_SCHEMA),
        (Action.USE, HOLD_SCHEMA),
    ):
        hass.services.async_register(
            DOMAIN, action.value, partial(_async_override, action), schema=schema
        )
    hass.services.async_register(DOMAIN, RESUME, _async_resume, schema=SITE_SCHEMA)
    hass.services.async_register(DOMAIN, REPLAN, _async_replan, schema=SITE_SCHEMA)


async def _async_override(action: Action, call: ServiceCall) -> None:
    now = dt_util.utcnow()
    until = end_of(call.data, now, LONGEST)
    target = percent_if_any(call.data, TARGET_PERCENT)
    orders = [
        (site, override_of(action, now, site.preferences, until=until, target_percent=target))
        for site in await async_sites(call)
    ]
    for site, asked in orders:
        refuse_reached(site, asked, None if target is None else TARGET_PERCENT)
    for site, asked in orders:
        await site.async_set_override(asked)


async def _async_resume(call: ServiceCall) -> None:
    for site in await async_sites(call):
        await site.async_resume()


async def _async_replan(call: ServiceCall) -> None:
    for site in await async_sites(call):
        await site.async_replan()
