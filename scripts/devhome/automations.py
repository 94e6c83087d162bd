"""What the demo home's automations and scripts are: blueprints in use, and actions by hand."""

from collections.abc import Mapping

from . import DOMAIN
from .api import Entry, HomeAssistantApi, Json

BLUEPRINT = "{}/{}.yaml"


async def automate(api: HomeAssistantApi, entry: Entry) -> None:
    """Add the automations and the script; what a person changed in them since is restored."""
    device_id = await _device_id(api, entry)
    for name, automation in _automations(device_id).items():
        await api.request("POST", f"/api/config/automation/config/{name}", automation)
    for name, script in _scripts(device_id).items():
        await api.request("POST", f"/api/config/script/config/{name}", script)


async def _device_id(api: HomeAssistantApi, entry: Entry) -> str:
    devices = await api.command("config/device_registry/list")
    (device_id,) = (
        str(device["id"]) for device in devices if entry["entry_id"] in device["config_entries"]
    )
    return device_id


def _automations(device_id: str) -> Mapping[str, Json]:
    """One per blueprint that needs no phone, and one written by hand."""
    home = {"device_id": device_id}
    return {
        "battery_failures": {
            "alias": "Tell me when the battery fails",
            "use_blueprint": {"path": BLUEPRINT.format(DOMAIN, "failures"), "input": {}},
        },
        "battery_digest": {
            "alias": "Three lines about the battery",
            "use_blueprint": {
                "path": BLUEPRINT.format(DOMAIN, "daily_digest"),
                "input": {"home": device_id},
            },
        },
        "negative_rates": {
            "alias": "Use what is paid for",
            "triggers": [{"trigger": f"{DOMAIN}.negative_rates_ahead", "target": home}],
            "conditions": [{"condition": f"{DOMAIN}.in_control", "target": home}],
            "actions": [
                {
                    "action": "persistent_notification.create",
                    "data": {"title": "{{ trigger.home }}", "message": "{{ trigger.message }}"},
                }
            ],
        },
    }


def _scripts(device_id: str) -> Mapping[str, Json]:
    return {
        "charge_for_an_hour": {
            "alias": "Charge the battery for an hour",
            "sequence": [
                {
                    "action": f"{DOMAIN}.charge",
                    "target": {"device_id": device_id},
                    "data": {"duration": {"hours": 1}},
                }
            ],
        }
    }
