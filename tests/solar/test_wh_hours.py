"""The Energy dashboard's form, read and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.solar.model import SolarReplyError, SolarSlot
from custom_components.smart_battery_scheduler.solar.wh_hours import (
    as_wh_hours,
    energies,
    with_spread,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT

DAY = datetime(2026, 6, 20, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the day."""
    return DAY + timedelta(hours=hour, minutes=minute)


def test_an_hour_begins_at_its_stamp() -> None:
    """The convention: energy falls after the stamp, evenly on both halves."""
    found = energies({"2026-06-20T10:00:00+00:00": 800, "2026-06-20T11:00:00+00:00": 1000})
    assert found[at(10)] == found[at(10, 30)] == pytest.approx(0.4)
    assert found[at(11)] == found[at(11, 30)] == pytest.approx(0.5)
    assert found[at(9, 30)] == found[at(12)] == 0.0


def test_sunrise_at_an_odd_minute() -> None:
    """From 04:45 to 05:00 in the half-hour of 04:30; stamps in local time."""
    found = energies({"2026-06-20T05:45:00+01:00": 30, "2026-06-20T06:00:00+01:00": 200})
    assert found[at(4, 30)] == pytest.approx(0.03)
    assert sum(found.values()) == pytest.approx(0.23)


def test_no_energy_is_smeared_over_the_night() -> None:
    """The last stamp of a day lasts an hour, not until the next morning."""
    found = energies({"2026-06-20T20:00:00+00:00": 50, "2026-06-21T05:00:00+00:00": 100})
    assert found[at(20)] == pytest.approx(0.025)
    assert found[at(21)] == found[at(26)] == 0.0


def test_labels_that_end_their_time() -> None:
    """Forecast.Solar's integration before 2026.11: a zero at sunrise, then energy before each."""
    hours = {"2026-06-20T04:45:00+00:00": 0, "2026-06-20T05:00:00+00:00": 30}
    found = energies({**hours, "2026-06-20T06:00:00+00:00": 200}, labels_end=True)
    assert found[at(4, 30)] == pytest.approx(0.03)
    assert found[at(5)] == found[at(5, 30)] == pytest.approx(0.1)
    assert found[at(6)] == 0.0


def test_half_hourly_stamps() -> None:
    """Some providers give half-hours; the last is as long as the others."""
    found = energies({"2026-06-20T10:00:00+00:00": 300, "2026-06-20T10:30:00+00:00": 400})
    assert (found[at(10)], found[at(10, 30)], found[at(11)]) == (0.3, 0.4, 0.0)


def test_nothing_foretold_is_nothing() -> None:
    """An empty forecast has no half-hours, rather than zeros."""
    assert energies({}) == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"soon": 1},
        {"2026-06-20T10:00:00": 1},
        {"2026-06-20T10:00:00+00:00": None},
        {"2026-06-20T10:00:00+00:00": -1},
        {"2026-06-20T10:00:00+00:00": float("nan")},
        {"2026-06-20T10:00:00+00:00": 1e9},
    ],
)
def test_nonsense_is_refused(body: object) -> None:
    """Another integration's fault is not taken for sunshine."""
    with pytest.raises(SolarReplyError):
        energies(body)


@given(
    minutes=st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=60, unique=True),
    labels_end=st.booleans(),
)
def test_energy_is_kept(minutes: list[int], labels_end: bool) -> None:
    """Whatever the stamps, nothing is lost or added."""
    hours = {(DAY + timedelta(minutes=each)).isoformat(): 100 for each in minutes}
    found = energies(hours, labels_end=labels_end)
    assert sum(found.values()) == pytest.approx(0.1 * len(minutes))
    assert len(found) % 48 == 0


def test_spread_grows_with_the_days() -> None:
    """The mean is kept; tomorrow is less certain than today."""
    forecast = with_spread({at(12): 1.0, at(12) + timedelta(days=2): 1.0}, at(8))
    today, later = forecast.slots[at(12)], forecast.slots[at(12) + timedelta(days=2)]
    assert today.mean_kwh == later.mean_kwh == 1.0
    assert later.p90_kwh - later.p10_kwh > today.p90_kwh - today.p10_kwh > 0.0


def test_written_by_whole_hours() -> None:
    """Two halves make an hour in Wh; a half without its other is left out."""
    slot = SolarSlot(mean_kwh=0.4, p10_kwh=0.2, p50_kwh=0.4, p90_kwh=0.6)
    slots = {at(9, 30): slot, at(10): slot, at(10) + SLOT: slot, at(11): slot}
    assert as_wh_hours(slots) == {"2026-06-20T10:00:00+00:00": 800}
