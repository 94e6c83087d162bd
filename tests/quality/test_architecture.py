"""The rules of the house: who may import whom, who may write to a battery, how long a module may be."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
import re
import sys

import pytest

ROOT = Path(__file__).parents[2] / "custom_components" / "smart_battery_scheduler"
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_MODULE = 500
LONGEST_FUNCTION = 50

# What Home Assistant looks for at the root of an integration; everything else has a room.
AT_THE_ROOT = {
    "__init__", "config_flow", "const",
    "binary_sensor", "button", "calendar", "event", "number", "select", "sensor", "switch", "time",
    "trigger", "condition", "device_action", "device_condition", "device_trigger",
    "diagnostics", "energy", "intent", "llm", "logbook", "repairs", "system_health",
}  # fmt: skip
HOME_ASSISTANT = {"homeassistant", "voluptuous"}
WIRE = {"aiohttp", "yarl"}
GROUND = {"const", "common"}
FACTS = {"planner", "powerwall", "tariff", "solar", "carbon", "control", "history"}
# Per package: the packages of ours and the libraries that it may import besides the standard
# library and itself. The order is the house's: no package imports one that stands below it.
ALLOWED: Mapping[str, set[str]] = {
    "common": {"aiohttp", "yarl"},
    "planner": {"numpy"},
    "powerwall": GROUND | WIRE,
    "tariff": GROUND | WIRE,
    "solar": GROUND | WIRE | {"tariff"},
    "carbon": GROUND | WIRE | {"tariff"},
    "control": GROUND | {"planner", "powerwall", "tariff"},
    "history": GROUND
    | HOME_ASSISTANT
    | {"planner", "powerwall", "tariff", "solar", "control", "sqlalchemy"},
    "events": GROUND | HOME_ASSISTANT | {"planner", "tariff", "control"},
    "demo": GROUND | {"planner", "powerwall", "tariff", "solar", "history"},
    "sources": GROUND | HOME_ASSISTANT | FACTS | {"demo"},
    "site": GROUND | HOME_ASSISTANT | FACTS | {"events", "sources"},
    "text": GROUND | HOME_ASSISTANT | FACTS | {"events", "site"},
    "problems": GROUND | HOME_ASSISTANT | FACTS | {"events", "site", "text"},
    "actions": GROUND | HOME_ASSISTANT | FACTS | {"events", "sources", "site", "text"},
    "frontend": GROUND | HOME_ASSISTANT | FACTS | {"events", "site", "text", "actions"},
    "entities": GROUND | HOME_ASSISTANT | FACTS | {"events", "site", "text", "actions"},
    "flows": GROUND | HOME_ASSISTANT | FACTS | {"sources", "site", "text", "frontend"},
}
# The modules of pure packages that know Home Assistant: one has the clock, the lock and the write, the
# others are back ends behind its own integrations; and the views: those are written in aiohttp's words.
EXCEPTIONS: Mapping[str, set[str]] = {
    "control/controller.py": {"homeassistant"},
    "powerwall/home_assistant.py": {"homeassistant"},
    "powerwall/teslemetry_lan.py": {"homeassistant"},
    "frontend/backtest_csv.py": {"aiohttp"},
    "frontend/card.py": {"aiohttp"},
}
# The controller, and the removal of a site, which has no controller any more.
WRITERS = {"control/controller.py", "__init__.py"}


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def _name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def _imports(module: Path) -> Iterator[tuple[str, ...]]:
    """What is imported, as a path: of our own code the part below our folder, type-checking or not."""
    package = module.parent.relative_to(ROOT).parts
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            path = (*base, *(node.module.split(".") if node.module else ()))
            yield from ((*path, alias.name) for alias in node.names)


def _firsts(module: Path) -> set[str]:
    return {path[0] for path in _imports(module)}


def _ours(module: Path) -> set[Path]:
    """The modules of ours that a module imports."""
    found = set()
    for path in _imports(module):
        for length in (len(path), len(path) - 1):
            stem = ROOT.joinpath(*path[:length])
            for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
                if length and candidate.is_file():
                    found.add(candidate)
                    break
            else:
                continue
            break
    return found - {module}


def test_every_package_is_on_the_list() -> None:
    """A new one fails until somebody says what it may know."""
    packages = {module.relative_to(ROOT).parts[0] for module in MODULES if module.parent != ROOT}
    assert packages == set(ALLOWED)


def test_the_root_has_what_home_assistant_looks_for() -> None:
    """And nothing else."""
    assert {module.stem for module in ROOT.glob("*.py")} == AT_THE_ROOT


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_knows_only_what_it_is_allowed_to(package: str) -> None:
    """The planner knows nothing but itself; no pure package knows Home Assistant."""
    allowed = ALLOWED[package] | {package} | sys.stdlib_module_names
    strangers = {
        (_name(module), imported)
        for module in sorted((ROOT / package).rglob("*.py"))
        for imported in _firsts(module)
        if imported not in allowed | EXCEPTIONS.get(_name(module), set())
    }
    assert strangers == set()


def test_the_list_itself_has_no_circle() -> None:
    """What a package may know may not, by any way, know it."""
    order: list[str] = []
    left = {package: allowed & set(ALLOWED) for package, allowed in ALLOWED.items()}
    while free := [package for package, needs in left.items() if needs <= set(order)]:
        order += free
        for package in free:
            del left[package]
    assert left == {}


def _packages() -> dict[str, set[str]]:
    """Which packages each package imports; the modules at the root are one, constants are none."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        mine = _room(module)
        found.setdefault(mine, set()).update(_room(other) for other in _ours(module))
    return {room: others - {room, "const"} for room, others in found.items() if room != "const"}


def _room(module: Path) -> str:
    parts = module.relative_to(ROOT).parts
    if len(parts) > 1:
        return parts[0]
    return "const" if module.stem == "const" else "root"


def _reachable(arrows: Mapping[str, set[str]], room: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(arrows.get(room, ()))
    while waiting:
        other = waiting.pop()
        if other not in reached:
            reached.add(other)
            waiting += arrows.get(other, ())
    return reached


def test_the_diagram_is_true() -> None:
    """Each arrow is an import, and along the arrows every package reaches what it imports."""
    page = (ROOT.parents[1] / "docs" / "architecture.md").read_text("utf-8")
    diagram = page.split("```mermaid")[1].split("```")[0]
    arrows: dict[str, set[str]] = {}
    for room, other in re.findall(r"^  (\w+)\S*?(?:\[[^\]]*\])? --> (\w+)$", diagram, re.MULTILINE):
        arrows.setdefault(room, set()).add(other)
    packages = _packages()
    assert {(a, b) for a, others in arrows.items() for b in others if b not in packages[a]} == set()
    missing = {
        (room, other)
        for room, others in packages.items()
        for other in others - _reachable(arrows, room)
    }
    assert missing == set()


def test_no_module_imports_itself_by_a_detour() -> None:
    """Imports for type checking count: they say just as well who needs whom."""
    imports = {module: _ours(module) for module in MODULES}
    done: set[Path] = set()

    def visit(module: Path, path: tuple[Path, ...]) -> None:
        assert module not in path, " -> ".join(map(_name, (*path, module)))
        if module not in done:
            for other in sorted(imports[module]):
                visit(other, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


def test_the_walker_sees_imports() -> None:
    """It would notice: absolute and relative ones, modules and names."""
    site = ROOT / "site" / "site.py"
    assert {"planner", "homeassistant", "control"} <= _firsts(site)
    assert ROOT / "control" / "controller.py" in _ours(site)
    assert ROOT / "control" / "machine.py" in _ours(ROOT / "control" / "controller.py")


def test_only_the_controller_writes_to_a_battery() -> None:
    """And the removal of a site, which has no controller any more."""
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
    """A site is the entry's runtime data."""
    assert [_name(m) for m in MODULES if "hass.data[DOMAIN]" in m.read_text("utf-8")] == []
