"""Actions on single times: ask for a charge, or none, then."""

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
from ..planner.model import Action
from ..site.manual_slots import FORCEABLE, ManualSlot, ManualSlotError, Repeat
from ..text.sentences import Sentences, sentences_of
from .fields import ACTION, END, PERIOD, START, moment
from .sites import SITE_FIELDS, async_site, async_sites, problem

ADD_SLOT, REMOVE_SLOT, LIST_SLOTS = "add_slot", "remove_slot", "list_slots"
SLOT_ID, REPEAT = "slot_id", "repeat"
# As an action of a slot: do not charge then.
DO_NOT_CHARGE = "do_not_charge"

ADD_SCHEMA = vol.Schema(
    {
        **SITE_FIELDS,
        **PERIOD,
        vol.Required(ACTION): vol.In([*(each.value for each in FORCEABLE), DO_NOT_CHARGE]),
        vol.Optional(REPEAT, default=Repeat.NEVER.value): vol.In([each.value for each in Repeat]),
    }
)
REMOVE_SCHEMA = vol.Schema({**SITE_FIELDS, vol.Required(SLOT_ID): cv.string})
LIST_SCHEMA = vol.Schema(SITE_FIELDS)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    register = hass.services.async_register
    register(
        DOMAIN,
        ADD_SLOT,
        _async_add,
        schema=ADD_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    register(DOMAIN, REMOVE_SLOT, _async_remove, schema=REMOVE_SCHEMA)
    register(
        DOMAIN, LIST_SLOTS, _async_list, schema=LIST_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _async_add(call: ServiceCall) -> ServiceResponse:
    start, end = moment(call.data, START), moment(call.data, END)
    requested: str = call.data[ACTION]
    site = _only(await async_sites(call))
    try:
        slot = site.manual.add(
            start,
            end,
            None if requested == DO_NOT_CHARGE else Action(requested),
            Repeat(call.data[REPEAT]),
            now=dt_util.utcnow(),
        )
    except ManualSlotError as err:
        other = _described(err.other, sentences_of(call.hass)) if err.other is not None else ""
        raise problem(err.problem.value, other=other) from err
    await site.async_remember()
    return {"slot": slot_as_dict(slot)}


async def _async_remove(call: ServiceCall) -> None:
    site = _only(await async_sites(call))
    slot_id: str = call.data[SLOT_ID]
    if not site.manual.remove(slot_id):
        raise problem("no_such_slot", field=SLOT_ID, id=slot_id)
    await site.async_remember()


async def _async_list(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    now = dt_util.utcnow()
    return {"slots": [slot_as_dict(slot) for slot in site.manual.slots if not slot.is_over(now)]}


def _only[T](sites: tuple[T, ...]) -> T:
    if len(sites) > 1:
        raise problem("one_home_only")
    return sites[0]


def slot_as_dict(slot: ManualSlot) -> dict[str, Json]:
    """A manual slot in plain data; times are ISO 8601 in UTC."""
    return {
        "slot_id": slot.id,
        "start": slot.start.isoformat(),
        "end": slot.end.isoformat(),
        "action": slot.action.value if slot.action is not None else DO_NOT_CHARGE,
        "repeat": slot.repeat.value,
    }


def _described(slot: ManualSlot, words: Sentences) -> str:
    start, end = dt_util.as_local(slot.start), dt_util.as_local(slot.end)
    return f"{words.day(start)} {start:%H:%M}–{end:%H:%M} ({slot.id})"
