"""Fixtures of all tests that run real processes; the conftest files beside them load this as a plugin."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import randrange

import pytest

from scripts.devhome import DEV
from scripts.devhome.folder import ConfigFolder, free_port

from .cloud import CloudProcess, running_cloud
from .stage import Stage

RELEASES = {"oldest": DEV / "venv/bin/python", "newest": DEV / "venv-next/bin/python"}
# A start is expensive, so most tests do with the newest release.
on_each_release = pytest.mark.parametrize("stage", RELEASES, indirect=True)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run where every test would fail for the same reason."""
    if config.pluginmanager.has_plugin("homeassistant"):
        raise pytest.UsageError(
            "the unit tests' harness forbids sockets: run scripts/test e2e browser"
        )


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """The newest release of Home Assistant, or each that the test is marked for, to start and stop at will."""
    python = RELEASES[getattr(request, "param", "newest")]
    # Below the ports that the system gives to outgoing connections; at random, for several at once.
    port = free_port(randrange(10_000, 30_000))
    return Stage(ConfigFolder(tmp_path / "config", port), python)


@pytest.fixture
async def cloud() -> AsyncIterator[CloudProcess]:
    """The clouds on a winter's day, with a Powerwall that is told of a change within seconds.

    A change may take minutes; how that is borne with is tested where the clock can be moved.
    """
    async with running_cloud("winter") as process:
        await process.change("delivery", shortest_s=1, longest_s=4, seed=1)
        yield process
