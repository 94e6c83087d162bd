"""The entities and statistics an owner chose, followed when they are renamed.

A name is what people see and change (home-assistant/core#150376); the registry's own id stays. So
the id of every chosen entity is kept beside its name in the entry's options, and where the two part
the name is put right, wherever the entry holds it: while Home Assistant runs, and at set-up for what
was renamed meanwhile. Recorded statistics are renamed with their entity by Home Assistant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback, valid_entity_id
from homeassistant.helpers import entity_registry as er

CONF_FOLLOWED = "followed_entities"


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEntities:
    """Chosen entities without a state: removed, or disabled by somebody."""

    gone: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


def chosen(entry: ConfigEntry[Any]) -> frozenset[str]:
    """Every entity's name that the entry holds, statistics of entities among them."""
    held = {key: value for key, value in entry.options.items() if key != CONF_FOLLOWED}
    return frozenset(_names([dict(entry.data), held]))


@callback
def async_follow(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Put renamed names right in the entry, and keep the ids of those that are new."""
    registry = er.async_get(hass)
    kept: Mapping[str, str] = entry.options.get(CONF_FOLLOWED, {})
    renamed = {
        name: current.entity_id
        for name, registry_id in kept.items()
        if (current := registry.entities.get_entry(registry_id)) and current.entity_id != name
    }
    data = cast(dict[str, Any], _with_names(dict(entry.data), renamed))
    options = cast(dict[str, Any], _with_names(dict(entry.options), renamed))
    options[CONF_FOLLOWED] = _ids(
        registry, frozenset(_names([data, {**options, CONF_FOLLOWED: {}}])), kept
    )
    if not options[CONF_FOLLOWED]:
        del options[CONF_FOLLOWED]
    if data != entry.data or options != entry.options:
        hass.config_entries.async_update_entry(entry, data=data, options=options)


@callback
def async_track_renames(hass: HomeAssistant, entry: ConfigEntry[Any]) -> CALLBACK_TYPE:
    """Follow from now on, and what is chosen from now on; the returned call ends that."""

    async def entry_updated(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        async_follow(hass, entry)

    @callback
    def registry_changed(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        changed = {event.data["entity_id"], event.data.get("old_entity_id")}
        if chosen(entry) & changed:
            async_follow(hass, entry)

    stops = (
        entry.add_update_listener(entry_updated),
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, registry_changed),
    )

    @callback
    def stop() -> None:
        for each in stops:
            each()

    return stop


@callback
def async_lost(hass: HomeAssistant, entry: ConfigEntry[Any]) -> LostEntities:
    """Which of the chosen ones are gone or disabled now."""
    registry = er.async_get(hass)
    gone, disabled = [], []
    for name in sorted(chosen(entry)):
        registered = registry.async_get(name)
        if registered is None and hass.states.get(name) is None:
            gone.append(name)
        elif registered is not None and registered.disabled:
            disabled.append(name)
    return LostEntities(gone=tuple(gone), disabled=tuple(disabled))


def _ids(
    registry: er.EntityRegistry, names: frozenset[str], kept: Mapping[str, str]
) -> dict[str, str]:
    """The registry's ids by name; one that is gone keeps its id, for it may come back renamed."""
    found: dict[str, str] = {}
    for name in sorted(names):
        registered = registry.async_get(name)
        if registered is not None:
            found[name] = registered.id
        elif name in kept:
            found[name] = kept[name]
    return found


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if valid_entity_id(value):
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _names(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _names(each)


def _with_names(value: object, renamed: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return renamed.get(value, value)
    if isinstance(value, Mapping):
        return {key: _with_names(each, renamed) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_names(each, renamed) for each in value]
    return value
