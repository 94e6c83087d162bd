"""The Powerwall's own settings, set through us: they are the home settings from then on."""

from __future__ import annotations

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .home import Home
from .powerwall.base import Settings

# Since July 2025 Tesla turns reserves between these into the lower one.
HIGHEST_PARTIAL_RESERVE_PERCENT = 80
FULL_RESERVE_PERCENT = 100


async def async_set_own(home: Home, change: Settings) -> None:
    """Set, push and plan by them. Raises HomeAssistantError while nothing is known of them yet."""
    if not await home.async_set_powerwall(change):
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="settings_unknown")
    await home.async_replan()


def no_such_reserve(percent: int) -> bool:
    """Whether the hardware has no such reserve."""
    return HIGHEST_PARTIAL_RESERVE_PERCENT < percent < FULL_RESERVE_PERCENT
