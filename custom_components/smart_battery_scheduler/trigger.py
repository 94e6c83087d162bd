"""Triggers made for this purpose: one for each event.

They follow a home over reloads and are ready before it is loaded.
"""

from collections.abc import Mapping
from typing import cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .actions.targets import is_targeted
from .common.serialisation import Json
from .events.site_events import SIGNAL_SITE_EVENT, SiteEvent
from .text.messages import message_of
from .text.sentences import sentences_of

SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Required(CONF_OPTIONS, default=dict): {},
    }
)


class SiteEventTrigger(Trigger):
    """Triggers when something happens in a home that is meant; without a target in any home."""

    site_event: SiteEvent

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Allow a target and no options."""
        return cast(ConfigType, SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep whom it is about."""
        super().__init__(hass, config)
        self._target = config.target

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to all homes, and pick the ones that are meant when something happens."""

        @callback
        def received(entry_id: str, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
            if site_event is self.site_event and is_targeted(self._hass, self._target, entry_id):
                payload = payload_of(self._hass, entry_id, site_event, data)
                run_action(payload, f"{payload['home']}: {payload['message']}")

        return async_dispatcher_connect(self._hass, SIGNAL_SITE_EVENT, received)


@callback
def payload_of(
    hass: HomeAssistant, entry_id: str, site_event: SiteEvent, data: Mapping[str, Json]
) -> dict[str, Json]:
    """What templates find in ``trigger``: whose it is, a sentence about it, and its figures."""
    entry = hass.config_entries.async_get_entry(entry_id)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
    return {
        "happening": site_event.value,
        "config_entry_id": entry_id,
        "device_id": devices[0].id if devices else None,
        "home": entry.title if entry else None,
        "message": message_of(site_event, data, dt_util.now(), sentences_of(hass)),
        "data": dict(data),
    }


TRIGGERS: dict[str, type[Trigger]] = {
    site_event.value: type(
        f"{site_event.name.title().replace('_', '')}Trigger",
        (SiteEventTrigger,),
        {"site_event": site_event},
    )
    for site_event in SiteEvent
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """All of them, by name."""
    return TRIGGERS
