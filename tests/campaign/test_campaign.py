"""Days of chaos. Seeds are fixed here; ``scripts/fault-campaign`` runs as many as are wanted.

A failure prints the day's seed and everything that happened on it: run it again with
``scripts/fault-campaign --days 1 --seed SEED``.
"""

import json
import os
from pathlib import Path

import pytest

from .invariants import broken
from .player import Player
from .story import Story

# Days that once broke an invariant.
KNOWN_SEEDS = (
    *(6, 7, 14, 19, 39, 45, 47, 53, 57, 61),
    *(63, 71, 73, 75, 79, 95, 101, 105, 206, 209),
)
DAYS = int(os.environ.get("SBS_CAMPAIGN_DAYS", "0"))
FIRST_SEED = int(os.environ.get("SBS_CAMPAIGN_SEED", "1"))
SEEDS = range(FIRST_SEED, FIRST_SEED + DAYS) if DAYS else KNOWN_SEEDS
RESULTS = os.environ.get("SBS_CAMPAIGN_RESULTS")


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_day_of_chaos(
    player: Player, story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens: the settings come back, nothing forbidden is bought, nothing is untold."""
    await player.play()
    found = [*broken(player), *_noise(caplog)]
    _keep(player, story, found)
    assert not found, "\n".join([*found, str(story)])


def _noise(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Errors in the log that are no plain "could not be reached", and such that go on and on."""
    errors = [
        f"{record.name}: {record.getMessage()[:300]}"
        for record in caplog.records
        if record.exc_info is not None or record.levelname in {"ERROR", "CRITICAL"}
    ]
    surprises = [line for line in errors if "Error fetching" not in line and "fetch" not in line]
    often = [line for line in set(errors) if errors.count(line) > 40]
    return [*surprises[:3], *(f"told over and over: {line}" for line in often)]


def _keep(player: Player, story: Story, found: list[str]) -> None:
    if RESULTS is None:
        return
    requests = player.day.cloud.requests
    line = {
        "seed": story.seed,
        "broken": found,
        "events": len(story.events),
        "requests": len(requests),
        "writes": len(requests.writes),
        "decisions": len(player.witness.decisions),
    }
    with Path(RESULTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
