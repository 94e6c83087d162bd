"""Machine, evidence, escalation, charge methods: what becomes of a command."""

from datetime import timedelta
from itertools import pairwise

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    TRANSITIONS,
    Decision,
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode
from custom_components.smart_battery_scheduler.powerwall.simulated import after_a_while
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


def published(day: Day, kind: DecisionKind) -> list[Decision]:
    """All lines of a kind."""
    return [decision for decision in day.decisions if decision.kind is kind]


def issue(day: Day, problem: str) -> ir.IssueEntry | None:
    """A repair notice of the home."""
    return ir.async_get(day.hass).async_get_issue(DOMAIN, f"{day.entry.entry_id}_{problem}")


async def test_a_charge_walks_through_the_table(day: Day, script: Script) -> None:
    """Idle, commanding, verifying, running, restoring, idle: only moves that the table has."""
    begin = dt_util.utcnow() + HOUR / 2
    script.charge(begin, begin + HOUR)
    await day.start()
    phases = [Phase.IDLE]
    day.site.controller.async_add_listener(lambda: phases.append(day.phase))
    await day.run(2)
    walked = [phase for before, phase in pairwise(phases) if phase is not before]
    assert walked == [
        Phase.COMMANDING,
        Phase.VERIFYING,
        Phase.RUNNING,
        Phase.RESTORING,
        Phase.IDLE,
    ]
    possible = {(start, end) for (start, _), end in TRANSITIONS.items()}
    assert set(pairwise([Phase.IDLE, *walked])) <= possible


async def test_evidence_has_four_levels_with_times(day: Day, script: Script) -> None:
    """Sent, accepted, read back, seen: in this order, the last with the battery's power."""
    day.cloud.world.deliver = after_a_while(1, timedelta(seconds=40), timedelta(seconds=70))
    begin = dt_util.utcnow() + HOUR / 2
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(1)
    (seen,) = published(day, DecisionKind.CONFIRMED)
    proof = seen.command_status
    assert proof is not None
    assert proof.sent_at is not None and proof.accepted_at is not None
    assert proof.read_back_at is not None and proof.confirmed_at is not None
    assert begin <= proof.sent_at <= proof.accepted_at < proof.read_back_at <= proof.confirmed_at
    assert proof.read_back_at - proof.accepted_at >= timedelta(seconds=40)
    assert proof.confirmed_w == pytest.approx(-3300, abs=50)


async def test_acts_at_the_edge_within_ten_seconds(day: Day, script: Script) -> None:
    """Begin and end both come at the half-hour."""
    begin = dt_util.utcnow() + HOUR / 2
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(2)
    first, last = day.cloud.requests.writes[0], day.cloud.requests.writes[-1]
    assert timedelta() <= first.at - begin < timedelta(seconds=10)
    assert timedelta() <= last.at - (begin + HOUR) < timedelta(seconds=10)
    assert len(day.cloud.requests.writes) == 2


async def test_an_ignored_method_is_replaced_reported_and_planned_without(
    day: Day, script: Script
) -> None:
    """Twice by the fast charge method, then by the gentle one; the next plan does without the fast one."""
    day.cloud.faults.add(
        Fault.FIELD_LOST, Endpoint.NETZERO_WRITE, times=2, detail="operational_mode"
    )
    script.charge(dt_util.utcnow(), dt_util.utcnow() + 3 * HOUR)
    await day.start()
    await day.run(0.5)
    assert [line.reason for line in published(day, DecisionKind.FAILED)] == [
        DecisionReason.NOT_READ_BACK
    ] * 2
    assert day.phase is Phase.RUNNING
    assert day.shown.backup_reserve_percent == 100
    assert [method.method for method in day.site._battery(dt_util.utcnow()).methods] == [
        ChargeMethod.RESERVE
    ]


async def test_grid_charging_that_may_not_be_switched_on_is_reported(
    day: Day, script: Script
) -> None:
    """The mode changes, the switch does not: a notice, and its fix tries the fast charge method again."""
    day.cloud.faults.add(Fault.FIELD_LOST, Endpoint.NETZERO_WRITE, times=2, detail="grid_charging")
    script.charge(dt_util.utcnow(), dt_util.utcnow() + 3 * HOUR)
    await day.start()
    await day.run(0.5)
    assert issue(day, "grid_charging_refused") is not None
    await day.site.controller.async_resume()
    await day.settle()
    await day.run(0.2)
    assert issue(day, "grid_charging_refused") is None


async def test_all_methods_ignored_is_reported_and_ends(day: Day, script: Script) -> None:
    """A fault, a notice that leaves by itself, and the owner settings untouched."""
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE)
    before = dt_util.utcnow()
    script.charge(before, before + HOUR)
    await day.start()
    site = day.shown
    await day.run(0.5)
    assert issue(day, "commands_ignored") is not None
    assert day.shown == site
    day.cloud.faults.clear()
    await day.run(2)
    assert issue(day, "commands_ignored") is None
    assert day.phase is Phase.IDLE


async def test_a_stop_is_verified_like_a_charge(day: Day, script: Script) -> None:
    """A stop that is lost is sent again within minutes, and told restored only then."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    await day.start()
    site = day.cloud.world.scenario.settings
    await day.run(0.4)
    day.cloud.faults.add(Fault.LOST, Endpoint.NETZERO_WRITE, times=1)
    await day.until(begin + timedelta(minutes=32))
    assert day.shown.operating_mode is OperatingMode.BACKUP
    assert not published(day, DecisionKind.RESTORED)
    await day.until(begin + timedelta(minutes=40))
    assert day.shown == site
    assert len(published(day, DecisionKind.RESTORED)) == 1


async def test_charge_methods_are_learned_shown_used_and_forgotten(
    day: Day, script: Script, entity_registry: er.EntityRegistry
) -> None:
    """A home that charges at 2.6 kW instead of 3.3 plans by 2.6 after some readings."""
    world = day.cloud.world
    world.powerwall.hardware = type(world.powerwall.hardware)(unit_backup_charge_w=2600.0)
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.9)
    battery = day.site._battery(dt_util.utcnow())
    by_backup = next(method for method in battery.methods if method.method is ChargeMethod.BACKUP)
    assert by_backup.power_w == pytest.approx(2600, abs=30)
    shown = day.hass.states.get("sensor.home_battery_fast_charge_power")
    assert shown is not None
    assert float(shown.state) == pytest.approx(2.6, abs=0.05)
    assert shown.attributes["relied_on"] is True
    await day.site.async_forget_methods()
    await day.settle()
    assert day.site.learned.by_backup.rate_w.count == 0


async def test_a_full_battery_is_not_asked_to_charge(day: Day, script: Script) -> None:
    """At its target a charge is complete, not ignored."""
    day.cloud.world.powerwall.set_soc(100.0)
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(1.2)
    assert not published(day, DecisionKind.FAILED)
    actions = {line.action for line in published(day, DecisionKind.COMPLETED)}
    assert actions <= {Action.CHARGE, Action.HOLD}
