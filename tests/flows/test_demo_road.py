"""The demo home can be set to each road to a Powerwall, and its battery does what that road can."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .test_config_flow import Flow

NIGHT = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)
READ_EVERY = timedelta(seconds=30)


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """The demo home of a night without sun."""
    freezer.move_to(NIGHT)
    entry = MockConfigEntry(
        domain=DOMAIN, title="Demo home", data={"kind": "demo"}, options={"dashboard": False}
    )
    entry.add_to_hass(hass)
    return entry


async def reconfigured(hass: HomeAssistant, entry: MockConfigEntry, road: str) -> None:
    """Answer the one question."""
    flow = Flow(hass)
    flow.result = await entry.start_reconfigure_flow(hass)
    assert flow.result["step_id"] == "demo_road"
    await flow.answer(demo_road=road)
    assert flow.result["type"] is FlowResultType.ABORT
    assert flow.result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED


async def minutes(hass: HomeAssistant, freezer: FrozenDateTimeFactory, count: int) -> None:
    """Let so many minutes pass, a reading apart."""
    for _ in range(count * 2):
        freezer.tick(READ_EVERY)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("road", "power_w", "free_reading_every"),
    [
        ("netzero", -3300.0, None),
        ("home_assistant", -3300.0, READ_EVERY),
        ("power_setpoints", -5000.0, READ_EVERY),
    ],
)
async def test_a_fast_charge_is_as_fast_as_the_road(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    road: str,
    power_w: float,
    free_reading_every: timedelta | None,
) -> None:
    """By the simulated battery's own power; the battery goes on over the change."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = entry.runtime_data.battery.data.soc_percent
    await reconfigured(hass, entry, road)
    site: Site = entry.runtime_data
    assert site.battery.data.soc_percent == pytest.approx(before, abs=1)
    assert site.controller._powerwall.capabilities.free_reading_every == free_reading_every
    target = {"entity_id": "switch.demo_home_charge_now"}
    await hass.services.async_call("switch", "turn_on", target, blocking=True)
    await minutes(hass, freezer, 4)
    assert site.battery.data.battery_power_w == pytest.approx(power_w, abs=1)


async def test_a_demo_home_that_is_not_loaded_starts_with_its_new_road(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """As after any answer of a form."""
    await reconfigured(hass, entry, "power_setpoints")
    assert entry.data["demo_road"] == "power_setpoints"
