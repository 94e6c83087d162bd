"""The options page on which a home's past is tried."""

import asyncio
from http import HTTPStatus
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.flows.backtest_texts import (
    missing_texts,
    result_texts,
)
from custom_components.smart_battery_scheduler.history.backtest.compare import (
    BacktestResult,
    TariffResult,
)
from custom_components.smart_battery_scheduler.site import backtest as backtest_module
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component

from ..actions.test_backtest import NOW, as_it_is
from ..entities.conftest import Ask
from ..languages import ENGLISH

__all__ = ["as_it_is"]

pytestmark = pytest.mark.usefixtures("as_it_is")


@pytest.fixture
async def demo(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """The demo home, which has four weeks behind it."""
    freezer.move_to(NOW)
    assert await async_setup_component(hass, "http", {})
    entry = MockConfigEntry(
        domain=DOMAIN, title="Home", data={"kind": "demo", "units": 1}, options={"dry_run": True}
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def open_page(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """The page with its question."""
    flows = hass.config_entries.options
    menu = await flows.async_init(entry.entry_id)
    assert "backtest" in menu["menu_options"]
    return await flows.async_configure(menu["flow_id"], {"next_step_id": "backtest"})


async def try_days(hass: HomeAssistant, entry: MockConfigEntry, days: int) -> ConfigFlowResult:
    """Ask for some days and wait for the page after the progress."""
    flows = hass.config_entries.options
    form = await open_page(hass, entry)
    assert form["step_id"] == "backtest"
    shown = await flows.async_configure(form["flow_id"], {"days": days})
    if shown["type"] is not FlowResultType.SHOW_PROGRESS:
        # A run of little is over before the page has been answered.
        return shown
    await entry.runtime_data.backtest.async_result()
    await hass.async_block_till_done()
    return await flows.async_configure(form["flow_id"])


async def test_the_page_says_what_was_paid_what_the_plan_costs_and_the_best_tariff(
    hass: HomeAssistant, demo: MockConfigEntry
) -> None:
    """You paid this, with this plan that, the best tariff would be this; no option is changed."""
    page = await try_days(hass, demo, 1)
    assert page["step_id"] == "backtest_result"
    texts = page["description_placeholders"]
    assert texts is not None
    result = demo.runtime_data.backtest.result
    present = result.tariffs[0]
    assert texts["days"] == "1"
    assert texts["paid"] == f"£{result.paid_gbp:.2f}"
    assert texts["planned"] == texts["best_gbp"] == f"£{present.gbp:.2f}"
    assert texts["best"] == "Your tariff"
    assert texts["left_out"] == "none"
    assert f"Your tariff: £{present.gbp:.2f}" in texts["tariffs"]
    done = await hass.config_entries.options.async_configure(page["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert demo.options == {"dry_run": True}


async def test_without_a_usable_day_the_page_says_what_is_missing(
    hass: HomeAssistant, demo: MockConfigEntry
) -> None:
    """Without a usable day the page says what is missing and how to get it."""
    measurements: Any = demo.runtime_data.measurements
    measurements._slots.clear()
    page = await try_days(hass, demo, 3)
    assert page["step_id"] == "backtest_nothing"
    assert page["description_placeholders"] == {
        "left_out": "3 (nothing is known of them)",
        "failed": "none",
    }


async def test_a_run_that_ends_at_once_shows_its_result_instead_of_closing_the_page(
    hass: HomeAssistant, demo: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends within the call that began it shows its result; the next click closes it."""
    flows, backtest = hass.config_entries.options, demo.runtime_data.backtest

    async def ended() -> BacktestResult:
        return BacktestResult(made_at=NOW)

    monkeypatch.setattr(backtest, "start", lambda days: None)
    monkeypatch.setattr(backtest, "async_result", ended)
    form = await open_page(hass, demo)
    page = await flows.async_configure(form["flow_id"], {"days": 3})
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "backtest_nothing")
    done = await flows.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_run_that_takes_long_shows_progress_and_then_its_result(
    hass: HomeAssistant, demo: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that goes on after the call shows progress each time it is asked, then its result."""
    flows, backtest = hass.config_entries.options, demo.runtime_data.backtest
    found = asyncio.Event()

    async def later() -> BacktestResult:
        await found.wait()
        return BacktestResult(made_at=NOW)

    monkeypatch.setattr(backtest, "start", lambda days: None)
    monkeypatch.setattr(backtest, "async_result", later)
    form = await open_page(hass, demo)
    for asked in ({"days": 3}, None, None):
        shown = await flows.async_configure(form["flow_id"], asked)
        assert (shown["type"], shown["step_id"]) == (
            FlowResultType.SHOW_PROGRESS,
            "backtest_running",
        )
    found.set()
    await hass.async_block_till_done()
    for _ in range(2):
        page = await flows.async_configure(form["flow_id"])
        assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "backtest_nothing")


async def test_a_stopped_run_ends_the_page(
    hass: HomeAssistant, demo: MockConfigEntry, ask: Ask
) -> None:
    """A run that somebody stops ends the page with a sentence."""
    flows = hass.config_entries.options
    form = await open_page(hass, demo)
    await flows.async_configure(form["flow_id"], {"days": 28})
    await demo.runtime_data.backtest.async_stop()
    await hass.async_block_till_done()
    ended = await flows.async_configure(form["flow_id"])
    assert (ended["type"], ended["reason"]) == (FlowResultType.ABORT, "backtest_stopped")


async def test_closing_the_page_lets_the_run_go_on(
    hass: HomeAssistant, demo: MockConfigEntry
) -> None:
    """Closing the page lets the run go on, and its result is kept."""
    flows = hass.config_entries.options
    form = await open_page(hass, demo)
    await flows.async_configure(form["flow_id"], {"days": 1})
    flows.async_abort(form["flow_id"])
    result = await demo.runtime_data.backtest.async_result()
    assert demo.runtime_data.backtest.result == result


async def test_the_half_hours_can_be_downloaded_by_who_may_see_the_home(
    hass: HomeAssistant,
    demo: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    """The half-hours can be downloaded by the page's link; without it and signed out they cannot."""
    page = await try_days(hass, demo, 1)
    texts = page["description_placeholders"]
    assert texts is not None
    stranger = await hass_client_no_auth()
    refused = await stranger.get(texts["csv"].split("?")[0])
    assert refused.status == HTTPStatus.UNAUTHORIZED
    reply = await stranger.get(texts["csv"])
    assert reply.status == HTTPStatus.OK
    lines = (await reply.text()).splitlines()
    assert lines[0].startswith("start,load_kwh,pv_kwh,import_p_per_kwh")
    assert len(lines) == 1 + 48
    client = await hass_client()
    address = f"/api/{DOMAIN}/backtest/{demo.entry_id}"
    assert (await client.get(address)).status == HTTPStatus.OK
    hass_admin_user.groups = []
    hass_admin_user.invalidate_cache()
    hass_admin_user.mock_policy({})
    assert (await client.get(address)).status == HTTPStatus.NOT_FOUND
    assert (await client.get(f"/api/{DOMAIN}/backtest/nobody")).status == HTTPStatus.NOT_FOUND


async def test_a_run_that_fails_ends_the_page_with_a_sentence(
    hass: HomeAssistant,
    demo: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A run that fails ends the page with a sentence; the log says why, and a restart begins none."""

    async def bent(*_: object) -> None:
        raise ValueError("bent")

    monkeypatch.setattr(backtest_module, "async_replay", bent)
    form = await open_page(hass, demo)
    flows = hass.config_entries.options
    shown = await flows.async_configure(form["flow_id"], {"days": 1})
    if shown["type"] is FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done(wait_background_tasks=True)
        shown = await flows.async_configure(form["flow_id"])
    assert (shown["type"], shown["reason"]) == (FlowResultType.ABORT, "backtest_failed")
    assert "ValueError: bent" in caplog.text
    assert demo.runtime_data.backtest._unfinished_days is None


async def test_the_page_of_a_home_that_does_not_run_says_so(
    hass: HomeAssistant, demo: MockConfigEntry
) -> None:
    """A home that is not loaded has no past to try."""
    flows = hass.config_entries.options
    menu = await flows.async_init(demo.entry_id)
    assert await hass.config_entries.async_unload(demo.entry_id)
    ended = await flows.async_configure(menu["flow_id"], {"next_step_id": "backtest"})
    assert (ended["type"], ended["reason"]) == (FlowResultType.ABORT, "not_running")


def test_who_did_not_answer_is_said_in_words() -> None:
    """Sources that failed and days left out are said in words; a strange reason is said as it is."""
    result = BacktestResult(
        made_at=NOW, left_out={"holes": 2, "fog": 1}, failed=("recorder", "octopus")
    )
    assert missing_texts(result, ENGLISH) == {
        "left_out": "2 (half-hours are missing), 1 (fog)",
        "failed": "the recorder of Home Assistant, the meters of your Octopus account",
    }


def test_a_sum_that_is_not_known_is_no_nought() -> None:
    """A sum that is not known is said so; the spread of weeks stands behind the year."""
    tariff = TariffResult(
        name="agile",
        gbp=-1.5,
        self_powered_gbp=20.0,
        optimum_gbp=-3.0,
        standing_gbp=None,
        gbp_per_year=1234.4,
        best_week_gbp_per_year=1000.0,
        worst_week_gbp_per_year=1500.0,
    )
    texts = result_texts(BacktestResult(made_at=NOW, days=14, tariffs=(tariff,)), ENGLISH)
    assert (texts["paid"], texts["planned"]) == ("an unknown sum", "an unknown sum")
    assert texts["tariffs"] == (
        "- Agile, with Agile Outgoing: -£1.50, £1,234 a year (£1,000 to £1,500); "
        "self-powered £20.00"
    )
