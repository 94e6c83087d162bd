"""A home whose Powerwall belongs to another integration comes up as soon as that has.

That integration is not named in the manifest, because Home Assistant would then install its
packages for every home. So it may start after us, and Home Assistant's own next try may be 80
seconds away.
"""

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_INTEGRATION, CONF_KIND, CONF_SITE_ID, DOMAIN, KIND_HOME_ASSISTANT
from ..powerwall.home_assistant import async_when_shown

# An integration adds its entities platform by platform: settings may come after the figures.
SETTLED_AFTER_S = 5.0

# What ends the waiting, by entry id. Home Assistant unloads nothing of an entry that is not loaded.
WAITING: HassKey[dict[str, CALLBACK_TYPE]] = HassKey(f"{DOMAIN}_waiting")


@callback
def async_stop_waiting(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """End what an earlier try of setting this home up has left waiting."""
    if (stop := hass.data.get(WAITING, {}).pop(entry.entry_id, None)) is not None:
        stop()


@callback
def async_retry_when_shown(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Set this home up again, once, soon after its battery's figures are shown."""
    if entry.data[CONF_KIND] != KIND_HOME_ASSISTANT:
        return
    async_stop_waiting(hass, entry)
    waiting = hass.data.setdefault(WAITING, {})

    @callback
    def retry(_: object) -> None:
        waiting.pop(entry.entry_id, None)
        # It may have been disabled or removed meanwhile.
        if entry.state is ConfigEntryState.SETUP_RETRY and not hass.is_stopping:
            hass.config_entries.async_schedule_reload(entry.entry_id)

    @callback
    def shown() -> None:
        async_stop_waiting(hass, entry)
        job = HassJob(retry, "set up a home whose integration has come", cancel_on_shutdown=True)
        waiting[entry.entry_id] = async_call_later(hass, SETTLED_AFTER_S, job)

    waiting[entry.entry_id] = async_when_shown(
        hass, entry.data[CONF_INTEGRATION], entry.data[CONF_SITE_ID], shown
    )
