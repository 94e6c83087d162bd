"""Switches: the scheduler, dry run, charge now, and the Powerwall's own grid charging."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .actions.order_validation import async_order
from .actions.override_factory import override_of
from .control.rules import Override
from .entities.base import SmartBatteryEntity
from .entities.owner_settings import OwnSettingEntity
from .planner.model import Action
from .powerwall.base import Settings
from .site.site import Site, SmartBatteryConfigEntry
from .text.status import override_now

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
    PreferenceSwitchDescription(
        key="join_sessions",
        translation_key="join_sessions",
        preference="join_sessions",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
    ),
    PreferenceSwitchDescription(
        key="carbon_forecast",
        translation_key="carbon_forecast",
        preference="carbon_forecast",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
    ),
)
# Without a category, so that a voice assistant is offered it.
CHARGE_NOW = SwitchEntityDescription(key="charge_now", translation_key="charge_now")
GRID_CHARGING = SwitchEntityDescription(
    key="grid_charging", translation_key="grid_charging", entity_category=EntityCategory.CONFIG
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's switches."""
    site = entry.runtime_data
    async_add_entities(PreferenceSwitch(site, description) for description in SWITCHES)
    async_add_entities([ChargeNowSwitch(site), GridChargingSwitch(site)])


class PreferenceSwitch(SmartBatteryEntity, SwitchEntity):
    """A preference that is on or off."""

    entity_description: PreferenceSwitchDescription

    @property
    @override
    def is_on(self) -> bool:
        """As the preferences have it."""
        value: bool = getattr(self.site.preferences, self.entity_description.preference)
        return value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Prefer it so."""
        await self.site.async_prefer(**{self.entity_description.preference: True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Prefer it not so."""
        await self.site.async_prefer(**{self.entity_description.preference: False})


class ChargeNowSwitch(SmartBatteryEntity, SwitchEntity):
    """The override to charge, for those who think in on and off; it ends by itself."""

    def __init__(self, site: Site) -> None:
        """Charge as far and as long as is preferred."""
        super().__init__(site, CHARGE_NOW)

    @property
    @override
    def is_on(self) -> bool:
        """Whether an override to charge is in force."""
        return self._asked is not None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Where and when it ends."""
        asked = self._asked
        if asked is None:
            return {}
        return {"target_percent": asked.target_percent, "until": asked.until.isoformat()}

    @property
    def _asked(self) -> Override | None:
        asked = override_now(self.site, dt_util.utcnow())
        return asked if asked is not None and asked.action is Action.CHARGE else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Charge now."""
        asked = override_of(Action.CHARGE, dt_util.utcnow(), self.site.preferences)
        await async_order(self.site, asked)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Back to the plan; another override stays."""
        if self.is_on:
            await self.site.async_set_override(None)


class GridChargingSwitch(OwnSettingEntity, SwitchEntity):
    """The Powerwall's own permission to charge from the grid."""

    def __init__(self, site: Site) -> None:
        """Show and set the home setting."""
        super().__init__(site, GRID_CHARGING)

    @property
    @override
    def is_on(self) -> bool | None:
        """As it is or will be again."""
        return self.own.grid_charging

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Allow it."""
        await self.async_set_own(Settings(grid_charging=True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Forbid it."""
        await self.async_set_own(Settings(grid_charging=False))
