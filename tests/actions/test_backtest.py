"""The home's past, replayed on request."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import os
import threading
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.history.backtest.compare import usual_variants
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.site import (
    backtest as backtest_module,
    backtest_inputs,
)
from custom_components.smart_battery_scheduler.site.backtest import BacktestStoppedError, store_key
from custom_components.smart_battery_scheduler.solar.model import (
    SolarForecast,
    SolarSlot,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.sources.rates_coordinator import RateError
from custom_components.smart_battery_scheduler.tariff.errors import TariffUnreachableError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ..days.stage import Day
from ..entities.conftest import Ask
from ..history.backtest.generated import metered

NOW = datetime(2026, 1, 16, 10, 7, tzinfo=UTC)
FIRST = datetime(2026, 1, 12, tzinfo=UTC).date()


def generated_past(days: int) -> list[MeasuredSlot]:
    """What our own readings would have made of the generated home."""
    return [
        MeasuredSlot(
            start=slot.start,
            energies=Energies(
                load_kwh=0.3,
                pv_kwh=slot.pv_kwh or 0.0,
                import_kwh=slot.import_kwh or 0.0,
                export_kwh=slot.export_kwh or 0.0,
                battery_in_kwh=slot.battery_in_kwh or 0.0,
                battery_out_kwh=slot.battery_out_kwh or 0.0,
            ),
            observed_s=1800.0,
        )
        for slot in metered(FIRST, days)
    ]


@pytest.fixture
async def demo(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """The demo home, which has four weeks behind it."""
    freezer.move_to(NOW)
    entry = MockConfigEntry(domain=DOMAIN, title="Home", data={"kind": "demo", "units": 1})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay the home as it is only: each variant costs as much time as another tariff."""
    monkeypatch.setattr(backtest_inputs, "usual_variants", lambda *_, **__: ())


@pytest.mark.usefixtures("as_it_is")
async def test_the_action_answers_with_what_the_last_days_would_have_cost(
    demo: MockConfigEntry, ask: Ask, hass_storage: dict[str, Any]
) -> None:
    """The action answers with what the last days would have cost, and the result is stored."""
    answer = await ask.answer("backtest", days=3)
    assert answer["days"] == 3
    assert (answer["first_day"], answer["last_day"]) == ("2026-01-13", "2026-01-15")
    (present,) = answer["tariffs"]
    assert present["name"] == "present"
    assert 0 < present["optimum_gbp"] <= present["gbp"] < present["self_powered_gbp"]
    assert answer["paid_gbp"] > 0
    assert answer["sources"]["import"] == {"measured": 144}
    assert answer["sources"]["sun_forecast"] == {"measured_with_usual_error": 144}
    stored = hass_storage[store_key(demo.entry_id)]["data"]
    assert stored["unfinished_days"] is None
    assert stored["result"]["days"] == 3
    assert len(stored["result"]["half_hours"]) == 144


@pytest.mark.usefixtures("as_it_is")
async def test_a_run_can_be_stopped_and_the_result_before_it_stays(
    hass: HomeAssistant, demo: MockConfigEntry, ask: Ask
) -> None:
    """A run shows its progress and can be stopped; the result before it stays."""
    before = await ask.answer("backtest", days=1)
    backtest = demo.runtime_data.backtest
    backtest.start(28)
    waiting = hass.async_create_task(backtest.async_result())
    async with asyncio.timeout(30):
        while not backtest.share:
            await asyncio.sleep(0)
    assert 0.0 < backtest.share < 1.0
    assert await ask.answer("backtest", stop=True) == before
    with pytest.raises(BacktestStoppedError):
        await waiting
    assert not backtest.is_running
    assert backtest.share is None


@pytest.mark.parametrize("by", ["stop", "unload"])
async def test_no_thread_outlives_a_run(
    hass: HomeAssistant, demo: MockConfigEntry, by: str
) -> None:
    """Neither a stop nor an unload in the middle of a run leaves its thread behind."""
    backtest = demo.runtime_data.backtest
    backtest.start(28)
    async with asyncio.timeout(30):
        while not backtest.share:
            await asyncio.sleep(0)
    assert any(thread.name.startswith("replay") for thread in threading.enumerate())
    if by == "stop":
        await backtest.async_stop()
    else:
        assert await hass.config_entries.async_unload(demo.entry_id)
    assert not any(thread.name.startswith("replay") for thread in threading.enumerate())


@pytest.mark.usefixtures("as_it_is")
async def test_a_restart_in_the_middle_begins_the_run_again(
    hass: HomeAssistant, demo: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """A restart in the middle of a run begins it again."""
    demo.runtime_data.backtest.start(1)
    await asyncio.sleep(0)
    assert await hass.config_entries.async_reload(demo.entry_id)
    assert demo.runtime_data.backtest.is_running
    result = await demo.runtime_data.backtest.async_result()
    assert result.days == 1
    assert hass_storage[store_key(demo.entry_id)]["data"]["unfinished_days"] is None


async def test_a_stored_replay_of_another_shape_is_left_out(
    hass: HomeAssistant, hass_storage: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    """A stored replay of another shape does not keep the home from starting."""
    freezer.move_to(NOW)
    entry = MockConfigEntry(domain=DOMAIN, title="Home", data={"kind": "demo", "units": 1})
    hass_storage[store_key(entry.entry_id)] = {
        "version": 1,
        "minor_version": 1,
        "key": store_key(entry.entry_id),
        "data": {"result": "bent"},
    }
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.runtime_data.backtest.result is None


@pytest.mark.usefixtures("as_it_is")
async def test_removing_the_home_removes_its_replay(
    hass: HomeAssistant, demo: MockConfigEntry, ask: Ask, hass_storage: dict[str, Any]
) -> None:
    """The stored result is deleted with the config entry."""
    await ask.answer("backtest", days=1)
    assert store_key(demo.entry_id) in hass_storage
    await hass.config_entries.async_remove(demo.entry_id)
    assert store_key(demo.entry_id) not in hass_storage


@pytest.mark.parametrize("days", [0, 93, -1])
async def test_days_out_of_range_are_refused_and_nothing_runs(
    demo: MockConfigEntry, ask: Ask, days: int
) -> None:
    """Days out of range are refused with a message, and nothing runs."""
    with pytest.raises(ServiceValidationError) as refused:
        await ask.answer("backtest", days=days)
    assert refused.value.translation_key == "out_of_range"
    assert not demo.runtime_data.backtest.is_running


async def test_a_real_home_is_compared_on_the_tariffs_of_its_region(site: Day, ask: Ask) -> None:
    """A home on Octopus is compared on the tariffs that its region is sold."""
    now = site.freezer().replace(tzinfo=UTC)
    shift = now.date() - FIRST - timedelta(days=1)
    past = generated_past(1)
    site.site.measurements.adopt(
        MeasuredSlot(start=each.start + shift, energies=each.energies, observed_s=1800.0)
        for each in past
    )
    answer = await ask.answer("backtest", days=1)
    names = {each["name"] for each in answer["tariffs"]}
    assert {"present", "agile", "go", "cosy", "flux", "flexible"} <= names
    costs = [each["gbp"] for each in answer["tariffs"]]
    assert costs == sorted(costs)
    assert {each["name"] for each in answer["variants"]} >= {"one_more_unit", "larger_roof"}


async def test_without_a_past_the_answer_says_what_is_missing(site: Day, ask: Ask) -> None:
    """Without a past there are no tariffs, and no figure is invented."""
    answer = await ask.answer("backtest", days=5)
    assert (answer["days"], answer["tariffs"], answer["paid_gbp"]) == (0, [], None)
    assert answer["days_left_out"] == {"nothing_known": 5}


@pytest.mark.parametrize(
    ("broken", "error", "name"),
    [
        ("async_standing", TariffUnreachableError("away"), "standing_charges"),
        ("past_tariffs", TariffUnreachableError("away"), "tariffs"),
    ],
)
async def test_a_source_that_fails_is_named_and_the_run_goes_on(
    site: Day,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    error: Exception,
    name: str,
) -> None:
    """What does not answer is named in the result; the rest of the run goes on."""

    async def away(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(backtest_inputs, broken, away)
    answer = await ask.answer("backtest", days=1)
    assert answer["sources_failed"] == [name]


async def test_where_an_archive_has_them_the_suns_forecasts_are_those_of_then(
    demo: MockConfigEntry, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive's forecasts are used, for a larger roof more; without an answer the usual error is."""

    class Archive:
        async def fetch(self) -> SolarForecast:
            if asked:
                raise SolarUnreachableError("away")
            asked.append(1)
            start = datetime(2026, 1, 15, 12, tzinfo=UTC)
            slot = SolarSlot(mean_kwh=0.4, p10_kwh=0.2, p50_kwh=0.4, p90_kwh=0.6)
            return SolarForecast(made_at=NOW, slots={start: slot})

    asked: list[int] = []
    larger = usual_variants(
        backtest_inputs.replay_site(demo.runtime_data.backtest._snapshot()), has_roof=True
    )[-1]
    monkeypatch.setattr(backtest_inputs, "archived_forecast", lambda *_: Archive())
    monkeypatch.setattr(backtest_inputs, "usual_variants", lambda *_, **__: (larger,))
    answer = await ask.answer("backtest", days=1)
    assert answer["sources"]["sun_forecast"] == {"open_meteo_archive": 48}
    assert [each["name"] for each in answer["variants"]] == ["larger_roof"]
    monkeypatch.setattr(backtest_inputs, "usual_variants", lambda *_, **__: ())
    answer = await ask.answer("backtest", days=1)
    assert answer["sources"]["sun_forecast"] == {"measured_with_usual_error": 48}


async def test_without_the_rates_of_the_past_nothing_is_compared(
    site: Day, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rates that do not answer are named, and the present tariff is not among those compared."""

    async def away(*_: object) -> None:
        raise RateError("away")

    monkeypatch.setattr(site.site.rates.source, "fetch", away)
    answer = await ask.answer("backtest", days=1)
    assert answer["sources_failed"] == ["rates"]
    assert "present" not in {each["name"] for each in answer["tariffs"]}
    assert answer["paid_gbp"] is None


async def test_a_run_that_fails_or_is_stopped_answers_with_a_sentence(
    demo: MockConfigEntry, ask: Ask, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a run that fails or is stopped gets a sentence instead of an answer."""
    backtest = demo.runtime_data.backtest
    with pytest.raises(BacktestStoppedError):
        await backtest.async_result()
    waiting = hass.async_create_task(ask.answer("backtest", days=28))
    while not backtest.is_running:
        await asyncio.sleep(0)
    await backtest.async_stop()
    with pytest.raises(ServiceValidationError) as stopped:
        await waiting
    assert stopped.value.translation_key == "backtest_stopped"

    async def bent(*_: object) -> None:
        raise ValueError("bent")

    monkeypatch.setattr(backtest_module, "async_replay", bent)
    with pytest.raises(ServiceValidationError) as failed:
        await ask.answer("backtest", days=1)
    assert failed.value.translation_key == "backtest_failed"


@pytest.mark.usefixtures("as_it_is")
async def test_without_waiting_the_action_begins_a_run_and_a_second_joins_it(
    demo: MockConfigEntry, ask: Ask
) -> None:
    """Called without an answer the action returns at once; a run under way is not begun again."""
    backtest = demo.runtime_data.backtest
    await ask._hass.services.async_call(DOMAIN, "backtest", {"days": 1}, blocking=True)
    assert backtest.is_running
    first = backtest._running
    backtest.start(28)
    assert backtest._running is first
    assert (await backtest.async_result()).days == 1
    assert await ask.answer("backtest", days=1, stop=True)


async def test_the_account_is_made_each_night_as_a_task_of_the_home(
    hass: HomeAssistant,
    demo: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At its minute of the night the account begins; where priority is not ours to lower it runs on."""
    begun: list[datetime] = []

    async def account(now: datetime) -> None:
        begun.append(now)

    monkeypatch.setattr(demo.runtime_data.backtest, "_async_account", account)
    night = (NOW + timedelta(days=1)).replace(hour=11, minute=7, second=0)
    freezer.move_to(night)
    async_fire_time_changed(hass, night)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(begun) == 1

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refused)
    backtest_module._give_way()


@pytest.mark.usefixtures("as_it_is")
async def test_a_dry_run_keeps_its_account_each_night(
    hass: HomeAssistant, demo: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """In a dry run the plan's bill is held against the real one each night; else there is none."""
    levels = [replace(each, soc_percent=50.0) for each in demo.runtime_data.measurements.slots]
    demo.runtime_data.measurements._slots.update({each.start: each for each in levels})
    backtest = demo.runtime_data.backtest
    night = NOW.replace(hour=3, minute=7)
    await backtest._async_account(night)
    in_control = backtest.week
    hass.config_entries.async_update_entry(demo, options={"dry_run": True})
    await hass.async_block_till_done()
    await backtest._async_account(night)
    assert in_control is None
    assert backtest.week is not None
    assert backtest.week.days == 7
    assert backtest.week.last_day == "2026-01-15"
    await demo.runtime_data.async_replan()
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(demo.entry_id)
    shown = hass.states.get("sensor.home_dry_run_saving")
    assert shown is not None
    assert float(shown.state) == pytest.approx(backtest.week.saving_gbp, abs=0.01)
    assert shown.attributes["paid_gbp"] == pytest.approx(backtest.week.paid_gbp, abs=0.01)
