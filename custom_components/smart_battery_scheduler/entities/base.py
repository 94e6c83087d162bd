"""The one base class of all entities."""

from __future__ import annotations

from typing import override

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from ..const import CONF_KIND, DOMAIN, KIND_DEMO
from ..site.site import Site


class SmartBatteryEntity(Entity):
    """Shows something of a home; it never fetches, decides or remembers."""

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
        self.async_on_remove(self.site.async_add_listener(self.async_write_ha_state))
