"""Buttons: plan again, back to the plan, forget what was learned."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.base import SmartBatteryEntity
from .site.site import SmartBatteryConfigEntry

PARALLEL_UPDATES = 1

RESUME = ButtonEntityDescription(key="resume", translation_key="resume")
REPLAN = ButtonEntityDescription(key="replan", translation_key="replan")
FORGET_METHODS = ButtonEntityDescription(
    key="forget_levers",
    translation_key="forget_levers",
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's buttons."""
    site = entry.runtime_data
    async_add_entities(
        [
            ReplanButton(site, REPLAN),
            ResumeButton(site, RESUME),
            ForgetMethodsButton(site, FORGET_METHODS),
        ]
    )


class ReplanButton(SmartBatteryEntity, ButtonEntity):
    """Plans again at once."""

    @override
    async def async_press(self) -> None:
        """Make a new plan on what is known now."""
        await self.site.async_replan()


class ResumeButton(SmartBatteryEntity, ButtonEntity):
    """Ends an override, and resumes control if it was suspended."""

    @override
    async def async_press(self) -> None:
        """Back to the plan."""
        await self.site.async_resume()


class ForgetMethodsButton(SmartBatteryEntity, ButtonEntity):
    """Forgets what was learned of the charge methods: after a new battery, inverter or firmware."""

    @override
    async def async_press(self) -> None:
        """Begin to learn afresh."""
        await self.site.async_forget_methods()
