"""Whom we yield to, what is said, and how control comes back."""

from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


async def charging(day: Day, script: Script) -> Settings:
    """A charge of three hours that is seen; returns the settings from before."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(0.2)
    assert day.phase is Phase.RUNNING
    return day.cloud.world.scenario.settings


def cause(day: Day) -> SuspensionCause | None:
    """Whom we yield to."""
    suspension = day.site.controller.state.suspension
    return suspension.cause if suspension else None


@pytest.mark.parametrize(
    ("circumstances", "expected"),
    [
        (Circumstances(on_grid=False), SuspensionCause.OFF_GRID),
        (Circumstances(storm_watch=True), SuspensionCause.STORM_WATCH),
    ],
)
async def test_outage_and_storm_come_first_and_end_by_themselves(
    day: Day, script: Script, circumstances: Circumstances, expected: SuspensionCause
) -> None:
    """The settings go back at once; minutes after it is over the charge goes on."""
    site = await charging(day, script)
    day.cloud.world.powerwall.meet(circumstances)
    await day.run(0.15)
    assert cause(day) is expected
    assert day.shown == site
    day.cloud.requests.clear()
    await day.run(0.5)
    assert not day.cloud.requests.writes
    day.cloud.world.powerwall.meet(Circumstances())
    await day.run(0.3)
    assert cause(day) is None
    assert day.phase is Phase.RUNNING


async def test_calibration_is_not_fought(day: Day, script: Script) -> None:
    """Settings right, power wrong, by every charge method: two hours off, and a stop repeated seldom."""
    await charging(day, script)
    day.cloud.world.powerwall.meet(Circumstances(forced_battery_w=0.0))
    # Two tries by each of two methods take half an hour and the interval of a reading.
    await day.run(0.6)
    assert cause(day) is SuspensionCause.CALIBRATION
    day.cloud.requests.clear()
    await day.run(1)
    # It idles while the house buys: that may as well be our own hold, of whose end it never heard.
    assert len(day.cloud.requests.writes) <= 10


async def test_a_change_in_the_app_is_kept_reported_and_not_fought(
    day: Day, script: Script
) -> None:
    """Theirs stands, ours goes; who and what is told; at a later slot the plan goes on."""
    site = await charging(day, script)
    changed = Settings(backup_reserve_percent=37)
    day.cloud.world.powerwall.set_in_app(changed)
    await day.run(0.15)
    suspension = day.site.controller.state.suspension
    assert suspension is not None
    assert (suspension.cause, suspension.changed) == (SuspensionCause.SOMEBODY_ELSE, changed)
    assert day.shown == changed.over(site)
    day.cloud.requests.clear()
    await day.run(0.4)
    assert not day.cloud.requests.writes
    await day.run(0.8)
    assert day.phase is Phase.RUNNING
    resumed = [line.reason for line in day.decisions if line.kind is DecisionKind.RESUMED]
    assert resumed == [DecisionReason.SOMEBODY_ELSE]


async def test_the_users_word_resumes_at_once(day: Day, script: Script) -> None:
    """No need to wait for the next slot."""
    await charging(day, script)
    day.cloud.world.powerwall.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
    await day.run(0.15)
    assert cause(day) is SuspensionCause.SOMEBODY_ELSE
    await day.site.controller.async_resume()
    await day.settle()
    await day.run(0.1)
    assert day.phase is Phase.RUNNING
