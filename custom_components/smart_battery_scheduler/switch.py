"""Switches: the scheduler itself, and dry run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SmartBatteryEntity
from .home import SmartBatteryConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class PreferenceSwitchDescription(SwitchEntityDescription):
    """A switch over one preference."""

    preference: str


SWITCHES = (
    PreferenceSwitchDescription(
        key="scheduler", translation_key="scheduler", preference="scheduler_enabled"
    ),
    PreferenceSwitchDescription(
        key="dry_run",
        translation_key="dry_run",
        preference="dry_run",
        entity_category=EntityCategory.CONFIG,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's switches."""
    async_add_entities(
        PreferenceSwitch(entry.runtime_data, description) for description in SWITCHES
    )


class PreferenceSwitch(SmartBatteryEntity, SwitchEntity):
    """A preference that is on or off."""

    entity_description: PreferenceSwitchDescription

    @property
    @override
    def is_on(self) -> bool:
        """As the preferences have it."""
        value: bool = getattr(self.home.preferences, self.entity_description.preference)
        return value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Prefer it so."""
        await self.home.async_prefer(**{self.entity_description.preference: True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Prefer it not so."""
        await self.home.async_prefer(**{self.entity_description.preference: False})
