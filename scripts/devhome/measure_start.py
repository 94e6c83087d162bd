"""What a home adds to the start of Home Assistant: whole processes, with and without the demo home.

.dev/venv/bin/python -m scripts.devhome.measure_start
"""

import asyncio
from dataclasses import dataclass
import os
from pathlib import Path
from statistics import median
import sys
from tempfile import TemporaryDirectory
import time

from .api import connect
from .demo import demo_home
from .folder import ConfigFolder, free_port
from .process import HomeAssistantProcess, running

ROUNDS = 5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until everything runs, processor seconds until then, memory in MB."""

    elapsed_s: float
    cpu_s: float
    memory_mb: float


async def start(folder: ConfigFolder) -> Start:
    """Start once, wait until Home Assistant says that it runs, and stop it."""
    began = time.monotonic()
    async with running(HomeAssistantProcess(folder)) as process, connect(folder.url) as api:
        await api.until_running()
        elapsed_s = time.monotonic() - began
        proc = Path("/proc") / str(process.pid)
        # After the name in brackets: user and system time are fields 14 and 15 (proc(5)).
        fields = (proc / "stat").read_text("ascii").rpartition(")")[2].split()
        pages = int((proc / "statm").read_text("ascii").split()[1])
    return Start(elapsed_s, (int(fields[11]) + int(fields[12])) / _TICKS_PER_S, pages * _PAGE_MB)


async def measure(folder: ConfigFolder, *, with_home: bool) -> list[Start]:
    """Start a folder several times; the first start, which writes databases, does not count."""
    folder.prepare()
    async with running(HomeAssistantProcess(folder)), connect(folder.url) as api:
        if with_home:
            await demo_home(api)
    return [await start(folder) for _ in range(ROUNDS)]


async def main() -> int:
    """Print the medians."""
    with TemporaryDirectory() as place:
        for name in ("without", "with"):
            folder = ConfigFolder(Path(place) / name, free_port())
            starts = await measure(folder, with_home=name == "with")
            print(
                f"{name} the demo home: running after {median(s.elapsed_s for s in starts):.1f} s, "
                f"{median(s.cpu_s for s in starts):.2f} s of processor time, "
                f"{median(s.memory_mb for s in starts):.0f} MB"
            )
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
