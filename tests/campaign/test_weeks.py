"""Weeks in a row: no drift, no leak of listeners or timers, no growth of what is stored.

Some days in every run of the tests; four weeks by ``scripts/fault-campaign``.
"""

from __future__ import annotations

from datetime import timedelta
import json
import os

import pytest

from homeassistant.util import dt as dt_util

from .invariants import broken
from .player import Player
from .story import Story

DAYS = int(os.environ.get("SBS_CAMPAIGN_WEEKS_DAYS", "2"))
# Measurements and rates grow for five weeks; a day of them takes less than this.
BYTES_A_DAY = 40_000


def _load(player: Player) -> dict[str, int]:
    """Whatever may pile up."""
    home, hass = player.day.home, player.day.hass
    pending = [handle for handle in hass.loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
    return {
        "home listeners": len(home._listeners),
        "control listeners": len(home.controller._listeners),
        "ledger listeners": len(home.ledger._listeners),
        "bus listeners": sum(hass.bus.async_listeners().values()),
        "timers": len(pending),
        "background tasks": len(hass._background_tasks),
    }


def _stored(player: Player, name: str) -> int:
    return sum(
        len(json.dumps(value))
        for key, value in player.day.storage.items()
        if key.endswith(f".{name}")
    )


@pytest.mark.parametrize("seed", [7])
async def test_weeks_pass_without_drift(player: Player, story: Story) -> None:
    """The same settings, as many listeners, and no more stored than the days explain."""
    await player.begin()
    await player.run_until(dt_util.utcnow() + timedelta(days=1))
    before, control = _load(player), _stored(player, "control")
    records, decisions = _stored(player, "records"), len(player.witness.decisions)
    player.witness.samples.clear()
    await player.run_until(dt_util.utcnow() + timedelta(days=DAYS - 1))
    after = _load(player)
    assert {
        name: after[name] - before[name] for name in after if after[name] > before[name] + 2
    } == {}
    assert _stored(player, "control") < control + 4_000
    assert _stored(player, "records") < records + DAYS * BYTES_A_DAY
    assert len(player.witness.decisions) < (decisions + 30) * DAYS
    await player.aftermath()
    assert not broken(player), str(story)
