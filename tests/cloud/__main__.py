"""The stand-in as a process: ``python -m tests.cloud --port 8930 --scenario winter``."""

import argparse
import asyncio
from datetime import UTC, datetime
import signal
import sys

from .clock import ScaledClock
from .server import running
from .world import SCENARIOS, World


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="loopback port (0: any free one)")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="winter")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the world a second")
    parser.add_argument(
        "--start",
        type=datetime.fromisoformat,
        help="the world's time to begin with; 'now' by default, so that it agrees with a real home",
    )
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    start: datetime | None = arguments.start
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    world = World(SCENARIOS[arguments.scenario], ScaledClock(start, arguments.speed))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(world, arguments.port) as cloud:
        secrets = f"token={world.token} site={world.site_id}"
        sys.stdout.write(f"{cloud.url} scenario={arguments.scenario} {secrets}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
