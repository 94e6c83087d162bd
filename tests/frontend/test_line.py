"""The websocket line: the whole state once, then patches, to those who may see it."""

from datetime import UTC, timedelta
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smart_battery_scheduler.const import DOMAIN, MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.frontend.card import FOLDER, content_hash
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot
from homeassistant.components.frontend import DATA_EXTRA_JS_URL_ES5, DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """A running demo home."""
    entry = MockConfigEntry(domain=DOMAIN, title="Demo home", data={"kind": "demo"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def patched(state: Any, patch: Any) -> Any:
    """RFC 7396, as the card does it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(state) if isinstance(state, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result


async def subscribe(client: Any, entry_id: str) -> dict[str, Any]:
    """Ask, and return the first event."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe", "config_entry_id": entry_id})
    assert (await client.receive_json())["success"]
    event: dict[str, Any] = (await client.receive_json())["event"]
    return event


async def test_whole_once_then_changes(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """A changed preference arrives as a patch that does not bring the plan again."""
    client = await hass_ws_client(hass)
    state = (await subscribe(client, entry.entry_id))["state"]
    assert state["home"]["dry_run"] is False
    assert state["may_control"] is True
    assert len(state["plan"]["slots"]) > 90
    hass.config_entries.async_update_entry(entry, options={**entry.options, "dry_run": True})
    patch = (await client.receive_json())["event"]["patch"]
    assert patched(state, patch)["home"]["dry_run"] is True
    assert "title" not in patch["home"]


async def test_the_plan_is_the_one_of_get_plan(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """What the card shows and what automations get are the same figures."""
    client = await hass_ws_client(hass)
    state = (await subscribe(client, entry.entry_id))["state"]
    published = await hass.services.async_call(
        DOMAIN, "get_plan", {}, blocking=True, return_response=True
    )
    assert published is not None
    slots: Any = published["slots"]
    assert list(state["plan"]["slots"]) == [slot["start"] for slot in slots]
    for slot in slots:
        shown = state["plan"]["slots"][slot["start"]]
        assert shown == {
            key: patched({}, value) for key, value in slot.items() if value is not None
        }


async def test_unloading_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """The line ends with a word, and asking again is refused."""
    client = await hass_ws_client(hass)
    await subscribe(client, entry.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)
    events: list[dict[str, Any]] = []
    while not events or "gone" not in events[-1]:
        events.append((await client.receive_json())["event"])
    assert events[-1] == {"gone": True}
    await client.send_json_auto_id(
        {"type": f"{DOMAIN}/subscribe", "config_entry_id": entry.entry_id}
    )
    assert (await client.receive_json())["error"]["code"] == "not_found"


async def test_every_card_hears_that_its_home_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """One that leaves while it is told must not make the next one be skipped."""
    clients = [await hass_ws_client(hass) for _ in range(4)]
    for client in clients:
        await subscribe(client, entry.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)
    for client in clients:
        while "gone" not in (event := (await client.receive_json())["event"]):
            assert "patch" in event
        assert event == {"gone": True}


async def test_unsubscribing_lets_go(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """Nothing of a closed line stays with the site."""
    listening = hass.data[DATA_DISPATCHER][entry.runtime_data.publisher._changed]
    before = len(listening)
    client = await hass_ws_client(hass)
    await client.send_json(
        {"id": 5, "type": f"{DOMAIN}/subscribe", "config_entry_id": entry.entry_id}
    )
    await client.receive_json()
    await client.receive_json()
    assert len(listening) == before + 1
    await client.send_json({"id": 6, "type": "unsubscribe_events", "subscription": 5})
    assert (await client.receive_json())["success"]
    assert len(listening) == before


@pytest.mark.parametrize(
    ("policy", "sees", "controls"),
    [
        ({"entities": True}, True, True),
        ({"entities": {"all": {"read": True}}}, True, False),
        ({"entities": {"domains": {"light": True}}}, False, False),
    ],
    ids=["household", "reader", "stranger"],
)
async def test_permissions(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
    policy: dict[str, Any],
    sees: bool,
    controls: bool,
) -> None:
    """A reader may look and not touch; a stranger learns nothing."""
    hass_admin_user.groups = []
    hass_admin_user.mock_policy(policy)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": f"{DOMAIN}/homes"})
    sites = (await client.receive_json())["result"]["homes"]
    assert [site["entry_id"] for site in sites] == ([entry.entry_id] if sees else [])
    await client.send_json_auto_id(
        {"type": f"{DOMAIN}/subscribe", "config_entry_id": entry.entry_id}
    )
    answer = await client.receive_json()
    if sees:
        state = (await client.receive_json())["event"]["state"]
        assert state["may_control"] is controls
    else:
        assert answer["error"]["code"] == "unauthorized"


async def test_the_loader_is_served(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client_no_auth: Any
) -> None:
    """Both builds of the frontend are told of one file, below a folder named by its content."""
    builds = (DATA_EXTRA_MODULE_URL, DATA_EXTRA_JS_URL_ES5)
    ours, old = ([url for url in hass.data[key].urls if DOMAIN in url] for key in builds)
    assert ours == old == [f"/{DOMAIN}/{content_hash(FOLDER)}/loader.js"]
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client_no_auth()
    reply = await client.get(ours[0])
    assert reply.status == 200
    assert "javascript" in reply.headers["Content-Type"]
    assert "max-age=2678400" in reply.headers["Cache-Control"]
    # Only so does an old browser's plain script element run it.
    assert not re.search(r"^(import|export)\b", await reply.text(), re.MULTILINE)


def test_the_address_changes_with_the_content(tmp_path: Any) -> None:
    """A changed, renamed or added file gives another address."""
    (tmp_path / "a.js").write_text("1")
    seen = {content_hash(tmp_path)}
    (tmp_path / "a.js").write_text("2")
    seen.add(content_hash(tmp_path))
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    seen.add(content_hash(tmp_path))
    (tmp_path / "c.js").write_text("")
    seen.add(content_hash(tmp_path))
    assert len(seen) == 4


async def test_a_weekly_manual_slot_is_sent_with_its_next_time(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """Who takes it back for a while can ask for it again from then on."""
    start = floor_slot(dt_util.utcnow()) + SLOT
    end = start + SLOT
    await hass.services.async_call(
        DOMAIN,
        "add_slot",
        {"start": start, "end": end, "action": "hold", "repeat": "weekly"},
        blocking=True,
    )
    client = await hass_ws_client(hass)
    state = (await subscribe(client, entry.entry_id))["state"]
    [rule] = state["manual"]
    assert rule["repeat"] == "weekly"
    again = (start.astimezone(MARKET_TIME_ZONE) + timedelta(days=7)).astimezone(UTC)
    assert [time["start"] for time in rule["times"]] == [start.isoformat(), again.isoformat()]
