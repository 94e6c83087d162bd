"""A stop is not believed on the cloud's word: the battery's own power says whether it has stopped."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.simulated import Courier, Delivery

from .stage import START, Stage, charge, want

HOUR = timedelta(hours=1)
NOTHING = Settings()


def shown_only(change: Settings) -> Delivery:
    """The cloud shows it, the gateway never hears of it (netzero#38, #52, #94, #256)."""
    return Delivery(shown=change, obeyed=NOTHING)


def only_changes(stage: Stage, *, lost: int) -> Courier:
    """Tesla passes on what differs from its own copy; so many writes are lost on the way."""
    left = lost

    def deliver(change: Settings) -> Delivery:
        nonlocal left
        left -= 1
        shown = stage.powerwall.state.shown
        if left >= 0 or change.over(shown) == shown:
            return shown_only(change)
        updates = Settings(
            operating_mode=change.operating_mode
            if change.operating_mode is not shown.operating_mode
            else None,
            backup_reserve_percent=change.backup_reserve_percent
            if change.backup_reserve_percent != shown.backup_reserve_percent
            else None,
            grid_charging=change.grid_charging
            if change.grid_charging is not shown.grid_charging
            else None,
        )
        return Delivery(shown=change, obeyed=updates)

    return deliver


async def held(level: float) -> Stage:
    """A hold at a level that is seen, about to end."""
    stage = Stage(level=level, house_w=800.0, wanted=want(Action.HOLD, START + HOUR))
    await stage.until(Phase.RUNNING)
    return stage


@pytest.mark.parametrize("level", [58.0, 90.0, 100.0])
async def test_a_hold_that_goes_on_after_its_end_is_not_called_restored(level: float) -> None:
    """The battery idles above its reserve while the house buys: the settings are not back."""
    stage = await held(level)
    stage.powerwall.deliver = shown_only
    stage.wanted = None
    await stage.run(3 * 60)
    assert stage.phase() is Phase.RESTORING
    assert stage.published(DecisionKind.RESTORED) == []
    assert DecisionReason.NOT_CONFIRMED in stage.published(DecisionKind.FAILED)


@pytest.mark.parametrize("level", [58.0, 90.0, 100.0])
async def test_a_stop_that_reached_only_the_cloud_is_sent_again_differently(level: float) -> None:
    """What changes nothing in Tesla's copy is never passed on, so the second stop must differ."""
    stage = await held(level)
    stage.powerwall.deliver = only_changes(stage, lost=1)
    stage.wanted = None
    await stage.run(15)
    assert stage.phase() is Phase.IDLE
    assert stage.powerwall.reading().battery_power_w == pytest.approx(800.0)
    assert stage.powerwall.state.obeyed == stage.owner


async def test_a_charge_whose_stop_and_its_repeat_are_lost_is_stopped_all_the_same() -> None:
    """Neither 'restored' nor 'calibration' is said of a battery that still charges."""
    stage = Stage(wanted=charge(START + HOUR), house_w=800.0)
    await stage.until(Phase.RUNNING)
    stage.powerwall.deliver = only_changes(stage, lost=3)
    stage.wanted = None
    await stage.run(5)
    assert stage.published(DecisionKind.RESTORED) == []
    await stage.run(40)
    assert stage.published(DecisionKind.SUSPENDED) == []
    assert stage.phase() is Phase.IDLE
    assert stage.powerwall.state.obeyed == stage.owner


async def test_no_way_to_a_stop_starts_a_charge() -> None:
    """The detours of a stop never ask for a charge: whichever write is the last to get through."""
    stage = Stage(wanted=charge(START + HOUR), house_w=800.0)
    await stage.until(Phase.RUNNING)
    begun = len(stage.writes)
    stage.powerwall.deliver = shown_only
    stage.wanted = None
    await stage.run(4 * 60)
    assert len(stage.writes) - begun > 4
    for _, settings in stage.writes[begun:]:
        in_backup = settings.operating_mode is OperatingMode.BACKUP
        assert not (in_backup and settings.grid_charging)
        assert (settings.backup_reserve_percent or 0) <= 21


async def test_re_sends_of_a_stop_are_spaced() -> None:
    """A battery that does as it likes for a day gets few writes, and the log few lines."""
    stage = Stage(wanted=charge(START + HOUR), house_w=800.0)
    await stage.until(Phase.RUNNING)
    begun = len(stage.writes)
    stage.powerwall.deliver = shown_only
    stage.wanted = None
    await stage.run(12 * 60)
    assert len(stage.writes) - begun <= 60
    assert len(stage.decisions) < 20


async def test_a_hold_found_to_go_on_once_the_sun_is_down_is_stopped_then() -> None:
    """While the sun feeds the house nothing can be seen; idle is watched until something can."""
    stage = await held(58.0)
    stage.available_solar_w, stage.powerwall.deliver = 1000.0, shown_only
    stage.wanted = None
    await stage.run(30)
    assert stage.phase() is Phase.IDLE
    stage.available_solar_w = 0.0
    stage.powerwall.deliver = only_changes(stage, lost=0)
    # What the sun has put on top of the held level is used by right.
    await stage.run(30)
    assert stage.phase() is Phase.IDLE
    assert stage.powerwall.state.obeyed == stage.owner
    assert stage.powerwall.reading().battery_power_w == pytest.approx(800.0)


async def test_idle_leaves_a_battery_alone_that_we_never_touched() -> None:
    """Whatever holds it, it is not ours."""
    stage = Stage(level=58.0, house_w=800.0)
    stage.powerwall.set_in_app(Settings(operating_mode=OperatingMode.BACKUP))
    stage.distort = lambda reading: replace(reading, settings=stage.owner)
    await stage.run(60)
    assert stage.writes == []


async def test_a_battery_at_its_reserve_has_nothing_to_serve_with() -> None:
    """At the reserve it idles by right, and the stop is proven by the end of the charge."""
    stage = Stage(level=20.0, house_w=800.0, wanted=charge(START + HOUR))
    await stage.until(Phase.VERIFYING)
    stage.wanted = None
    await stage.run(5)
    assert stage.phase() is Phase.IDLE
    writes = len(stage.writes)
    await stage.run(60)
    assert len(stage.writes) == writes


async def test_what_is_used_must_serve_the_house() -> None:
    """A use that the gateway never heard of is no use; its second try takes a detour."""
    wanted = want(Action.USE, START + 3 * HOUR, target_percent=35)
    stage = await held(58.0)
    stage.powerwall.deliver = only_changes(stage, lost=1)
    stage.wanted = wanted
    await stage.run(15)
    assert stage.phase() is Phase.RUNNING
    assert stage.powerwall.reading().battery_power_w == pytest.approx(800.0)
    assert stage.shown.backup_reserve_percent == 35


async def test_a_charge_that_reached_only_the_cloud_is_ordered_again_differently() -> None:
    """The same for a start: the identical order would never be passed on."""
    stage = Stage(wanted=charge(START + HOUR))
    stage.powerwall.deliver = only_changes(stage, lost=1)
    await stage.run(15)
    assert stage.phase() is Phase.RUNNING
    assert stage.powerwall.state.obeyed.operating_mode is OperatingMode.BACKUP
