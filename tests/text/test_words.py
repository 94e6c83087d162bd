"""Every action, field, entity and refusal has its words; none is left over."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

from custom_components.smart_battery_scheduler.actions import async_setup_actions
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.site.manual_slots import Problem
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util.yaml import load_yaml_dict

FOLDER = Path(__file__).parents[2] / "custom_components" / DOMAIN
WORDS: dict[str, Any] = json.loads((FOLDER / "translations" / "en.json").read_text())
ICONS: dict[str, Any] = json.loads((FOLDER / "icons.json").read_text())
SERVICES: dict[str, Any] = load_yaml_dict(str(FOLDER / "services.yaml"))


def test_actions_are_described_and_registered_alike(hass: HomeAssistant) -> None:
    """services.yaml, translations, icons and schemas name the same actions and fields."""
    async_setup_actions(hass)
    registered = hass.services.async_services()[DOMAIN]
    assert set(registered) == set(SERVICES) == set(WORDS["services"]) == set(ICONS["services"])
    named = {str(key) for key in cv.TARGET_FIELDS} | {"config_entry_id"}
    for name, service in registered.items():
        assert isinstance(service.schema, vol.Schema)
        fields = {str(key) for key in service.schema.schema} - named
        described = (SERVICES[name] or {}).get("fields", {})
        assert set(described) == fields, name
        assert set(WORDS["services"][name].get("fields", {})) == fields, name


@pytest.mark.parametrize("name", SERVICES)
def test_every_field_of_an_action_shows_an_example_and_a_selector(name: str) -> None:
    """And the options of a select have translations."""
    for field in (SERVICES[name] or {}).get("fields", {}).values():
        assert "example" in field
        [(kind, config)] = field["selector"].items()
        if kind == "select":
            options = WORDS["selector"][config["translation_key"]]["options"]
            assert set(config["options"]) <= set(options)


def refusals() -> Iterator[str]:
    """Keys of messages that actions name in their code."""
    for path in (FOLDER / "actions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="problem"), args=[ast.Constant(value=str() as key)]):
                    yield key


@pytest.mark.parametrize("key", sorted({*refusals(), *(each.value for each in Problem)}))
def test_every_refusal_has_its_sentence(key: str) -> None:
    """Each key that is raised has a message that ends with a full stop."""
    assert WORDS["exceptions"][key]["message"].endswith(".")


def test_every_entity_with_words_has_an_icon_or_a_class() -> None:
    """No icon is listed for an entity without a name."""
    for platform, entities in ICONS["entity"].items():
        assert set(entities) <= set(WORDS["entity"][platform]), platform
