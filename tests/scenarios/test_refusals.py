"""Writes that are refused: what is done instead, and what a person is told meanwhile."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.problems.site_problems import SiteProblem
from custom_components.smart_battery_scheduler.text.speech import say_why
from custom_components.smart_battery_scheduler.text.status import picture_of
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.quirks import Quirks, Refusal
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


def notice(day: Day, problem: SiteProblem) -> ir.IssueEntry | None:
    """A repair notice of the home."""
    return ir.async_get(day.hass).async_get_issue(DOMAIN, f"{day.entry.entry_id}_{problem}")


def problem(day: Day) -> bool:
    """Whether *Problem* is on."""
    state = day.hass.states.get("binary_sensor.home_battery_problem")
    assert state is not None
    return state.state == "on"


async def test_a_command_refused_for_hours_is_reported_and_skipped_for_its_true_reason(
    day: Day, script: Script
) -> None:
    """Five hours of 503 on writes: Problem, a notice, a true reason, few requests, no flood."""
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_WRITE)
    begin = dt_util.utcnow()
    script.charge(begin, begin + 5 * HOUR)
    await day.start()
    await day.run(0.25)
    assert problem(day)
    assert notice(day, SiteProblem.COMMANDS_REFUSED) is not None
    assert "NetZero refuses the commands" in say_why(picture_of(day.site, dt_util.utcnow()))
    await day.until(begin + 5.2 * HOUR)
    skipped = [line for line in day.decisions if line.kind is DecisionKind.SKIPPED]
    assert {line.reason for line in skipped} == {DecisionReason.NOT_ACCEPTED}
    assert notice(day, SiteProblem.COMMANDS_REFUSED) is None
    refused = [line for line in day.decisions if line.reason is DecisionReason.NOT_ACCEPTED]
    assert len(refused) < 8
    assert len(day.cloud.requests.writes) < 60


async def test_a_stop_refused_for_hours_says_what_is_in_force_and_what_to_set(
    day: Day, script: Script
) -> None:
    """503 on the way back: the notice names both, and leaves when the settings stand again."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    await day.start()
    await day.run(0.4)
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_WRITE)
    await day.until(begin + timedelta(minutes=45))
    published = notice(day, SiteProblem.RESTORE_IGNORED)
    assert published is not None and published.translation_placeholders is not None
    assert "operating mode Backup" in published.translation_placeholders["in_force"]
    assert published.translation_placeholders["mode"] == "Self-Powered"
    assert problem(day)
    await day.run(2)
    day.cloud.faults.clear()
    await day.run(0.3)
    assert day.phase is Phase.IDLE
    assert day.shown == day.cloud.world.scenario.settings
    assert notice(day, SiteProblem.RESTORE_IGNORED) is None


async def test_a_token_revoked_in_mid_charge_says_what_is_still_in_force(
    day: Day, script: Script
) -> None:
    """Nothing can be read nor written: besides the form for a new token a notice what to set."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.4)
    day.cloud.faults.add(Fault.UNAUTHORISED, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    await day.run(0.3)
    published = notice(day, SiteProblem.OUT_OF_CONTACT)
    assert published is not None and published.translation_placeholders is not None
    assert "Backup" in published.translation_placeholders["in_force"]
    assert published.translation_placeholders["reserve"] == "20 %"
    assert problem(day)
    day.cloud.faults.clear()
    await day.run(1.5)
    assert notice(day, SiteProblem.OUT_OF_CONTACT) is None
    assert day.shown == day.cloud.world.scenario.settings


async def test_a_refused_backup_mode_does_not_cost_the_night(day: Day, script: Script) -> None:
    """Refused with 400 (netzero#322): three tries, then the reserve charges."""
    day.cloud.world.quirks = Quirks(
        refusals=(Refusal(field="operational_mode", status=400, value="backup"),)
    )
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(2.9)
    assert day.phase is Phase.RUNNING
    assert day.cloud.world.powerwall.state.meters.charged_kwh > 4.5
    assert len(day.cloud.requests.writes) <= 5


async def test_an_owners_mode_refused_on_the_way_back_leaves_no_backup_mode_in_the_peak(
    day: Day, script: Script
) -> None:
    """No rate plan, so no time-based mode (netzero#255): self-powered stands in, and it is told."""
    day.cloud.world.powerwall.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    await day.start()
    await day.run(0.4)
    day.cloud.world.quirks = Quirks(
        refusals=(Refusal(field="operational_mode", status=400, value="autonomous"),)
    )
    script.lines.clear()
    await day.until(begin + timedelta(minutes=45))
    day.cloud.requests.clear()
    await day.run(6)
    assert day.shown.operating_mode is OperatingMode.SELF_POWERED
    battery_w = day.cloud.world.powerwall.reading().battery_power_w
    assert battery_w is not None and battery_w > 0.0, "it serves the house"
    assert len(day.cloud.requests.writes) < 20
    day.cloud.world.quirks = Quirks()
    assert day.site.controller.owner_settings is not None
    assert day.site.controller.owner_settings.operating_mode is OperatingMode.TIME_BASED
