"""Forecast against truth: nothing judged that is not known, days of any length."""

from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.accuracy import (
    ENOUGH,
    Accuracy,
    AccuracyMemory,
    Expected,
    day_start,
    score,
    whole_day,
)
from custom_components.smart_battery_scheduler.history.measurements import (
    Energies,
    MeasuredSlot,
    Measurements,
)
from custom_components.smart_battery_scheduler.solar.model import SolarForecast, SolarSlot
from custom_components.smart_battery_scheduler.tariff.model import SLOT

DAY = date(2026, 7, 10)
MIDNIGHT = datetime(2026, 7, 9, 23, 0, tzinfo=UTC)


def slots(
    first: datetime, count: int, load_kwh: float = 0.2, pv_kwh: float = 0.3, level: float = 50.0
) -> list[MeasuredSlot]:
    """So many measured half-hours, all alike."""
    energies = Energies(load_kwh=load_kwh, pv_kwh=pv_kwh)
    return [
        MeasuredSlot(
            start=first + index * SLOT,
            energies=energies,
            observed_s=1800.0,
            soc_percent=level,
        )
        for index in range(count)
    ]


def forecast(first: datetime, count: int, kwh: float) -> SolarForecast:
    """An even sun."""
    slot = SolarSlot(mean_kwh=kwh, p10_kwh=kwh, p50_kwh=kwh, p90_kwh=kwh)
    return SolarForecast(
        made_at=first, slots={first + index * SLOT: slot for index in range(count)}
    )


@pytest.mark.parametrize(
    ("day", "half_hours"),
    [(date(2026, 3, 29), 46), (date(2026, 7, 10), 48), (date(2026, 10, 25), 50)],
)
def test_days_have_46_48_or_50_half_hours(day: date, half_hours: int) -> None:
    """A day is whole when all of them are known."""
    start = day_start(day)
    known = {start + index * SLOT: 0.5 for index in range(half_hours)}
    assert whole_day(day, known) == half_hours * 0.5
    del known[start]
    assert whole_day(day, known) is None


def test_a_days_result() -> None:
    """What was expected at midnight stands, whatever is forecast later."""
    measurements = Measurements()
    accuracy = Accuracy(AccuracyMemory(), measurements)
    accuracy.slot_began(MIDNIGHT, None, forecast(MIDNIGHT, 48, 0.25))
    accuracy.slot_began(MIDNIGHT + SLOT, None, forecast(MIDNIGHT, 48, 0.5))
    measurements.adopt(slots(MIDNIGHT, 48))
    result = accuracy.result(DAY)
    assert result.pv_expected_kwh == pytest.approx(12.0)
    assert result.pv_measured_kwh == pytest.approx(14.4)
    assert result.load_expected_kwh is None
    assert result.load_measured_kwh == pytest.approx(9.6)


def test_a_day_that_was_not_watched_whole() -> None:
    """A missing half-hour makes the day's truth unknown; no day at all is unknown too."""
    measurements = Measurements(slots(MIDNIGHT, 47))
    result = Accuracy(AccuracyMemory(), measurements).result(DAY)
    assert result.load_measured_kwh is None
    assert result.pv_expected_kwh is None


def test_at_noon_a_days_forecast_is_none() -> None:
    """What is expected of a day is noted in its first hours or not at all."""
    accuracy = Accuracy(AccuracyMemory(), Measurements())
    accuracy.slot_began(MIDNIGHT + timedelta(hours=12), None, forecast(MIDNIGHT, 48, 0.25))
    assert accuracy.memory.days == ()
    assert len(accuracy.memory.half_hours) == 1


def test_today_is_past_and_forecast() -> None:
    """A forecast that begins now is completed by what was measured before."""
    noon = MIDNIGHT + timedelta(hours=12)
    accuracy = Accuracy(AccuracyMemory(), Measurements(slots(MIDNIGHT, 24)))
    assert accuracy.pv_of(DAY, noon, forecast(noon, 24, 0.1)) == pytest.approx(7.2 + 2.4)
    assert accuracy.pv_of(DAY, noon, None) is None


def test_scores() -> None:
    """Distance and bias as shares of what came; few half-hours or none prove nothing."""
    pairs = [(1.5, 1.0), (0.5, 1.0)] * (ENOUGH // 2)
    found = score([*pairs, (2.0, 1.0)])
    assert found is not None
    assert found.error_percent == pytest.approx(100 * (ENOUGH * 0.5 + 1) / (ENOUGH + 1))
    assert found.bias_percent == pytest.approx(100 / (ENOUGH + 1))
    assert score(pairs[1:]) is None
    assert score([(0.0, 0.0)] * ENOUGH) is None


def test_a_week_is_judged() -> None:
    """Half-hour by half-hour; those of a full battery say nothing of the roof."""
    expected = [Expected(start=MIDNIGHT + i * SLOT, load_kwh=0.3, pv_kwh=0.6) for i in range(48)]
    memory = AccuracyMemory(half_hours=tuple(expected))
    score_of = Accuracy(memory, Measurements(slots(MIDNIGHT, 48))).pv_score()
    assert score_of is not None
    assert score_of.error_percent == pytest.approx(100.0)
    assert score_of.half_hours == 48
    full = Accuracy(memory, Measurements(slots(MIDNIGHT, 48, level=100.0)))
    assert full.pv_score() is None
    load = full.load_score()
    assert load is not None
    assert load.bias_percent == pytest.approx(50.0)


def test_memory_is_bounded_and_survives() -> None:
    """A week of half-hours, five weeks of days, each and what a wrong clock may note; it is stored."""
    accuracy = Accuracy(AccuracyMemory(), Measurements())
    for index in range(48 * 40):
        accuracy.slot_began(MIDNIGHT + index * SLOT, None, None)
    memory = accuracy.memory
    assert len(memory.half_hours) == (7 + 1) * 48 + 1
    assert 35 + 2 <= len(memory.days) <= 36 + 2
    assert decode(AccuracyMemory, encode(memory)) == memory


def test_a_clock_far_ahead_for_minutes_forgets_no_expectation() -> None:
    """Two half-hours of another decade among a week's: the week is judged afterwards as before."""
    accuracy = Accuracy(AccuracyMemory(), Measurements())
    for index in range(48 * 7):
        accuracy.slot_began(MIDNIGHT + index * SLOT, None, None)
    known = {each.start for each in accuracy.memory.half_hours}
    for index in range(2):
        accuracy.slot_began(MIDNIGHT + timedelta(days=4000) + index * SLOT, None, None)
    accuracy.slot_began(MIDNIGHT + timedelta(days=7), None, None)
    assert known <= {each.start for each in accuracy.memory.half_hours}
    assert len(accuracy.memory.days) >= 7
