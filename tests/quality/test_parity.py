"""The parity table names tests that exist."""

import ast
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ") and "| Now |" not in line]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)` \|$")


def test_the_table_is_not_empty() -> None:
    """The table is not empty."""
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_row_is_backed_by_a_test(row: str) -> None:
    """The test that it names exists in the module that it names."""
    named = NAMED.search(row)
    assert named is not None, "the row names no test"
    path, function = named.groups()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert function in {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
