"""The system information page says what can be reached, and how fresh our facts are."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
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


def _reached(info: dict[str, object]) -> dict[str, object]:
    return {key: answer for key, answer in info.items() if key.startswith("can_reach")}


async def test_a_home_at_work(day: Day) -> None:
    """What it uses is within reach, and the facts are dated."""
    await day.start()
    info = await _info(day.hass)
    assert _reached(info) == {"can_reach_netzero": "ok", "can_reach_octopus": "ok"}
    assert info["homes"] == 1
    assert info["last_reading"] == day.site.battery.data.read_at.isoformat()
    assert str(info["rates_known_until"]) > str(info["last_reading"])
    assert [secret for secret in SECRETS if secret in str(info)] == []


PLANE = ConfigSubentryData(
    data={"declination": 35.0, "azimuth": 180.0, "peak_kw": 4.0},
    subentry_type="roof_plane",
    title="South",
    unique_id=None,
)


@pytest.mark.parametrize(
    ("data", "planes", "asked"),
    [
        ({"kind": "demo"}, (), set()),
        ({"kind": "home_assistant", "tariff": {}}, (), {"octopus"}),
        ({"kind": "home_assistant", "tariff": {"rate_entities": ["event.x"]}}, (), set()),
        ({"kind": "netzero", "tariff": {}}, (PLANE,), {"netzero", "octopus", "open_meteo"}),
        (
            {"kind": "netzero", "tariff": {}, "solar": {"source": "solcast"}},
            (PLANE,),
            {"netzero", "octopus"},
        ),
    ],
)
async def test_only_what_a_home_uses_is_asked(
    hass: HomeAssistant,
    aioclient_mock: AiohttpClientMocker,
    data: dict[str, object],
    planes: tuple[ConfigSubentryData, ...],
    asked: set[str],
) -> None:
    """A home that waits for its services counts too; a disabled one does not."""
    for service in ("netzero.energy", "octopus.energy", "open-meteo.com"):
        aioclient_mock.get(f"https://api.{service}", exc=TimeoutError)
    assert await async_setup_component(hass, DOMAIN, {})
    MockConfigEntry(domain=DOMAIN, data=data, subentries_data=planes).add_to_hass(hass)
    disabled = MockConfigEntry(
        domain=DOMAIN,
        data={"kind": "netzero", "tariff": {}},
        disabled_by=ConfigEntryDisabler.USER,
    )
    disabled.add_to_hass(hass)
    info = await _info(hass)
    assert (info["homes"], info["last_reading"], info["rates_known_until"]) == (0, None, None)
    timed_out = {"type": "failed", "error": "timeout"}
    assert _reached(info) == {f"can_reach_{name}": timed_out for name in asked}
