"""The documentation says what is so."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent

from ..benchmarks.worked_day import table, the_plan
from ..languages import ENGLISH

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def test_the_worked_day_is_what_the_planner_plans() -> None:
    """Its table and its two sums, to the penny."""
    page = (ROOT / "docs" / "how-it-decides.md").read_text("utf-8")
    found = the_plan()
    assert table(found) in page
    assert found.cost_p is not None
    assert found.baseline_cost_p is not None
    assert f"**{found.cost_p:.0f} p**" in page
    assert f"**{found.baseline_cost_p:.0f} p**" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture exists, with its heading."""
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if target.startswith(("http:", "https:")):
            continue
        name, _, heading = target.partition("#")
        there = (page.parent / name) if name else page
        assert there.exists(), f"{page.name} links to {target}"
        if heading:
            assert heading in _headings(there), f"{page.name} links to {target}"


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made of their text."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


TEXTS = json.loads(
    (ROOT / "custom_components" / DOMAIN / "translations" / "en.json").read_text("utf-8")
)
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")


@pytest.mark.parametrize(
    "name",
    sorted(text["name"] for texts in TEXTS["entity"].values() for text in texts.values()),
)
def test_every_entity_is_documented(name: str) -> None:
    """By the name that people see."""
    assert f"**{name}**" in REFERENCE


@pytest.mark.parametrize("action", sorted(TEXTS["services"]))
def test_every_action_is_documented(action: str) -> None:
    """By the name that automations use."""
    assert f"`{action}`" in REFERENCE


@pytest.mark.parametrize("action", sorted(TEXTS["services"]))
def test_every_field_is_documented(action: str) -> None:
    """In a row that names the action too."""
    for field in TEXTS["services"][action].get("fields", {}):
        row = rf"^\|.*`{field}`.*\|.*`{action}`.*\|.*\|$"
        assert re.search(row, REFERENCE, re.MULTILINE), f"{field} of {action}"


def _labels(steps: Mapping[str, Any]) -> set[str]:
    """The names of a flow's fields."""
    pages = [page for step in steps.values() for page in (step, *step.get("sections", {}).values())]
    return {label for page in pages for label in page.get("data", {}).values()}


@pytest.mark.parametrize("flow", ["config", "options", *TEXTS["config_subentries"]])
def test_every_setting_is_documented(flow: str) -> None:
    """By the name that its form shows."""
    texts = TEXTS["config_subentries"].get(flow) or TEXTS[flow]
    assert {each for each in _labels(texts["step"]) if f"**{each}**" not in REFERENCE} == set()


@pytest.mark.parametrize("site_event", list(SiteEvent))
def test_every_event_is_documented(site_event: SiteEvent) -> None:
    """As automations name it."""
    assert f"`{site_event.value}`" in REFERENCE


def _menus(flow: str) -> set[str]:
    """What the menus of a flow offer, as people read it."""
    return {
        option
        for step in TEXTS[flow]["step"].values()
        for option in step.get("menu_options", {}).values()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_menu_paths_lead_somewhere(page: Path) -> None:
    """What stands behind *Configure >* and *Reconfigure >* is offered there in these words."""
    paths = re.findall(r"\b(Configure|Reconfigure) > ([^*>]+)\*", page.read_text("utf-8"))
    offered = {"Configure": _menus("options"), "Reconfigure": _menus("config")}
    assert [path for path in paths if path[1].strip() not in offered[path[0]]] == []


def test_some_menu_paths_are_documented() -> None:
    """The search finds them."""
    assert "Reconfigure > " in "".join(page.read_text("utf-8") for page in PAGES)


# What stands on others' screens: Home Assistant's, its companion app's, and the services' own.
ELSEWHERE = {
    "Actions", "Add card", "Add condition", "Add dashboard", "Add integration", "Add trigger", "API access", "Companion app",
    "Configuration", "Configure", "Custom repositories", "Dashboards", "Debugging", "Delete", "Developer API",
    "Developer tools", "Devices & services", "Diagnostic", "Download diagnostics", "Energy", "Expose", "Integration",
    "Personal details", "Power Down", "Power Up", "Reconfigure", "Repairs", "Reset frontend cache", "Restart",
    "Self-Powered", "Settings", "System", "Voice assistants", "YAML", "⋮",
}  # fmt: skip


def _texts(node: object) -> Iterator[str]:
    """The words of a tree of texts."""
    if isinstance(node, Mapping):
        for each in node.values():
            yield from _texts(each)
    elif isinstance(node, str):
        yield node


WORDS = {
    *_texts(TEXTS),
    *_texts(ENGLISH.table["card"]),
    *_texts(ENGLISH.table["title"]),
}
# "confirmed at {power}" is read as "confirmed at 3.3 kW".
FORMS = [
    re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(word)))
    for word in WORDS
    if "{" in word and not word.startswith("{")
]


def _is_shown(word: str) -> bool:
    """Whether somebody can read this on a screen: a name, or names along a path or in a list."""
    word = " ".join(word.split()).rstrip(".")
    parts = word.split(" > ") if " > " in word else [word]
    if all(part in WORDS | ELSEWHERE for part in parts):
        return True
    names = word.split(", ")
    if len(names) > 1:
        return all(map(_is_shown, names))
    return any(form.fullmatch(word) for form in FORMS)


def _prose(page: Path) -> str:
    """A page without its examples and code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


BOLD = re.compile(r"\*\*([^*]+)\*\*")
SLANTED = re.compile(r"\*([^*]+)\*")
# What begins a paragraph or an item may be a heading of its own.
BEGINS = re.compile(r"(^|\n) *(- |\d+\. )?$")
FIGURE = re.compile(r"\d+ p")


def _named(text: str) -> Iterator[str]:
    """The bold words, but for headings and figures, and the slanted ones that are names: with a capital."""
    for found in BOLD.finditer(text):
        word = found[1]
        heads = BEGINS.search(text[: found.start()]) and not _is_shown(word.split(",")[0])
        if not heads and not FIGURE.fullmatch(word):
            yield word
    for word in SLANTED.findall(BOLD.sub("", text)):
        if not word[0].islower():
            yield word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_named_is_on_the_screen(page: Path) -> None:
    """Every button, entity, action, option and page stands in the documentation as people read it."""
    assert [word for word in _named(_prose(page)) if not _is_shown(word)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_quoted_can_be_read(page: Path) -> None:
    """But for what is said aloud, which the tests of the voice say."""
    if page.name == "automations.md":
        return
    quoted = re.findall(r'"([^"]+)"', _prose(page))
    read = [" ".join(each.split()) for each in quoted if not each.startswith("turn o")]
    assert [each for each in read if not any(each in word for word in WORDS)] == []


def test_a_wrong_name_is_found() -> None:
    """The search is not content with anything."""
    assert _is_shown("Configure > Control")
    assert _is_shown("Charge now, Hold, Use")
    assert _is_shown("confirmed at 3.3 kW")
    assert not _is_shown("Configure > Controls")
    assert not _is_shown("Charge later")
