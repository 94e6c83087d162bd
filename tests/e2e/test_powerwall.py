"""A Powerwall through the wire: real Home Assistant, fake cloud, nothing replaced inside either."""

from dataclasses import replace

import pytest

from scripts.devhome import DOMAIN
from scripts.devhome.api import Entry, FlowStep, HomeAssistantApi

from .cloud import CloudProcess
from .fixtures import on_each_release
from .stage import Stage, eventually

OVERRIDE = "select.home_battery_override"
PEAK_END = "time.home_battery_peak_end"


@pytest.fixture
def home(stage: Stage, cloud: CloudProcess) -> Stage:
    """A Home Assistant that takes the fake cloud for the real ones."""
    return replace(stage, environment=cloud.environment)


async def add_home(api: HomeAssistantApi, cloud: CloudProcess) -> Entry:
    """Add the home as its owner would: credentials, Agile by region, one roof plane."""
    step = await api.start_flow(DOMAIN)
    for answer in (
        {"next_step_id": "netzero"},
        {"token": cloud.token, "site_id": cloud.site_id, "units": 1},
        {"next_step_id": "region"},
        {"region": "c", "export_tariff": "agile_outgoing"},
        {
            "source": "open_meteo",
            "plane_1": {"peak_kw": 4, "declination": 35, "azimuth": 180},
        },
        {},
    ):
        step = await api.answer_flow(step, answer)
        assert not step.get("errors"), step
    assert step["type"] == "create_entry", step
    # Whatever the time of day is here: without a peak window a charge may be ordered at any.
    await api.act("time.set_value", {"entity_id": PEAK_END, "time": "16:00:00"})
    return step["result"]


async def charge_now(api: HomeAssistantApi, cloud: CloudProcess) -> None:
    """Override with a charge; return once the battery takes 1 kW or more."""
    await api.act("select.select_option", {"entity_id": OVERRIDE, "option": "charge"})
    await eventually(
        cloud.state, lambda state: state["reading"]["battery_power_w"] < -1000, within_s=90
    )


async def test_the_flow_says_what_is_wrong_and_goes_on(home: Stage, cloud: CloudProcess) -> None:
    """A wrong token is named; the same flow then ends well."""
    async with home.home_assistant() as api:
        step = await api.start_flow(DOMAIN)
        step = await api.answer_flow(step, {"next_step_id": "netzero"})
        wrong = {"token": "x" * 40, "site_id": cloud.site_id, "units": 1}
        step = await api.answer_flow(step, wrong)
        assert step.get("errors") == {"base": "invalid_auth"}
        step = await api.answer_flow(step, wrong | {"token": cloud.token})
        assert step.get("step_id") == "tariff"
        assert _choices(step) == {"account", "region", "rate_entities"}


@on_each_release
async def test_from_two_strings_to_a_plan(home: Stage, cloud: CloudProcess) -> None:
    """The plan stands on the published rates, and the first reading is on screen."""
    async with home.home_assistant() as api:
        entry = await add_home(api, cloud)
        plan = await api.act(
            f"{DOMAIN}.get_plan", {"config_entry_id": entry["entry_id"]}, response=True
        )
        states = await api.states()
    truth = await cloud.state()
    known = [slot for slot in plan["slots"] if not slot["rate_is_estimate"]]
    assert entry["state"] == "loaded"
    assert len(known) >= 10
    assert all(slot["import_p_per_kwh"] is not None for slot in known)
    assert any(slot["pv_kwh"] > 0 for slot in plan["slots"])
    level = float(states["sensor.home_battery_charge_level"]["state"])
    assert level == pytest.approx(truth["charge_level_percent"], abs=2)


async def test_a_charge_reaches_the_battery_and_is_undone(home: Stage, cloud: CloudProcess) -> None:
    """Charge now: the battery takes power; unloaded: the owner's settings are back."""
    before = await cloud.settings()
    async with home.home_assistant() as api:
        entry = await add_home(api, cloud)
        await charge_now(api, cloud)
        assert await cloud.settings() != before
        await api.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")
        await eventually(cloud.settings, lambda shown: shown == before, within_s=10)


async def test_stopping_home_assistant_puts_the_settings_back(
    home: Stage, cloud: CloudProcess
) -> None:
    """A stop in mid-charge leaves nothing of ours on the Powerwall."""
    before = await cloud.settings()
    async with home.home_assistant() as api:
        await add_home(api, cloud)
        await charge_now(api, cloud)
    await eventually(cloud.settings, lambda shown: shown == before, within_s=10)


@on_each_release
async def test_a_power_cut_in_mid_charge_strands_nothing(home: Stage, cloud: CloudProcess) -> None:
    """After it, Home Assistant reads before it writes, and still knows the owner's settings."""
    before = await cloud.settings()
    async with home.home_assistant(power_cut=True) as api:
        await add_home(api, cloud)
        await charge_now(api, cloud)
        await home.until_stored()
    assert await cloud.settings() != before
    await cloud.forget_requests()
    # As long as a start takes on a small board, and as NetZero takes to grant new requests.
    await cloud.change("time", advance_s=60)
    async with home.home_assistant() as api:
        (entry,) = await eventually(
            lambda: api.entries(DOMAIN), lambda entries: entries[0]["state"] == "loaded"
        )
        await api.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")
    await eventually(cloud.settings, lambda shown: shown == before, within_s=10)
    to_netzero = [
        each["endpoint"]
        for each in await cloud.requests()
        if each["endpoint"].startswith("netzero")
    ]
    assert to_netzero[0] == "netzero_read"


async def test_removing_the_home_puts_the_settings_back(home: Stage, cloud: CloudProcess) -> None:
    """Removed in mid-charge, the home leaves the Powerwall as it found it."""
    before = await cloud.settings()
    async with home.home_assistant() as api:
        entry = await add_home(api, cloud)
        await charge_now(api, cloud)
        await api.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
        await eventually(cloud.settings, lambda shown: shown == before, within_s=10)


async def test_no_secret_is_logged(home: Stage, cloud: CloudProcess) -> None:
    """At the most talkative level, the log holds neither token nor site."""
    async with home.home_assistant() as api:
        await add_home(api, cloud)
    log = home.folder.log.read_text("utf-8")
    assert cloud.token not in log
    assert cloud.site_id not in log


def _choices(step: FlowStep) -> set[str]:
    return set(step.get("menu_options", ()))
