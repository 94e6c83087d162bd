"""Weeks in a row: no drift, no leak of listeners or timers, no growth of what is stored.

Some days in every run of the tests; four weeks by ``scripts/fault-campaign``.
"""

from datetime import timedelta
import json
import os
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.history.load_quality import (
    KEPT as EXPECTED_LOAD_KEPT,
)
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.util import dt as dt_util

from .invariants import broken
from .player import Player
from .story import Story

DAYS = int(os.environ.get("SBS_CAMPAIGN_WEEKS_DAYS", "2"))
# Rates are there for five weeks from the beginning; the other rows grow for as long as they are kept.
ROWS = ("import_rates", "export_rates", "measured", "decisions", "load_expected", "planned_levels")
SLOTS_A_DAY = 48
# What else is kept of each day, such as how good its forecasts were.
BYTES_A_DAY = 4_000


def _load(player: Player) -> dict[str, int]:
    """Whatever may pile up."""
    site, hass = player.day.site, player.day.hass
    # asyncio shows no timers.
    pending = [handle for handle in hass.loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
    return {
        "site listeners": len(hass.data[DATA_DISPATCHER][site.publisher._changed]),
        "control listeners": len(site.controller._listeners),
        "decision log listeners": len(site.decision_log._listeners),
        "bus listeners": sum(hass.bus.async_listeners().values()),
        "timers": len(pending),
        "background tasks": len(hass._background_tasks),
    }


def _stored(player: Player, name: str) -> dict[str, Any]:
    (stored,) = (value for key, value in player.day.storage.items() if key.endswith(f".{name}"))
    return dict(stored["data"])


def _rows(player: Player) -> dict[str, int]:
    """How many rows are stored of each kind."""
    records = _stored(player, "records")
    rows = {name: records.get(name, ()) for name in ROWS}
    counts = {
        name: len(row["rates"] if isinstance(row, dict) else row) for name, row in rows.items()
    }
    return counts | {"plan_outcome": len(records["plan_outcome"]["planned"])}


def _bytes_besides_rows(player: Player) -> int:
    records = _stored(player, "records")
    counted = (*ROWS, "plan_outcome")
    return len(json.dumps({name: records[name] for name in records if name not in counted}))


@pytest.mark.parametrize("seed", [7])
async def test_weeks_pass_without_drift(player: Player, story: Story) -> None:
    """The same settings, as many listeners, and no more stored than the days explain."""
    await player.begin()
    await player.run_until(dt_util.utcnow() + timedelta(days=1))
    before, control = _load(player), len(json.dumps(_stored(player, "control")))
    rows, besides = _rows(player), _bytes_besides_rows(player)
    decisions = len(player.witness.decisions)
    player.witness.samples.clear()
    await player.run_until(dt_util.utcnow() + timedelta(days=DAYS - 1))
    after, rows_after = _load(player), _rows(player)
    assert {
        name: after[name] - before[name] for name in after if after[name] > before[name] + 2
    } == {}
    assert len(json.dumps(_stored(player, "control"))) < control + 4_000
    assert rows_after["import_rates"] <= rows["import_rates"] + 2 * SLOTS_A_DAY
    assert rows_after["export_rates"] <= rows["export_rates"] + 2 * SLOTS_A_DAY
    assert rows_after["measured"] <= rows["measured"] + DAYS * SLOTS_A_DAY
    assert rows_after["load_expected"] <= rows["load_expected"] + DAYS * SLOTS_A_DAY
    assert rows_after["load_expected"] <= (EXPECTED_LOAD_KEPT.days + 1) * SLOTS_A_DAY
    assert rows_after["planned_levels"] <= rows["planned_levels"] + DAYS * SLOTS_A_DAY
    assert rows_after["plan_outcome"] <= rows["plan_outcome"] + DAYS * SLOTS_A_DAY
    assert rows_after["decisions"] <= len(player.day.site.decision_log.decisions)
    assert _bytes_besides_rows(player) < besides + DAYS * BYTES_A_DAY
    assert len(player.witness.decisions) < (decisions + 30) * DAYS
    await player.aftermath()
    assert not broken(player), str(story)
