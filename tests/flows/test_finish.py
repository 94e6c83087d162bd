"""The last page of set-up: what was found, and two questions about the first days."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.core import HomeAssistant

from ..cloud.server import Cloud
from ..languages import ENGLISH
from .test_config_flow import Flow, flow, pointed, to_tariff

HOME = ENGLISH.say("title.home")

__all__ = ["flow", "pointed"]

pytestmark = pytest.mark.usefixtures("pointed")


async def to_the_last_page(flow: Flow, cloud: Cloud) -> None:
    """Agile in region C, one plane."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.submit(region="c", export_tariff="agile_outgoing")
    plane = {"peak_kw": 4.2, "declination": 35, "azimuth": 180}
    await flow.submit(source="open_meteo", plane_1=plane)
    assert flow.result["step_id"] == "finish", flow.result


async def test_the_last_page_says_what_was_found(flow: Flow, cloud: Cloud) -> None:
    """The tariff by its name, both rates of now, the roof: to be compared with one's own app."""
    await to_the_last_page(flow, cloud)
    told = flow.result["description_placeholders"]
    assert told["import_tariff"].startswith("E-1R-AGILE")
    assert told["import_rate"].endswith(" p/kWh")
    assert told["export_rate"].endswith(" p/kWh")
    assert (told["roof_kw"], told["planes"]) == ("4.2", "1")


async def test_the_first_days_may_be_dry_and_a_phone_notified(
    hass: HomeAssistant, flow: Flow, cloud: Cloud
) -> None:
    """Nothing is set up before the page is confirmed; what is chosen there holds."""
    await to_the_last_page(flow, cloud)
    assert not hass.config_entries.async_entries("smart_battery_scheduler")
    result = await flow.submit(dry_run=True, notify_entities=["notify.phone"], daily_digest=True)
    assert flow.result["type"] == "create_entry", result
    (entry,) = hass.config_entries.async_entries("smart_battery_scheduler")
    assert entry.options["dry_run"] is True
    assert entry.options["notify_entities"] == ["notify.phone"]
    assert entry.options["daily_digest"] is True
    assert entry.runtime_data.preferences.dry_run


async def test_a_second_home_gets_another_name_and_the_last_page_can_be_seen_again(
    hass: HomeAssistant, flow: Flow, cloud: Cloud
) -> None:
    """Two homes are told apart by voice; whoever comes back to the page finds it as it was."""
    MockConfigEntry(domain=DOMAIN, title=HOME, unique_id="another").add_to_hass(hass)
    await to_the_last_page(flow, cloud)
    shown = flow.result["description_placeholders"]
    flow.result = await hass.config_entries.flow.async_configure(flow.result["flow_id"])
    assert flow.result["step_id"] == "finish"
    assert flow.result["description_placeholders"] == shown
    await flow.submit()
    assert flow.result["title"] == f"{HOME} 2"
