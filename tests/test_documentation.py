"""The documentation says what is so."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.happenings import Happening

from .benchmarks.worked_day import table, the_plan

ROOT = Path(__file__).parent.parent
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
    assert found.self_use_cost_p is not None
    assert f"**{found.cost_p:.0f} p**" in page
    assert f"**{found.self_use_cost_p:.0f} p**" in page


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
def test_every_entity_is_told(name: str) -> None:
    """By the name that people see."""
    assert f"**{name}**" in REFERENCE


@pytest.mark.parametrize("action", sorted(TEXTS["services"]))
def test_every_action_is_told(action: str) -> None:
    """By the name that automations use."""
    assert f"`{action}`" in REFERENCE


@pytest.mark.parametrize("action", sorted(TEXTS["services"]))
def test_every_field_is_told(action: str) -> None:
    """In a row that names the action too."""
    for field in TEXTS["services"][action].get("fields", {}):
        row = rf"^\|.*`{field}`.*\|.*`{action}`.*\|.*\|$"
        assert re.search(row, REFERENCE, re.MULTILINE), f"{field} of {action}"


def _labels(steps: Mapping[str, Any]) -> set[str]:
    """The names of a flow's fields."""
    pages = [page for step in steps.values() for page in (step, *step.get("sections", {}).values())]
    return {label for page in pages for label in page.get("data", {}).values()}


@pytest.mark.parametrize("flow", ["config", "options", *TEXTS["config_subentries"]])
def test_every_setting_is_told(flow: str) -> None:
    """By the name that its form shows."""
    texts = TEXTS["config_subentries"].get(flow) or TEXTS[flow]
    assert {each for each in _labels(texts["step"]) if f"**{each}**" not in REFERENCE} == set()


@pytest.mark.parametrize("happening", list(Happening))
def test_every_happening_is_told(happening: Happening) -> None:
    """As automations name it."""
    assert f"`{happening.value}`" in REFERENCE


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


def test_some_menu_paths_are_told() -> None:
    """The search finds them."""
    assert "Reconfigure > " in "".join(page.read_text("utf-8") for page in PAGES)
