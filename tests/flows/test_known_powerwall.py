"""The Powerwall that Home Assistant already knows: offered by name, taken without typing anything."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..cloud.server import Cloud
from ..days.stage import site_entry
from ..powerwall.tesla_site import STORED, TeslaSite
from .test_config_flow import Flow, credentials, pointed

__all__ = ["pointed"]

pytestmark = pytest.mark.usefixtures("pointed")


@pytest.fixture
def site(hass: HomeAssistant, freezer: FrozenDateTimeFactory, cloud: Cloud) -> TeslaSite:
    """Known to Tesla Fleet, and the same site that NetZero shows."""
    return TeslaSite(hass, freezer, site_id=cloud.world.site_id)


async def begun(hass: HomeAssistant) -> Flow:
    """A flow at its first page."""
    flow = Flow(hass)
    await flow.begin()
    return flow


async def finished(flow: Flow) -> MockConfigEntry:
    """Through tariff and sun."""
    await flow.choose("region")
    await flow.answer(region="c", export_tariff="none")
    await flow.answer(source="none")
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    entry: MockConfigEntry = flow.result["result"]
    return entry


def silence(site: TeslaSite) -> None:
    """Let the integration be away."""
    for kind in site._kinds:
        site.show(kind, "unavailable")


async def test_a_known_powerwall_is_offered_by_name_and_needs_no_field(
    hass: HomeAssistant, site: TeslaSite
) -> None:
    """First in the menu; three units follow from 40.7 kWh; a plan is there at the end."""
    flow = await begun(hass)
    assert flow.result["menu_options"] == ["known", "netzero", "demo"]
    assert flow.result["description_placeholders"] == {"known": "Long Barn (Tesla Fleet)"}
    await flow.choose("known")
    assert flow.result["step_id"] == "tariff"
    entry = await finished(flow)
    assert entry.unique_id == site.site_id
    assert {key: entry.data[key] for key in ("kind", "integration", "site_id", "units")} == {
        "kind": "home_assistant",
        "integration": "tesla_fleet",
        "site_id": site.site_id,
        "units": 3,
    }
    assert "token" not in entry.data
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.planner.data is not None


async def test_nothing_known_nothing_offered(hass: HomeAssistant) -> None:
    """NetZero and the demo home stay."""
    flow = await begun(hass)
    assert flow.result["menu_options"] == ["netzero", "demo"]


async def test_units_are_asked_for_where_no_reading_tells_them(
    hass: HomeAssistant, site: TeslaSite
) -> None:
    """`teslemetry` has no figure of the battery's energy."""
    site.show(STORED, "unknown")
    flow = await begun(hass)
    await flow.choose("known")
    assert flow.result["step_id"] == "units"
    await flow.answer(units=2)
    assert flow.result["step_id"] == "tariff"
    assert (await finished(flow)).data["units"] == 2


async def test_several_are_chosen_from_by_name_and_a_silent_one_is_named(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: TeslaSite
) -> None:
    """The same page then takes another."""
    other = TeslaSite(hass, freezer, platform="tessie", site_id="22525", name="Abbey")
    flow = await begun(hass)
    assert flow.result["description_placeholders"] == {
        "known": "Abbey (Tessie), Long Barn (Tesla Fleet)"
    }
    await flow.choose("known")
    silence(other)
    result = await flow.answer(known_site=f"tessie:{other.site_id}")
    assert result["errors"] == {"base": "known_silent"}
    await flow.answer(known_site=f"tesla_fleet:{site.site_id}")
    assert flow.result["step_id"] == "tariff"


async def test_one_that_is_silent_can_be_tried_again(hass: HomeAssistant, site: TeslaSite) -> None:
    """Once its integration works."""
    silence(site)
    flow = await begun(hass)
    await flow.choose("known")
    assert flow.result["errors"] == {"base": "known_silent"}
    site.fetch()
    await flow.answer(known_site=f"tesla_fleet:{site.site_id}")
    assert flow.result["step_id"] == "tariff"


async def test_one_that_vanishes_meanwhile_ends_the_flow(
    hass: HomeAssistant, site: TeslaSite
) -> None:
    """Its integration was removed with the menu open."""
    flow = await begun(hass)
    await hass.config_entries.async_remove(site._entry.entry_id)
    await flow.choose("known")
    assert flow.result["reason"] == "no_known_site"


async def test_a_site_that_has_its_home_is_not_offered_again(
    hass: HomeAssistant, site: TeslaSite, cloud: Cloud
) -> None:
    """Two schedulers on one battery would fight."""
    site_entry(cloud).add_to_hass(hass)
    flow = await begun(hass)
    assert flow.result["menu_options"] == ["netzero", "demo"]


async def running(hass: HomeAssistant, cloud: Cloud) -> tuple[MockConfigEntry, Any]:
    """A home on NetZero, and what it has learned."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry, entry.runtime_data


async def reconfigured(hass: HomeAssistant, entry: MockConfigEntry) -> Flow:
    """A flow at the menu of *Reconfigure*."""
    flow = Flow(hass)
    flow.result = await entry.start_reconfigure_flow(hass)
    return flow


async def test_a_running_home_changes_its_road_and_keeps_what_it_learned(
    hass: HomeAssistant, site: TeslaSite, cloud: Cloud
) -> None:
    """There and back; the token is not kept where it is not needed."""
    entry, before = await running(hass, cloud)
    measured, options, tariff = before.measurements.slots, dict(entry.options), entry.data["tariff"]
    flow = await reconfigured(hass, entry)
    assert flow.result["menu_options"] == ["known", "netzero", "tariff", "solar"]
    await flow.choose("known")
    assert flow.result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["kind"] == "home_assistant"
    assert "token" not in entry.data
    assert entry.data["tariff"] == tariff
    assert dict(entry.options) == options
    after = entry.runtime_data
    assert after is not before
    assert after.measurements.slots[: len(measured)] == measured
    assert after.battery.data.soc_percent == 95.5
    flow = await reconfigured(hass, entry)
    assert flow.result["menu_options"] == ["netzero", "tariff", "solar"]
    await flow.choose("netzero")
    # The budget of a minute knows of the first home's requests.
    site.later(minutes=2)
    result = await flow.answer(**credentials(cloud))
    assert result.get("reason") == "reconfigure_successful", result.get("errors")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data["kind"] == "netzero"
    assert "integration" not in entry.data
    assert entry.state is ConfigEntryState.LOADED


async def test_only_the_same_site_is_another_road_to_it(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, cloud: Cloud
) -> None:
    """What was learned of one battery must not go on with another."""
    TeslaSite(hass, freezer, site_id="999", name="Somewhere else")
    entry, _ = await running(hass, cloud)
    flow = await reconfigured(hass, entry)
    assert flow.result["menu_options"] == ["netzero", "tariff", "solar"]


async def test_a_home_waits_for_an_integration_that_starts_later(
    hass: HomeAssistant, site: TeslaSite
) -> None:
    """Home Assistant tries again by itself."""
    flow = await begun(hass)
    await flow.choose("known")
    entry = await finished(flow)
    silence(site)
    await hass.config_entries.async_reload(entry.entry_id)
    waiting = entry.state
    assert waiting is ConfigEntryState.SETUP_RETRY
    site.fetch()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
