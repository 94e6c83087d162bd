"""A Powerwall found, commanded, proven and restored through core's own integrations."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode
from custom_components.smart_battery_scheduler.powerwall.home_assistant import (
    KnownSite,
    known_sites,
)
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances
from custom_components.smart_battery_scheduler.powerwall.tesla_entities import INTEGRATIONS
from custom_components.smart_battery_scheduler.problems.issues import issue_id
from custom_components.smart_battery_scheduler.problems.site_problems import SiteProblem
from custom_components.smart_battery_scheduler.text.speech import say_why
from custom_components.smart_battery_scheduler.text.status import picture_of
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from ..scenarios.conftest import Script, script
from .fake_tesla import SITE_NAME, FakeTesla

__all__ = ["script"]

HOUR = timedelta(hours=1)


def through(day: Day, integration: str) -> None:
    """Let the home go by the entities of an integration instead of NetZero."""
    data = {**day.entry.data, "kind": "home_assistant", "integration": integration}
    del data["token"]
    day.hass.config_entries.async_update_entry(day.entry, data=data)


def stands(day: Day, phase: Phase) -> bool:
    """Whether the controller stands there."""
    return day.phase is phase


async def test_a_charge_is_found_commanded_confirmed_and_restored(
    hass: HomeAssistant, day: Day, tesla: FakeTesla, integration: str, script: Script
) -> None:
    """The whole way, with core's own code between us and Tesla's HTTP."""
    assert known_sites(hass) == (
        KnownSite(integration=integration, site_id=day.cloud.world.site_id, name=SITE_NAME),
    )
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin + HOUR / 2, begin + 3 * HOUR / 2)
    await day.start()
    assert day.is_loaded()
    own = day.site.controller.owner_settings
    await day.until(begin + HOUR * 0.75)
    assert stands(day, Phase.RUNNING)
    assert day.site.controller.state.command is not None
    command_status = day.site.controller.state.command.command_status
    assert command_status.confirmed_w is not None and command_status.confirmed_w < -2500.0
    assert day.shown.operating_mode is OperatingMode.BACKUP
    await day.until(begin + 2 * HOUR)
    assert stands(day, Phase.IDLE)
    assert own is not None
    assert day.site.controller.owner_settings == own
    assert day.shown.operating_mode is own.operating_mode
    assert day.shown.backup_reserve_percent == own.backup_reserve_percent
    assert day.shown.grid_charging == own.grid_charging
    kinds = [decision.kind for decision in day.decisions]
    assert kinds[:2] == [DecisionKind.STARTED, DecisionKind.CONFIRMED]
    assert kinds[-1] is DecisionKind.RESTORED
    assert DecisionKind.RETRIED not in kinds
    # Nothing went by the other road.
    assert not day.cloud.requests.to(Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    assert [name for name, _ in tesla.written] == [
        "grid_import_export",
        "operation",
        "operation",
        "grid_import_export",
    ]


async def test_a_virtual_power_plant_outranks_us_like_a_storm(
    day: Day, integration: str, script: Script
) -> None:
    """The settings go back at once, nothing is written meanwhile, and the charge goes on after it."""
    own = day.shown
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(0.2)
    assert stands(day, Phase.RUNNING)
    world = day.cloud.world
    world.powerwall.meet(Circumstances(grid_services=True, forced_battery_w=4000.0))
    await day.run(0.15)
    suspension = day.site.controller.state.suspension
    assert suspension is not None and suspension.cause is SuspensionCause.GRID_SERVICES
    assert day.shown == own
    world.powerwall.meet(Circumstances())
    await day.run(0.3)
    assert stands(day, Phase.RUNNING)


async def test_a_refused_permission_is_a_reported_failure(
    day: Day, tesla: FakeTesla, integration: str, script: Script
) -> None:
    """Without the scope for commands nothing is in force, and nobody is asked for a token of ours."""
    own = day.shown
    tesla.refuse.update(operation=403, grid_import_export=403, backup=403)
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(0.5)
    assert day.shown == own
    failed = [each for each in day.decisions if each.kind is DecisionKind.FAILED]
    assert failed and failed[0].reason is DecisionReason.NOT_ACCEPTED
    assert failed[0].detail is not None and day.cloud.world.site_id not in failed[0].detail
    name = INTEGRATIONS[integration].name
    assert say_why(picture_of(day.site, dt_util.utcnow())).startswith(f"{name} refuses")
    issue = ir.async_get(day.hass).async_get_issue(
        DOMAIN, issue_id(day.site, SiteProblem.COMMANDS_REFUSED)
    )
    assert issue is not None and issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == name
    assert not day.hass.config_entries.flow.async_progress()


async def test_old_figures_written_again_are_no_readings(
    day: Day, tesla: FakeTesla, integration: str, script: Script
) -> None:
    """Where Tesla asks for quiet, `tesla_fleet` repeats what it knew: then nothing is proven by it."""
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin + HOUR / 2, begin + 3 * HOUR)
    await day.start()
    tesla.refuse.update(live_status=429)
    await day.run(0.75)
    assert not stands(day, Phase.RUNNING)
    assert not day.site.battery.last_update_success
    tesla.refuse.clear()
    await day.run(0.25)
    assert stands(day, Phase.RUNNING)


async def test_the_road_changes_in_the_middle_of_a_charge(
    day: Day, integration: str, script: Script
) -> None:
    """NetZero began it; the entities go on with it; the owner's settings are those from before."""
    own = day.shown
    begin = dt_util.utcnow()
    script.charge(begin, begin + 2 * HOUR)
    await day.start()
    await day.run(0.3)
    assert stands(day, Phase.RUNNING)
    through(day, integration)
    await day.settle()
    day.adopt()
    await day.run(0.3)
    assert stands(day, Phase.RUNNING)
    assert day.site.controller.owner_settings == replace(own, export_rule=None)
    await day.run(2)
    assert stands(day, Phase.IDLE)
    assert day.shown == own


async def test_the_road_changes_while_the_old_one_is_away(
    day: Day, integration: str, script: Script
) -> None:
    """What NetZero could not restored is restored by the entities."""
    own = day.shown
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.3)
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    script.lines.clear()
    through(day, integration)
    await day.settle()
    day.adopt()
    await day.run(0.3)
    assert stands(day, Phase.IDLE)
    assert day.shown == own


@pytest.mark.parametrize("with_solar", [False])
async def test_a_home_without_panels_charges_too(
    day: Day, integration: str, script: Script
) -> None:
    """It has neither switch nor export rule."""
    own = day.shown
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.4)
    assert stands(day, Phase.RUNNING)
    await day.run(1)
    assert stands(day, Phase.IDLE)
    assert day.shown.operating_mode is own.operating_mode
    assert day.shown.backup_reserve_percent == own.backup_reserve_percent
