"""Both supported releases of Home Assistant, seen through the system's Chromium."""

import pytest

pytest_plugins = ["tests.e2e.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the browser's path from the caller, who has looked for it or installed it."""
    parser.addoption("--chromium", required=True, help="path of the browser")


@pytest.fixture
def chromium(pytestconfig: pytest.Config) -> str:
    """The browser's path."""
    return str(pytestconfig.getoption("--chromium"))
