"""A stop that only the cloud has heard of: what becomes of it, and who is told."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode
from custom_components.smart_battery_scheduler.problems.site_problems import SiteProblem
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


def notice(day: Day, problem: SiteProblem) -> ir.IssueEntry | None:
    """A repair notice of the home."""
    return ir.async_get(day.hass).async_get_issue(DOMAIN, f"{day.entry.entry_id}_{problem}")


def problem(day: Day, name: str) -> bool:
    """Whether *Problem* is on, for this reason."""
    state = day.hass.states.get("binary_sensor.home_battery_problem")
    assert state is not None
    return state.state == "on" and bool(state.attributes[name])


async def held_until(day: Day, script: Script, level: float) -> None:
    """A hold that has begun, half an hour before 16:00 local."""
    day.freezer.tick(14.5 * HOUR)
    day.cloud.world.begin()
    day.cloud.world.powerwall.set_soc(level)
    begin = dt_util.utcnow()
    script.lines.append((begin, begin + HOUR / 2, Action.HOLD, None, None))
    await day.start()
    await day.run(0.3)
    assert day.phase is Phase.RUNNING


async def test_a_hold_that_goes_on_through_the_peak_is_neither_believed_nor_silent(
    day: Day, script: Script
) -> None:
    """Not restored, told in four ways within a quarter of an hour, and for as long as it lasts."""
    await held_until(day, script, 58.1)
    day.cloud.faults.add(Fault.NOT_OBEYED, Endpoint.NETZERO_WRITE)
    await day.run(0.2)
    begin = dt_util.utcnow()
    await day.run(0.25)
    kinds = [(line.kind, line.reason) for line in day.decisions if line.at >= begin]
    assert (DecisionKind.BROKEN, DecisionReason.DOES_NOT_SERVE) in kinds
    assert DecisionKind.RESTORED not in [kind for kind, _ in kinds]
    published = notice(day, SiteProblem.RESTORE_IGNORED)
    assert published is not None and published.translation_placeholders is not None
    assert published.translation_placeholders["reserve"] == "20 %"
    assert problem(day, SiteProblem.RESTORE_IGNORED)
    await day.run(2.5)
    assert notice(day, SiteProblem.RESTORE_IGNORED) is not None
    day.cloud.faults.clear()
    await day.run(1.1)
    assert day.phase is Phase.IDLE
    assert day.cloud.world.powerwall.state.obeyed == day.cloud.world.scenario.settings
    assert notice(day, SiteProblem.RESTORE_IGNORED) is None
    assert not problem(day, SiteProblem.RESTORE_IGNORED)


async def test_a_full_battery_whose_gateway_stays_in_backup_serves_the_peak(
    day: Day, script: Script
) -> None:
    """One lost stop costs minutes of the peak, not all of it."""
    await held_until(day, script, 90.0)
    assert day.shown.operating_mode is OperatingMode.BACKUP
    day.cloud.faults.add(Fault.NOT_OBEYED, Endpoint.NETZERO_WRITE, times=1)
    await day.run(0.2)
    before = day.cloud.world.powerwall.state.meters.imported_kwh
    await day.run(2.5)
    assert day.cloud.world.powerwall.state.meters.imported_kwh - before < 0.25
    assert day.phase is Phase.IDLE


async def test_a_charge_that_goes_on_is_not_taken_for_a_calibration(
    day: Day, script: Script
) -> None:
    """Stop and repeat lost: the notice stays until it no longer charges."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    await day.start()
    await day.run(0.4)
    day.cloud.faults.add(Fault.NOT_OBEYED, Endpoint.NETZERO_WRITE, times=10)
    await day.until(begin + HOUR)
    reasons = {line.reason for line in day.decisions}
    assert DecisionReason.CALIBRATION not in reasons
    assert notice(day, SiteProblem.RESTORE_IGNORED) is not None
    await day.run(1)
    assert day.cloud.world.powerwall.state.obeyed == day.cloud.world.scenario.settings
    assert notice(day, SiteProblem.RESTORE_IGNORED) is None


async def test_a_battery_held_by_others_while_we_are_idle_is_reported_but_not_touched(
    day: Day, script: Script
) -> None:
    """The plan uses it, it idles, and nothing of ours was ever in force: a notice, no write."""
    world = day.cloud.world
    day.freezer.tick(16 * HOUR)
    world.begin()
    circumstances = world.powerwall.state.circumstances
    world.powerwall.meet(type(circumstances)(forced_battery_w=0.0))
    await day.start()
    await day.run(0.5)
    assert notice(day, SiteProblem.PROMISE_BROKEN) is not None
    assert problem(day, SiteProblem.PROMISE_BROKEN)
    assert not day.cloud.requests.writes
    world.powerwall.meet(circumstances)
    await day.run(0.2)
    assert notice(day, SiteProblem.PROMISE_BROKEN) is None
