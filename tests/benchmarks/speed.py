"""How long a plan takes and how much memory, by horizon, price courses and slot length: prints."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import sys
from time import process_time
import tracemalloc

import numpy as np

from custom_components.smart_battery_scheduler.planner.model import PlanInputs
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .generated import inputs_at

REPEATS = 40
MORNING = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)


def timed_ms(cases: Sequence[PlanInputs]) -> tuple[float, float]:
    """Mean and 99th percentile of processor time per plan."""
    plan(cases[0])
    times = []
    for index in range(REPEATS):
        begun = process_time()
        plan(cases[index % len(cases)])
        times.append((process_time() - begun) * 1000.0)
    return float(np.mean(times)), float(np.quantile(times, 0.99))


def peak_mb(inputs: PlanInputs) -> float:
    """The most memory that a plan has allocated at once."""
    tracemalloc.start()
    plan(inputs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def over_a_day(horizon: timedelta = timedelta(hours=48)) -> list[PlanInputs]:
    """What a home knows at hours all over a day."""
    return [
        inputs_at(MORNING + timedelta(hours=hours), 4.0 + hours / 4.0, horizon=horizon)
        for hours in range(0, 24, 3)
    ]


def main() -> None:
    """Print the figures."""
    day = over_a_day()
    rows = {
        "24 h": over_a_day(timedelta(hours=24)),
        "48 h": day,
        "96 h": over_a_day(timedelta(hours=96)),
        "48 h, 1 price course": [replace(c, price_scenarios=c.price_scenarios[:1]) for c in day],
        "48 h, 3 price courses": [replace(c, price_scenarios=c.price_scenarios[:3]) for c in day],
        "48 h, 14 price courses": [replace(c, price_scenarios=c.price_scenarios * 2) for c in day],
        "48 h, begun half-hour": [
            inputs_at(MORNING + timedelta(minutes=5 * step), 6.0) for step in range(6)
        ],
        "48 h, with a running plan": [replace(case, running=plan(case)) for case in day],
    }
    sys.stdout.write(f"{'':28}{'mean ms':>10}{'p99 ms':>10}{'peak MB':>10}\n")
    for name, cases in rows.items():
        mean, p99 = timed_ms(cases)
        sys.stdout.write(f"{name:28}{mean:10.1f}{p99:10.1f}{peak_mb(cases[0]):10.1f}\n")


if __name__ == "__main__":
    main()
