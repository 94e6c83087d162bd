"""The rules of the house: who may import whom, who may write, and how long a module may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

import pytest

ROOT = Path(__file__).parents[2] / "custom_components" / "smart_battery_scheduler"
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_MODULE = 500
LONGEST_FUNCTION = 50

# What each package may import: its own modules, these, the standard library, and these libraries.
# Nothing here knows Home Assistant.
PURE = {
    "planner": {"numpy"},
    "control": {"planner", "powerwall", "tariff"},
    "powerwall": {"web", "cadence", "codec", "const", "aiohttp", "yarl"},
    "tariff": {"web", "cadence", "const", "aiohttp", "yarl"},
    "solar": {"web", "cadence", "tariff", "aiohttp", "yarl"},
}
WRITERS = {"controller.py", "__init__.py"}


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def _name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def _imports(module: Path) -> Iterator[str]:
    """The first part of what is imported; of our own code, the part below our folder."""
    package = module.parent.relative_to(ROOT).parts
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            path = (*base, *(node.module or "").split("."))
            yield from (path[0],) if path[0] else (alias.name for alias in node.names)


@pytest.mark.parametrize("package", PURE)
def test_packages_know_only_what_is_below_them(package: str) -> None:
    """The planner knows nothing but itself; no pure package knows Home Assistant."""
    allowed = PURE[package] | {package} | sys.stdlib_module_names
    strangers = {
        (_name(module), imported)
        for module in sorted((ROOT / package).rglob("*.py"))
        for imported in _imports(module)
        if imported not in allowed
    }
    assert strangers == set()


def test_the_walker_sees_imports() -> None:
    """It would notice: the home imports the planner and Home Assistant."""
    assert {"planner", "homeassistant", "control"} <= set(_imports(ROOT / "home.py"))
    assert "powerwall" in set(_imports(ROOT / "control" / "machine.py"))


def test_only_the_controller_writes_to_a_battery() -> None:
    """And the removal of a home, which has no controller any more."""
    writers = {
        _name(module)
        for module in MODULES
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "write"
        and "powerwall" in ast.unparse(node.func.value)
    }
    assert writers == WRITERS


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_nothing_is_too_long_to_read(module: Path) -> None:
    """Modules and functions have one reason to change."""
    assert len(module.read_text("utf-8").splitlines()) <= LONGEST_MODULE
    too_long = [
        node.name
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        # A constructor only puts parts together.
        and node.name != "__init__"
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_nothing_is_kept_under_the_domain() -> None:
    """A home is the entry's runtime data."""
    assert [_name(m) for m in MODULES if "hass.data[DOMAIN]" in m.read_text("utf-8")] == []
