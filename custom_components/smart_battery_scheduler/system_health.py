"""The integration's lines on Home Assistant's system information page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .common.service_urls import NETZERO, OCTOPUS, OPEN_METEO, endpoint
from .const import CONF_KIND, CONF_RATE_ENTITIES, CONF_TARIFF, DOMAIN, KIND_DEMO, KIND_NETZERO
from .powerwall.netzero import BASE_URL as NETZERO_URL
from .site.site import SmartBatteryConfigEntry
from .solar.open_meteo import BASE_URL as OPEN_METEO_URL
from .sources.solar_sources import uses_open_meteo
from .tariff.octopus_rest import BASE_URL as OCTOPUS_URL


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Offer the page our lines."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Whether the services in use can be reached, and how fresh our facts are: the oldest of all homes."""
    entries: list[SmartBatteryConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    sites = [entry.runtime_data for entry in entries]
    now = dt_util.utcnow()
    readings = [site.battery.data.read_at for site in sites]
    rates = [site.rates.data.imports.known_until(now) for site in sites]
    # A home that could not be set up needs its services too: perhaps for want of one of them.
    enabled = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    services = {name: url for entry in enabled for name, url in _services(entry)}
    return {
        "homes": len(sites),
        "last_reading": _oldest(readings),
        "rates_known_until": _oldest(rates),
        **{
            f"can_reach_{name}": system_health.async_check_can_reach_url(hass, url)
            for name, url in services.items()
        },
    }


def _services(entry: SmartBatteryConfigEntry) -> Iterator[tuple[str, str]]:
    """What a home asks over the internet, by name; its Tesla integration looks after its own."""
    kind = entry.data[CONF_KIND]
    if kind == KIND_DEMO:
        return
    if kind == KIND_NETZERO:
        yield "netzero", endpoint(NETZERO, NETZERO_URL)
    if not entry.data.get(CONF_TARIFF, {}).get(CONF_RATE_ENTITIES):
        yield "octopus", endpoint(OCTOPUS, OCTOPUS_URL)
    if uses_open_meteo(entry):
        yield "open_meteo", endpoint(OPEN_METEO, OPEN_METEO_URL)


def _oldest(moments: list[datetime]) -> str | None:
    return min(moments).isoformat() if moments else None
