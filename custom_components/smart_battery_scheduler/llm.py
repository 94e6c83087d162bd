"""Tools for language models that answer through Assist: read the plan, charge, go back to it.

They are offered where the household exposes an entity of this integration to the assistant.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import override

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import intent
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    IntentTool,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from .actions.permissions import async_check
from .actions.targets import exposed_homes
from .const import DOMAIN
from .intent import INTENT_CHARGE_TO, INTENT_RESUME, chosen_site
from .planner.model import PlannedSlot
from .text.speech import Picture, because, say_next_charge, say_status, say_why
from .text.status import picture_of

PROMPT = (
    "A scheduler charges the home battery when electricity is cheap. Read its plan before you "
    "answer questions about the battery, and charge only if the user asks for it."
)
# A repeated call sets the same override or request again, with a later end.
CHARGES = ToolAnnotations(destructive=False, idempotent=False, open_world=False)
RESUMES = ToolAnnotations(destructive=False, idempotent=True, open_world=False)


class GetPlanTool(Tool):
    """What the battery does, why, and what is planned."""

    name = f"{DOMAIN}__get_plan"
    title = "Get home battery plan"
    description = (
        "Returns what the home battery is doing now and why, when it charges next, and its plan "
        "for the next two days: stretches of charge (from the grid), hold, use (power the house) "
        "or export, with the mean rate in pence per kWh and the reason. Times are local."
    )
    parameters = vol.Schema({vol.Optional("name"): str})
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Answer from the site; a question that cannot be answered says why."""
        said = self.parameters(tool_input.tool_args)
        sites = exposed_homes(hass, llm_context.assistant, to_command=False)
        try:
            site = chosen_site(sites, said.get("name"))
            await async_check(hass, llm_context.context, site.entry.entry_id, POLICY_READ)
        except Unauthorized:
            return ToolResult(data={"error": "this user may not see that"}, error=True)
        except intent.IntentHandleError as err:
            names = ", ".join(site.entry.title for site in sites)
            return ToolResult(data={"error": f"{err}; homes: {names}"}, error=True)
        picture = picture_of(site, dt_util.utcnow())
        return ToolResult(
            data={
                "home": site.entry.title,
                "doing": say_status(picture),
                "why": say_why(picture),
                "next_charge": say_next_charge(picture),
                "plan": list(_stretches(picture)),
            }
        )


def _stretches(picture: Picture) -> Iterator[JsonObjectType]:
    """The plan's half-hours of one action in a row, as one."""
    slots = picture.plan.slots if picture.plan else ()
    ahead = (slot for slot in slots if slot.end > picture.now)
    for _, group in groupby(ahead, key=lambda slot: slot.action):
        yield _stretch(list(group), picture)


def _stretch(slots: list[PlannedSlot], picture: Picture) -> JsonObjectType:
    rates = [slot.import_p_per_kwh for slot in slots if slot.import_p_per_kwh is not None]
    return {
        "action": slots[0].action.value,
        "start": slots[0].start.astimezone(picture.zone).isoformat(timespec="minutes"),
        "end": slots[-1].end.astimezone(picture.zone).isoformat(timespec="minutes"),
        "mean_rate_p_per_kwh": round(sum(rates) / len(rates), 1) if rates else None,
        "rate_is_estimate": any(slot.rate_is_estimate for slot in slots),
        "end_percent": round(slots[-1].end_percent),
        "because": because(slots[0].reason, picture),
    }


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """The tools, if a home runs of which the assistant may know; to charge, one that it may command."""
    assistant = llm_context.assistant
    if api_id != LLM_API_ASSIST or not exposed_homes(hass, assistant, to_command=False):
        return None
    if not exposed_homes(hass, assistant, to_command=True):
        return LLMTools(tools=[GetPlanTool()], prompt=PROMPT)
    titles = {
        INTENT_CHARGE_TO: ("Charge home battery", CHARGES),
        INTENT_RESUME: ("Let home battery follow its plan", RESUMES),
    }
    tools: list[Tool] = [GetPlanTool()]
    tools.extend(
        IntentTool(
            f"{DOMAIN}__{handler.intent_type}",
            handler,
            title=titles[handler.intent_type][0],
            integration=DOMAIN,
            annotations=titles[handler.intent_type][1],
        )
        for handler in intent.async_get(hass)
        if handler.intent_type in titles
    )
    return LLMTools(tools=tools, prompt=PROMPT)
