"""The options page of the house load."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.flows.load import likely_cars
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant

from .test_load_history import dashboard, keep


class Page:
    """The page as a person sees it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """A home whose options hold something else too."""
        self.hass = hass
        self.entry = MockConfigEntry(
            domain=DOMAIN, data={"kind": "netzero"}, options={"dry_run": True}
        )
        self.entry.add_to_hass(hass)
        self.result: Mapping[str, Any] = {}

    async def open(self) -> None:
        """Choose the page from the menu."""
        flows = self.hass.config_entries.options
        self.result = await flows.async_init(self.entry.entry_id)
        assert "house_load" in self.result["menu_options"]
        await self.submit(next_step_id="house_load")

    async def submit(self, **answers: object) -> None:
        """Press submit."""
        flows = self.hass.config_entries.options
        self.result = await flows.async_configure(self.result["flow_id"], dict(answers))

    def sources(self) -> list[str]:
        """The choices of the page."""
        schema = self.result["data_schema"].schema
        options: list[str] = schema["load_from"].config["options"]
        return options

    def suggested(self, name: str) -> object:
        """What is filled in already."""
        (marker,) = (key for key in self.result["data_schema"].schema if key == name)
        return marker.description["suggested_value"]


@pytest.fixture
def page(hass: HomeAssistant) -> Page:
    """The page, not opened yet."""
    return Page(hass)


async def test_a_statistic_is_chosen(hass: HomeAssistant, page: Page) -> None:
    """None, an unknown one and one of another kind are refused; then it is kept beside the rest."""
    keep(hass, "sensor.house", [1.0, 0.8])
    await async_wait_recording_done(hass)
    await page.open()
    assert page.sources() == ["automatic", "statistic"]
    await page.submit(load_from="statistic")
    assert page.result["errors"] == {"load_statistic": "statistic_needed"}
    await page.submit(load_from="statistic", load_statistic="sensor.temperature")
    assert page.result["errors"] == {"load_statistic": "not_energy"}
    await page.submit(
        load_from="statistic", load_statistic="sensor.house", car_statistics=["sensor.nothing"]
    )
    assert page.result["errors"] == {"car_statistics": "not_energy"}
    await page.submit(load_from="statistic", load_statistic="sensor.house")
    assert page.entry.options == {
        "dry_run": True,
        "load_from": "statistic",
        "load_statistic": "sensor.house",
        "car_statistics": [],
    }
    await page.open()
    assert page.suggested("load_statistic") == "sensor.house"
    await page.submit(load_from="automatic")
    assert page.entry.options == {"dry_run": True, "load_from": "automatic", "car_statistics": []}


async def test_the_dashboard_is_offered_with_its_car(hass: HomeAssistant, page: Page) -> None:
    """Its meters are a choice where they are complete; its charger is suggested."""
    await dashboard(hass)
    manager = await async_get_manager(hass)
    assert manager.data is not None
    await manager.async_update(
        {
            "energy_sources": manager.data["energy_sources"],
            "device_consumption": [
                {"stat_consumption": "sensor.oven"},
                {"stat_consumption": "sensor.plug_7", "name": "Wallbox"},
            ],
        }
    )
    await page.open()
    assert page.sources() == ["automatic", "dashboard", "statistic"]
    assert page.suggested("car_statistics") == ["sensor.plug_7"]


@pytest.mark.parametrize(
    ("statistic", "found"),
    [
        ("sensor.zappi_energy", True),
        ("sensor.ev_total", True),
        ("octopus:car_charger", True),
        ("sensor.carbon_intensity", False),
        ("sensor.level", False),
        ("sensor.cellar", False),
    ],
)
def test_what_sounds_like_a_car(statistic: str, found: bool) -> None:
    """Whole words only."""
    assert likely_cars([{"stat_consumption": statistic}]) == [statistic] * found
