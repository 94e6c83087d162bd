"""How good the house-load forecast is at a home, and how that is learned."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.load_quality import (
    ExpectedLoad,
    LoadQualityRecord,
)
from custom_components.smart_battery_scheduler.planner.load import Consumption
from custom_components.smart_battery_scheduler.planner.model import Spread
from custom_components.smart_battery_scheduler.tariff.model import SLOT

# Midnight in London in winter.
MIDNIGHT = datetime(2026, 1, 12, tzinfo=UTC)
DAYS = 24


def history(kwh: Callable[[datetime], float]) -> list[Consumption]:
    """Weeks of half-hours up to midnight."""
    starts = [MIDNIGHT - DAYS * 48 * SLOT + index * SLOT for index in range(DAYS * 48)]
    return [Consumption(start, kwh(start)) for start in starts]


def noted(spread: Spread, days: int = 14) -> LoadQualityRecord:
    """The last days as they were noted."""
    record = LoadQualityRecord()
    for day in range(days, 0, -1):
        starts = record.due(MIDNIGHT - timedelta(days=day) + timedelta(minutes=1))
        record.note(starts, [spread] * len(starts))
    return record


BAND = Spread(mean=0.3, p10=0.2, p50=0.3, p90=0.4)


def test_a_day_is_noted_as_it_begins_and_once() -> None:
    """48 half-hours of the local day; later on the day it would be no forecast any more."""
    record = LoadQualityRecord()
    assert record.due(MIDNIGHT + timedelta(hours=5)) == ()
    starts = record.due(MIDNIGHT + timedelta(seconds=1))
    assert (starts[0], len(starts)) == (MIDNIGHT, 48)
    record.note(starts, [BAND] * 48)
    assert record.due(MIDNIGHT + timedelta(minutes=30)) == ()
    assert len(record.due(MIDNIGHT + timedelta(days=1))) == 48


@pytest.mark.parametrize(("day", "count"), [("2026-03-29", 46), ("2026-10-25", 50)])
def test_days_of_a_clock_change_are_noted_whole(day: str, count: int) -> None:
    """46 and 50 half-hours, each from its local midnight."""
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    since = midnight - timedelta(hours=1) if count == 50 else midnight
    assert len(LoadQualityRecord().due(since)) == count


def test_the_error_against_same_day_last_week_and_the_mean_of_seven_days() -> None:
    """The truth scatters evenly around what was forecast: better than both guesses."""
    chance = Random(1)
    record = noted(BAND)
    record.judge(history(lambda _: max(0.0, chance.gauss(0.3, 0.078))))
    quality = record.quality
    assert quality is not None
    assert quality.half_hours == 14 * 48
    assert quality.error_percent == pytest.approx(100 * 0.062 / 0.3, rel=0.1)
    # Two draws differ by the square root of two more than one from its mean; a mean of seven less.
    assert quality.of_last_week_percent == pytest.approx(70.7, abs=4.0)
    assert quality.of_mean_percent == pytest.approx(93.5, abs=4.0)
    assert quality.coverage_percent == pytest.approx(80.0, abs=4.0)


def test_coverage_is_that_of_the_band_that_plans_had() -> None:
    """Half-hours noted with a widened band are judged by it; what is learned goes by the plain one."""
    chance = Random(2)
    past = history(lambda _: max(0.0, chance.gauss(0.3, 2 * 0.078)))
    narrow = noted(BAND)
    narrow.judge(past)
    assert narrow.quality is not None
    assert narrow.quality.coverage_percent < 60.0
    assert narrow.widths.evening > 1.6
    wide = LoadQualityRecord(
        ExpectedLoad(start=each.start, mean=0.3, p10=0.2, p50=0.3, p90=0.4, width=2.0)
        for each in narrow.noted
    )
    wide.judge(past)
    assert wide.quality is not None
    assert wide.quality.coverage_percent == pytest.approx(80.0, abs=4.0)
    assert wide.widths == narrow.widths


def test_too_little_is_no_verdict() -> None:
    """A day, a past without a week before, a house that used nothing."""
    one_day = noted(BAND, days=1)
    one_day.judge(history(lambda _: 0.3))
    assert one_day.quality is None
    empty = noted(BAND)
    empty.judge([])
    assert empty.quality is None
    empty.judge(history(lambda _: 0.0))
    assert empty.quality is None


def test_memory_is_bounded_and_survives() -> None:
    """Two weeks, and what a wrong clock may note; it is stored."""
    record = LoadQualityRecord()
    for day in range(40):
        starts = record.due(MIDNIGHT + timedelta(days=day))
        record.note(starts, [BAND] * len(starts))
    assert 14 * 48 < len(record.noted) <= 16 * 48
    again = decode(tuple[ExpectedLoad, ...], encode(record.noted, omit_defaults=True))
    assert again == record.noted
