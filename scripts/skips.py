"""A pytest plugin that adds every skipped test, and why, to the file named by --skips-to."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller collect skips over several runs."""
    parser.addoption("--skips-to", type=Path, default=None, help="file to add skipped tests to")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Write one line for each skip; with workers this runs once, where their reports meet."""
    target: Path | None = config.getoption("--skips-to")
    if target is None:
        return
    with target.open("a", encoding="utf-8") as lines:
        for report in terminalreporter.getreports("skipped"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            lines.write(f"{report.nodeid}: {reason}\n")
