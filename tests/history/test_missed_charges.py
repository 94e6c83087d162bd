"""A planned charge that passes by is told once, with the reason of that time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    Command,
    ControlState,
    DecisionKind,
    DecisionReason,
    Phase,
    Suspension,
    SuspensionCause,
    Wanted,
)
from custom_components.smart_battery_scheduler.history.missed_charges import MissedCharges
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod, Plan
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings

from ..plans import a_plan, a_slot

START = datetime(2026, 1, 14, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = a_plan(
    a_slot(START, Action.CHARGE, method=ChargeMethod.BACKUP, target_percent=80),
    a_slot(START + 30 * MINUTE, Action.USE),
)
NOTHING = (None, DecisionReason.OVER)
READY = ControlState()


def wanted(action: Action) -> Wanted:
    """A manual slot of that slot."""
    return Wanted(action=action, slot_start=START, ends_at=START + 30 * MINUTE)


def reading(level: float | None) -> PowerwallState:
    """A reading of nothing but a level."""
    return PowerwallState(read_at=START, settings=Settings(), soc_percent=level)


def test_a_battery_filled_by_solar_is_logged_so() -> None:
    """The target is reached and the sun goes on filling."""
    sunny = replace(
        reading(90.0), battery_power_w=-1200.0, solar_power_w=2000.0, house_power_w=800.0
    )
    watch, judged = MissedCharges(), (wanted(Action.CHARGE), DecisionReason.OVER)
    watch.look(START, PLAN, judged, READY, sunny)
    published = watch.look(START + 30 * MINUTE, PLAN, judged, READY, sunny)
    assert published is not None and published.reason is DecisionReason.SOLAR


def suspension(cause: SuspensionCause) -> ControlState:
    """Suspended."""
    return ControlState(suspension=Suspension(cause=cause, since=START, until=START + 60 * MINUTE))


@pytest.mark.parametrize(
    ("judged", "control", "level", "reason"),
    [
        ((None, DecisionReason.PEAK), READY, 40.0, DecisionReason.PEAK),
        ((None, DecisionReason.PRICE), READY, 40.0, DecisionReason.PRICE),
        ((None, DecisionReason.SESSION), READY, 40.0, DecisionReason.SESSION),
        ((None, DecisionReason.SWITCHED_OFF), READY, 40.0, DecisionReason.SWITCHED_OFF),
        ((wanted(Action.HOLD), DecisionReason.OVER), READY, 40.0, DecisionReason.OVERRIDE),
        ((wanted(Action.CHARGE), DecisionReason.OVER), READY, None, DecisionReason.NO_READING),
        ((wanted(Action.CHARGE), DecisionReason.OVER), READY, 90.0, DecisionReason.HIGH_CHARGE),
        ((wanted(Action.CHARGE), DecisionReason.OVER), READY, 40.0, DecisionReason.MISSED),
        (NOTHING, suspension(SuspensionCause.OFF_GRID), 40.0, DecisionReason.OFF_GRID),
        (NOTHING, suspension(SuspensionCause.STORM_WATCH), 40.0, DecisionReason.STORM_WATCH),
        (NOTHING, suspension(SuspensionCause.SOMEBODY_ELSE), 40.0, DecisionReason.SOMEBODY_ELSE),
        (NOTHING, ControlState(phase=Phase.FAULT), 40.0, DecisionReason.ERROR),
    ],
)
def test_skipped_and_why(
    judged: tuple[Wanted | None, DecisionReason],
    control: ControlState,
    level: float | None,
    reason: DecisionReason,
) -> None:
    """Told at the end of the half-hour, once."""
    watch = MissedCharges()
    assert watch.look(START + MINUTE, PLAN, judged, control, reading(level)) is None
    published = watch.look(START + 30 * MINUTE, PLAN, judged, control, reading(level))
    assert published is not None
    assert (published.kind, published.reason) == (DecisionKind.SKIPPED, reason)
    assert published.slot_start == START
    assert watch.look(START + 31 * MINUTE, PLAN, judged, control, reading(level)) is None


@pytest.mark.parametrize("then_stops", [False, True])
def test_a_charge_that_has_begun_is_not_skipped(then_stops: bool) -> None:
    """Whatever becomes of it later has lines of its own."""
    watch, rule = MissedCharges(), wanted(Action.CHARGE)
    watch.look(START, PLAN, (None, DecisionReason.PRICE), READY, reading(40.0))
    charging = ControlState(
        phase=Phase.RUNNING, command=Command(wanted=rule, setpoints=(), begun_at=START)
    )
    watch.look(START + MINUTE, PLAN, (rule, DecisionReason.OVER), charging, reading(40.0))
    if then_stops:
        watch.look(START + 2 * MINUTE, PLAN, (None, DecisionReason.PRICE), READY, reading(41.0))
    assert watch.look(START + 30 * MINUTE, PLAN, NOTHING, READY, reading(50.0)) is None


def test_a_plan_that_changed_its_mind_skips_nothing() -> None:
    """Before the half-hour is over the charge has gone from the plan."""
    watch = MissedCharges()
    watch.look(START, PLAN, (None, DecisionReason.PRICE), READY, reading(40.0))
    other = a_plan(a_slot(START, Action.USE), a_slot(START + 30 * MINUTE, Action.USE))
    watch.look(START + MINUTE, other, NOTHING, READY, reading(40.0))
    assert watch.look(START + 30 * MINUTE, other, NOTHING, READY, reading(40.0)) is None


def test_a_kept_plan_is_logged_once_until_a_new_one_is_adopted() -> None:
    """Ten-minute plans that are all kept make one line."""
    watch = MissedCharges()
    kept = Plan(
        made_at=START, slots=PLAN.slots, cost_p=1.0, baseline_cost_p=2.0, kept_instead_saves_p=1.2
    )
    first = watch.kept(START, kept)
    assert first is not None and first.detail == "1.2"
    assert watch.kept(START + 10 * MINUTE, kept) is None
    assert watch.kept(START + 20 * MINUTE, PLAN) is None
    assert watch.kept(START + 30 * MINUTE, kept) is not None
