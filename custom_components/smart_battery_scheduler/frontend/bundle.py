"""Makes one file of the card's modules: 26 requests that wait for each other cost a cold page most of its time.

The modules are our own and written for this: imports by name, one to a statement, from a file beside; exports
as declarations. Anything else raises, at the latest in the tests.
"""

from graphlib import TopologicalSorter
from pathlib import Path
import re
from typing import Final

BUNDLE: Final = "bundle.js"
# Each defines an element of ours; the first that fails does not keep the others from being defined.
ENTRIES: Final = tuple(f"{name}.js" for name in ("card", "strategy"))
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(folder: Path) -> str:
    """One module whose ``start()`` runs the entries and all that they import, each module once.

    ``start()`` returns a list of [file, error] of the entries that failed. Nothing runs before it is called:
    the file may be fetched and parsed while elements cannot be defined yet. Raises ValueError for a module
    that imports or exports in another way, CycleError (a ValueError) for modules that import each other.
    """
    sources = dict[str, str]()
    needs = dict[str, set[str]]()
    waiting = list(ENTRIES)
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = (folder / name).read_text("utf-8")
            needs[name] = {found[2] for found in _IMPORT.finditer(sources[name])}
            waiting.extend(needs[name])
    order = [each for each in TopologicalSorter(needs).static_order() if each not in ENTRIES]
    modules = "".join(
        f"const {_name(each)} = {_function(each, sources[each])}();\n" for each in order
    )
    entries = "".join(
        f"try {{ {_function(each, sources[each])}(); }}"
        f' catch (error) {{ failed.push(["{each}", error]); }}\n'
        for each in ENTRIES
    )
    return f"export function start() {{\nconst failed = [];\n{modules}{entries}return failed;\n}}\n"


def _name(file: str) -> str:
    return f"module_{file.removesuffix('.js')}"


def _function(file: str, source: str) -> str:
    """The module as a function that returns its exports."""
    exported = [found[1] for found in _EXPORT.finditer(source)]
    body = _EXPORT.sub("", _IMPORT.sub(_imported, source))
    if (strange := _OTHER.search(body)) is not None:
        raise ValueError(f"{file}: {strange[0]}")
    return f"(() => {{\n{body}return {{ {', '.join(exported)} }};\n}})"


def _imported(found: re.Match[str]) -> str:
    names = found[1].replace(" as ", ": ")
    return f"const {{{names}}} = {_name(found[2])};\n"
