"""The development dashboard, stored over the websocket API as the user interface does."""

from collections.abc import Iterable, Sequence

from . import DOMAIN
from .api import Entry, HomeAssistantApi, Json, RegistryEntry

PATH = "demo-home"
_TITLE = "Demo home"

_NOW = (
    "status",
    "reason",
    "charge_level",
    "current_rate",
    "next_charge",
    "cheapest_slot",
    "cost_today",
    "saving_today",
)
_POWER = ("battery_power", "solar_power", "house_power", "grid_power")
_PLAN = """\
{{% set slots = state_attr('{plan}', 'slots') or [] %}}
| Time | Action | p/kWh | Level | Cost, p |
|:--|:--|--:|--:|--:|
{{% for slot in slots[:48] -%}}
| {{{{ as_local(as_datetime(slot.start)).strftime('%a %H:%M') }}}} \
| {{{{ '**charge**' if slot.action == 'charge' else slot.action }}}} \
| {{{{ slot.import_p_per_kwh if slot.import_p_per_kwh is not none else '?' }}}}\
{{{{ ' ~' if slot.rate_is_estimate else '' }}}} \
| {{{{ slot.end_percent | round }}}} % \
| {{{{ slot.cost_p | round(1) }}}} |
{{% endfor %}}
"""


async def save_dashboard(api: HomeAssistantApi, entry: Entry) -> str:
    """Store a dashboard of everything the home has, and return its path.

    It is written anew at every start, so that new entities appear by themselves; changes of your own
    belong on another dashboard.
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
    enabled = [
        entity
        for entity in await api.entities(DOMAIN)
        if entity["config_entry_id"] == entry["entry_id"] and entity["disabled_by"] is None
    ]
    await api.command("lovelace/config/save", url_path=PATH, config=_config(enabled))
    return f"/{PATH}/home"


def _config(entities: Sequence[RegistryEntry]) -> Json:
    """Known sensors in a fixed order, the plan as a table, and whatever else there is."""
    by_key = {entity["translation_key"]: entity["entity_id"] for entity in entities}
    now = [by_key[key] for key in _NOW if key in by_key]
    power = [by_key[key] for key in _POWER if key in by_key]
    level = [by_key[key] for key in ("charge_level",) if key in by_key]
    readable = {entity["entity_id"] for entity in entities if _is_readable(entity)}
    controls = sorted(entity["entity_id"] for entity in entities if not _is_readable(entity))
    left = [
        *_titled("Now", _tiles(now)),
        *_titled("Power", [*_tiles(power), *_history(power)]),
        *_titled("Charge level", _history(level)),
        *_titled("More", _tiles(sorted(readable - {*now, *power}))),
    ]
    schedule = [by_key[key] for key in ("schedule",) if key in by_key]
    right = [
        *_titled("Schedule", _calendar(schedule)),
        *_titled("Controls", _rows(controls)),
        *_titled("Plan", _plan(by_key.get("plan"))),
    ]
    view = {
        "title": _TITLE,
        "path": "home",
        "type": "sections",
        "max_columns": 2,
        "sections": [{"type": "grid", "cards": left}, {"type": "grid", "cards": right}],
    }
    return {"title": _TITLE, "views": [view]}


def _is_readable(entity: RegistryEntry) -> bool:
    return entity["entity_id"].split(".")[0] in {"sensor", "binary_sensor", "event", "calendar"}


def _titled(title: str, cards: list[Json]) -> list[Json]:
    return [{"type": "heading", "heading": title}, *cards] if cards else []


def _named(entity_id: str) -> dict[str, Json]:
    # The one home's name before each of its entities would only take room.
    return {"entity": entity_id, "name": {"type": "entity"}}


def _tiles(entity_ids: Iterable[str]) -> list[Json]:
    return [{"type": "tile", **_named(entity_id)} for entity_id in entity_ids]


def _rows(entity_ids: list[str]) -> list[Json]:
    if not entity_ids:
        return []
    return [{"type": "entities", "entities": [_named(entity_id) for entity_id in entity_ids]}]


def _history(entity_ids: list[str]) -> list[Json]:
    if not entity_ids:
        return []
    entities = [_named(entity_id) for entity_id in entity_ids]
    card = {"type": "history-graph", "hours_to_show": 24, "entities": entities}
    return [{**card, "grid_options": {"columns": "full"}}]


def _calendar(entity_ids: list[str]) -> list[Json]:
    if not entity_ids:
        return []
    card = {"type": "calendar", "initial_view": "listWeek", "entities": list(entity_ids)}
    return [{**card, "grid_options": {"columns": "full"}}]


def _plan(entity_id: str | None) -> list[Json]:
    if entity_id is None:
        return []
    content = _PLAN.format(plan=entity_id)
    return [{"type": "markdown", "content": content, "grid_options": {"columns": "full"}}]
