"""The past lived through again: against the truth, and without a look ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.history.backtest.balance import rebuild
from custom_components.smart_battery_scheduler.history.backtest.known import (
    Knowledge,
    KnownThen,
    KnowsEverything,
    plan_inputs,
    usual_forecast,
)
from custom_components.smart_battery_scheduler.history.backtest.model import (
    LivedDay,
    ReplayedSlot,
    Tariff,
)
from custom_components.smart_battery_scheduler.history.backtest.walk import walk
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    ChargeMethod,
    PlannedSlot,
    Spread,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import (
    Circumstances,
    Meters,
    advance,
)
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable

from .generated import FIRST, HARDWARE, SITE, metered, minutes, tariffs

# On four days one half-hour that is planned otherwise weighs 4 % of Economy 7; from five days on it lies below 1 %.
DAYS = 5
PAST = rebuild(metered(FIRST, DAYS)).days
FORECAST = usual_forecast(PAST)
TARIFFS = tariffs(FIRST, DAYS)
REPLAN = timedelta(hours=6)


def known(days: Sequence[LivedDay] = PAST) -> KnownThen:
    """What was known then; the sun's forecast is its own archive."""
    return KnownThen(days, FORECAST, SITE.annual_load_kwh)


# Nothing in it changes: what was learned by a moment is learned once for all tests.
KNOWN = known()


def minute_settings(planned: PlannedSlot, stored_kwh: float) -> Settings:
    """What the battery is set to in one minute of a planned half-hour. Not the replay's code."""
    percent = stored_kwh / HARDWARE.capacity_kwh * 100
    backup, alone = OperatingMode.BACKUP, OperatingMode.SELF_POWERED
    if planned.action is Action.USE:
        floor = min(planned.target_percent or 0, int(percent))
        return HARDWARE.settable(Settings(operating_mode=alone, backup_reserve_percent=floor))
    until = planned.target_percent or 100
    if planned.action is Action.HOLD or percent >= until:
        return Settings(operating_mode=backup, grid_charging=False)
    if planned.method is ChargeMethod.BACKUP:
        return Settings(operating_mode=backup, grid_charging=True)
    return Settings(operating_mode=alone, backup_reserve_percent=until if until <= 80 else 100)


def true_cost_p(tariff: Tariff, marginal_p: float) -> float:
    """The generated home's bill if it had been on a tariff, minute by minute.

    It plans at the same moments: every six hours, on new rates, and off its plan.
    """
    stored_kwh, cost_p, mind = SITE.start_percent / 100 * HARDWARE.capacity_kwh, 0.0, KNOWN
    begin_kwh, made, planned_for, planned = stored_kwh, None, None, None
    for slot in (slot for day in PAST for slot in day.slots):
        published = tariff.published_until(slot.start)
        planned = made.slot_at(slot.start) if made else None
        percent = stored_kwh / HARDWARE.capacity_kwh * 100
        if (
            made is None
            or planned is None
            or slot.start - made.made_at >= REPLAN
            or planned_for != published
            or abs(percent - planned.start_percent) > 5
        ):
            inputs = plan_inputs(slot.start, stored_kwh, tariff, SITE, mind)
            made, planned_for = plan(replace(inputs, running=made)), published
            planned = made.slots[0]
        meters = Meters()
        for house, sun in minutes(slot.start):
            stored_kwh, meters = advance(
                HARDWARE,
                minute_settings(planned, stored_kwh),
                Circumstances(),
                stored_kwh,
                meters,
                house,
                sun,
                60.0,
            )
        cost_p += tariff.cost_p(slot.start, meters.imported_kwh, meters.exported_kwh)
    return cost_p - (stored_kwh - begin_kwh) * marginal_p


@pytest.mark.parametrize("tariff", TARIFFS, ids=lambda tariff: tariff.name)
def test_the_replay_of_a_generated_home_lands_within_two_percent_of_the_truth(
    tariff: Tariff,
) -> None:
    """The replay of a generated home lands within two percent of the truth on each tariff."""
    days = list(walk(PAST, tariff, SITE, KNOWN))
    gained_kwh = days[-1].stored_kwh - SITE.start_percent / 100 * HARDWARE.capacity_kwh
    marginal_p = days[-1].marginal_p_per_kwh
    assert marginal_p is not None
    replayed_p = sum(day.cost_p for day in days) - gained_kwh * marginal_p
    assert replayed_p == pytest.approx(true_cost_p(tariff, marginal_p), rel=0.02)


def corrupted(moment: datetime) -> tuple[LivedDay, ...]:
    """The same past up to a moment; from then on another house and another sun."""
    return tuple(
        replace(
            day,
            slots=tuple(
                slot
                if slot.start < moment
                else replace(slot, load_kwh=4.0 - slot.load_kwh % 3, pv_kwh=1.7)
                for slot in day.slots
            ),
        )
        for day in PAST
    )


def rewritten(tariff: Tariff, moment: datetime) -> Tariff:
    """The same tariff with other rates where they were not published by a moment."""
    until = tariff.published_until(moment)

    def scrambled(table: RateTable | None) -> RateTable | None:
        if table is None or until is None:
            return table
        return RateTable.of(
            each if each.start < until else Rate(each.start, each.end, 60.0 - each.p_per_kwh)
            for each in table.rates
        )

    return replace(
        tariff,
        imports=scrambled(tariff.imports) or RateTable(),
        exports=scrambled(tariff.exports),
    )


def slots_before(
    days: Sequence[LivedDay], tariff: Tariff, mind: Knowledge, moment: datetime
) -> list[ReplayedSlot]:
    """What was done before a moment."""
    lived = [day for day in days if day.slots[0].start < moment]
    slots = (slot for day in walk(lived, tariff, SITE, mind) for slot in day.slots)
    return [slot for slot in slots if slot.start < moment]


MOMENTS = [PAST[1].slots[0].start + timedelta(hours=hours) for hours in (5.5, 15.5, 17)]


@pytest.mark.parametrize(
    ("tariff", "moment"),
    [*((TARIFFS[0], moment) for moment in MOMENTS), (TARIFFS[3], MOMENTS[1])],
    ids=lambda value: value.name if isinstance(value, Tariff) else str(value),
)
def test_a_corrupted_future_changes_nothing_before_it(tariff: Tariff, moment: datetime) -> None:
    """A corrupted future changes nothing before it: there is no look ahead."""
    as_it_was = slots_before(PAST, tariff, KNOWN, moment)
    days = corrupted(moment)
    assert slots_before(days, rewritten(tariff, moment), known(days), moment) == as_it_was


def test_a_look_ahead_would_be_noticed() -> None:
    """Who knows everything does act otherwise before a corrupted future."""
    tariff, moment, days = TARIFFS[0], MOMENTS[1], corrupted(MOMENTS[1])
    true, false = KnowsEverything(PAST), KnowsEverything(days)
    as_it_was = slots_before(PAST, tariff, true, moment)
    assert slots_before(days, tariff, false, moment) != as_it_was


def test_half_hours_that_run_are_not_learned_from() -> None:
    """The load of the running half-hour and of all later ones is not known."""
    moment = PAST[1].slots[20].start
    starts = [moment + index * timedelta(minutes=30) for index in range(96)]
    assert known().loads(moment, starts) == known(corrupted(moment)).loads(moment, starts)


def test_the_usual_forecast_has_the_usual_error_and_stays_the_same() -> None:
    """Where no forecast was archived, the measured sun gets the error that one usually has."""
    forecast: Mapping[datetime, Spread] = usual_forecast(PAST)
    assert forecast == usual_forecast(PAST)
    for day in PAST:
        true_kwh = sum(slot.pv_kwh for slot in day.slots)
        expected_kwh = sum(forecast[slot.start].mean for slot in day.slots)
        assert 0.3 * true_kwh <= expected_kwh <= 1.7 * true_kwh
        assert expected_kwh != pytest.approx(true_kwh, rel=0.005)
