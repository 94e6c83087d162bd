"""The Powerwall's own settings, set through us: they are the owner settings from then on."""

from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..control.model import FULL_PERCENT
from ..control.setpoints import HIGHEST_PARTIAL_RESERVE_PERCENT
from ..powerwall.base import Settings
from .base import SmartBatteryEntity


class OwnSettingEntity(SmartBatteryEntity):
    """One of them: what stands when nothing of ours is in force."""

    @property
    def own(self) -> Settings:
        """The owner settings, whatever a running command has put in their place."""
        return self.site.controller.owner_settings or Settings()

    async def async_set_own(self, change: Settings) -> None:
        """Make it the home setting, push it and plan by it.

        Raises HomeAssistantError in a dry run, and while nothing is known of the owner settings.
        """
        if self.site.preferences.dry_run:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="dry_run")
        if not await self.site.async_set_powerwall(change):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="settings_unknown")
        await self.site.async_replan()


def no_such_reserve(percent: int) -> bool:
    """Whether the hardware has no such reserve."""
    return HIGHEST_PARTIAL_RESERVE_PERCENT < percent < FULL_PERCENT
