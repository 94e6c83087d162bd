"""Packs that show less than 100 when they are full: done, kept, remembered and planned to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionKind, DecisionReason
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("percent", [98.6, 88.0])
async def test_a_pack_full_below_100_is_complete_kept_and_planned_to(
    day: Day, script: Script, percent: float
) -> None:
    """One order through the cheap window; not discharged in it; the next plan asks for no more."""
    world = day.cloud.world
    hardware = Hardware(full_percent=percent)
    world.scenario = replace(world.scenario, hardware=hardware, soc_percent=percent - 5.0)
    world.begin()
    begin = dt_util.utcnow()
    script.charge(begin, begin + 2 * HOUR)
    await day.start()
    await day.run(1.9)
    kinds = [line.kind for line in day.decisions]
    assert DecisionKind.FAILED not in kinds and DecisionKind.SUSPENDED not in kinds
    completed = [line for line in day.decisions if line.kind is DecisionKind.COMPLETED]
    assert [line.reason for line in completed] == [DecisionReason.TARGET_REACHED]
    assert world.powerwall.soc_percent == pytest.approx(percent, abs=0.3)
    assert len(day.cloud.requests.writes) == 1
    snapshot = day.site.snapshot()
    assert snapshot is not None
    assert snapshot.full_percent == pytest.approx(percent, abs=0.4)
