"""Our solar forecast for Home Assistant's Energy dashboard."""

from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .solar.wh_hours import as_wh_hours

if TYPE_CHECKING:
    from .site.site import SmartBatteryConfigEntry


async def async_get_solar_forecast(
    hass: HomeAssistant, config_entry_id: str
) -> dict[str, dict[str, float | int]] | None:
    """Watt-hours by the hour that begins at each ISO stamp; None without a forecast."""
    entry: SmartBatteryConfigEntry | None = hass.config_entries.async_get_entry(config_entry_id)
    if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
        return None
    forecast = entry.runtime_data.solar_forecast.forecast
    return None if forecast is None else {"wh_hours": as_wh_hours(forecast.slots)}
