"""The demo home: from one click to a plan, over restarts, and away again without a trace."""

from datetime import datetime, timedelta
from itertools import pairwise

from scripts.devhome import DOMAIN
from scripts.devhome.api import HomeAssistantApi
from scripts.devhome.demo import demo_home

from .fixtures import on_each_release
from .stage import Stage, eventually

UNAVAILABLE = {"unavailable", "unknown"}


async def home_states(api: HomeAssistantApi) -> dict[str, str]:
    """Return the state of every enabled entity of the integration."""
    enabled = [entity for entity in await api.entities(DOMAIN) if entity["disabled_by"] is None]
    states = await api.states()
    return {
        entity["entity_id"]: states[entity["entity_id"]]["state"]
        for entity in enabled
        if entity["entity_id"] in states
    }


async def entry_state(api: HomeAssistantApi) -> str | None:
    """Return the state of the only entry, None without one."""
    entries = await api.entries(DOMAIN)
    return entries[0]["state"] if entries else None


@on_each_release
async def test_one_click_gives_a_plan(stage: Stage) -> None:
    """The flow ends with a loaded home whose plan covers the day in half-hours, each with a reason."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        plan = await api.act(
            f"{DOMAIN}.get_plan", {"config_entry_id": entry["entry_id"]}, response=True
        )
        states = await home_states(api)
    slots = plan["slots"]
    starts = [datetime.fromisoformat(slot["start"]) for slot in slots]
    assert entry["state"] == "loaded"
    assert len(slots) >= 14
    assert all(later - sooner <= timedelta(minutes=30) for sooner, later in pairwise(starts))
    assert {slot["action"] for slot in slots} <= {"charge", "hold", "use", "export"}
    assert all(slot["reason"] for slot in slots)
    assert float(states["sensor.demo_home_charge_level"]) > 0


async def test_every_entity_shows_something(stage: Stage) -> None:
    """No entity of a new demo home is unavailable, and none is missing its state."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        states = await eventually(
            lambda: home_states(api), lambda now: "unavailable" not in now.values()
        )
    assert {"sensor", "switch", "select", "number", "button"} <= {
        entity_id.split(".")[0] for entity_id in states
    }


@on_each_release
async def test_the_home_comes_back_after_a_restart(stage: Stage) -> None:
    """A restart keeps the entry, the entities and the user's choice."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        before = await home_states(api)
        await api.act("switch.turn_on", {"entity_id": "switch.demo_home_dry_run"})
    async with stage.home_assistant() as api:
        after = await eventually(
            lambda: home_states(api), lambda now: "unavailable" not in now.values()
        )
    assert set(after) == set(before)
    assert after["switch.demo_home_dry_run"] == "on"


async def test_it_unloads_and_comes_back(stage: Stage) -> None:
    """Disabled, the home has no states; enabled, it has a plan again."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        before = await home_states(api)
        await api.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")
        assert await entry_state(api) == "not_loaded"
        assert set((await home_states(api)).values()) <= {"unavailable"}
        await api.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by=None)
        assert await entry_state(api) == "loaded"
        after = await eventually(
            lambda: home_states(api), lambda now: "unavailable" not in now.values()
        )
    assert set(after) == set(before)


async def test_it_is_removed_without_a_trace(stage: Stage) -> None:
    """Removed, neither entry nor entities nor stored files of the home are left."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        await api.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
        assert await api.entries(DOMAIN) == []
        assert await api.entities(DOMAIN) == []
    left = [path.name for path in (stage.folder.path / ".storage").glob(f"{DOMAIN}*")]
    assert left == []
