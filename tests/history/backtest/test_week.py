"""The account of a dry run."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.history.backtest.model import Past
from custom_components.smart_battery_scheduler.history.backtest.week import (
    latest_in_a_row,
    week_account,
)

from .generated import STANDING_P
from .test_compare import DAYS, GO, PAST, REPLAY


def test_both_bills_of_a_dry_run_are_of_the_same_days_from_the_same_charge_level() -> None:
    """Paid and planned are of the same days, each corrected by what its battery holds at the end."""
    levels = {PAST.days[0].slots[0].start: 60.0}
    end = PAST.days[-1].slots[-1].start + timedelta(minutes=30)
    account = week_account(REPLAY, {**levels, end: 60.0}.get)
    assert account is not None
    metered_p = sum(
        GO.cost_p(slot.start, slot.import_kwh, slot.export_kwh)
        for day in PAST.days
        for slot in day.slots
    )
    assert account.paid_gbp == pytest.approx((metered_p + DAYS * STANDING_P) / 100)
    assert (account.first_day, account.last_day, account.days) == ("2026-01-12", "2026-01-14", 3)
    assert account.saving_gbp > 0.5
    fuller = week_account(REPLAY, {**levels, end: 80.0}.get)
    assert fuller is not None
    assert fuller.paid_gbp < account.paid_gbp
    assert fuller.planned_gbp == account.planned_gbp


def test_what_is_missing_makes_no_account() -> None:
    """Without charge levels, days or rates there is no account."""
    assert week_account(REPLAY, lambda _: None) is None
    assert week_account(replace(REPLAY, past=Past()), lambda _: 50.0) is None
    assert week_account(replace(REPLAY, present="nothing"), lambda _: 50.0) is None


def test_a_day_left_out_ends_the_row() -> None:
    """The account is of the days after the last one that is missing."""
    first, second, _ = PAST.days
    later = replace(second, day=second.day + timedelta(days=2))
    assert latest_in_a_row([first, second]) == (first, second)
    assert latest_in_a_row([first, later]) == (later,)
    assert latest_in_a_row([]) == ()
