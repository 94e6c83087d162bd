"""How many machine instructions a plan for 48 hours takes, which says more of a small board than a time here.

Counted by Valgrind's Callgrind as the difference between two runs, so that Python's own start does not
count. Prints.
"""

import os
import re
import subprocess
import sys

from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .speed import over_a_day

FEW = 1
# Valgrind makes everything fifty times slower, the import of Home Assistant too.
TIMEOUT_S = 1800
# The clock rates are the makers'. How many instructions a core does in a clock is assumed: one where it
# works out of order (Cortex-A72), half of one where it works in order (Cortex-A55); and that a plan takes as
# many instructions of theirs as of x86-64's.
BOARDS = {
    "Raspberry Pi 4 (Cortex-A72, 1.5 GHz, 1 a clock)": 1.5e9 * 1.0,
    "Home Assistant Green (Cortex-A55, 1.8 GHz, 0.5 a clock)": 1.8e9 * 0.5,
}


def make_plans(count: int) -> None:
    """So many plans, at hours all over a day."""
    cases = over_a_day()
    for index in range(count):
        plan(cases[index % len(cases)])


def counted(valgrind: str, plans: int) -> int:
    """The instructions of a process that makes so many plans."""
    command = [
        valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null",
        sys.executable, "-W", "ignore", "-m", __spec__.name, "--plans", str(plans),
    ]  # fmt: skip
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        command,
        env={**os.environ, **one_thread, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError(f"Callgrind counted nothing: {done.stderr[-500:]}")
    return int(found[1])


def main(arguments: list[str]) -> None:
    """Print the count, and what it means for a small board; or make plans to be counted."""
    if arguments[0] == "--plans":
        make_plans(int(arguments[1]))
        return
    day = len(over_a_day())
    each = (counted(arguments[0], FEW + day) - counted(arguments[0], FEW)) / day
    sys.stdout.write(f"{each / 1e6:.0f} million instructions a plan\n")
    for board, a_second in BOARDS.items():
        sys.stdout.write(f"{board}: {each / a_second * 1000:.0f} ms\n")


if __name__ == "__main__":
    main(sys.argv[1:])
