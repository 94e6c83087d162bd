"""The ready dashboard: there on request, gone with the last home that wants it."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.frontend.dashboard_panel import BEHIND, URL_PATH
from homeassistant.components.frontend import async_register_built_in_panel
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.core import CoreState, HomeAssistant
from scripts.devhome import BATTERY_PLAN


async def add_home(hass: HomeAssistant, *, dashboard: bool) -> MockConfigEntry:
    """A running demo home that wants the dashboard or does not."""
    entry = MockConfigEntry(
        domain=DOMAIN, title="Demo home", data={"kind": "demo"}, options={"dashboard": dashboard}
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def ask(client: Any, command: str, **data: Any) -> Any:
    """The result of a websocket command."""
    await client.send_json_auto_id({"type": command, **data})
    return (await client.receive_json()).get("result")


async def in_sidebar(client: Any) -> bool:
    """Whether the frontend is told of the page."""
    return URL_PATH in await ask(client, "get_panels")


async def test_the_page_is_there_while_it_is_wanted(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Asked for at set-up, it holds every view of the strategy; options take it away and back."""
    entry = await add_home(hass, dashboard=True)
    client = await hass_ws_client(hass)
    assert await in_sidebar(client)
    content = await ask(client, "lovelace/config", url_path=BEHIND)
    assert content == {"strategy": {"type": "custom:smart-battery-scheduler"}}
    assert await hass.data[LOVELACE_DATA].dashboards[BEHIND].async_load(force=False) == content
    listed = await ask(client, "lovelace/dashboards/list")
    assert BEHIND in {each["url_path"] for each in listed}
    # As Home Assistant's system health adds them up.
    info = await hass.data[LOVELACE_DATA].dashboards[BEHIND].async_get_info()
    assert info == {"mode": "yaml", "views": 0}
    for wanted in (False, True):
        step = await hass.config_entries.options.async_init(entry.entry_id)
        step = await hass.config_entries.options.async_configure(
            step["flow_id"], {"next_step_id": "dashboard"}
        )
        await hass.config_entries.options.async_configure(step["flow_id"], {"dashboard": wanted})
        await hass.async_block_till_done()
        assert await in_sidebar(client) is wanted
        assert entry.options["dashboard"] is wanted


async def test_the_first_click_needs_no_reload(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_client_no_auth: Any
) -> None:
    """Set up in a running Home Assistant, the sidebar leads to a panel that brings its module."""
    await add_home(hass, dashboard=True)
    panels = await ask(await hass_ws_client(hass), "get_panels")
    assert panels[URL_PATH]["component_name"] == "custom"
    config = panels[URL_PATH]["config"]
    assert config["dashboard"] == BEHIND
    module = await (await hass_client_no_auth()).get(config["_panel_custom"]["module_url"])
    assert config["_panel_custom"]["name"] in await module.text()
    assert panels[BEHIND]["title"] is None


async def test_after_a_restart_the_sidebar_leads_there_directly(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Every page has the modules then; the address behind is still there for who was on it."""
    hass.set_state(CoreState.starting)
    await add_home(hass, dashboard=True)
    hass.set_state(CoreState.running)
    client = await hass_ws_client(hass)
    panels = await ask(client, "get_panels")
    assert panels[URL_PATH]["component_name"] == "lovelace"
    content = await ask(client, "lovelace/config", url_path=URL_PATH)
    assert content == await ask(client, "lovelace/config", url_path=BEHIND)


async def test_it_outlives_a_stop_and_goes_with_the_last_home(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """A reload takes nothing from under the person who looks at it; a removal does."""
    entry = await add_home(hass, dashboard=True)
    client = await hass_ws_client(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await in_sidebar(client)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not await in_sidebar(client)


def test_scripts_know_the_page() -> None:
    """The address that a development home prints is the one in the sidebar."""
    assert f"/{URL_PATH}" == BATTERY_PLAN


async def test_nobody_is_given_a_page_unasked(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """A home that does not want it adds nothing."""
    await add_home(hass, dashboard=False)
    assert not await in_sidebar(await hass_ws_client(hass))


async def test_a_page_of_somebody_else_stays(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """The address is taken: theirs is not replaced, and not removed with the home."""
    async_register_built_in_panel(hass, "iframe", "Theirs", frontend_url_path=URL_PATH)
    entry = await add_home(hass, dashboard=True)
    client = await hass_ws_client(hass)
    assert (await ask(client, "get_panels"))[URL_PATH]["title"] == "Theirs"
    await hass.config_entries.async_remove(entry.entry_id)
    assert await in_sidebar(client)


async def test_without_dashboards_there_is_no_page(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home runs all the same."""
    entry = await add_home(hass, dashboard=False)
    hass.data.pop(LOVELACE_DATA)
    hass.config_entries.async_update_entry(entry, options={"dashboard": True})
    await hass.async_block_till_done()
    assert URL_PATH not in hass.data.get("frontend_panels", {})
