"""Selects: the override, and the Powerwall's own operating mode and export rule."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .actions.order_validation import async_order
from .actions.override_factory import ACTIONS, override_of
from .entities.base import SmartBatteryEntity
from .entities.owner_settings import OwnSettingEntity
from .planner.model import Action
from .powerwall.base import ExportRule, OperatingMode, Settings
from .site.site import Site, SmartBatteryConfigEntry
from .text.status import override_now

PARALLEL_UPDATES = 1

AUTOMATIC = "automatic"
OVERRIDE = SelectEntityDescription(
    key="override",
    translation_key="override",
    options=[AUTOMATIC, *(action.value for action in ACTIONS)],
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
EXPORT_RULES = {
    "never": ExportRule.NEVER,
    "solar_only": ExportRule.SOLAR_ONLY,
    "everything": ExportRule.EVERYTHING,
}
EXPORT_RULE = SelectEntityDescription(
    key="export_rule",
    translation_key="export_rule",
    options=list(EXPORT_RULES),
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's selects."""
    site = entry.runtime_data
    async_add_entities([OverrideSelect(site), OperatingModeSelect(site), ExportRuleSelect(site)])


class OverrideSelect(SmartBatteryEntity, SelectEntity):
    """An action now instead of the plan's, until its end."""

    def __init__(self, site: Site) -> None:
        """Offer the plan and the three verbs."""
        super().__init__(site, OVERRIDE)

    @property
    @override
    def current_option(self) -> str:
        """What overrides the plan, if anything does."""
        asked = override_now(self.site, dt_util.utcnow())
        return AUTOMATIC if asked is None else asked.action.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Begin or end an override."""
        if option == AUTOMATIC:
            await self.site.async_set_override(None)
            return
        asked = override_of(Action(option), dt_util.utcnow(), self.site.preferences)
        await async_order(self.site, asked)


class OperatingModeSelect(OwnSettingEntity, SelectEntity):
    """The Powerwall's own mode."""

    def __init__(self, site: Site) -> None:
        """Offer Tesla's modes."""
        super().__init__(site, OPERATING_MODE)

    @property
    @override
    def current_option(self) -> str | None:
        """As it is or will be again."""
        mode = self.own.operating_mode
        return next((name for name, value in MODES.items() if value is mode), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it."""
        await self.async_set_own(Settings(operating_mode=MODES[option]))


class ExportRuleSelect(OwnSettingEntity, SelectEntity):
    """What the Powerwall may send to the grid."""

    def __init__(self, site: Site) -> None:
        """Offer Tesla's rules."""
        super().__init__(site, EXPORT_RULE)

    @property
    @override
    def current_option(self) -> str | None:
        """As it is or will be again."""
        # Commands leave it alone, and then it is not among the saved owner settings.
        rule = self.own.export_rule or self.site.battery.data.settings.export_rule
        return next((name for name, value in EXPORT_RULES.items() if value is rule), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it."""
        await self.async_set_own(Settings(export_rule=EXPORT_RULES[option]))
