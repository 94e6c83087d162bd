"""The system information page says what can be reached, and how fresh our facts are."""

from pytest_homeassistant_custom_component.common import get_system_health_info
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from ..days.stage import Day
from .secrets import SECRETS


async def _info(hass: HomeAssistant) -> dict[str, object]:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info: dict[str, object] = await get_system_health_info(hass, DOMAIN)
    return {
        key: await published if hasattr(published, "__await__") else published
        for key, published in info.items()
    }


async def test_a_home_at_work(day: Day) -> None:
    """Everything is within reach, and the facts are dated."""
    await day.start()
    info = await _info(day.hass)
    assert {key: published for key, published in info.items() if key.startswith("can_reach")} == {
        "can_reach_netzero": "ok",
        "can_reach_octopus": "ok",
        "can_reach_open_meteo": "ok",
    }
    assert info["homes"] == 1
    assert info["last_reading"] == day.site.battery.data.read_at.isoformat()
    assert str(info["rates_known_until"]) > str(info["last_reading"])
    assert [secret for secret in SECRETS if secret in str(info)] == []


async def test_without_a_home_and_without_a_network(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    """Nothing is made up."""
    for service in ("netzero.energy", "octopus.energy", "open-meteo.com"):
        aioclient_mock.get(f"https://api.{service}", exc=TimeoutError)
    assert await async_setup_component(hass, DOMAIN, {})
    info = await _info(hass)
    assert (info["homes"], info["last_reading"], info["rates_known_until"]) == (0, None, None)
    assert info["can_reach_netzero"] == {"type": "failed", "error": "timeout"}
