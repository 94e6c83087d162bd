"""What is wanted now, after the rules that no plan may break."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionReason, Source
from custom_components.smart_battery_scheduler.control.rules import Moment, Override, wanted_now
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    ChargeMethod,
    Plan,
    Reason,
    ReasonCode,
    Session,
)

from ..plans import a_plan, a_slot

NOW = datetime(2026, 1, 14, 2, 10, tzinfo=UTC)
SLOT_START = datetime(2026, 1, 14, 2, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)

MOMENT = Moment(
    now=NOW,
    scheduler_enabled=True,
    dry_run=False,
    in_peak=False,
    rate_p_per_kwh=9.8,
    price_ceiling_p_per_kwh=100.0,
)
CHARGE_NOW = Override(
    action=Action.CHARGE, made_at=NOW, until=NOW + timedelta(hours=2), target_percent=80
)


def charging_plan() -> Plan:
    """Two charging slots alike, then use."""
    charge = a_slot(SLOT_START, Action.CHARGE, method=ChargeMethod.RESERVE, target_percent=80)
    return a_plan(
        charge,
        replace(charge, start=SLOT_START + HALF_HOUR, end=SLOT_START + 2 * HALF_HOUR),
        a_slot(SLOT_START + 2 * HALF_HOUR, Action.USE, target_percent=20),
    )


def test_like_slots_in_a_row_are_one_want() -> None:
    """The end of the request is the end of the last slot that asks for the same."""
    wanted, _ = wanted_now(charging_plan(), MOMENT)
    assert wanted is not None
    assert wanted.ends_at == SLOT_START + 2 * HALF_HOUR
    assert wanted.source is Source.PLAN


def test_charges_in_a_row_are_one_charge_to_the_last_target() -> None:
    """A plan that climbs slot by slot is not a new command every half-hour."""
    first, second, *rest = charging_plan().slots
    climbing = a_plan(replace(first, target_percent=60), second, *rest)
    wanted, _ = wanted_now(climbing, MOMENT)
    assert wanted is not None
    assert (wanted.target_percent, wanted.ends_at) == (80, second.end)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scheduler_enabled": False}, DecisionReason.SWITCHED_OFF),
        ({"dry_run": True}, DecisionReason.DRY_RUN),
        ({"in_peak": True}, DecisionReason.PEAK),
        ({"session": Session.POWER_DOWN}, DecisionReason.SESSION),
        ({"rate_p_per_kwh": None}, DecisionReason.PRICE),
        ({"rate_p_per_kwh": 17.0, "price_ceiling_p_per_kwh": 16.0}, DecisionReason.PRICE),
    ],
)
def test_a_planned_charge_is_refused(change: dict[str, object], reason: DecisionReason) -> None:
    """Each rule stops a planned charge at any instant, and says which rule it was."""
    moment = replace(MOMENT, **change)  # type: ignore[arg-type]  # fields of Moment by name
    assert wanted_now(charging_plan(), moment) == (None, reason)


def test_a_free_half_hour_is_not_a_missing_rate() -> None:
    """A rate of exactly 0 p is a rate."""
    wanted, _ = wanted_now(charging_plan(), replace(MOMENT, rate_p_per_kwh=0.0))
    assert wanted is not None


def test_override_outranks_plan_price_and_switch() -> None:
    """A person's word now: above the ceiling, with the scheduler off, against the plan."""
    moment = replace(
        MOMENT, override=CHARGE_NOW, scheduler_enabled=False, price_ceiling_p_per_kwh=1.0
    )
    wanted, _ = wanted_now(None, moment)
    assert wanted is not None
    assert (wanted.action, wanted.target_percent) == (Action.CHARGE, 80)
    assert wanted.source is Source.OVERRIDE


@pytest.mark.parametrize("rule", [{"in_peak": True}, {"session": Session.POWER_DOWN}])
def test_override_does_not_outrank_safety(rule: dict[str, object]) -> None:
    """No charge inside the peak window or a power-down session, whoever asks."""
    moment = replace(MOMENT, override=CHARGE_NOW, **rule)  # type: ignore[arg-type]  # as above
    wanted, _ = wanted_now(charging_plan(), moment)
    assert wanted is None


def test_override_ends() -> None:
    """After its end the plan holds again."""
    ended = replace(CHARGE_NOW, until=NOW)
    wanted, _ = wanted_now(charging_plan(), replace(MOMENT, override=ended))
    assert wanted is not None and wanted.source is Source.PLAN


def test_use_in_the_peak_says_that_nothing_may_be_drawn() -> None:
    """The way is chosen so that a battery below its reserve is not filled at the peak."""
    moment = replace(MOMENT, now=SLOT_START + 2 * HALF_HOUR, in_peak=True)
    wanted, _ = wanted_now(charging_plan(), moment)
    assert wanted is not None and wanted.grid_charge_forbidden


def test_no_plan_and_the_end_of_the_plan_want_nothing() -> None:
    """Then the owner settings stand."""
    assert wanted_now(None, MOMENT) == (None, DecisionReason.OVER)
    later = replace(MOMENT, now=NOW + timedelta(days=3))
    assert wanted_now(charging_plan(), later) == (None, DecisionReason.OVER)


@pytest.mark.parametrize("action", [Action.CHARGE, Action.HOLD])
def test_what_is_planned_on_a_persons_word_ends_with_the_word(action: Action) -> None:
    """However old the plan is: it counts on an override or a pin that is there no more."""
    asked = a_slot(SLOT_START, action, reason=Reason(code=ReasonCode.FORCED))
    plan = a_plan(asked, *charging_plan().slots[1:])
    wanted, _ = wanted_now(plan, replace(MOMENT, is_forced=True))
    assert wanted is not None
    assert (wanted.action, wanted.source) == (action, Source.FORCED)
    assert wanted_now(plan, MOMENT) == (None, DecisionReason.DELETED)
