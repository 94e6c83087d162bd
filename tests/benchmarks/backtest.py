"""What a replay of a home's past takes: processor time, plans, instructions, memory. Prints.

    python -m tests.benchmarks.backtest [--days N]

The generated home of the tests on nine tariffs, each planned and at its optimum. On one core: the
planner's arrays are small, and nothing else runs beside it.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
import resource
import sys
from time import process_time
from unittest.mock import patch

from custom_components.smart_battery_scheduler.history.backtest import walk
from custom_components.smart_battery_scheduler.history.backtest.balance import rebuild
from custom_components.smart_battery_scheduler.history.backtest.compare import run
from custom_components.smart_battery_scheduler.planner.model import Plan, PlanInputs
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from ..history.backtest.generated import FIRST, metered, tariffs
from ..history.backtest.test_compare import REPLAY, known_with
from .instructions import BOARDS

# Counted by ``scripts/benchmark instructions``: a plan for 48 hours.
INSTRUCTIONS_A_PLAN = 180e6
USUAL_DAYS = 30
KILOBYTES_A_MEGABYTE = 1024.0


def peak_mb() -> float:
    """The most memory that this process has had (Linux counts it in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_A_MEGABYTE


def counting(
    make: Callable[[PlanInputs], Plan], counted: list[int]
) -> Callable[[PlanInputs], Plan]:
    """The planner, whose plans are counted."""

    def made(inputs: PlanInputs) -> Plan:
        counted[0] += 1
        return make(inputs)

    return made


def main(days: int) -> None:
    """Go through a replay and print what it took."""
    past = rebuild(metered(FIRST, days))
    compared = tariffs(FIRST, days)
    replay = replace(
        REPLAY, past=past, tariffs=compared, known=known_with(past.days, 1.0), variants=()
    )
    before_mb, begun, plans = peak_mb(), process_time(), [0]
    with patch(f"{walk.__name__}.plan", counting(plan, plans)):
        for _ in run(replay, datetime(2026, 6, 1, tzinfo=UTC)):
            pass
    took_s = process_time() - begun
    sys.stdout.write(
        f"{days} days x {len(compared)} tariffs: {took_s:.0f} s of one core, {plans[0]} plans, "
        f"{peak_mb() - before_mb:.0f} MB more memory\n"
    )
    instructions = plans[0] * INSTRUCTIONS_A_PLAN
    sys.stdout.write(
        f"the plans take about {instructions / 1e9:.0f} thousand million instructions\n"
    )
    for board, per_s in BOARDS.items():
        sys.stdout.write(f"  {board}: {instructions / per_s / 60:.0f} min\n")


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=USUAL_DAYS)
    main(parser.parse_args().days)
