"""The Integration Quality Scale: every rule answered, every answer with its evidence."""

import ast
from pathlib import Path
import re

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.util.yaml import parse_yaml

PROJECT = Path(__file__).parents[2]
ROOT = PROJECT / "custom_components" / DOMAIN
SCALE = parse_yaml((ROOT / "quality_scale.yaml").read_text("utf-8"))
assert isinstance(SCALE, dict)
RULES = SCALE["rules"]

# developers.home-assistant.io, "Integration Quality Scale rules".
NAMES = """
action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
dependency-transparency docs-actions docs-conditions docs-high-level-description
docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup
entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
unique-config-entry

action-exceptions config-entry-unloading docs-configuration-parameters
docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
parallel-updates reauthentication-flow test-coverage

devices diagnostics discovery discovery-update-info docs-data-update docs-examples
docs-known-limitations docs-supported-devices docs-supported-functions docs-troubleshooting
docs-use-cases dynamic-devices entity-category entity-device-class entity-disabled-by-default
entity-translations exception-translations icon-translations reconfiguration-flow repair-issues
stale-devices

async-dependency inject-websession strict-typing
"""


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def test_every_rule_is_answered() -> None:
    """All 54 and no other."""
    assert set(RULES) == set(NAMES.split())
    assert len(RULES) == 54


@pytest.mark.parametrize("rule", RULES)
def test_the_answer_has_evidence(rule: str) -> None:
    """Done names files that exist; exempt and to do say why."""
    answer = RULES[rule]
    assert answer["status"] in {"done", "exempt", "todo"}
    files = re.findall(r"(~?[\w/.-]+\.(?:py|json|png|md|toml|typed))", answer["comment"])
    missing = [file for file in files if not _place(file).exists()]
    assert missing == []
    if answer["status"] == "done":
        assert files
    else:
        assert len(answer["comment"].split()) >= 4


def test_entries_have_our_type() -> None:
    """No annotation takes an entry of ours for just any, where its site is known."""
    below = ("sources", "history", "site")
    bare = [
        f"{path.name}:{node.lineno}"
        for path in sorted(ROOT.rglob("*.py"))
        # What the site is made of cannot know it, nor what an entry holds at run time.
        if path.relative_to(ROOT).parts[0] not in below
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.arg)
        and node.annotation is not None
        and ast.unparse(node.annotation) == "ConfigEntry"
    ]
    assert bare == []


def _place(file: str) -> Path:
    return ROOT / file[2:] if file.startswith("~/") else PROJECT / file
