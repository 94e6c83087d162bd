"""The budget of requests, and who need not wait for it."""

from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.sources.build import async_try_powerwall
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NETZERO = (Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
OVERRIDE = "select.home_battery_override"
SECOND_H = 1 / 3600


async def test_budget_holds_in_the_busiest_hour(day: Day, script: Script) -> None:
    """Overrides, changes of mind, refusals and lost writes: never more than four in a minute."""
    await day.start()
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE, times=3)
    day.cloud.faults.add(Fault.RATE_LIMITED, Endpoint.NETZERO_WRITE, skip=5, times=2, detail="20")
    for option in ("charge", "hold", "use", "charge", "automatic", "charge", "automatic"):
        await day.choose("select.home_battery_override", option)
        await day.run(0.01)
    await day.run(1)
    assert day.cloud.requests.most_within(timedelta(seconds=60), *NETZERO) <= 4
    assert day.shown == day.cloud.world.scenario.settings


async def test_idle_reads_seldom_and_writes_never(day: Day) -> None:
    """Nothing differs, nothing is written; a reading every three minutes, one at the edge."""
    await day.start()
    day.cloud.requests.clear()
    await day.run(2)
    assert not day.cloud.requests.writes
    assert len(day.cloud.requests.to(Endpoint.NETZERO_READ)) <= 2 * 20 + 8


async def test_an_order_is_proven_without_waiting_for_the_usual_reading(day: Day) -> None:
    """On a quiet home the next reading would be minutes away; an order brings it forward."""
    await day.start()
    await day.run(20 / 3600)
    day.cloud.requests.clear()
    await day.choose("select.home_battery_override", "charge")
    await day.run(45 / 3600)
    assert day.cloud.requests.to(Endpoint.NETZERO_READ)
    command = day.site.controller.state.command
    assert command is not None
    assert command.command_status.read_back_at is not None


async def test_an_order_and_a_stop_wait_for_no_reading(day: Day, script: Script) -> None:
    """Right after set-up, with a reading and a write of the plan just gone."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(35 * SECOND_H)
    ordered_at = dt_util.utcnow()
    await day.choose(OVERRIDE, "hold")
    await day.run(2 * SECOND_H)
    stopped_at = dt_util.utcnow()
    await day.act("switch", "turn_off", entity_id="switch.home_battery_scheduler")
    await day.choose(OVERRIDE, "automatic")
    order, stop = (received.at for received in day.cloud.requests.writes[1:])
    assert order - ordered_at < timedelta(seconds=2)
    assert stop - stopped_at < timedelta(seconds=2)
    assert day.cloud.requests.most_within(MINUTE, *NETZERO) <= 4


async def test_a_write_held_back_is_no_failure_and_leaves_as_soon_as_it_may(day: Day) -> None:
    """Four changes of mind in a few seconds: the last one stands within the minute."""
    await day.start()
    begin = dt_util.utcnow()
    for option in ("charge", "hold", "charge", "hold"):
        await day.choose(OVERRIDE, option)
    held = day.site.controller.state
    assert held.phase is Phase.COMMANDING
    assert held.failures == 0
    assert held.retry_at is not None
    assert held.retry_at - begin <= MINUTE
    await day.run(65 * SECOND_H)
    command = day.site.controller.state.command
    assert command is not None
    assert command.wanted.action is Action.HOLD
    assert command.command_status.accepted_at is not None
    assert command.command_status.accepted_at - held.retry_at < timedelta(seconds=3)
    assert not [line for line in day.decisions if line.kind is DecisionKind.FAILED]
    assert day.cloud.requests.most_within(MINUTE, *NETZERO) <= 4


@pytest.mark.parametrize(("age_s", "readings"), [(0, 1), (50, 1), (70, 2)])
async def test_what_setting_up_has_just_read_is_not_read_again(
    day: Day, age_s: float, readings: int
) -> None:
    """But an old reading is."""
    await async_try_powerwall(day.hass, day.entry.data)
    day.freezer.tick(age_s)
    await day.start()
    assert len(day.cloud.requests.to(Endpoint.NETZERO_READ)) == readings
    assert day.site.battery.data.soc_percent is not None


async def test_a_home_with_a_past_is_read_anew(day: Day, script: Script) -> None:
    """What was read before the last write must not be taken for what stands."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.1)
    await async_try_powerwall(day.hass, day.entry.data)
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    await day.settle()
    assert day.is_loaded()
    (*_, restore, last) = day.cloud.requests.to(*NETZERO)
    assert restore.endpoint is Endpoint.NETZERO_WRITE
    assert last.endpoint is Endpoint.NETZERO_READ
    assert day.cloud.requests.most_within(MINUTE, *NETZERO) <= 4


async def test_an_order_does_not_wait_for_a_reading_that_failed(day: Day) -> None:
    """One reading was lost: the next comes as soon as there is something to prove."""
    await day.start()
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, times=1)
    while day.site.battery.last_update_success:
        await day.run(10 * SECOND_H)
    await day.choose(OVERRIDE, "charge")
    await day.run(65 * SECOND_H)
    command = day.site.controller.state.command
    assert command is not None
    assert command.command_status.read_back_at is not None


async def test_an_order_does_not_cut_short_the_quiet_that_was_asked_for(day: Day) -> None:
    """NetZero says when it may be asked again; until then nothing leaves."""
    await day.start()
    day.cloud.faults.add(Fault.RATE_LIMITED, Endpoint.NETZERO_READ, times=1, detail="120")
    while not any(request.faults for request in day.cloud.requests):
        await day.run(5 * SECOND_H)
    asked = len(day.cloud.requests.to(*NETZERO))
    await day.choose(OVERRIDE, "charge")
    await day.run(100 * SECOND_H)
    assert len(day.cloud.requests.to(*NETZERO)) == asked
    await day.run(90 * SECOND_H)
    assert day.shown != day.cloud.world.scenario.settings


async def test_nothing_is_read_after_unloading_in_mid_proof(day: Day) -> None:
    """An order that is not proven yet has brought a reading forward; unloading takes it back."""
    await day.start()
    await day.choose(OVERRIDE, "charge")
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    day.cloud.requests.clear()
    await day.run(0.2)
    assert not day.cloud.requests.to(*NETZERO)
    assert day.shown == day.cloud.world.scenario.settings
