"""What ends a command from outside: an outage, Storm Watch, a person; and what only looks like it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import Phase, SuspensionCause
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances

from .stage import START, Stage, charge

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("circumstances", "cause"),
    [
        (Circumstances(on_grid=False), SuspensionCause.OFF_GRID),
        (Circumstances(storm_watch=True), SuspensionCause.STORM_WATCH),
    ],
)
async def test_outage_and_storm_watch_end_a_charge(
    circumstances: Circumstances, cause: SuspensionCause
) -> None:
    """What is ours is restored once, then hands off until the event is well over."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    await stage.run(10)
    stage.powerwall.meet(circumstances)
    await stage.run(30)
    assert stage.phase() is Phase.SUSPENDED
    assert stage.state.suspension is not None and stage.state.suspension.cause is cause
    assert stage.shown == stage.owner
    writes = len(stage.writes)
    await stage.run(60)
    assert len(stage.writes) == writes
    stage.powerwall.meet(Circumstances())
    await stage.run(3)
    assert stage.phase() is Phase.SUSPENDED, "the grid may go again"
    await stage.run(15)
    assert stage.phase() is Phase.RUNNING


async def test_a_change_in_the_app_is_respected_and_kept() -> None:
    """What somebody changed is theirs; the rest of ours is restored; we stand back a while."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    await stage.run(10)
    stage.powerwall.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
    await stage.run(10)
    assert stage.phase() is Phase.SUSPENDED
    assert stage.state.suspension is not None
    assert stage.state.suspension.cause is SuspensionCause.SOMEBODY_ELSE
    assert stage.state.suspension.changed.operating_mode is OperatingMode.TIME_BASED
    assert stage.shown == replace(stage.owner, operating_mode=OperatingMode.TIME_BASED)
    await stage.run(60)
    assert stage.phase() is Phase.RUNNING, "the next slot after standing back"
    stage.wanted = None
    await stage.run(10)
    assert stage.shown.operating_mode is OperatingMode.TIME_BASED


async def test_undoing_our_command_in_the_app_is_understood() -> None:
    """Somebody puts the old mode back by hand: that is a request, not a fault to fight."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    await stage.run(10)
    stage.powerwall.set_in_app(stage.owner)
    writes = len(stage.writes)
    await stage.run(10)
    assert stage.phase() is Phase.SUSPENDED
    assert len(stage.writes) <= writes + 1
    assert stage.shown == stage.owner


async def test_one_odd_reading_is_not_somebody() -> None:
    """A single stale reading with the old settings does not end a command."""
    stage = Stage(wanted=charge(START + 6 * HOUR))
    await stage.run(10)
    stage.distort = lambda reading: replace(reading, settings=stage.owner)
    await stage.run(0.5)
    stage.distort = None
    await stage.run(5)
    assert stage.phase() is Phase.RUNNING


async def test_backup_mode_showing_a_full_reserve_is_not_adopted() -> None:
    """In backup mode the cloud may report a reserve of 100; that is nobody's request."""
    stage = Stage(wanted=charge(START + HOUR))

    def full_reserve(settings: Settings) -> Settings:
        if settings.operating_mode is OperatingMode.BACKUP:
            return replace(settings, backup_reserve_percent=100)
        return settings

    stage.distort = lambda reading: replace(reading, settings=full_reserve(reading.settings))
    await stage.run(10)
    assert stage.phase() is Phase.RUNNING
    stage.wanted = None
    await stage.run(10)
    assert stage.shown == stage.owner
