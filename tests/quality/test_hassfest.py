"""The rules of Home Assistant's own validator, which is not part of the package, as far as they apply to us.

Facts from script/hassfest of home-assistant/core: services, icons, translations, triggers, conditions,
manifest, dependencies and config_schema. Selectors and slugs are judged by Home Assistant itself.
"""

import ast
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
import homeassistant.components
from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv, selector
from homeassistant.util.yaml import parse_yaml

ROOT = Path(__file__).parents[2] / "custom_components" / DOMAIN
CORE = Path(next(iter(homeassistant.components.__path__)))
TEXTS = json.loads((ROOT / "translations" / "en.json").read_text("utf-8"))
ICONS = json.loads((ROOT / "icons.json").read_text("utf-8"))
MANIFEST = json.loads((ROOT / "manifest.json").read_text("utf-8"))

TARGET = {"entity": {"integration": DOMAIN}}
ENTRY_KEYS = {"target", "fields"}
FIELD_KEYS = {"example", "default", "required", "selector"}
# Of Home Assistant's own parts, those that may be imported from without being named.
FREE_COMPONENTS = {
    *(platform.value for platform in Platform),
    *("automation", "conversation", "device_automation", "frontend", "homeassistant"),
    *("persistent_notification", "system_health", "websocket_api"),
}
TRANSLATION_KEY = re.compile(r"(?!.+[_-]{2})(?![_-])[a-z0-9-_]+(?<![_-])")
URL = re.compile(r"\b(ftps?|scp|https?|mqtts?|sockets?5?)://|\bwww\.", re.IGNORECASE)
STEP_KEYS = {
    *("title", "description", "data", "data_description", "submit", "sections"),
    *("menu_options", "menu_option_descriptions"),
}
FLOW_KEYS = {"flow_title", "step", "error", "abort", "progress", "create_entry"}
TOP_KEYS = {
    *(
        "title",
        "config",
        "options",
        "config_subentries",
        "entity",
        "selector",
        "services",
        "device",
    ),
    *("exceptions", "issues", "conditions", "triggers", "device_automation", "system_health"),
    "common",
}


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def _described(kind: str) -> Mapping[str, Any]:
    described = parse_yaml((ROOT / f"{kind}.yaml").read_text("utf-8"))
    assert isinstance(described, dict)
    return {name: entry or {} for name, entry in described.items() if not name.startswith(".")}


def _entries() -> Iterator[Any]:
    for kind in ("services", "triggers", "conditions"):
        for name, entry in _described(kind).items():
            yield pytest.param(kind, name, entry, id=f"{kind}.{name}")


@pytest.mark.parametrize(("kind", "name", "entry"), _entries())
def test_an_action_trigger_or_condition_is_well_described(
    kind: str, name: str, entry: Mapping[str, Any]
) -> None:
    """A filter for devices beside that for entities is refused; a selector is one that exists."""
    assert cv.slug(name) == name
    assert set(entry) <= ENTRY_KEYS
    if name != "install_sentences":
        # That one is for all homes.
        assert entry["target"] in (TARGET, {"entity": [TARGET["entity"]]})
    for field, described in entry.get("fields", {}).items():
        assert TRANSLATION_KEY.fullmatch(field)
        assert set(described) <= FIELD_KEYS
        assert None not in described.values()
        selector.validate_selector(described["selector"])
        key = (described["selector"].get("select") or {}).get("translation_key")
        assert key is None or key in TEXTS["selector"]
        texts = TEXTS[kind][name]["fields"][field]
        assert texts["name"]
        assert texts["description"]


def _examples() -> Iterator[Any]:
    for kind in ("services", "triggers", "conditions"):
        for name, entry in _described(kind).items():
            for field, described in entry.get("fields", {}).items():
                for given in ("example", "default"):
                    if given in described:
                        value = described[given], described["selector"]
                        yield pytest.param(*value, id=f"{name}.{field}.{given}")


@pytest.mark.parametrize(("example", "wanted"), _examples())
def test_an_example_is_one_that_its_selector_accepts(
    example: object, wanted: dict[str, Any]
) -> None:
    """As the developer tools fill it in: a text is read as YAML first."""
    is_text = isinstance(example, str) and not {"text", "datetime", "select"} & set(wanted)
    value = parse_yaml(str(example)) if is_text else example
    accept: Any = selector.selector(wanted)
    accept(value)


def test_icons_are_where_home_assistant_looks_for_them() -> None:
    """An entity's default and states; of the others one each."""
    assert set(ICONS) <= {"entity", "services", "triggers", "conditions"}
    for platform, entities in ICONS["entity"].items():
        assert platform in {each.value for each in Platform}
        for key, icons in entities.items():
            assert TRANSLATION_KEY.fullmatch(key)
            assert set(icons) <= {"default", "state", "range", "state_attributes"}
            states = TEXTS["entity"][platform][key].get("state", {})
            assert set(icons.get("state", {})) <= ({*states} or {"on", "off"})
    for kind, single in (
        ("services", "service"),
        ("triggers", "trigger"),
        ("conditions", "condition"),
    ):
        assert all(set(icons) == {single} for icons in ICONS[kind].values())


def _leaves(
    texts: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


@pytest.mark.parametrize(
    "language", sorted((ROOT / "translations").glob("*.json")), ids=lambda p: p.stem
)
def test_every_text_is_one_that_may_be_translated(language: Path) -> None:
    """No markup, address, reference or stray space; placeholders have names, and none stands in a state."""
    for path, text in _leaves(json.loads(language.read_text("utf-8"))):
        where = ".".join(path)
        assert text == text.strip(), where
        assert not re.search(r"<[a-z/]", text), where
        assert not URL.search(text), where
        assert "[%key" not in text, where
        assert not re.search(r"'\{\w+\}'", text), where
        names = [name for _, name, _, _ in Formatter().parse(text) if name]
        assert all(name.isidentifier() for name in names), where
        if path[0] == "entity" and "state" in path:
            assert not names, where


def _flows() -> Iterator[tuple[Mapping[str, Any], set[str]]]:
    yield TEXTS["config"], FLOW_KEYS
    yield TEXTS["options"], FLOW_KEYS
    for texts in TEXTS["config_subentries"].values():
        assert texts["initiate_flow"]["user"]
        yield texts, {*FLOW_KEYS, "entry_type", "initiate_flow"}
    for issue in TEXTS["issues"].values():
        if "fix_flow" in issue:
            yield issue["fix_flow"], FLOW_KEYS


def test_texts_are_where_home_assistant_looks_for_them() -> None:
    """A text under an unknown key is never shown, and refused."""
    assert set(TEXTS) <= TOP_KEYS
    for flow, allowed in _flows():
        assert set(flow) <= allowed
        for step in flow["step"].values():
            assert set(step) <= STEP_KEYS
            assert set(step.get("data_description", {})) <= set(step.get("data", {}))
            for part in step.get("sections", {}).values():
                assert set(part) <= {"name", "description", "data", "data_description"}
    for issue in TEXTS["issues"].values():
        assert set(issue) in ({"title", "description"}, {"title", "fix_flow"})
    for platform in TEXTS["entity"].values():
        for key, texts in platform.items():
            assert TRANSLATION_KEY.fullmatch(key)
            assert set(texts) <= {"name", "state", "state_attributes", "unit_of_measurement"}
            assert all(TRANSLATION_KEY.fullmatch(state) for state in texts.get("state", {}))
    for kind in TEXTS["selector"].values():
        assert set(kind) <= {"options", "choices", "fields", "unit_of_measurement"}
        assert all(TRANSLATION_KEY.fullmatch(option) for option in kind.get("options", {}))
    assert all(set(each) == {"message"} for each in TEXTS["exceptions"].values())


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            parts = node.module.split(".")
            if parts[:2] == ["homeassistant", "components"]:
                yield from parts[2:3] or [alias.name for alias in node.names]


def test_what_is_imported_from_is_named_in_the_manifest() -> None:
    """Or free for everybody, or the part whose platform the module is."""
    named = {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"], *FREE_COMPONENTS}
    for module in ROOT.rglob("*.py"):
        for component in _imported(module):
            ours = (ROOT / f"{component}.py").is_file() or (ROOT / component).is_dir()
            assert component in named or ours, f"{module.name}: {component}"
    assert not set(MANIFEST["dependencies"]) & set(MANIFEST["after_dependencies"])


def test_no_other_maker_s_packages_stand_before_set_up() -> None:
    """Home Assistant installs what an after-dependency requires, wanted or not, or refuses ours.

    With ``teslemetry`` among them, every home had to find Bluetooth's and ESPHome's packages first; a registry
    that lacked one of their releases kept the battery's integration from loading at all.
    """
    for domain in (*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]):
        manifest = json.loads((CORE / domain / "manifest.json").read_text("utf-8"))
        assert manifest.get("quality_scale") == "internal", domain


def test_nobody_can_configure_it_in_yaml() -> None:
    """Whoever has ``async_setup`` says so with a schema."""
    init = ast.parse((ROOT / "__init__.py").read_text("utf-8"))
    assigned = {
        target.id
        for node in init.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert "CONFIG_SCHEMA" in assigned


def test_the_manifest_says_what_kind_it_is_as_home_assistants_own_do() -> None:
    """Values in use in 2026.11's own manifests; 2026.10 takes no notice of the last two."""
    assert MANIFEST["iot_class"] == "cloud_polling"
    assert MANIFEST["integration_type"] == "service"
    assert MANIFEST["categories"] == ["energy.solar_batteries", "energy.energy_prices"]
    assert MANIFEST["connectivity"] == ["cloud"]
