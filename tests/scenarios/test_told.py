"""What a person is told where nobody else would know: at removal, while idle, at a half-hour's edge."""

from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import Phase
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.problems.site_problems import SiteProblem
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script
from .test_repairs import issue

HOUR = timedelta(hours=1)
CHARGE_LEFT_BEHIND = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)


def removal_notice(day: Day) -> ir.IssueEntry | None:
    """What removing the home has left to be read."""
    return ir.async_get(day.hass).async_get_issue(
        DOMAIN, f"{day.entry.entry_id}_removed_owner_unknown"
    )


async def test_removal_while_it_is_unknown_whose_settings_stand_says_so(day: Day) -> None:
    """A charge may go on of which no record is left: told, with what is in force, and nothing written."""
    day.cloud.world.powerwall.set_in_app(CHARGE_LEFT_BEHIND)
    await day.start()
    assert issue(day, SiteProblem.OWNER_UNKNOWN) is not None
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    await day.settle()
    notice = removal_notice(day)
    assert notice is not None and notice.translation_placeholders is not None
    assert "Backup" in notice.translation_placeholders["in_force"]
    assert notice.is_persistent
    assert not day.cloud.requests.writes


@pytest.mark.parametrize("away", [False, True])
async def test_removal_of_a_home_at_rest_says_nothing(day: Day, away: bool) -> None:
    """Its settings are the owner's; nor is anything suspected where the cloud is away."""
    await day.start()
    if away:
        day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    await day.settle()
    assert removal_notice(day) is None


async def test_lost_contact_is_notified_while_nothing_is_in_force_too(day: Day) -> None:
    """Nothing of ours is active, yet *Problem* is on and the battery is unavailable until it is back."""
    await day.start()
    await day.run(0.2)
    assert day.phase is Phase.IDLE
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.run(0.3)
    level = day.hass.states.get("sensor.home_battery_charge_level")
    state = day.hass.states.get("binary_sensor.home_battery_problem")
    assert level is not None and level.state == "unavailable"
    assert state is not None and state.state == "on"
    day.cloud.faults.clear()
    await day.run(0.2)
    state = day.hass.states.get("binary_sensor.home_battery_problem")
    assert state is not None and state.state == "off"


async def test_entities_show_the_new_half_hour_before_a_write_is_awaited(
    day: Day, script: Script
) -> None:
    """The write hangs at the edge: the rate is that of the new half-hour all the same."""
    edge = floor_slot(dt_util.utcnow()) + 2 * SLOT
    script.charge(edge, edge + HOUR)
    await day.start()
    await day.until(edge - timedelta(minutes=1))
    rates = day.site.rates.data.imports
    before, after = rates.at(edge - SLOT), rates.at(edge)
    assert before is not None and after is not None and before.p_per_kwh != after.p_per_kwh
    seen: list[str] = []

    async def hang(*_: object, **__: object) -> None:
        state = day.hass.states.get("sensor.home_battery_current_rate")
        assert state is not None
        seen.append(state.state)
        raise TimeoutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(day.site.controller, "_write", hang)
        patch.setattr(day.site.controller, "_schedule_wake", lambda: None)
        day.freezer.tick(edge - dt_util.utcnow() + timedelta(seconds=1))
        with pytest.raises(TimeoutError):
            await day.site._slot_edge(dt_util.utcnow())
    assert [float(each) for each in seen] == [pytest.approx(after.p_per_kwh / 100)]
