"""Device triggers: the events, for those who begin with the device."""

from collections.abc import Mapping

import voluptuous as vol

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .actions.targets import entry_id_of_device
from .common.serialisation import Json
from .const import DOMAIN
from .events.site_events import SIGNAL_SITE_EVENT, SiteEvent
from .trigger import payload_of

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {vol.Required(CONF_TYPE): vol.In([site_event.value for site_event in SiteEvent])}
)


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Every event, for a home's device."""
    if entry_id_of_device(hass, device_id) is None:
        return []
    return [
        {
            CONF_PLATFORM: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_DEVICE_ID: device_id,
            CONF_TYPE: site_event.value,
        }
        for site_event in SiteEvent
    ]


async def async_attach_trigger(
    hass: HomeAssistant,
    config: ConfigType,
    action: TriggerActionType,
    trigger_info: TriggerInfo,
) -> CALLBACK_TYPE:
    """Listen for the one event in this home. Raises InvalidDeviceAutomationConfig."""
    entry_id = entry_id_of_device(hass, config[CONF_DEVICE_ID])
    if entry_id is None:
        raise InvalidDeviceAutomationConfig(
            translation_domain=DOMAIN, translation_key="device_is_no_home"
        )

    @callback
    def received(of_entry: str, site_event: SiteEvent, data: Mapping[str, Json]) -> None:
        if of_entry != entry_id or site_event != config[CONF_TYPE]:
            return
        payload = payload_of(hass, of_entry, site_event, data)
        trigger_data = {
            **trigger_info["trigger_data"],
            **payload,
            CONF_PLATFORM: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_TYPE: site_event.value,
            "description": f"{payload['home']}: {payload['message']}",
        }
        hass.async_run_hass_job(job, {"trigger": trigger_data})

    job = HassJob(action, f"{DOMAIN} device trigger")
    return async_dispatcher_connect(hass, SIGNAL_SITE_EVENT, received)
