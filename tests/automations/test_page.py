"""The page about automations names everything there is."""

import json
from pathlib import Path
import re
from urllib.parse import parse_qs, urlparse

import pytest

from custom_components.smart_battery_scheduler.condition import CONDITIONS
from custom_components.smart_battery_scheduler.trigger import TRIGGERS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "custom_components" / "smart_battery_scheduler"
PAGE = (ROOT / "docs" / "automations.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted({*TRIGGERS, *CONDITIONS}))
def test_each_is_named(name: str) -> None:
    """In a table of its own kind."""
    assert f"| `{name}` |" in PAGE


def test_every_blueprint_has_its_link() -> None:
    """That imports the file as it lies in the repository."""
    links = re.findall(r"https://my\.home-assistant\.io/redirect/blueprint_import/[^)]+", PAGE)
    imported = {parse_qs(urlparse(link).query)["blueprint_url"][0] for link in links}
    folder = "docs/blueprints/automation/smart_battery_scheduler"
    files = (ROOT / folder).glob("*.yaml")
    manifest = json.loads((PACKAGE / "manifest.json").read_text("utf-8"))
    at = f"{manifest['documentation']}/blob/main/{folder}"
    assert imported == {f"{at}/{file.name}" for file in files}


def test_the_sentences_are_where_it_says() -> None:
    """The action that writes the file has it to write."""
    assert "custom_sentences/en/smart_battery_scheduler.yaml" in PAGE
    assert (PACKAGE / "sentences" / "assist" / "en.yaml").is_file()
