"""The last line of a campaign, from the results of its days; the exit status is 0 if all held."""

import json
from pathlib import Path
import sys


def summary(lines: list[str], days: int, seed: int) -> tuple[str, bool]:
    """The line, and whether every day was played and held."""
    results = [json.loads(line) for line in lines]
    broken = [result["seed"] for result in results if result["broken"]]
    missed = days - len(results)
    totals = ", ".join(
        f"{sum(result[name] for result in results)} {name}"
        for name in ("events", "requests", "writes", "decisions")
    )
    held = f"{len(results) - len(broken)} of {days} days held every invariant"
    more = f"; broken seeds: {broken}" if broken else ""
    more += f"; {missed} days ended without a result" if missed else ""
    return f"Fault campaign from seed {seed}: {held} ({totals}){more}", not (broken or missed)


if __name__ == "__main__":
    text, held = summary(
        Path(sys.argv[1]).read_text(encoding="utf-8").splitlines(),
        int(sys.argv[2]),
        int(sys.argv[3]),
    )
    sys.stdout.write(text + "\n")
    sys.exit(0 if held else 1)
