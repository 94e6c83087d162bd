"""The check that holds each module's coverage on its own can fail."""

import json
from pathlib import Path

import pytest

from scripts.module_coverage import main


def report(tmp_path: Path, **files: tuple[float, list[int]]) -> Path:
    """A report in coverage.py's form: a module's percentage and the lines that are not run."""
    published = {
        f"custom_components/home/{name}.py": {
            "missing_lines": missing,
            "summary": {"percent_covered": percent},
        }
        for name, (percent, missing) in files.items()
    }
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"files": published}), "utf-8")
    return path


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"plan": (95.0, [7]), "bad": (94.99, [7])}, "bad.py: 94.99 %, less than 95 %"),
        ({"solar_flow": (99.0, [7, 9])}, "solar_flow.py: a set-up flow, but its lines 7, 9"),
        ({"config_flow": (94.0, [])}, "config_flow.py: 94.00 %"),
    ],
)
def test_one_bad_module_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, tuple[float, list[int]]],
    says: str,
) -> None:
    """However good the others are."""
    assert main(report(tmp_path, **files)) == 1
    published = capsys.readouterr().out
    assert says in published
    assert "plan.py" not in published


def test_enough_everywhere(tmp_path: Path) -> None:
    """A flow's branches may be fewer than all, its lines may not."""
    assert main(report(tmp_path, plan=(95.0, [7]), solar_flow=(98.0, []))) == 0


def test_nothing_measured_is_no_success(tmp_path: Path) -> None:
    """As after a run that was pointed elsewhere."""
    assert main(report(tmp_path)) == 2
