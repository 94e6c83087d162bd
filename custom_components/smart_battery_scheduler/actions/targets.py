"""Which homes a target means: for triggers, conditions, device automations and voice."""

from collections.abc import Iterator

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType

from ..const import DOMAIN
from ..site.site import Site, SmartBatteryConfigEntry
from .permissions import COMMANDING


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
    """The home that a device stands for, whether it runs or not.

    By the device's own entry: entities of others, as of a helper, may hang on it too.
    """
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        return None
    # Home Assistant shows devices of several integrations that are one thing as one.
    entry_ids = device.config_entries if device.is_composite_device else {device.config_entry_id}
    ours = {entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN)}
    return min(ours & entry_ids, default=None)


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


@callback
def exposed_homes(
    hass: HomeAssistant, assistant: str | None, *, to_command: bool
) -> tuple[Site, ...]:
    """The running homes of which a voice assistant or language model may know.

    To be read, any entity of a home must be exposed to it; to be commanded, one that commands. ``None`` is
    nobody in particular: an automation, say, which is not held back.
    """
    if assistant is None:
        return loaded_sites(hass)
    entities = er.async_get(hass)
    return tuple(
        site
        for site in loaded_sites(hass)
        if any(
            async_should_expose(hass, assistant, entity.entity_id)
            for entity in er.async_entries_for_config_entry(entities, site.entry.entry_id)
            if not to_command or entity.domain in COMMANDING
        )
    )
