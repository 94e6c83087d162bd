"""Selects: the override, and the Powerwall's own operating mode."""

from __future__ import annotations

from datetime import timedelta
from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .control.rules import Override
from .entity import SmartBatteryEntity
from .home import Home, SmartBatteryConfigEntry
from .planner.model import Action
from .powerwall.base import OperatingMode, Settings

PARALLEL_UPDATES = 1

AUTOMATIC = "automatic"
# An override set without an end gets this one; a charge also ends when the battery is full.
OVERRIDE_LASTS = timedelta(hours=4)

OVERRIDE = SelectEntityDescription(
    key="override",
    translation_key="override",
    options=[AUTOMATIC, Action.CHARGE.value, Action.HOLD.value, Action.USE.value],
)
MODES = {
    "self_powered": OperatingMode.SELF_POWERED,
    "time_based": OperatingMode.TIME_BASED,
    "backup": OperatingMode.BACKUP,
}
OPERATING_MODE = SelectEntityDescription(
    key="operating_mode",
    translation_key="operating_mode",
    options=list(MODES),
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's selects."""
    home = entry.runtime_data
    async_add_entities([OverrideSelect(home), OperatingModeSelect(home)])


class OverrideSelect(SmartBatteryEntity, SelectEntity):
    """An action now instead of the plan's, until its end."""

    def __init__(self, home: Home) -> None:
        """Offer the plan and the three verbs."""
        super().__init__(home, OVERRIDE)

    @property
    @override
    def current_option(self) -> str:
        """What overrides the plan, if anything does."""
        return self.home.override.action.value if self.home.override else AUTOMATIC

    @override
    async def async_select_option(self, option: str) -> None:
        """Begin or end an override."""
        if option == AUTOMATIC:
            await self.home.async_set_override(None)
            return
        now = dt_util.utcnow()
        action = Action(option)
        await self.home.async_set_override(
            Override(
                action=action,
                made_at=now,
                until=now + OVERRIDE_LASTS,
                target_percent=100 if action is Action.CHARGE else None,
            )
        )


class OperatingModeSelect(SmartBatteryEntity, SelectEntity):
    """The Powerwall's own mode: what stands when nothing of ours is in force."""

    def __init__(self, home: Home) -> None:
        """Offer Tesla's modes."""
        super().__init__(home, OPERATING_MODE)

    @property
    @override
    def current_option(self) -> str | None:
        """The home setting, whatever a running command has put in its place."""
        settings = self.home.controller.home_settings
        mode = settings.operating_mode if settings else None
        return next((name for name, value in MODES.items() if value is mode), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Make it the home setting, and push it."""
        if not await self.home.async_set_powerwall(Settings(operating_mode=MODES[option])):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="settings_unknown")
