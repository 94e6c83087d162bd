"""The tools that a language model is given, and what they answer."""

import json
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.planner.model import Action, ReadyBy
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, intent, llm
from homeassistant.setup import async_setup_component

from ..automations.conftest import NOW, plan_of

GET_PLAN = f"{DOMAIN}__get_plan"
CHARGE = f"{DOMAIN}__SmartBatteryChargeTo"
RESUME = f"{DOMAIN}__SmartBatteryResume"


@pytest.fixture(autouse=True)
async def conversation(hass: HomeAssistant, site: Site) -> None:
    """What brings the tools of all integrations together."""
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()


async def the_api(hass: HomeAssistant) -> llm.APIInstance:
    """Assist, as a conversation agent asks for it."""
    context = llm.LLMContext(
        platform="test",
        context=Context(),
        language="en",
        assistant="conversation",
        device_id=None,
    )
    return await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)


async def call(hass: HomeAssistant, tool: str, **arguments: Any) -> llm.ToolResult:
    """Let a model call a tool."""
    api = await the_api(hass)
    return await api.async_call_tool(llm.ToolInput(tool_name=tool, tool_args=arguments))


async def test_the_tools_are_offered(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Named as Home Assistant asks, with a word about how to use them."""
    api = await the_api(hass)
    ours = {tool.name: tool for tool in api.tools if tool.integration == DOMAIN}
    assert set(ours) == {GET_PLAN, CHARGE, RESUME}
    assert ours[GET_PLAN].annotations.read_only
    assert not ours[CHARGE].annotations.read_only
    assert all(tool.title and tool.description for tool in ours.values())
    assert "home battery" in api.api_prompt
    assert not [line for line in caplog.records if line.levelname in ("WARNING", "ERROR")]


async def test_nothing_exposed_nothing_offered(hass: HomeAssistant, site: Site) -> None:
    """The household decides what the assistant may touch."""
    for entity in er.async_entries_for_config_entry(er.async_get(hass), site.entry.entry_id):
        async_expose_entity(hass, "conversation", entity.entity_id, False)
    api = await the_api(hass)
    assert not [tool for tool in api.tools if tool.integration == DOMAIN]


async def test_the_plan(hass: HomeAssistant, site: Site) -> None:
    """In stretches, with reasons, as plain JSON."""
    site.planner.async_set_updated_data(
        plan_of(Action.USE, Action.CHARGE, Action.CHARGE, Action.HOLD)
    )
    result = await call(hass, GET_PLAN)
    assert not result.error
    published: Any = json.loads(json.dumps(result.data))
    assert [stretch["action"] for stretch in published["plan"]] == ["use", "charge", "hold"]
    assert published["plan"][1] == {
        "action": "charge",
        "start": "2026-11-20T20:30+00:00",
        "end": "2026-11-20T21:30+00:00",
        "mean_rate_p_per_kwh": 9.8,
        "rate_is_estimate": False,
        "end_percent": 50,
        "because": "nothing else would save anything",
    }
    assert published["home"] == "Demo home"
    assert "at 20:30" in published["next_charge"]


async def test_several_homes(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """The model is told their names, and asks again."""
    result = await call(hass, GET_PLAN)
    assert result.error
    assert "Demo home, Other home" in str(result.data["error"])
    assert (await call(hass, GET_PLAN, name="other home")).data["home"] == "Other home"


async def test_it_can_charge_and_resume(hass: HomeAssistant, site: Site) -> None:
    """By the same intents as a voice."""
    await call(hass, CHARGE, percent=80, hour=6)
    assert site.ready_once == ReadyBy(at=NOW.replace(day=21, hour=6), percent=80)
    await call(hass, RESUME)
    assert site.ready_once is None


def expose(hass: HomeAssistant, site: Site, *platforms: str) -> None:
    """Let the assistant know of a home's entities of these platforms, and of no other."""
    for entity in er.async_entries_for_config_entry(er.async_get(hass), site.entry.entry_id):
        async_expose_entity(hass, "conversation", entity.entity_id, entity.domain in platforms)


async def test_each_home_is_exposed_by_itself(
    hass: HomeAssistant, site: Site, other_site: Site
) -> None:
    """Of a home that the household keeps from the assistant it neither knows nor speaks."""
    expose(hass, other_site)
    assert (await call(hass, GET_PLAN)).data["home"] == "Demo home"
    refused = await call(hass, GET_PLAN, name="Other home")
    assert refused.error
    assert "Other home" not in str(refused.data["error"])
    with pytest.raises(intent.IntentHandleError):
        await call(hass, CHARGE, name="Other home", percent=80)
    assert other_site.override is None


async def test_what_may_only_be_read_is_not_commanded(hass: HomeAssistant, site: Site) -> None:
    """A sensor is exposed, none of the switches: the plan is told, no charge is offered."""
    expose(hass, site, "sensor")
    api = await the_api(hass)
    assert [tool.name for tool in api.tools if tool.integration == DOMAIN] == [GET_PLAN]
    with pytest.raises(intent.IntentHandleError):
        await intent.async_handle(
            hass, "test", "SmartBatteryChargeTo", {}, assistant="conversation"
        )
    assert site.override is None
