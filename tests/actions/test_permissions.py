"""Who may see and who may command a home: by action, by voice, by model, by automation, by card."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.smart_battery_scheduler.actions.permissions import may
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.intent import (
    INTENT_CHARGE_TO,
    INTENT_HOLD,
    INTENT_NEXT_CHARGE,
    INTENT_RATE,
    INTENT_RESUME,
    INTENT_SAVED,
    INTENT_SKIP_TONIGHT,
    INTENT_STATUS,
    INTENT_USE,
    INTENT_WHY,
)
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.device_automation import (
    DeviceAutomationType,
    async_get_device_automation_platform,
)
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_TYPE
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er, intent, llm
from homeassistant.setup import async_setup_component

from ..automations.conftest import device_id_of, frozen, site

__all__ = ["frozen", "site"]

# Named, so that a new action has to say who may call it.
COMMANDS: dict[str, dict[str, object]] = {
    "charge": {},
    "hold": {},
    "use": {},
    "resume": {},
    "replan": {},
    "add_slot": {
        "start": "2026-11-21 02:00:00+00:00",
        "end": "2026-11-21 03:00:00+00:00",
        "action": "charge",
    },
    "remove_slot": {"slot_id": "any"},
    "add_session": {
        "kind": "power_down",
        "start": "2026-11-21 17:00:00+00:00",
        "end": "2026-11-21 18:00:00+00:00",
    },
    "remove_session": {"session_id": "any"},
    "ready_once": {"target_percent": 80, "at": "2026-11-21 06:00:00+00:00"},
    "cancel_ready_once": {},
}
QUESTIONS: dict[str, dict[str, object]] = {
    "list_slots": {},
    "get_plan": {},
    "explain": {},
    "get_decisions": {},
    "get_rates": {},
    "what_if": {"reserve_floor_percent": 10},
    "get_digest": {},
    "backtest": {"days": 1},
}
GROUPS = {
    "admin": (GROUP_ID_ADMIN, True, True),
    "household": (GROUP_ID_USER, True, True),
    "reader": (GROUP_ID_READ_ONLY, True, False),
    "stranger": (None, False, False),
}


@pytest.fixture(params=GROUPS)
async def who(request: pytest.FixtureRequest, hass: HomeAssistant) -> tuple[Context, bool, bool]:
    """A user's context, whether they may see, whether they may command."""
    group_id, sees, commands = GROUPS[request.param]
    group = await hass.auth.async_get_group(group_id) if group_id else None
    user = MockUser(groups=[group] if group else []).add_to_hass(hass)
    return Context(user_id=user.id), sees, commands


async def test_every_action_asks_who_calls(
    hass: HomeAssistant, site: Site, who: tuple[Context, bool, bool]
) -> None:
    """Commands need control, questions need sight; what is removed was never there."""
    context, sees, commands = who
    assert {*COMMANDS, *QUESTIONS, "install_sentences"} == set(
        hass.services.async_services_for_domain(DOMAIN)
    )
    for name, data in (COMMANDS | QUESTIONS).items():
        answers = hass.services.supports_response(DOMAIN, name) is not SupportsResponse.NONE
        call = hass.services.async_call(
            DOMAIN, name, data, blocking=True, context=context, return_response=answers
        )
        if not (commands if name in COMMANDS else sees):
            with pytest.raises(Unauthorized):
                await call
        elif name.startswith("remove_"):
            with pytest.raises(ServiceValidationError):
                await call
        else:
            await call


async def test_a_refused_action_changes_nothing(hass: HomeAssistant, site: Site) -> None:
    """The override, the slots and the sessions are as before."""
    user = MockUser(groups=[]).add_to_hass(hass)
    for name, data in COMMANDS.items():
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN, name, data, blocking=True, context=Context(user_id=user.id)
            )
    assert site.override is None
    assert site.manual.slots == ()
    assert not [each for each in site.sessions.known if each.manual]


@pytest.mark.parametrize(
    ("name", "is_command"),
    [
        (INTENT_STATUS, False),
        (INTENT_NEXT_CHARGE, False),
        (INTENT_WHY, False),
        (INTENT_CHARGE_TO, True),
        (INTENT_RESUME, True),
        (INTENT_RATE, False),
        (INTENT_SAVED, False),
        (INTENT_HOLD, True),
        (INTENT_USE, True),
        (INTENT_SKIP_TONIGHT, True),
    ],
)
async def test_by_voice_nobody_may_more(
    hass: HomeAssistant, site: Site, who: tuple[Context, bool, bool], name: str, is_command: bool
) -> None:
    """Assist passes on who speaks."""
    context, sees, commands = who
    assert await async_setup_component(hass, "intent", {})
    await hass.async_block_till_done()
    published = intent.async_handle(hass, "test", name, context=context)
    if commands if is_command else sees:
        assert (await published).speech
    else:
        with pytest.raises(intent.IntentHandleError):
            await published
        assert site.override is None


async def test_a_language_model_may_as_much_as_who_talks_to_it(
    hass: HomeAssistant, site: Site, who: tuple[Context, bool, bool]
) -> None:
    """The plan, and a charge."""
    context, sees, commands = who
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()
    asked = llm.LLMContext(
        platform="test", context=context, language="en", assistant="conversation", device_id=None
    )
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, asked)

    async def call(tool: str) -> llm.ToolResult:
        return await api.async_call_tool(llm.ToolInput(tool_name=f"{DOMAIN}__{tool}", tool_args={}))

    plan = await call("get_plan")
    assert bool(plan.error) is not sees
    assert ("plan" in dict(plan.data)) is sees
    if commands:
        await call(INTENT_CHARGE_TO)
    else:
        with pytest.raises(intent.IntentHandleError):
            await call(INTENT_CHARGE_TO)
    assert (site.override is not None) is commands


@pytest.mark.parametrize("kind", ["charge", "hold", "use", "resume", "replan"])
async def test_a_device_action_may_as_much_as_who_runs_it(
    hass: HomeAssistant, site: Site, who: tuple[Context, bool, bool], kind: str
) -> None:
    """A script that a person starts runs with that person's rights."""
    context, _, commands = who
    platform: Any = await async_get_device_automation_platform(
        hass, DOMAIN, DeviceAutomationType.ACTION
    )
    config = {
        CONF_DOMAIN: DOMAIN,
        CONF_DEVICE_ID: device_id_of(hass, site),
        CONF_TYPE: kind,
    }
    status = platform.async_call_action_from_config(hass, config, {}, context)
    if commands:
        await status
    else:
        with pytest.raises(Unauthorized):
            await status
        assert site.override is None


async def test_control_of_one_entity_is_not_control_of_the_home(
    hass: HomeAssistant, site: Site
) -> None:
    """A child who may press "Re-plan" may not have the battery charged by an action."""
    entities = [
        entity.entity_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), site.entry.entry_id)
    ]
    one = {"button.demo_home_re_plan": True}
    user = _user_with(hass, {"entities": {"entity_ids": one}})
    assert not may(hass, user, site.entry.entry_id, POLICY_CONTROL)
    assert may(hass, user, site.entry.entry_id, POLICY_READ)
    whole = _user_with(hass, {"entities": {"entity_ids": dict.fromkeys(entities, True)}})
    assert may(hass, whole, site.entry.entry_id, POLICY_CONTROL)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "charge", {}, blocking=True, context=Context(user_id=user.id)
        )
    assert site.override is None


def _user_with(hass: HomeAssistant, policy: dict[str, Any]) -> MockUser:
    user = MockUser().add_to_hass(hass)
    user.mock_policy(policy)
    return user
