"""Every example of the documentation is valid and does what it says it does."""

from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, async_mock_service

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.components.automation.config import ValidationStatus, async_validate_config_item
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import Script, async_validate_actions_config
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .conftest import NOW, plan_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CARD = (ROOT / "custom_components" / DOMAIN / "frontend" / "js" / "card.js").read_text("utf-8")


def blocks(language: str) -> list[Any]:
    """The examples in a language, named by their page."""
    return [
        pytest.param(text, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, text in enumerate(
            re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        )
    ]


def test_no_example_is_left_out() -> None:
    """Each block is of a language that is tested here, or a diagram."""
    for page in PAGES:
        languages = re.findall(r"^```(\w*)\n", page.read_text("utf-8"), re.MULTILINE)
        assert set(languages) <= {"yaml", "sh", "mermaid", ""}, page.name
        # Every second fence closes.
        assert languages.count("") * 2 == len(languages), page.name


@pytest.mark.parametrize("text", blocks("yaml"))
async def test_yaml_is_valid(hass: HomeAssistant, site: Site, text: str) -> None:
    """As an automation, a list of actions, or the card."""
    example = parse_yaml(text)
    assert isinstance(example, dict)
    if "triggers" in example:
        assert await async_setup_component(hass, "automation", {})
        checked = await async_validate_config_item(hass, "example", example)
        assert checked is not None
        assert checked.validation_status is ValidationStatus.OK, checked.validation_error
    elif "response_variable" in example:
        # A question: its answer is tested where the action is.
        assert hass.services.has_service(*example["action"].split("."))
    elif "action" in example:
        await run(hass, example)
        assert [slot.action for slot in site.manual.slots]
    else:
        assert example.pop("type") == "custom:smart-battery-scheduler-card"
        offered = set(re.findall(r'\{ name: "(\w+)", selector', CARD))
        assert set(example) <= offered


AUTOMATIONS = [each for each in blocks("yaml") if "triggers:" in each.values[0]]


@pytest.mark.parametrize("text", AUTOMATIONS)
@pytest.mark.parametrize("holds", [True, False])
async def test_automations_do_what_they_say(
    hass: HomeAssistant, site: Site, frozen: FrozenDateTimeFactory, text: str, holds: bool
) -> None:
    """What triggers them sends their message, if their condition holds."""
    sent = async_mock_service(hass, "notify", "send_message")
    example = parse_yaml(text)
    assert isinstance(example, dict)
    automation = {"automation": {"id": "example", **example}}
    assert await async_setup_component(hass, "automation", automation)
    await site.async_prefer(scheduler_enabled=holds)
    await hass.async_block_till_done()
    charge = Action.CHARGE if holds else Action.USE
    site.planner.async_set_updated_data(plan_of(*[Action.USE] * 6, charge))
    for trigger in example["triggers"]:
        await happen(hass, site, frozen, trigger)
    assert [call.data["entity_id"] for call in sent] == [["notify.phone"]] * holds
    assert all(str(call.data["message"]).endswith(".") for call in sent)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def happen(
    hass: HomeAssistant, site: Site, frozen: FrozenDateTimeFactory, trigger: dict[str, str]
) -> None:
    """Let come what a trigger waits for."""
    if trigger["trigger"] == "time":
        hour, minute, _ = map(int, trigger["at"].split(":"))
        frozen.move_to(NOW.replace(hour=hour, minute=minute))
        async_fire_time_changed(hass)
    else:
        site_event = SiteEvent(trigger["trigger"].removeprefix(f"{DOMAIN}."))
        site.events.publish(site_event, {"start": NOW.isoformat(), "lowest_p_per_kwh": -1.5})
    await hass.async_block_till_done()


async def run(hass: HomeAssistant, action: dict[str, Any]) -> None:
    """Do what an action of the documentation says."""
    checked = await async_validate_actions_config(hass, cv.SCRIPT_SCHEMA([action]))
    script = Script(hass, checked, "example", DOMAIN)
    await script.async_run()
    await hass.async_block_till_done()


@pytest.mark.parametrize("text", blocks("sh"))
def test_commands_exist(text: str) -> None:
    """The scripts that are named, and the options that they know."""
    for line in text.splitlines():
        command, _, _ = line.partition("#")
        words = command.split()
        script = ROOT / words[0]
        assert script.is_file(), line
        sources = script.read_text("utf-8") + "".join(
            each.read_text("utf-8") for each in (ROOT / "scripts" / "devhome").glob("*.py")
        )
        own = words[1 : words.index("--")] if "--" in words else words[1:]
        for option in (word for word in own if word.startswith("--")):
            assert f'"{option}"' in sources or f"{option} " in sources, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_templates_compile(hass: HomeAssistant, page: Path) -> None:
    """Every template anywhere on a page."""
    for template in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", page.read_text("utf-8")):
        Template(template, hass).ensure_valid()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_exist(page: Path) -> None:
    """Scripts, tests and pages that a sentence names."""
    text = page.read_text("utf-8")
    named = set(re.findall(r"`((?:scripts|tests|docs)/[\w./-]+)", text))
    missing = {name for name in named if not (ROOT / name).exists()}
    assert missing == set()
