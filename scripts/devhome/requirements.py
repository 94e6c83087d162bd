"""Print the packages that Home Assistant would install by itself at first start, pinned.

Run with the interpreter that holds Home Assistant. Installing them beforehand lets it start with `--skip-pip`:
quick, the same every time, and independent of a registry once set up. The source is each
integration's own manifest, so a new release brings its own list.
"""

from collections.abc import Iterable
import json
from pathlib import Path
from typing import TypedDict

import homeassistant
from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS

from . import DOMAIN, ROOT
from .folder import INTEGRATIONS

_BUILT_IN = Path(next(iter(homeassistant.__path__))) / "components"


class _Manifest(TypedDict, total=False):
    after_dependencies: list[str]
    dependencies: list[str]
    requirements: list[str]


def _manifest(domain: str) -> _Manifest | None:
    for folder in (_BUILT_IN, ROOT / "custom_components"):
        path = folder / domain / "manifest.json"
        if path.is_file():
            manifest: _Manifest = json.loads(path.read_text("utf-8"))
            return manifest
    return None


def required_by(domains: Iterable[str]) -> set[str]:
    """Return the requirements of these integrations and of all that they name as dependencies.

    After-dependencies count too, as they do for Home Assistant: they are imported when present.

    A name without a manifest needs nothing.
    """
    requirements: set[str] = set()
    seen: set[str] = set()
    waiting = set(domains)
    while waiting:
        domain = waiting.pop()
        seen.add(domain)
        if (manifest := _manifest(domain)) is None:
            continue
        requirements.update(manifest.get("requirements", ()))
        waiting.update(manifest.get("dependencies", ()), manifest.get("after_dependencies", ()))
        waiting -= seen
    return requirements


def main() -> None:
    """Print one requirement a line."""
    # isal is optional to `http`, yet its absence is a warning at every start.
    roots = {*CORE_INTEGRATIONS, *DEFAULT_INTEGRATIONS, *INTEGRATIONS, "isal", DOMAIN}
    for requirement in sorted(required_by(roots)):
        print(requirement)


if __name__ == "__main__":
    main()
