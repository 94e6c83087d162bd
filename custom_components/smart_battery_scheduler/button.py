"""Buttons: plan again."""

from __future__ import annotations

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SmartBatteryEntity
from .home import SmartBatteryConfigEntry

PARALLEL_UPDATES = 1

REPLAN = ButtonEntityDescription(key="replan", translation_key="replan")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's buttons."""
    async_add_entities([ReplanButton(entry.runtime_data, REPLAN)])


class ReplanButton(SmartBatteryEntity, ButtonEntity):
    """Plans again at once."""

    @override
    async def async_press(self) -> None:
        """Make a new plan on what is known now."""
        await self.home.async_replan()
