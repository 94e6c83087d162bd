"""The integration's lines on Home Assistant's system information page."""

from datetime import datetime
from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .common.service_urls import NETZERO, OCTOPUS, OPEN_METEO, endpoint
from .const import DOMAIN
from .powerwall.netzero import BASE_URL as NETZERO_URL
from .site.site import SmartBatteryConfigEntry
from .solar.open_meteo import BASE_URL as OPEN_METEO_URL
from .tariff.octopus_rest import BASE_URL as OCTOPUS_URL


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Offer the page our lines."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Whether the services can be reached, and how fresh our facts are: the oldest of all homes."""
    entries: list[SmartBatteryConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    sites = [entry.runtime_data for entry in entries]
    now = dt_util.utcnow()
    readings = [site.battery.data.read_at for site in sites]
    rates = [site.rates.data.imports.known_until(now) for site in sites]
    return {
        "homes": len(sites),
        "last_reading": _oldest(readings),
        "rates_known_until": _oldest(rates),
        "can_reach_netzero": system_health.async_check_can_reach_url(
            hass, endpoint(NETZERO, NETZERO_URL)
        ),
        "can_reach_octopus": system_health.async_check_can_reach_url(
            hass, endpoint(OCTOPUS, OCTOPUS_URL)
        ),
        "can_reach_open_meteo": system_health.async_check_can_reach_url(
            hass, endpoint(OPEN_METEO, OPEN_METEO_URL)
        ),
    }


def _oldest(moments: list[datetime]) -> str | None:
    return min(moments).isoformat() if moments else None
