"""What Home Assistant's and HACS's validators ask of the files around the code."""

import ast
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
import struct
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.util.yaml import parse_yaml

PROJECT = Path(__file__).parents[2]
ROOT = PROJECT / "custom_components" / DOMAIN
MODULES = sorted(ROOT.rglob("*.py"))

MANIFEST_KEYS = {
    "domain", "name", "after_dependencies", "categories", "codeowners", "config_flow",
    "connectivity", "dependencies",
    "documentation", "integration_type", "iot_class", "issue_tracker", "loggers", "requirements",
    "single_config_entry", "version",
}  # fmt: skip
HACS_KEYS = {
    "name", "content_in_root", "country", "filename", "hacs", "hide_default_branch",
    "homeassistant", "persistent_directory", "render_readme", "zip_release",
}  # fmt: skip
BRAND_SIZES = {"icon.png": (256, 256), "icon@2x.png": (512, 512)}
ERRORS = {
    "HomeAssistantError", "ServiceValidationError", "ConfigEntryError", "ConfigEntryNotReady",
    "ConfigEntryAuthFailed", "UpdateFailed", "InvalidDeviceAutomationConfig",
}  # fmt: skip


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _yaml(text: str) -> dict[str, Any]:
    parsed = parse_yaml(text)
    assert isinstance(parsed, dict)
    return parsed


TEXTS = _json(ROOT / "translations" / "en.json")
ICONS = _json(ROOT / "icons.json")
SERVICES = _yaml((ROOT / "services.yaml").read_text("utf-8"))


def _leaves(texts: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(texts, Mapping):
        for key, value in texts.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path, texts


def test_manifest() -> None:
    """Known keys in the order that is asked for, and links that work from a browser."""
    manifest = _json(ROOT / "manifest.json")
    assert set(manifest) <= MANIFEST_KEYS
    assert list(manifest) == ["domain", "name", *sorted(set(manifest) - {"domain", "name"})]
    assert manifest["domain"] == ROOT.name
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert manifest["codeowners"]
    assert manifest["documentation"].startswith("https://")
    assert manifest["issue_tracker"].startswith("https://")


def test_the_version_stands_in_one_place() -> None:
    """The manifest has it; whoever else wants it reads it there."""
    version = _json(ROOT / "manifest.json")["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    project = (PROJECT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    assert [m.name for m in MODULES if f'"{version}"' in m.read_text("utf-8")] == []


def test_hacs() -> None:
    """HACS accepts the file, and the oldest Home Assistant named is the one tests run on."""
    hacs = _json(PROJECT / "hacs.json")
    assert set(hacs) <= HACS_KEYS
    assert hacs["name"]
    assert re.fullmatch(r"2026\.10\.\d+", hacs["homeassistant"])
    assert "2026.10" in (PROJECT / "requirements_test.txt").read_text("utf-8")


def test_licence() -> None:
    """The licence that the project file names lies beside it."""
    assert "GPL-3.0" in (PROJECT / "pyproject.toml").read_text("utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in (PROJECT / "LICENSE").read_text("utf-8")


def test_brand() -> None:
    """Only images that the brands service knows, at their sizes."""
    found = {}
    for image in (ROOT / "brand").iterdir():
        data = image.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        found[image.name] = struct.unpack(">II", data[16:24])
    assert found == BRAND_SIZES


@pytest.mark.parametrize(
    "path", sorted({*ROOT.rglob("*.json"), *ROOT.rglob("*.yaml")}), ids=lambda path: path.name
)
def test_files_parse(path: Path) -> None:
    """Every data file is well-formed."""
    text = path.read_text("utf-8")
    assert (json.loads(text) if path.suffix == ".json" else _yaml(text)) is not None


def test_texts_hold_no_address() -> None:
    """Addresses are placeholders, so that a translation cannot lead elsewhere."""
    assert [path for path, text in _leaves(TEXTS) if "://" in text] == []


def test_no_text_is_empty() -> None:
    """A key without words is a key forgotten."""
    assert [path for path, text in _leaves(TEXTS) if not text.strip()] == []


def _steps() -> Iterator[tuple[str, Mapping[str, Any]]]:
    flows = {"config": TEXTS["config"], "options": TEXTS["options"], **TEXTS["config_subentries"]}
    for flow, texts in flows.items():
        for step, content in texts["step"].items():
            yield f"{flow}.{step}", content


@pytest.mark.parametrize(("step", "texts"), [pytest.param(*s, id=s[0]) for s in _steps()])
def test_every_field_is_explained(step: str, texts: Mapping[str, Any]) -> None:
    """A field of a form has a name and a line that says what it is for; sections as well."""
    for part in (texts, *texts.get("sections", {}).values()):
        assert set(part.get("data", {})) == set(part.get("data_description", {})), step


def test_actions_have_texts_icons_and_fields() -> None:
    """One list of actions in three files."""
    assert set(SERVICES) == set(TEXTS["services"]) == set(ICONS["services"])
    for name, action in SERVICES.items():
        texts = TEXTS["services"][name]
        assert texts["name"]
        assert texts["description"]
        assert set((action or {}).get("fields", {})) == set(texts.get("fields", {})), name
        assert all({"name", "description"} <= set(f) for f in texts.get("fields", {}).values())


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_triggers_and_conditions_have_texts_and_icons(kind: str) -> None:
    """One list in three files."""
    listed = _yaml((ROOT / f"{kind}.yaml").read_text("utf-8"))
    names = {name for name in listed if not name.startswith(".")}
    assert names == set(TEXTS[kind]) == set(ICONS[kind])


def test_icons_belong_to_entities() -> None:
    """Icons are of entities that exist, and are ones that Home Assistant has."""
    for platform, icons in ICONS["entity"].items():
        assert set(icons) <= set(TEXTS["entity"][platform])
    named = [icon for _, icon in _leaves(ICONS)]
    assert all(re.fullmatch(r"mdi:[a-z0-9-]+", icon) for icon in named)


def test_every_entity_has_a_name() -> None:
    """The device's name alone would tell none from another."""
    assert [
        f"{platform}.{key}"
        for platform, entities in TEXTS["entity"].items()
        for key, texts in entities.items()
        if not texts.get("name")
    ] == []


def _raised() -> Iterator[tuple[str, ast.Call]]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ERRORS
            ):
                yield f"{module.relative_to(ROOT).as_posix()}:{node.lineno}", node


@pytest.mark.parametrize(("where", "call"), [pytest.param(*r, id=r[0]) for r in _raised()])
def test_errors_speak_the_users_language(where: str, call: ast.Call) -> None:
    """An error for people carries a key with a text, and fills in exactly what the text wants."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    assert not call.args, where
    assert {"translation_domain", "translation_key"} <= set(given)
    key = given["translation_key"]
    if isinstance(key, ast.Constant):
        text = TEXTS["exceptions"][key.value]["message"]
        wanted = set(re.findall(r"\{(\w+)\}", text))
        filled = given.get("translation_placeholders", ast.Dict(keys=[], values=[]))
        if isinstance(filled, ast.Dict):
            assert {k.value for k in filled.keys if isinstance(k, ast.Constant)} == wanted


def test_issues_have_texts() -> None:
    """A repair has a title, and words: a description, or a flow that mends it."""
    for key, texts in TEXTS["issues"].items():
        assert texts["title"], key
        assert ("description" in texts) != ("fix_flow" in texts), key


def test_no_text_of_an_error_or_repair_is_unused() -> None:
    """Texts that nothing asks for mislead translators."""
    code = "\n".join(module.read_text("utf-8") for module in MODULES)
    kinds = ("exceptions", "issues")
    assert [k for kind in kinds for k in TEXTS[kind] if f'"{k}"' not in code] == []


def test_no_text_of_a_flow_is_unused() -> None:
    """Each error and each end is one that our code names; Home Assistant has words for its own ends."""
    code = "\n".join(module.read_text("utf-8") for module in MODULES)
    ours_by_default = {"already_configured"}
    published = {
        key
        for flow in (TEXTS["config"], TEXTS["options"], *TEXTS["config_subentries"].values())
        for kind in ("error", "abort")
        for key in flow.get(kind, {})
    }
    assert {key for key in published - ours_by_default if f'"{key}"' not in code} == set()


def test_platforms_say_how_many_updates_may_run() -> None:
    """Without it, Home Assistant guesses."""
    init = (ROOT / "__init__.py").read_text("utf-8")
    platforms = [name.lower() for name in re.findall(r"Platform\.([A-Z_]+),", init)]
    assert len(platforms) >= 9
    for platform in platforms:
        assert re.search(
            r"^PARALLEL_UPDATES = \d", (ROOT / f"{platform}.py").read_text("utf-8"), re.MULTILINE
        ), platform


@pytest.mark.parametrize(
    ("workflow", "step"),
    [
        ("test", ".ci/run"),
        ("validate", "hacs/action@"),
        ("validate", "home-assistant/actions/hassfest@"),
        ("release", "manifest.json"),
    ],
)
def test_workflows(workflow: str, step: str) -> None:
    """What cannot run here runs where the project is hosted, with no rights to write."""
    text = (PROJECT / ".github" / "workflows" / f"{workflow}.yaml").read_text("utf-8")
    described = _yaml(text)
    steps = [step for job in described["jobs"].values() for step in job["steps"]]
    assert any(step in each.get("uses", "") + each.get("run", "") for each in steps)
    assert described["permissions"] == {"contents": "read"}
    for each in steps:
        if "uses" in each:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each["uses"]), "pinned: a tag can be moved"
        if "actions/checkout@" in each.get("uses", ""):
            assert each["with"]["persist-credentials"] is False


def test_the_cards_tests_are_named_one_by_one() -> None:
    """Node 21 and newer take a folder for a module; and a pattern that finds nothing tests nothing."""
    script = (PROJECT / "scripts" / "test").read_text("utf-8")
    (pattern,) = re.findall(r"files=\((\S+)\)", script)
    assert sorted(PROJECT.glob(pattern)) == sorted((PROJECT / "tests").rglob("*.test.mjs"))
    assert 'node --test "${files[@]}"' in script


def test_the_repositorys_address_is_that_of_the_manifest() -> None:
    """Whoever moves it changes the manifest, and this names every other place."""
    address = _json(ROOT / "manifest.json")["documentation"]
    owner, name = address.removeprefix("https://github.com/").split("/")
    assert _json(ROOT / "manifest.json")["issue_tracker"] == f"{address}/issues"
    assert _json(ROOT / "manifest.json")["codeowners"] == [f"@{owner}"]
    texts = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.*"), *ROOT.rglob("*.*")]
    kinds = {".md", ".yaml", ".json", ".py", ".js"}
    told = {
        found
        for path in texts
        if path.suffix in kinds
        for found in re.findall(
            rf"(?:https://)?(?:raw\.)?github(?:usercontent)?\.com/([\w-]+/{name})",
            path.read_text("utf-8"),
        )
    }
    assert told == {f"{owner}/{name}"}
