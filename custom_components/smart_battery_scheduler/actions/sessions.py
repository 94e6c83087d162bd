"""Actions on sessions that are not found by themselves."""

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..common.serialisation import Json
from ..const import DOMAIN
from ..sources.grid_sessions import SessionTimesError, SessionWindow
from ..tariff.sessions import SessionKind
from .fields import END, PERIOD, START, moment
from .sites import SITE_FIELDS, async_sites, problem

ADD_SESSION, REMOVE_SESSION = "add_session", "remove_session"
SESSION_ID, KIND = "session_id", "kind"

ADD_SCHEMA = vol.Schema(
    {**SITE_FIELDS, **PERIOD, vol.Required(KIND): vol.In([kind.value for kind in SessionKind])}
)
REMOVE_SCHEMA = vol.Schema({**SITE_FIELDS, vol.Required(SESSION_ID): cv.string})


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    hass.services.async_register(
        DOMAIN,
        ADD_SESSION,
        _async_add,
        schema=ADD_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(DOMAIN, REMOVE_SESSION, _async_remove, schema=REMOVE_SCHEMA)


async def _async_add(call: ServiceCall) -> ServiceResponse:
    start, end = moment(call.data, START), moment(call.data, END)
    kind = SessionKind(call.data[KIND])
    sites = await async_sites(call)
    added: list[Json] = []
    for site in sites:
        try:
            window = await site.sessions.async_add(kind, start, end, now=dt_util.utcnow())
        except SessionTimesError as err:
            raise problem("session_times") from err
        await site.async_remember()
        added.append(session_as_dict(window))
    return {"sessions": added}


async def _async_remove(call: ServiceCall) -> None:
    session_id: str = call.data[SESSION_ID]
    removed = [
        (site, await site.sessions.async_remove(session_id)) for site in await async_sites(call)
    ]
    if not any(done for _, done in removed):
        raise problem("no_such_session", field=SESSION_ID, id=session_id)
    for site, done in removed:
        if done:
            await site.async_remember()


def session_as_dict(window: SessionWindow) -> dict[str, Json]:
    """A session in plain data; times are ISO 8601 in UTC."""
    return {
        "session_id": window.id,
        "kind": window.kind.value,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "joined": window.joined,
        "manual": window.manual,
        "reward_p_per_kwh": window.reward_p_per_kwh,
    }
