"""Repair notices with fix flows, and the button that forgets."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any, cast

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import Phase
from custom_components.smart_battery_scheduler.frontend.live import live_state
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.problems.site_problems import SiteProblem
from custom_components.smart_battery_scheduler.repairs import async_create_fix_flow
from custom_components.smart_battery_scheduler.text.speech import say_status
from custom_components.smart_battery_scheduler.text.status import picture_of, token_refused
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)
TRANSLATIONS = Path(__file__).parents[2] / f"custom_components/{DOMAIN}/translations/en.json"


def issue(day: Day, problem: SiteProblem) -> ir.IssueEntry | None:
    """A repair notice of the home."""
    return ir.async_get(day.hass).async_get_issue(DOMAIN, f"{day.entry.entry_id}_{problem}")


async def fix(day: Day, problem: SiteProblem) -> None:
    """What a person does: confirm the notice's dialogue."""
    notice = issue(day, problem)
    assert notice is not None
    flow = await async_create_fix_flow(day.hass, notice.issue_id, notice.data)
    flow.hass, flow.handler, flow.issue_id = day.hass, DOMAIN, notice.issue_id
    form = await flow.async_step_init()  # type: ignore[attr-defined]  # its first step
    assert form["type"] == "form"
    assert form["description_placeholders"] == notice.translation_placeholders
    done = await flow.async_step_confirm({})  # type: ignore[attr-defined]  # the only step
    assert done["type"] == "create_entry"
    await day.settle()


async def test_ignored_commands_are_tried_again_by_the_fix(day: Day, script: Script) -> None:
    """Confirmed: control goes on at once, and the notice is gone once the battery follows."""
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE)
    script.charge(dt_util.utcnow(), dt_util.utcnow() + 3 * HOUR)
    await day.start()
    await day.run(0.5)
    day.cloud.faults.clear()
    await fix(day, SiteProblem.COMMANDS_IGNORED)
    await day.run(0.1)
    assert issue(day, SiteProblem.COMMANDS_IGNORED) is None
    assert day.shown != day.cloud.world.scenario.settings


async def test_late_rates_are_asked_for_again_by_the_fix(day: Day) -> None:
    """From 22:00 local, until they are there."""
    day.cloud.faults.add(Fault.UNPUBLISHED, Endpoint.RATES)
    day.freezer.tick(21.8 * HOUR)
    await day.start()
    assert issue(day, SiteProblem.RATES_LATE) is None
    await day.run(0.4)
    assert issue(day, SiteProblem.RATES_LATE) is not None
    day.cloud.faults.clear()
    await fix(day, SiteProblem.RATES_LATE)
    assert issue(day, SiteProblem.RATES_LATE) is None


async def test_a_tariff_that_ended_is_reported_until_rates_come_again(day: Day) -> None:
    """Rates that ended hours ago, while Octopus answers: an agreement has run out."""
    ends = dt_util.utcnow() + HOUR
    day.cloud.faults.add(Fault.UNPUBLISHED, Endpoint.RATES, detail=ends.isoformat())
    await day.start()
    await day.run(2.5)
    assert issue(day, SiteProblem.TARIFF_ENDED) is None
    await day.run(0.7)
    assert issue(day, SiteProblem.TARIFF_ENDED) is not None
    day.cloud.faults.clear()
    await fix(day, SiteProblem.TARIFF_ENDED)
    assert issue(day, SiteProblem.TARIFF_ENDED) is None


async def fix_in_vain(day: Day, problem: SiteProblem) -> None:
    """Confirm the dialogue as the page of repairs does: at its end the notice is deleted."""
    assert await async_setup_component(day.hass, "repairs", {})
    manager = day.hass.data["repairs"]["flow_manager"]
    notice = issue(day, problem)
    assert notice is not None
    form = await manager.async_init(DOMAIN, data={"issue_id": notice.issue_id})
    done = await manager.async_configure(form["flow_id"], {})
    assert done["type"] == "create_entry"
    await day.settle()


@pytest.mark.parametrize("problem", [SiteProblem.RATES_LATE, SiteProblem.TARIFF_ENDED])
async def test_a_notice_closed_by_its_fix_comes_again_while_its_cause_lasts(
    day: Day, problem: SiteProblem
) -> None:
    """Nobody has to remember what the dialogue could not mend."""
    late = problem is SiteProblem.RATES_LATE
    ends = None if late else (dt_util.utcnow() + HOUR).isoformat()
    day.cloud.faults.add(Fault.UNPUBLISHED, Endpoint.RATES, detail=ends)
    day.freezer.tick((22.2 if late else 0.1) * HOUR)
    await day.start()
    await day.run(0.1 if late else 3.2)
    await fix_in_vain(day, problem)
    await day.run(0.1)
    assert issue(day, problem) is not None
    day.cloud.faults.clear()
    await fix_in_vain(day, problem)
    await day.run(0.1)
    assert issue(day, problem) is None


async def test_the_request_for_a_token_is_not_lost(day: Day) -> None:
    """Closed by somebody, it comes again while the token is refused."""
    await day.start()
    day.cloud.faults.add(Fault.UNAUTHORISED, Endpoint.NETZERO_READ)
    flows = day.hass.config_entries.flow
    await day.run(0.5)
    (asked,) = flows.async_progress()
    assert asked["step_id"] == "reauth_confirm"
    flows.async_abort(asked["flow_id"])
    await day.run(0.5)
    assert [flow["step_id"] for flow in flows.async_progress()] == ["reauth_confirm"]


async def test_the_dashboard_is_there_though_its_home_cannot_start_yet(day: Day) -> None:
    """Home Assistant starts while the cloud is down: the page says so instead of being missing."""
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.start(dashboard=True)
    assert not day.is_loaded()
    assert "battery-plan" in day.hass.data["frontend_panels"]


async def test_another_controller_is_reported_when_it_keeps_changing_settings(
    day: Day, script: Script
) -> None:
    """Once is a person; two fights in a day are enough. A person's word ends it."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 8 * HOUR)
    await day.start()
    await day.run(0.2)
    for reserve in (37, 38):
        assert issue(day, SiteProblem.ANOTHER_CONTROLLER) is None
        assert day.phase is Phase.RUNNING
        day.cloud.world.powerwall.set_in_app(Settings(backup_reserve_percent=reserve))
        await day.run(1.3)
    assert issue(day, SiteProblem.ANOTHER_CONTROLLER) is not None
    day.cloud.requests.clear()
    day.cloud.world.powerwall.set_in_app(Settings(backup_reserve_percent=40))
    await day.run(2)
    assert not day.cloud.requests.writes
    await fix(day, SiteProblem.ANOTHER_CONTROLLER)
    assert issue(day, SiteProblem.ANOTHER_CONTROLLER) is None
    await day.run(0.2)
    assert day.phase is Phase.RUNNING


async def test_notices_leave_with_the_home(day: Day, script: Script) -> None:
    """Unloaded, nothing of it is left."""
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE)
    script.charge(dt_util.utcnow(), dt_util.utcnow() + 3 * HOUR)
    await day.start()
    await day.run(0.5)
    assert issue(day, SiteProblem.COMMANDS_IGNORED) is not None
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    assert issue(day, SiteProblem.COMMANDS_IGNORED) is None


async def test_a_fix_for_a_home_that_is_gone_says_so(hass: HomeAssistant) -> None:
    """No home, nothing to try."""
    data: dict[str, str | int | float | None] = {"entry_id": "gone", "trouble": "rates_late"}
    flow = await async_create_fix_flow(hass, "x", data)
    flow.hass = hass
    result = await flow.async_step_confirm({})  # type: ignore[attr-defined]  # the only step
    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_a_notice_that_is_not_ours_is_refused(hass: HomeAssistant) -> None:
    """Only what carries our data has a fix."""
    with pytest.raises(ValueError, match="no fix"):
        await async_create_fix_flow(hass, "x", None)


@pytest.mark.parametrize("problem", list(SiteProblem))
def test_every_notice_has_its_text(problem: SiteProblem) -> None:
    """A title, and a dialogue or a description."""
    texts = json.loads(TRANSLATIONS.read_text(encoding="utf-8"))["issues"][problem]
    assert texts["title"]
    assert texts.get("description") or texts["fix_flow"]["step"]["confirm"]["description"]


async def test_a_refused_token_is_not_called_a_lost_contact(day: Day) -> None:
    """By the card, by voice and as the home itself knows it."""
    await day.start()
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.run(0.2)
    assert not token_refused(day.site)
    assert "token_refused" not in cast(
        dict[str, Any], live_state(day.site, dt_util.utcnow())["now"]
    )
    assert "There is no contact" in say_status(picture_of(day.site, dt_util.utcnow()))
    day.cloud.faults.clear()
    day.cloud.faults.add(Fault.UNAUTHORISED, Endpoint.NETZERO_READ)
    await day.run(0.2)
    assert token_refused(day.site)
    assert cast(dict[str, Any], live_state(day.site, dt_util.utcnow())["now"])["token_refused"]
    assert "NetZero refuses the token" in say_status(picture_of(day.site, dt_util.utcnow()))
