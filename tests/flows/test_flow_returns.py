"""Pages of the flows that are come back to: a token that died, a changed home, an error put right."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import Mock

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.flows import tariff as tariff_flow
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState
from homeassistant.core import HomeAssistant

from ..cloud.faults import Endpoint, Fault
from ..cloud.octopus import account_body
from ..cloud.server import Cloud
from ..cloud.world import API_KEY
from ..days.stage import site_entry
from .test_config_flow import Flow, credentials, flow, pointed, to_tariff
from .test_tariff import LONG_AGO

__all__ = ["flow", "pointed"]

pytestmark = pytest.mark.usefixtures("pointed")
WRONG_TOKEN = "WrongTokenWrongTokenWrongTokenWrongToken"


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: Cloud) -> MockConfigEntry:
    """A home that runs."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def reconfigured(hass: HomeAssistant, entry: MockConfigEntry) -> Flow:
    """A flow at the Powerwall's page of *Reconfigure*."""
    flow = Flow(hass)
    flow.result = await entry.start_reconfigure_flow(hass)
    assert flow.result["menu_options"] == ["netzero", "tariff", "solar"]
    await flow.choose("netzero")
    return flow


def suggested(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a form is filled in with."""
    return {
        str(key): key.description["suggested_value"]
        for key in result["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }


async def test_a_new_token_and_more_units(hass: HomeAssistant, cloud: Cloud) -> None:
    """The site and the units are filled in, the token is not; the home takes over the change."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    flow = await reconfigured(hass, entry)
    assert suggested(flow.result) == {"site_id": cloud.world.site_id, "units": 1}
    result = await flow.answer(**credentials(cloud, units=2))
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["units"] == 2
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.units == 2


async def test_another_site_is_another_home(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """What was learned of one battery must not go on with another."""
    flow = await reconfigured(hass, entry)
    before = dict(entry.data)
    cloud.world.site_id = "9876543210987654"
    result = await flow.answer(**credentials(cloud))
    assert result["reason"] == "wrong_site"
    assert dict(entry.data) == before


async def test_a_dead_token_is_replaced(hass: HomeAssistant, cloud: Cloud) -> None:
    """A wrong one is named; with the right one the home, which could not start, does."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    flow = Flow(hass)
    flow.result = await entry.start_reauth_flow(hass)
    assert flow.result["step_id"] == "reauth_confirm"
    result = await flow.answer(token=WRONG_TOKEN)
    assert result["errors"] == {"base": "invalid_auth"}
    cloud.world.token = "AnotherTokenAnotherTokenAnotherToken1234"
    result = await flow.answer(token=f" {cloud.world.token} ")
    assert result["reason"] == "reauth_successful"
    assert entry.data["token"] == cloud.world.token
    assert entry.state is ConfigEntryState.LOADED


async def test_a_wrong_octopus_key_is_named(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """And the same page then takes the right one."""
    tariff = {**entry.data["tariff"], "account_number": "A-1234ABCD", "api_key": API_KEY}
    hass.config_entries.async_update_entry(entry, data={**entry.data, "tariff": tariff})
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = Flow(hass)
    flow.result = await entry.start_reauth_flow(hass, data={"reauth": "octopus"})
    assert flow.result["step_id"] == "reauth_octopus"
    result = await flow.answer(api_key="x")
    assert result["errors"] == {"api_key": "api_key_form"}


async def test_an_address_without_rates_is_named(flow: Flow, cloud: Cloud) -> None:
    """The other address can still be chosen."""
    cloud.octopus.account = account_body((("E-1R-NOBODY-KNOWS-24-C", LONG_AGO, None),), sites=2)
    await to_tariff(flow, cloud)
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    options = result["data_schema"].schema["property"].config["options"]
    result = await flow.answer(property=options[0]["value"])
    assert result["errors"] == {"base": "tariff_unknown"}
    cloud.octopus.account = account_body(sites=2)
    await flow.answer(property=options[1]["value"])
    assert flow.result["step_id"] in {"property", "solar"}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR_PAGE, Fault.DISCONNECT])
async def test_a_postcode_that_cannot_be_looked_up(flow: Flow, cloud: Cloud, fault: Fault) -> None:
    """It is not the postcode's fault; the region can be chosen instead."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    cloud.faults.add(fault, *Endpoint)
    result = await flow.answer(postcode="SW1A 1AA", export_tariff="none")
    assert result["errors"] == {"base": "octopus_unreachable"}


async def test_the_source_of_a_page_is_reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Home Assistant lists the flow as what it is."""
    flow = await reconfigured(hass, entry)
    (running,) = hass.config_entries.flow.async_progress()
    assert running["flow_id"] == flow.result["flow_id"]
    assert running["context"]["source"] == SOURCE_RECONFIGURE


async def test_a_home_that_fails_is_tried_again_with_the_same_token(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    """Nothing differs, and yet it starts: the token was right, NetZero was away."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    flow = await reconfigured(hass, entry)
    before = dict(entry.data)
    result = await flow.answer(**credentials(cloud))
    assert result["reason"] == "reconfigure_successful"
    assert dict(entry.data) == before
    assert entry.state is ConfigEntryState.LOADED


async def test_a_running_home_reloads_itself_once(hass: HomeAssistant) -> None:
    """The change is seen by the home; the flow does not order a second reload."""
    entry = MockConfigEntry(domain=DOMAIN, title="Demo home", data={"kind": "demo", "units": 1})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.supported_subentry_types == {}
    first = entry.runtime_data
    flow = Flow(hass)
    flow.result = await entry.start_reconfigure_flow(hass)
    assert flow.result["step_id"] == "demo_road"
    assert entry.runtime_data is first
    await flow.answer(demo_road="home_assistant")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data is not first


async def test_a_postcode_of_several_regions(
    flow: Flow, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them is a question, not a guess."""

    async def several(*_: object) -> list[str]:
        return ["A", "C"]

    monkeypatch.setattr(tariff_flow, "async_regions_of", several)
    await to_tariff(flow, cloud)
    await flow.choose("region")
    result = await flow.answer(postcode="SW1A 1AA", export_tariff="none")
    assert result["errors"] == {"region": "postcode_several"}
    await flow.answer(region="c", export_tariff="none")
    assert flow.result["step_id"] == "solar"


async def test_no_price_entity_is_named(flow: Flow, cloud: Cloud) -> None:
    """At its field."""
    await to_tariff(flow, cloud)
    await flow.choose("rate_entities")
    result = await flow.answer(rate_entities=[], export_entities=[])
    assert result["errors"] == {"rate_entities": "entity_missing"}


async def test_a_running_home_takes_over_more_units(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home sees the change by itself: the flow does not order a second reload."""
    reloads = Mock(wraps=hass.config_entries.async_schedule_reload)
    monkeypatch.setattr(hass.config_entries, "async_schedule_reload", reloads)
    flow = await reconfigured(hass, entry)
    result = await flow.answer(**credentials(cloud, units=3))
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["units"] == 3
    assert reloads.call_count <= 1


async def test_a_forecast_needs_a_roof(flow: Flow, cloud: Cloud) -> None:
    """Without a plane there is nothing to ask for; with one the same page succeeds."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.answer(region="c", export_tariff="none")
    result = await flow.answer(source="open_meteo", plane_1={}, plane_2={})
    assert result["errors"] == {"base": "plane_needed"}
    await flow.answer(
        source="open_meteo", plane_1={"peak_kw": 4, "declination": 35, "azimuth": 180}, plane_2={}
    )
    assert flow.result["result"].state is ConfigEntryState.LOADED


async def test_the_options_are_offered(hass: HomeAssistant, cloud: Cloud) -> None:
    """Whether the home runs or not."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert "planning" in result["menu_options"]


async def test_a_key_is_asked_for_where_no_account_number_is_known(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """The account is found by the new key, as at set-up."""
    tariff = {**entry.data["tariff"], "api_key": API_KEY}
    tariff.pop("account_number", None)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "tariff": tariff})
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = Flow(hass)
    flow.result = await entry.start_reauth_flow(hass, data={"reauth": "octopus"})
    result = await flow.answer(api_key=API_KEY)
    assert result["reason"] == "reauth_successful"
