"""Distinguishes a change that needs a reload from one that only needs a new plan."""

from homeassistant.core import HomeAssistant

from .site import SmartBatteryConfigEntry


class Watch:
    """Remembers what an entry was set up with.

    Connection data and roof planes are built into the sources and need a reload; preferences are
    taken over in place. A new title alone needs neither.
    """

    def __init__(self, entry: SmartBatteryConfigEntry) -> None:
        """Take the snapshot."""
        self._built_from = _built_from(entry)
        self._options = dict(entry.options)
        self._reloading = False

    async def async_entry_updated(
        self, hass: HomeAssistant, entry: SmartBatteryConfigEntry
    ) -> None:
        """The entry changed: reload it, plan again, or do nothing."""
        if self._reloading:
            # Several changes in one go: the reload under way will see them all.
            return
        if _built_from(entry) != self._built_from:
            self._reloading = True
            hass.config_entries.async_schedule_reload(entry.entry_id)
        elif dict(entry.options) != self._options:
            self._options = dict(entry.options)
            await entry.runtime_data.async_options_changed()


def _built_from(entry: SmartBatteryConfigEntry) -> object:
    planes = sorted(
        (subentry.subentry_id, tuple(sorted(subentry.data.items())))
        for subentry in entry.subentries.values()
    )
    return dict(entry.data), planes
