"""The demo's automations and voice, in a Home Assistant of its own."""

from collections.abc import Iterable
import logging

from scripts.devhome import DOMAIN
from scripts.devhome.automations import automate
from scripts.devhome.demo import demo_home

from .stage import Stage, eventually

_LOGGER = logging.getLogger(__name__)

SAID = {
    "what is the battery doing": "query_answer",
    "why is the battery doing that": "query_answer",
    "when will it charge": "query_answer",
    "charge to 80 percent by 6": "action_done",
    "let the battery go back to its plan": "action_done",
}


async def test_the_demos_automations_work(stage: Stage) -> None:
    """Blueprints, an automation by hand and a script: all of them load, and run when asked."""
    async with stage.home_assistant() as api:
        await automate(api, await demo_home(api))
        # Home Assistant takes an automation up a little after it has answered.
        states = await eventually(api.states, lambda states: len(_automations(states)) == 3)
        assert {states[name]["state"] for name in _automations(states)} == {"on"}
        await api.act(
            "automation.trigger", {"entity_id": "automation.three_lines_about_the_battery"}
        )
        await api.act("script.charge_for_an_hour", {})
        states = await api.states()
        assert states["select.demo_home_override"]["state"] == "charge"
        shown = await api.command("persistent_notification/get")
    assert [line["title"] for line in shown if "Yesterday:" in line["message"]] == ["Demo home"]


async def test_assist_answers(stage: Stage) -> None:
    """The sentence file is read, and every question has an answer; the transcript is logged."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        for question, expected in SAID.items():
            reply = await api.command("conversation/process", text=question, language="en")
            answer = reply["response"]["speech"]["plain"]["speech"]
            _LOGGER.info("> %s\n%s", question, answer)
            assert reply["response"]["response_type"] == expected, answer
        plan = await api.act(f"{DOMAIN}.get_plan", {}, response=True)
    assert plan["slots"]


def _automations(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.startswith("automation.")}
