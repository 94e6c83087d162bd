"""The development dashboard, stored over the websocket API as the user interface does."""

from .api import Entry, HomeAssistantApi, Json, RegistryEntry

PATH = "demo-home"
_HISTORY_HOURS = 24
_TITLE = "Demo home"


async def save_dashboard(api: HomeAssistantApi, entry: Entry) -> str:
    """Store a dashboard of everything the home has, and return its path.

    It is written anew at every start, so that new entities appear by themselves; changes of your own belong
    on another dashboard.
    """
    dashboards = await api.command("lovelace/dashboards/list")
    if PATH not in {dashboard["url_path"] for dashboard in dashboards}:
        await api.command(
            "lovelace/dashboards/create",
            url_path=PATH,
            title=_TITLE,
            icon="mdi:home-battery",
            show_in_sidebar=True,
        )
    entities = [
        entity
        for entity in await api.entities("smart_battery_scheduler")
        if entity["config_entry_id"] == entry["entry_id"] and entity["disabled_by"] is None
    ]
    await api.command("lovelace/config/save", url_path=PATH, config=_config(entities))
    return f"/{PATH}/home"


def _config(entities: list[RegistryEntry]) -> Json:
    by_domain: dict[str, list[str]] = {}
    for entity in sorted(entities, key=lambda entity: entity["entity_id"]):
        by_domain.setdefault(entity["entity_id"].split(".")[0], []).append(entity["entity_id"])
    sensors = by_domain.pop("sensor", [])
    controls = [entity_id for ids in by_domain.values() for entity_id in ids]
    return {
        "title": _TITLE,
        "views": [
            {
                "title": _TITLE,
                "path": "home",
                "type": "sections",
                "sections": [
                    _section("Now", [_tile(entity_id) for entity_id in sensors]),
                    _section("Controls", [_tile(entity_id) for entity_id in controls]),
                    _section("The last day", [_history(sensors)] if sensors else []),
                ],
            }
        ],
    }


def _section(title: str, cards: list[Json]) -> Json:
    return {
        "type": "grid",
        "cards": [{"type": "heading", "heading": title}, *cards],
    }


def _tile(entity_id: str) -> Json:
    return {"type": "tile", "entity": entity_id}


def _history(entity_ids: list[str]) -> Json:
    return {
        "type": "history-graph",
        "hours_to_show": _HISTORY_HOURS,
        "entities": entity_ids,
        "grid_options": {"columns": "full"},
    }
