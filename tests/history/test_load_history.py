"""The house by the Energy dashboard's meters, and when its sun is down."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from custom_components.smart_battery_scheduler.history.load_history import (
    Darkness,
    dashboard_balance,
)
from homeassistant.components.energy.data import EnergyPreferences
from homeassistant.core import HomeAssistant

HOUR = timedelta(hours=1)
SOLAR = {"type": "solar", "stat_energy_from": "sensor.sun"}
BATTERY = {"type": "battery", "stat_energy_from": "sensor.out", "stat_energy_to": "sensor.in"}
GRID = {"type": "grid", "stat_energy_from": "sensor.import", "stat_energy_to": "sensor.export"}
NIGHT = {"type": "grid", "stat_energy_from": "sensor.night", "stat_energy_to": None}
EXPORT = {"type": "grid", "stat_energy_from": None, "stat_energy_to": "sensor.export_2"}
GAS = {"type": "gas", "stat_energy_from": "sensor.gas"}


def preferences(*sources: Mapping[str, object]) -> EnergyPreferences:
    """The dashboard with these sources."""
    return cast(EnergyPreferences, {"energy_sources": list(sources), "device_consumption": []})


def test_the_house_is_what_comes_less_what_goes() -> None:
    """Two registers of the grid may rest in turn; a meter that only exports adds nothing."""
    balance = dashboard_balance(preferences(SOLAR, BATTERY, GRID, NIGHT, EXPORT, GAS))
    assert balance is not None
    assert balance.plus == ("sensor.import", "sensor.night", "sensor.sun", "sensor.out")
    assert balance.minus == ("sensor.in", "sensor.export", "sensor.export_2")
    assert balance.solar_meters == ("sensor.sun",)
    assert balance.registers == ("sensor.import", "sensor.night")


@pytest.mark.parametrize("sources", [(), (GRID,), (BATTERY, SOLAR), (BATTERY, EXPORT)])
def test_without_grid_and_battery_there_is_no_balance(
    sources: tuple[Mapping[str, object], ...],
) -> None:
    """What is missing would be taken for the house's own."""
    assert dashboard_balance(preferences(*sources)) is None
    assert dashboard_balance(None) is None


async def test_it_is_dark_from_sunset_to_sunrise(hass: HomeAssistant) -> None:
    """The whole of the time, at Home Assistant's place: London in January, 16:19 to 08:01."""
    hass.config.latitude, hass.config.longitude = 51.5, -0.1
    is_dark = Darkness(hass)
    day = datetime(2026, 1, 14, tzinfo=UTC)
    dark = [hour for hour in range(24) if is_dark(day + hour * HOUR, HOUR)]
    assert dark == [*range(8), *range(17, 24)]


async def test_where_the_sun_does_not_set_it_is_not_dark(hass: HomeAssistant) -> None:
    """Spitsbergen in June has neither sunrise nor sunset."""
    hass.config.latitude, hass.config.longitude = 78.2, 15.6
    assert not Darkness(hass)(datetime(2026, 6, 21, tzinfo=UTC), HOUR)
