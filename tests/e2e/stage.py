"""Starting Home Assistant for a test, waiting for what it does, and reading its log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
import re

from scripts.devhome import DOMAIN
from scripts.devhome.api import HomeAssistantApi, connect
from scripts.devhome.folder import ConfigFolder
from scripts.devhome.process import HomeAssistantProcess, running

_POLL_S = 0.25
_LEVEL = re.compile(r"\S+ \S+ (WARNING|ERROR|CRITICAL) ")
_EXPECTED = (
    # Said of every custom integration.
    "which has not been tested by Home Assistant",
    # Said by aiohttp of a page that was closed while a long answer was being packed for it.
    "ClientConnectionResetError exception in shielded future",
)


@dataclass(frozen=True)
class Stage:
    """One configuration folder and the interpreter that runs Home Assistant on it."""

    folder: ConfigFolder
    python: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def home_assistant(
        self, *, power_cut: bool = False, but: str | None = None
    ) -> AsyncIterator[HomeAssistantApi]:
        """Run Home Assistant; at the end it must have stopped well and logged no complaint.

        A complaint that holds the text `but` is expected. With `power_cut` it ends at once instead, without a chance to save or put anything back.
        """
        self.folder.prepare(log_level="debug")
        process = HomeAssistantProcess(
            self.folder, python=self.python, environment=self.environment
        )
        async with running(process):
            async with connect(self.folder.url) as api:
                yield api
            if power_cut:
                process.kill()
            else:
                assert await process.stop() == 0
        found = [
            line
            for line in complaints(self.folder.log.read_text("utf-8"))
            if but is None or but not in line
        ]
        assert not found, "\n".join(["complaints in the log:", *found])

    async def until_stored(self) -> None:
        """Return once Home Assistant, which takes its time, has written the new entry to disk."""
        entries = self.folder.path / ".storage/core.config_entries"

        async def text() -> str:
            return entries.read_text("utf-8") if entries.exists() else ""

        await eventually(text, lambda stored: DOMAIN in stored)


def complaints(log: str) -> list[str]:
    """Return the lines of a log that a user would be right to report.

    Those are errors of anything, and warnings that name the integration, such as Home Assistant's own about
    blocking calls, wrong threads and deprecated interfaces.
    """
    return [
        line
        for line in log.splitlines()
        if (level := _LEVEL.match(line))
        and (level[1] != "WARNING" or DOMAIN in line)
        and not any(expected in line for expected in _EXPECTED)
    ]


async def eventually[T](
    ask: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within_s: float = 30
) -> T:
    """Ask until the answer is as wanted and return it.

    Raises:
        AssertionError: it was not in time; the message shows the last answer.
    """
    deadline = asyncio.get_running_loop().time() + within_s
    while not wanted(answer := await ask()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {within_s} s; last: {answer}")
        await asyncio.sleep(_POLL_S)
    return answer
