"""A charge by watts on the LAN, its settings read through a core integration."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import Phase
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances
from custom_components.smart_battery_scheduler.powerwall.simulated import SimulatedSetpoint
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from ..powerwall.teslemetry_site import TeslemetrySite
from ..scenarios.conftest import Script, script
from .fake_tesla import FakeTesla
from .test_core_integrations import HOUR, stands, through

__all__ = ["script"]


@pytest.fixture
def lan(hass: HomeAssistant, day: Day) -> Iterator[TeslemetrySite]:
    """The home's gateway, paired with Teslemetry."""
    world = day.cloud.world
    site = TeslemetrySite(hass, world.site_id, gateway=SimulatedSetpoint(world.powerwall))
    yield site
    site.unload()


async def charging(day: Day, integration: str, script: Script, hours: float = 2.0) -> None:
    """A charge that runs, with power setpoints on."""
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin, begin + hours * HOUR)
    await day.start(power_setpoints=True)
    await day.run(0.2)
    assert stands(day, Phase.RUNNING)


def battery_w(day: Day) -> float:
    """The battery's power now."""
    power_w = day.cloud.world.powerwall.reading().battery_power_w
    assert power_w is not None
    return power_w


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_a_charge_runs_at_5_kw_and_no_mode_is_ever_set(
    day: Day, tesla: FakeTesla, integration: str, lan: TeslemetrySite, script: Script
) -> None:
    """Delivered within 2 % of 5 kW for its hour; the settings were the owner's all the time."""
    own = day.shown
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin + HOUR / 2, begin + 3 * HOUR / 2)
    await day.start(power_setpoints=True)
    day.cloud.world.powerwall.set_soc(10.0)
    await day.until(begin + HOUR / 2)
    before = day.cloud.world.powerwall.state.meters
    await day.until(begin + HOUR)
    assert stands(day, Phase.RUNNING)
    assert battery_w(day) == pytest.approx(-5000.0)
    assert day.shown.operating_mode is own.operating_mode
    await day.until(begin + 3 * HOUR / 2)
    delivered_kwh = day.cloud.world.powerwall.state.meters.charged_kwh - before.charged_kwh
    assert delivered_kwh == pytest.approx(5.0, rel=0.02)
    await day.run(0.1)
    assert stands(day, Phase.IDLE)
    assert battery_w(day) >= 0.0
    assert day.shown == own
    assert "operation" not in [name for name, _ in tesla.written]
    gaps = [call[1]["duration"] for call in lan.calls if call[0] == "dispatch_battery_power"]
    assert max(gaps) <= 120


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_when_we_die_the_owner_has_the_battery_within_two_minutes(
    day: Day, tesla: FakeTesla, integration: str, lan: TeslemetrySite, script: Script
) -> None:
    """The entry is gone, its cloud unreachable, the gateway deaf: nothing of ours is needed."""
    await charging(day, integration, script)
    lan.error = HomeAssistantError(translation_key="local_command_failed")
    tesla.refuse.update(operation=500, backup=500, grid_import_export=500)
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    day.freezer.tick(timedelta(seconds=121))
    assert battery_w(day) >= 0.0
    assert day.shown.operating_mode is OperatingMode.SELF_POWERED


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_a_restart_goes_on_with_the_charge(
    day: Day, integration: str, lan: TeslemetrySite, script: Script
) -> None:
    """And takes nobody for a stranger."""
    await charging(day, integration, script)
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    await day.settle()
    day.adopt()
    await day.run(0.2)
    assert stands(day, Phase.RUNNING)
    assert day.site.controller.state.suspension is None
    assert battery_w(day) == pytest.approx(-5000.0)


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_a_gateway_that_knows_no_watts_gets_backup_mode(
    day: Day, integration: str, lan: TeslemetrySite, script: Script
) -> None:
    """The charge goes through all the same."""
    lan.error = HomeAssistantError(translation_key="local_command_not_supported")
    await charging(day, integration, script)
    assert day.shown.operating_mode is OperatingMode.BACKUP
    assert battery_w(day) == pytest.approx(-3300.0)


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_a_gateway_that_goes_deaf_in_the_middle_gets_backup_mode(
    day: Day, integration: str, lan: TeslemetrySite, script: Script
) -> None:
    """Not seen in the power any more, so it is tried again and then in another way."""
    await charging(day, integration, script, hours=4.0)
    lan.error = HomeAssistantError(translation_key="local_command_failed")
    await day.run(1)
    assert battery_w(day) < -1500.0
    assert day.site.controller.state.suspension is None


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
@pytest.mark.parametrize(
    "circumstances", [Circumstances(storm_watch=True), Circumstances(on_grid=False)]
)
async def test_storm_and_outage_end_it(
    day: Day, integration: str, lan: TeslemetrySite, script: Script, circumstances: Circumstances
) -> None:
    """And nothing is asked for meanwhile."""
    await charging(day, integration, script, hours=4.0)
    day.cloud.world.powerwall.meet(circumstances)
    await day.run(0.1)
    assert stands(day, Phase.SUSPENDED)
    lan.calls.clear()
    await day.run(0.5)
    assert not [call for call in lan.calls if call[0] == "dispatch_battery_power"]


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_they_are_off_until_they_are_switched_on(
    day: Day, integration: str, lan: TeslemetrySite, script: Script
) -> None:
    """Paired or not."""
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.3)
    assert stands(day, Phase.RUNNING)
    assert lan.calls == []
    assert day.shown.operating_mode is OperatingMode.BACKUP
