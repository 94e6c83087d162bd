"""Run a development Home Assistant in the foreground; `scripts/develop` starts this."""

import argparse
import asyncio
from pathlib import Path
import signal
import sys
import time

from . import BATTERY_PLAN, DEV
from .address import Address, announced, running_home
from .api import PASSWORD, USER, connect
from .demo import furnish
from .folder import ConfigFolder, free_port
from .process import RESTART_EXIT_CODE, HomeAssistantError, HomeAssistantProcess, running


async def develop(config: Path, first_port: int) -> int:
    """Run until a signal; a restart asked for in the user interface starts it again."""
    _cancel_on_signal()
    code = RESTART_EXIT_CODE
    try:
        while code == RESTART_EXIT_CODE:
            code = await _run_once(ConfigFolder(config, free_port(first_port)))
    except asyncio.CancelledError:
        return 0
    return code


def _cancel_on_signal() -> None:
    """Let the first signal cancel this task; any further one must not disturb the stopping."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop() -> None:
        for number in signals:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        if task is not None:
            print("\nStopping Home Assistant", flush=True)
            task.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)


async def _run_once(folder: ConfigFolder) -> int:
    folder.prepare()
    began = time.monotonic()
    async with running(HomeAssistantProcess(folder)) as process:
        async with connect(folder.url) as api:
            address = Address(folder.url, folder.url + await furnish(api))
        with announced(address):
            _print(address, folder, time.monotonic() - began)
            return await process.wait()


def _print(address: Address, folder: ConfigFolder, seconds: float) -> None:
    print(
        f"\n  {address.page}\n"
        f"  {address.url}{BATTERY_PLAN}  the battery's own dashboard\n\n"
        f"  user {USER}, password {PASSWORD}; ready after {seconds:.0f} s\n"
        f"  log: {folder.log}\n"
        "  Ctrl-C stops it.\n",
        flush=True,
    )


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument("--port", type=int, default=8123, help="first port to try")
    parser.add_argument("--config", type=Path, default=DEV / "home", help="configuration folder")
    arguments = parser.parse_args()
    if (home := running_home()) is not None:
        print(f"A development home is running already: {home.page}", file=sys.stderr)
        return 1
    try:
        return asyncio.run(develop(arguments.config, arguments.port))
    except HomeAssistantError as err:
        print(f"{err}\nlog: {ConfigFolder(arguments.config, 0).log}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
