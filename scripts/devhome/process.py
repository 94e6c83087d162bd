"""Start and stop a real Home Assistant process."""

import asyncio
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import os
from pathlib import Path
import shutil
import sys

import aiohttp

from .folder import ConfigFolder

RESTART_EXIT_CODE = 100
"""How Home Assistant says that its user asked for a restart."""

START_TIMEOUT_S = 180.0
# Home Assistant gives its own shutdown stages 260 s at most, and a healthy one needs about 2.
STOP_TIMEOUT_S = 60.0
_POLL_S = 0.2


class HomeAssistantError(RuntimeError):
    """Home Assistant did not start, stop or answer as it should."""


def bound_to_us(*command: str) -> tuple[str, ...]:
    """Return a command that also ends when this process is killed, where the system can do that."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command


class HomeAssistantProcess:
    """One Home Assistant on loopback, run by a chosen interpreter.

    Args:
        folder: a prepared configuration folder.
        python: the interpreter that holds Home Assistant and its requirements.
        environment: variables added to this process's own.
    """

    def __init__(
        self,
        folder: ConfigFolder,
        *,
        python: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the process; nothing runs yet."""
        self.folder = folder
        self._python = python or Path(sys.executable)
        self._environment = dict(environment or {})
        self._process: Process | None = None

    async def start(self) -> None:
        """Start and return as soon as the web server answers.

        Raises:
            HomeAssistantError: it ended, or did not answer within `START_TIMEOUT_S`.
        """
        # In a session of its own Ctrl-C reaches only us, and we stop it in good order.
        with self.folder.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *bound_to_us(str(self._python), "-m", "homeassistant"),
                *("--config", str(self.folder.path), "--skip-pip", "--log-no-color"),
                env=os.environ | self._environment,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._until_answering()
        except TimeoutError as err:
            await self.stop()
            raise HomeAssistantError("Home Assistant did not answer in time") from err

    async def wait(self) -> int:
        """Return the exit code once the process has ended by itself."""
        return await self._running.wait()

    async def stop(self) -> int:
        """Ask it to stop, wait, and return its exit code; without a process that is 0."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
        return await process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._running.kill()

    @property
    def pid(self) -> int:
        """The number that the system knows the process by."""
        return self._running.pid

    @property
    def _running(self) -> Process:
        if self._process is None:
            raise HomeAssistantError("Home Assistant is not running")
        return self._process

    async def _until_answering(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                if (code := self._running.returncode) is not None:
                    raise HomeAssistantError(f"Home Assistant ended with code {code}")
                try:
                    async with session.get(f"{self.folder.url}/manifest.json") as response:
                        if response.ok:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def running(process: HomeAssistantProcess) -> AsyncIterator[HomeAssistantProcess]:
    """Start the process, and stop it whatever happens."""
    try:
        await process.start()
        yield process
    finally:
        await process.stop()
