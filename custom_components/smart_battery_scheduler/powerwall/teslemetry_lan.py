"""Power setpoints on the LAN, through the actions that Home Assistant's ``teslemetry`` offers.

Facts from the sources of Home Assistant 2026.11.0: ``dispatch_battery_power`` takes a device, W
(positive discharges) and seconds; ``resume_battery_operation`` ends it. The entry has a subentry of
type ``energy_site`` for each site whose gateway is paired. The library is never used directly: core
pins it, and its actions are the seam that lasts.
"""

import asyncio
from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr

from .base import PowerwallConnectionError, PowerwallReplyError
from .setpoint import SetpointAbsentError, SetpointRangeError, SetpointUnsupportedError

TESLEMETRY = "teslemetry"
DISPATCH, RESUME = "dispatch_battery_power", "resume_battery_operation"
PAIRED_SITE = "energy_site"
# The library gives up after 5 s; nothing that takes longer is of use within a lease.
CALL_TIMEOUT_S = 15.0


class TeslemetryLan:
    """One site's gateway on the LAN, as ``teslemetry`` has paired it."""

    def __init__(self, hass: HomeAssistant, site_id: str) -> None:
        """Nothing is asked yet."""
        self._hass = hass
        self._site_id = site_id

    @property
    def is_available(self) -> bool:
        """Whether both actions are there and the site is paired."""
        has = self._hass.services.has_service
        return has(TESLEMETRY, DISPATCH) and has(TESLEMETRY, RESUME) and self._is_paired()

    def _is_paired(self) -> bool:
        return any(
            subentry.subentry_type == PAIRED_SITE and subentry.unique_id == self._site_id
            for entry in self._hass.config_entries.async_loaded_entries(TESLEMETRY)
            for subentry in entry.subentries.values()
        )

    async def hold_power(self, power_w: int, seconds: int) -> None:
        """Hold a power. Raises a PowerwallError."""
        await self._act(DISPATCH, {"power": power_w, "duration": seconds})

    async def release(self) -> None:
        """Let go. Raises a PowerwallError."""
        await self._act(RESUME, {})

    def _device_id(self) -> str:
        for entry in self._hass.config_entries.async_loaded_entries(TESLEMETRY):
            for device in dr.async_entries_for_config_entry(
                dr.async_get(self._hass), entry.entry_id
            ):
                if (TESLEMETRY, self._site_id) in device.identifiers:
                    return device.id
        raise SetpointAbsentError("Teslemetry does not know this site")

    async def _act(self, action: str, data: Mapping[str, int]) -> None:
        """Call one of the actions. Only kinds and keys of failures go on, not their texts."""
        target = {"device_id": self._device_id(), **data}
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await self._hass.services.async_call(TESLEMETRY, action, target, blocking=True)
        except TimeoutError as error:
            raise PowerwallConnectionError("the gateway did not answer in time") from error
        except HomeAssistantError as error:
            key = error.translation_key or type(error).__name__
            if key == "local_command_out_of_range":
                raise SetpointRangeError(key) from error
            if key == "local_command_not_supported":
                raise SetpointUnsupportedError(key) from error
            if isinstance(error, ServiceValidationError):
                raise SetpointAbsentError(key) from error
            raise PowerwallReplyError(f"the gateway refused the power ({key})") from error
        except Exception as error:
            # Another integration's code may raise anything.
            raise PowerwallReplyError(f"the power failed ({type(error).__name__})") from error
