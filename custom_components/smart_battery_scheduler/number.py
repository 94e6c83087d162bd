"""Numbers a household sets: its preferences, and the Powerwall's own backup reserve."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entities.base import SmartBatteryEntity
from .entities.owner_settings import OwnSettingEntity, no_such_reserve
from .powerwall.base import Settings
from .site.limits import LIMITS
from .site.site import Site, SmartBatteryConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class PreferenceNumberDescription(NumberEntityDescription):
    """A number over one preference."""

    preference: str


def _number(key: str, preference: str, *, enabled: bool = True) -> PreferenceNumberDescription:
    limits = LIMITS[preference]
    return PreferenceNumberDescription(
        key=key,
        translation_key=key,
        preference=preference,
        native_min_value=limits.least,
        native_max_value=limits.most,
        native_step=limits.step,
        native_unit_of_measurement=limits.unit,
        # A slider hides its figure where there is little room, as on the device page.
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=enabled,
    )


NUMBERS = (
    _number("reserve_floor", "reserve_floor_percent"),
    _number("everyday_ceiling", "everyday_ceiling_percent"),
    _number("price_ceiling", "price_ceiling_p_per_kwh"),
    _number("ready_by_target", "ready_by_percent"),
    _number("charge_now_target", "charge_now_percent"),
    _number("charge_now_duration", "charge_now_hours"),
    _number("wear", "wear_p_per_kwh", enabled=False),
    _number("carbon_price", "carbon_gbp_per_tonne", enabled=False),
    _number("stability", "stability_p", enabled=False),
    _number("annual_load", "annual_load_kwh", enabled=False),
)
BACKUP_RESERVE = NumberEntityDescription(
    key="backup_reserve",
    translation_key="backup_reserve",
    native_min_value=0,
    native_max_value=100,
    native_step=1,
    native_unit_of_measurement=PERCENTAGE,
    mode=NumberMode.BOX,
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's numbers."""
    site = entry.runtime_data
    async_add_entities(PreferenceNumber(site, description) for description in NUMBERS)
    async_add_entities([BackupReserveNumber(site)])


class PreferenceNumber(SmartBatteryEntity, NumberEntity):
    """A preference that is a number."""

    entity_description: PreferenceNumberDescription

    @property
    @override
    def native_value(self) -> float:
        """As the preferences have it."""
        value: float = getattr(self.site.preferences, self.entity_description.preference)
        return value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Prefer this value."""
        await self.site.async_prefer(**{self.entity_description.preference: value})


class BackupReserveNumber(OwnSettingEntity, NumberEntity):
    """The Powerwall's own reserve."""

    def __init__(self, site: Site) -> None:
        """Offer the Tesla app's range."""
        super().__init__(site, BACKUP_RESERVE)

    @property
    @override
    def native_value(self) -> int | None:
        """As it is or will be again."""
        return self.own.backup_reserve_percent

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it; Tesla has no reserves of 81 to 99 %."""
        percent = round(value)
        if no_such_reserve(percent):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_such_reserve",
                translation_placeholders={"value": str(percent)},
            )
        await self.async_set_own(Settings(backup_reserve_percent=percent))
