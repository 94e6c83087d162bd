"""A demo home whose plan and clock a test sets as it needs them."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.const import CONF_KIND, DOMAIN, KIND_DEMO
from custom_components.smart_battery_scheduler.planner.model import Action, Plan
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from ..plans import a_plan, a_slot

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


@pytest.fixture
def frozen(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """An evening in winter: local time is UTC."""
    freezer.move_to(NOW)
    return freezer


async def a_demo_site(hass: HomeAssistant, title: str) -> Site:
    """Set up one demo home."""
    entry = MockConfigEntry(
        domain=DOMAIN, title=title, unique_id=title, data={CONF_KIND: KIND_DEMO}
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    site: Site = entry.runtime_data
    return site


@pytest.fixture
async def site(hass: HomeAssistant, frozen: FrozenDateTimeFactory) -> Site:
    """The only home."""
    await hass.config.async_set_time_zone("Europe/London")
    assert await async_setup_component(hass, "homeassistant", {})
    return await a_demo_site(hass, "Demo home")


@pytest.fixture
async def other_site(hass: HomeAssistant, site: Site) -> Site:
    """A second home."""
    return await a_demo_site(hass, "Other home")


def device_id_of(hass: HomeAssistant, site: Site) -> str:
    """The device that stands for a home."""
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), site.entry.entry_id)
    return device.id


def plan_of(*actions: Action, start: datetime = NOW) -> Plan:
    """A plan of half-hours with these actions."""
    return a_plan(
        *(a_slot(start + timedelta(minutes=30) * i, action) for i, action in enumerate(actions))
    )
