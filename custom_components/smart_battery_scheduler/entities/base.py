"""The one base class of all entities."""

from collections.abc import Iterable
from typing import override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from ..const import CONF_KIND, DOMAIN, KIND_DEMO
from ..site.site import Site, SmartBatteryConfigEntry


class SmartBatteryEntity(Entity):
    """Shows a value of a site; it never fetches, decides or remembers."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, site: Site, description: EntityDescription) -> None:
        """Belong to the home's one device."""
        self.site = site
        self.entity_description = description
        entry = site.entry
        site_key = entry.unique_id or entry.entry_id
        self._attr_unique_id = f"{site_key}_{description.key}"
        demo = entry.data[CONF_KIND] == KIND_DEMO
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, site_key)},
            name=entry.title,
            manufacturer="Smart Battery Scheduler",
            model="Simulated Powerwall" if demo else "Tesla Powerwall",
            entry_type=DeviceEntryType.SERVICE,
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the home."""
        await super().async_added_to_hass()
        self.async_on_remove(self.site.async_add_listener(self._follow))

    @callback
    def _follow(self) -> None:
        """Show what is new."""
        self.async_write_ha_state()


@callback
def forget_others(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    platform: Platform,
    entities: Iterable[Entity],
) -> None:
    """Take entities off the registry that a home no longer has, as those of a roof that is gone.

    ``entities`` are all that the home has on that platform, disabled ones too.
    """
    registry = er.async_get(hass)
    present = {entity.unique_id for entity in entities}
    for known in er.async_entries_for_config_entry(registry, entry.entry_id):
        if known.domain == platform and known.unique_id not in present:
            registry.async_remove(known.entity_id)
