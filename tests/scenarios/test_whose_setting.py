"""Other people's and other programs' settings: respected, and asked about where nobody can know."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.problems.site_problems import SiteProblem
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from .conftest import Script
from .test_repairs import fix, issue

HOUR = timedelta(hours=1)


async def test_another_automations_reserve_after_our_charge_is_left_alone(
    day: Day, script: Script
) -> None:
    """Set to 100 every three minutes for an hour and a half: not one write of ours."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2, ChargeMethod.RESERVE)
    await day.start()
    await day.until(begin + timedelta(minutes=35))
    assert day.phase is Phase.IDLE
    day.cloud.requests.clear()
    for _ in range(30):
        day.cloud.world.powerwall.set_in_app(Settings(backup_reserve_percent=100))
        await day.run(0.05)
    assert not day.cloud.requests.writes
    assert day.shown.backup_reserve_percent == 100


async def test_a_new_machine_asks_whose_charge_it_finds_instead_of_keeping_it(
    day: Day, script: Script
) -> None:
    """Backup mode with grid charging is not taken for the owner's: no write, a question, an end."""
    left = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
    day.cloud.world.powerwall.set_in_app(left)
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR, ChargeMethod.RESERVE, 60)
    await day.start()
    await day.run(0.3)
    assert not day.cloud.requests.writes
    assert issue(day, SiteProblem.OWNER_UNKNOWN) is not None
    own = day.cloud.world.scenario.settings
    day.cloud.world.powerwall.set_in_app(own)
    await day.run(0.1)
    assert issue(day, SiteProblem.OWNER_UNKNOWN) is None
    await day.until(begin + 3.3 * HOUR)
    assert day.shown == own


async def test_what_a_person_says_is_theirs_is_kept(day: Day, script: Script) -> None:
    """The answer to the question: control goes on at once, and restores what they said."""
    theirs = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
    day.cloud.world.powerwall.set_in_app(theirs)
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR, ChargeMethod.RESERVE, 60)
    await day.start()
    await day.run(0.1)
    await fix(day, SiteProblem.OWNER_UNKNOWN)
    await day.run(0.3)
    assert issue(day, SiteProblem.OWNER_UNKNOWN) is None
    assert day.shown.operating_mode is OperatingMode.SELF_POWERED
    await day.until(begin + 1.3 * HOUR)
    owner = day.site.controller.owner_settings
    assert owner is not None and owner.operating_mode is OperatingMode.BACKUP


async def test_a_mode_set_while_we_are_idle_is_not_overwritten_by_the_plan(
    day: Day, script: Script
) -> None:
    """A car automation sets a mode minutes before a planned charge: we wait, and say so."""
    begin = dt_util.utcnow()
    script.charge(begin + HOUR / 2, begin + HOUR)
    await day.start()
    await day.run(0.3)
    mode = Settings(operating_mode=OperatingMode.TIME_BASED)
    day.cloud.world.powerwall.set_in_app(mode)
    await day.until(begin + 0.9 * HOUR)
    assert not day.cloud.requests.writes
    assert DecisionKind.SUSPENDED in [line.kind for line in day.decisions]
    assert day.shown.operating_mode is OperatingMode.TIME_BASED
