"""Which homes a target means: for triggers, conditions, device automations and voice."""

from __future__ import annotations

from collections.abc import Iterator

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType

from ..const import DOMAIN
from ..site.site import Site, SmartBatteryConfigEntry


@callback
def loaded_sites(hass: HomeAssistant) -> tuple[Site, ...]:
    """All homes that run."""
    entries: list[SmartBatteryConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return tuple(entry.runtime_data for entry in entries)


@callback
def is_targeted(hass: HomeAssistant, target: ConfigType | None, entry_id: str) -> bool:
    """Whether a home belongs to a target; without a target every home does.

    Resolved at each use, so that a device moved to another area is found where it is now.
    """
    return not target or entry_id in set(_targeted_entry_ids(hass, target))


@callback
def targeted_sites(hass: HomeAssistant, target: ConfigType | None) -> tuple[Site, ...]:
    """The running homes that a target means; without a target all of them."""
    return tuple(
        site for site in loaded_sites(hass) if is_targeted(hass, target, site.entry.entry_id)
    )


@callback
def entry_id_of_device(hass: HomeAssistant, device_id: str) -> str | None:
    """The home that a device stands for, whether it runs or not."""
    return next(_targeted_entry_ids(hass, {ATTR_DEVICE_ID: [device_id]}), None)


def _targeted_entry_ids(hass: HomeAssistant, target: ConfigType) -> Iterator[str]:
    entities, devices = er.async_get(hass), dr.async_get(hass)
    selected = async_extract_referenced_entity_ids(
        hass, TargetSelection(target), primary_entities_only=False
    )
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = entities.async_get(entity_id)
        if entity is not None and entity.config_entry_id is not None:
            yield entity.config_entry_id
    for device_id in selected.referenced_devices:
        if (device := devices.async_get(device_id)) is not None:
            yield device.config_entry_id
