"""Names each module whose own tests cover too little of it: a good average hides a bad module.

    coverage json -o FILE && python scripts/module_coverage.py FILE

Ends with 1 if a module's coverage (lines and branches, as coverage.py adds them up) is below
``LEAST_PERCENT``, or a set-up flow's lines below all of them; with 2 if nothing was measured.
"""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path, PurePosixPath
import sys
from typing import Any

LEAST_PERCENT = 95.0
# Home Assistant asks for every line of what its users meet first.
FLOWS = ("*_flow.py", "flows/*.py")


def too_little(report: Mapping[str, Any]) -> Iterator[str]:
    """A line for each module that falls short in coverage.py's JSON report."""
    for name, module in sorted(report["files"].items()):
        summary = module["summary"]
        if any(map(PurePosixPath(name).match, FLOWS)) and module["missing_lines"]:
            lines = ", ".join(map(str, module["missing_lines"]))
            yield f"{name}: a set-up flow, but its lines {lines} are not run"
        elif summary["percent_covered"] < LEAST_PERCENT:
            yield f"{name}: {summary['percent_covered']:.2f} %, less than {LEAST_PERCENT:g} %"


def main(path: Path) -> int:
    """Judge the report in a file and say what falls short."""
    report = json.loads(path.read_text("utf-8"))
    if not report["files"]:
        print("No module was measured")
        return 2
    short = list(too_little(report))
    print("\n".join(short) or f"Each of {len(report['files'])} modules is covered well enough")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
