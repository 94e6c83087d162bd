"""Teslemetry with a site paired on the LAN, as far as its two actions go.

Shapes from the sources of Home Assistant 2026.11.0: the subentry's type and unique id, the device's
identifiers, the actions' fields. Core 2026.11 pins a library that cannot be had here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.powerwall.simulated import SimulatedSetpoint
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr

SITE_ID = "2252000000001"


class TeslemetrySite:
    """One site: its entry, its device, its actions. ``error`` is raised by every call."""

    def __init__(
        self,
        hass: HomeAssistant,
        site_id: str = SITE_ID,
        *,
        paired: bool = True,
        loaded: bool = True,
        gateway: SimulatedSetpoint | None = None,
    ) -> None:
        """Register all that."""
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.error: Exception | None = None
        self._gateway = gateway
        self._hass = hass
        entry = MockConfigEntry(domain="teslemetry")
        entry.add_to_hass(hass)
        if paired:
            subentry = ConfigSubentry(
                data=MappingProxyType({}),
                subentry_type="energy_site",
                title="Powerwall",
                unique_id=site_id,
            )
            hass.config_entries.async_add_subentry(entry, subentry)
        self.entry = entry
        if loaded:
            entry.mock_state(hass, ConfigEntryState.LOADED)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={("teslemetry", site_id)},
            serial_number=site_id,
        )
        self.device_id = device.id
        for action in ("dispatch_battery_power", "resume_battery_operation"):
            hass.services.async_register("teslemetry", action, self._called)

    def unload(self) -> None:
        """Leave nothing that would have to be unloaded by code that cannot be had here."""
        self.entry.mock_state(self._hass, ConfigEntryState.NOT_LOADED)

    async def _called(self, call: ServiceCall) -> None:
        self.calls.append((call.service, dict(call.data)))
        if self.error is not None:
            raise self.error
        if self._gateway is None:
            return
        if call.service == "dispatch_battery_power":
            await self._gateway.hold_power(call.data["power"], call.data["duration"])
        else:
            await self._gateway.release()
