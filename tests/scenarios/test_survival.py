"""Kills at the worst moments, restarts, silent clouds: the owner settings always come back."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.powerwall.simulated import Delivery, after_a_while
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTHING = Settings()


class Snapshot:
    """Takes what is stored at a chosen moment: all that a killed process leaves behind."""

    def __init__(self, day: Day) -> None:
        """Nothing is taken yet."""
        self._day = day
        self.stored: dict[str, Any] | None = None

    def take(self) -> None:
        """Now, if this is the first time."""
        if self.stored is None:
            self.stored = deepcopy(self._day.storage)

    def at_write(self, number: int, effect: bool) -> None:
        """At a write: before it has any effect, or after it but before the reply."""
        world, count = self._day.cloud.world, 0

        def deliver(change: Settings) -> Delivery:
            nonlocal count
            count += 1
            if count < number:
                return Delivery(shown=change, obeyed=change)
            first = self.stored is None
            self.take()
            if first and effect:
                return Delivery(shown=change, obeyed=change)
            return Delivery(shown=NOTHING, obeyed=NOTHING)

        world.deliver = deliver

    async def kill(self) -> None:
        """End the process as of that moment."""
        assert self.stored is not None
        day = self._day
        day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
        await day.hass.config_entries.async_unload(day.entry.entry_id)
        await day.settle()
        day.cloud.faults.clear()
        day.cloud.world.deliver = lambda change: Delivery(shown=change, obeyed=change)
        day.storage.clear()
        day.storage.update(self.stored)


@pytest.mark.parametrize(
    ("number", "effect"),
    [(1, False), (1, True), (2, False), (2, True)],
    ids=[
        "between save and write",
        "between write and reply",
        "between save and restore",
        "in mid-restore",
    ],
)
@pytest.mark.parametrize("away", [timedelta(minutes=2), timedelta(hours=4)])
async def test_killed_at_a_write(
    day: Day, script: Script, number: int, effect: bool, away: timedelta
) -> None:
    """Whatever had got through by then: later the user's settings stand."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    snapshot = Snapshot(day)
    snapshot.at_write(number, effect)
    site = day.cloud.world.scenario.settings
    await day.start()
    await day.run(0.6)
    await snapshot.kill()
    day.freezer.tick(away)
    await day.start()
    await day.run(1.5)
    assert day.shown == site
    assert day.site.controller.state.owner is None


async def test_killed_in_mid_charge_and_back_in_time_goes_on(day: Day, script: Script) -> None:
    """The command stands already: it is taken up without a write, and ends as planned."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 2 * HOUR)
    await day.start()
    await day.run(0.5)
    await day.power_cut()
    day.cloud.requests.clear()
    day.freezer.tick(5 * MINUTE)
    await day.start()
    await day.run(0.1)
    assert day.phase is Phase.RUNNING
    assert not day.cloud.requests.writes
    await day.until(begin + 2.2 * HOUR)
    assert day.shown == day.cloud.world.scenario.settings


async def test_a_stop_that_came_late_is_logged_so(day: Day, script: Script) -> None:
    """Killed in mid-charge and back hours later: not "completed", but stopped late."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.5)
    await day.power_cut()
    day.freezer.tick(4 * HOUR)
    await day.start()
    await day.run(0.2)
    endings = [
        (line.kind, line.reason) for line in day.decisions if line.kind is DecisionKind.STOPPED
    ]
    assert (DecisionKind.STOPPED, DecisionReason.MISSED) in endings


@pytest.mark.parametrize("silent", [Endpoint.RATES, Endpoint.FORECAST])
async def test_reconciled_within_a_minute_though_others_are_silent(
    day: Day, script: Script, silent: Endpoint
) -> None:
    """After a kill the battery does not wait for rates or sun that never come."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.5)
    await day.power_cut()
    day.freezer.tick(3 * HOUR)
    day.cloud.faults.add(Fault.TIMEOUT, silent)
    day.cloud.requests.clear()
    back = dt_util.utcnow()
    await day.patiently(day.hass.config_entries.async_setup(day.entry.entry_id))
    await day.settle_patiently()
    writes = day.cloud.requests.writes
    assert writes
    assert writes[0].at - back <= MINUTE
    assert day.shown == day.cloud.world.scenario.settings


async def test_set_up_retry_after_a_kill_restores_in_the_end(day: Day, script: Script) -> None:
    """An entry that waits for its cloud is never unloaded: its intent rests in the store."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.5)
    await day.power_cut()
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    day.freezer.tick(HOUR)
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_RETRY
    await day.run(0.5)
    day.cloud.faults.clear()
    await day.run(0.5)
    assert day.is_loaded()
    assert day.shown == day.cloud.world.scenario.settings


async def test_a_refusal_at_start_up_does_not_keep_the_settings(day: Day, script: Script) -> None:
    """A 403 that was a hiccup: a person is asked, yet setting up is tried again by itself."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    await day.start()
    site = day.cloud.world.scenario.settings
    await day.run(0.1)
    await day.power_cut()
    day.freezer.tick(HOUR)
    day.cloud.faults.add(Fault.FORBIDDEN, Endpoint.NETZERO_READ, times=2)
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_RETRY
    (flow,) = day.hass.config_entries.flow.async_progress()
    assert (flow["context"]["source"], flow["step_id"]) == (SOURCE_REAUTH, "reauth_confirm")
    await day.run(0.1)
    assert day.is_loaded()
    assert day.shown == site
    assert not day.hass.config_entries.flow.async_progress()


async def test_intent_is_stored_before_the_first_write(day: Day, script: Script) -> None:
    """At the instant of the write the store knows the owner settings and what is being sent."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    snapshot = Snapshot(day)
    snapshot.at_write(1, effect=True)
    await day.start()
    assert snapshot.stored is not None
    (stored,) = [
        value["data"] for key, value in snapshot.stored.items() if key.endswith(".control")
    ]
    assert stored["owner"]["settings"]["backup_reserve_percent"] == 20
    assert stored["sent"] == [
        {
            "operating_mode": "backup",
            "backup_reserve_percent": None,
            "grid_charging": True,
            "export_rule": None,
        }
    ]


async def test_a_late_write_after_the_restore_is_not_taken_for_the_users(
    day: Day, script: Script
) -> None:
    """The charge arrives after its own end: it is undone, and the next charge does not save it."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    site = day.cloud.world.scenario.settings
    day.cloud.faults.add(Fault.LATE, Endpoint.NETZERO_WRITE, times=1, detail="2100")
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE, skip=1, times=2)
    await day.start()
    await day.until(begin + HOUR)
    assert day.shown == site
    assert any(line.reason is DecisionReason.LATE for line in day.decisions)


@pytest.mark.parametrize(
    "silence",
    [
        lambda day: day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.RATES, Endpoint.FORECAST),
        lambda day: day.cloud.faults.add(Fault.WRONG_TYPES, Endpoint.RATES, Endpoint.FORECAST),
    ],
)
async def test_known_slots_are_played_while_the_sources_are_away(
    day: Day, script: Script, silence: Callable[[Day], None]
) -> None:
    """Octopus and Open-Meteo down: what is known already is done."""
    begin = dt_util.utcnow() + 2 * HOUR
    script.charge(begin, begin + HOUR)
    await day.start()
    silence(day)
    await day.until(begin + HOUR / 2)
    assert day.phase is Phase.RUNNING
    await day.until(begin + 1.2 * HOUR)
    assert day.shown == day.cloud.world.scenario.settings


async def test_beyond_the_known_rates_nothing_is_bought(day: Day, script: Script) -> None:
    """A plan may guess; a charge needs a published rate."""
    day.freezer.tick(21 * HOUR)
    day.cloud.faults.add(Fault.UNPUBLISHED, Endpoint.RATES)
    begin = dt_util.utcnow() + 2.5 * HOUR
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.until(begin + HOUR / 2)
    assert not day.cloud.requests.writes
    await day.until(begin + 1.1 * HOUR)
    skipped = [line.reason for line in day.decisions if line.kind is DecisionKind.SKIPPED]
    assert skipped and set(skipped) == {DecisionReason.PRICE}


async def test_unknown_charge_level_begins_no_charge(day: Day, script: Script) -> None:
    """Nothing is known of the level: no charge, and the reason is told."""
    await day.start()
    day.cloud.faults.add(Fault.NULLS, Endpoint.NETZERO_READ)
    begin = dt_util.utcnow() + HOUR / 2
    await day.until(begin - MINUTE)
    script.charge(begin, begin + HOUR)
    await day.site.async_replan()
    await day.until(begin + HOUR / 2)
    assert not day.cloud.requests.writes


async def test_old_readings_are_no_readings(day: Day, script: Script) -> None:
    """A cloud that repeats an old reading proves nothing and begins nothing."""
    await day.start()
    day.cloud.faults.add(Fault.STALE, Endpoint.NETZERO_READ)
    await day.run(0.4)
    begin = dt_util.utcnow()
    await day.choose("select.home_battery_override", "charge")
    await day.run(0.3)
    assert not day.cloud.requests.writes
    day.cloud.faults.clear()
    await day.until(begin + HOUR)
    assert day.phase is Phase.RUNNING


async def test_a_powerwall_out_of_reach_is_not_shown_as_it_was(day: Day) -> None:
    """Its Wi-Fi is down and Tesla's cloud repeats what it knew: unknown, a problem, not measured."""
    await day.start()
    await day.run(0.5)
    day.cloud.faults.add(Fault.STALE, Endpoint.NETZERO_READ)
    await day.run(1.5)
    level = day.hass.states.get("sensor.home_battery_charge_level")
    assert level is not None and level.state == "unavailable"
    problem = day.hass.states.get("binary_sensor.home_battery_problem")
    assert problem is not None and problem.state == "on"
    assert day.site.measurements.slots[-1].start < dt_util.utcnow() - HOUR
    day.cloud.faults.clear()
    await day.run(0.2)
    level = day.hass.states.get("sensor.home_battery_charge_level")
    assert level is not None and level.state != "unavailable"


@pytest.mark.parametrize(
    "fault", [Fault.WRONG_TYPES, Fault.WRONG_SHAPE, Fault.ABSURD_NUMBERS, Fault.PAGE, Fault.NULLS]
)
async def test_nonsense_is_reported_once_and_reaches_no_battery(
    day: Day, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """An hour of nonsense from every cloud: no write, no exception, one line for each source."""
    await day.start()
    day.cloud.faults.add(fault, Endpoint.NETZERO_READ, Endpoint.RATES, Endpoint.FORECAST)
    caplog.clear()
    await day.run(1)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) <= 3
    assert not [record for record in errors if "Unexpected" in record.getMessage()]
    assert not day.cloud.requests.writes


async def test_a_long_silence_is_reported_once(day: Day, caplog: pytest.LogCaptureFixture) -> None:
    """Two hours of 429: one line, and the battery is unavailable all the while."""
    await day.start()
    day.cloud.faults.add(Fault.RATE_LIMITED, Endpoint.NETZERO_READ, detail="15")
    caplog.clear()
    await day.run(2)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert not day.site.battery.last_update_success


async def test_a_stop_once_accepted_and_ignored_is_not_forgotten_with_the_home(
    day: Day, script: Script
) -> None:
    """Accepted, never there, sent again to a cloud that is away: removing the home says so."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(0.2)
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE, times=1)
    await day.act("switch", "turn_off", entity_id="switch.home_battery_scheduler")
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_WRITE)
    await day.run(0.15)
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    await day.settle()
    assert day.shown != day.cloud.world.scenario.settings
    issues = ir.async_get(day.hass)
    assert issues.async_get_issue(DOMAIN, f"{day.entry.entry_id}_not_restored") is not None


@pytest.mark.parametrize(("times", "asked"), [(1, []), (None, [SOURCE_REAUTH])])
async def test_a_write_refused_once_asks_nobody_for_a_token(
    day: Day, script: Script, times: int | None, asked: list[str]
) -> None:
    """One 403 to a write is a hiccup like one to a reading; refused for minutes, a person must act."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    day.cloud.faults.add(Fault.FORBIDDEN, Endpoint.NETZERO_WRITE, times=times)
    await day.start()
    await day.run(0.2)
    flows = day.hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == asked
    assert day.phase is (Phase.COMMANDING if asked else Phase.RUNNING)


async def test_a_home_that_was_unloaded_never_writes_again(day: Day, script: Script) -> None:
    """Something waited for the last write and looked once more: the next life must not suffer."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    await day.start()
    await day.run(0.2)
    gone = day.site.controller
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_WRITE)
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    await gone.async_tick()
    day.cloud.faults.clear()
    await day.start()
    day.cloud.requests.clear()
    await day.run(0.3)
    assert day.phase is Phase.RUNNING
    assert not day.cloud.requests.writes


async def test_a_reload_in_mid_charge_through_a_slow_cloud(day: Day, script: Script) -> None:
    """The settings restored on the way out arrive after the new life has begun: nobody's change."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + 3 * HOUR)
    day.cloud.world.deliver = after_a_while(1, 1.5 * MINUTE, 2 * MINUTE)
    await day.start()
    await day.run(0.2)
    assert day.phase is Phase.RUNNING
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    day.adopt()
    await day.run(0.2)
    assert day.phase is Phase.RUNNING
    problems = {DecisionKind.SUSPENDED, DecisionKind.FAILED}
    assert not problems & {line.kind for line in day.decisions}
