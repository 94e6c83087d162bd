"""Targets that are no reserve: 81-99 do not exist on the hardware."""

from __future__ import annotations

from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionKind
from custom_components.smart_battery_scheduler.planner.model import Lever
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware

from .stage import START, Stage, charge

HOURS = timedelta(hours=4)


@pytest.mark.parametrize("lever", list(Lever))
async def test_a_charge_to_90_without_the_fast_lever_goes_there_in_one_go(lever: Lever) -> None:
    """By the reserve alone: no rest at 80 that looks like a refusal, and no going on to 100."""
    hardware = Hardware(grid_charging_permitted=False)
    stage = Stage(
        level=70, wanted=charge(START + HOURS, lever=lever, target_percent=90), hardware=hardware
    )
    await stage.run(20)
    failed = len(stage.told(DecisionKind.FAILED))
    await stage.run(210)
    assert len(stage.told(DecisionKind.FAILED)) == failed
    assert stage.told(DecisionKind.COMPLETED)
    assert stage.powerwall.charge_level_percent == pytest.approx(90, abs=1)
