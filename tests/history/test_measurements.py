"""Half-hours from readings: nothing lost, nothing invented."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.history.measurements import (
    Energies,
    MeasuredSlot,
    Measurements,
)
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings

START = datetime(2026, 3, 29, 0, 40, tzinfo=UTC)


def reading(at: datetime, house: float | None = 600.0, solar: float = 0.0) -> PowerwallState:
    """A reading with the grid carrying what the sun does not."""
    return PowerwallState(
        read_at=at,
        settings=Settings(),
        soc_percent=50.0,
        house_power_w=house,
        solar_power_w=solar,
        battery_power_w=0.0,
        grid_power_w=None if house is None else house - solar,
    )


def test_energy_is_split_at_the_half_hour() -> None:
    """Ten minutes before the edge and five after go to two half-hours."""
    measured = Measurements()
    measured.observe(reading(START + timedelta(minutes=10)))
    measured.observe(reading(START + timedelta(minutes=25)))
    first, second = measured.slots
    assert first.energies.load_kwh == pytest.approx(0.6 * 10 / 60)
    assert second.energies.load_kwh == pytest.approx(0.6 * 5 / 60)
    assert (first.observed_s, second.observed_s) == (600, 300)


def test_signs_are_distinguished() -> None:
    """Export is not negative import; solar over the house's need is exported."""
    measured = Measurements()
    measured.observe(reading(START, house=500, solar=2500))
    measured.observe(reading(START + timedelta(minutes=6), house=500, solar=2500))
    energies = measured.totals
    assert energies.import_kwh == 0
    assert energies.export_kwh == pytest.approx(0.2)
    assert energies.pv_kwh == pytest.approx(0.25)


@pytest.mark.parametrize("gap", [timedelta(minutes=16), timedelta(hours=5), timedelta(0)])
def test_a_gap_is_not_bridged(gap: timedelta) -> None:
    """An outage of readings is missing, not zero and not guessed."""
    measured = Measurements()
    measured.observe(reading(START))
    measured.observe(reading(START + gap))
    assert measured.slots == ()


def test_a_reading_without_powers_measures_nothing() -> None:
    """And the time to the next one is not bridged either."""
    measured = Measurements()
    measured.observe(reading(START))
    measured.observe(reading(START + timedelta(minutes=2), house=None))
    measured.observe(reading(START + timedelta(minutes=4)))
    assert measured.totals == Energies()


def test_half_seen_is_not_whole() -> None:
    """A half-hour watched for ten minutes must not be taken for its load."""
    measured = Measurements()
    for minute in range(0, 51, 2):
        measured.observe(reading(START + timedelta(minutes=minute)))
    part, whole = measured.slots
    assert not part.is_whole
    assert whole.is_whole


def test_what_was_measured_here_outranks_what_was_adopted() -> None:
    """History from elsewhere fills only what is missing."""
    measured = Measurements()
    measured.observe(reading(START))
    measured.observe(reading(START + timedelta(minutes=5)))
    (ours,) = measured.slots
    other = MeasuredSlot(start=ours.start, energies=Energies(load_kwh=9), observed_s=1800)
    earlier = MeasuredSlot(
        start=ours.start - timedelta(hours=1), energies=Energies(load_kwh=9), observed_s=1800
    )
    measured.adopt([other, earlier])
    assert measured.slots == (earlier, ours)


@given(
    st.lists(
        st.tuples(st.integers(1, 900), st.floats(0, 9000), st.floats(0, 9000)),
        min_size=1,
        max_size=60,
    )
)
def test_slots_add_up_to_the_totals(steps: list[tuple[int, float, float]]) -> None:
    """However the readings fall, the half-hours hold exactly what the totals hold."""
    measured, at = Measurements(), START
    for seconds, house, solar in steps:
        at += timedelta(seconds=seconds)
        measured.observe(reading(at, house=house, solar=solar))
    total = Energies()
    for slot in measured.slots:
        total = total.plus(slot.energies)
    assert total.load_kwh == pytest.approx(measured.totals.load_kwh, abs=1e-9)
    assert total.export_kwh == pytest.approx(measured.totals.export_kwh, abs=1e-9)
    assert sum(slot.observed_s for slot in measured.slots) == pytest.approx(
        sum(seconds for seconds, _, _ in steps[1:])
    )


NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def watch(measured: Measurements, since: datetime, until: datetime) -> None:
    """Readings of 600 W every five minutes."""
    at = since
    while at <= until:
        measured.observe(reading(at))
        at += EVERY


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)])
def test_a_clock_set_back_counts_nothing_twice(back: timedelta) -> None:
    """The half-hours that it comes through again keep what they have; the new ones are counted."""
    measured = Measurements()
    watch(measured, NOON - timedelta(days=2), NOON)
    before = {slot.start: slot for slot in measured.slots}
    watch(measured, NOON - back, NOON + timedelta(hours=1))
    for slot in measured.slots:
        assert slot.observed_s <= 1800
        assert slot.energies.load_kwh <= 0.3 + 1e-9
        assert slot == before.get(slot.start, slot)
    assert len(measured.slots) == 98


def test_a_restart_on_a_clock_set_back_counts_nothing_twice() -> None:
    """What was stored is ahead of the first reading."""
    first = Measurements()
    watch(first, NOON - timedelta(hours=4), NOON)
    again = Measurements(first.slots, first.totals)
    watch(again, NOON - timedelta(hours=2), NOON)
    assert again.slots == first.slots


def test_a_clock_that_trembles_loses_nothing() -> None:
    """Corrected by some seconds, as by a time server, a half-hour is still whole."""
    measured = Measurements()
    watch(measured, NOON, NOON + timedelta(minutes=15))
    watch(measured, NOON + timedelta(minutes=14, seconds=40), NOON + timedelta(minutes=30))
    assert measured.slots[0].is_whole


def test_a_clock_far_ahead_for_minutes_forgets_nothing() -> None:
    """Years ahead after a power cut, until the time server answers; then it goes on as before."""
    measured = Measurements()
    watch(measured, NOON - timedelta(days=3), NOON)
    known = measured.slots
    ahead = NOON + timedelta(days=4000)
    watch(measured, ahead, ahead + timedelta(minutes=45))
    watch(measured, NOON + timedelta(minutes=30), NOON + timedelta(hours=2))
    assert set(known) - set(measured.slots) <= {known[-1]}
    assert measured.slot(NOON + timedelta(hours=1, minutes=30)) is not None


def test_what_is_five_weeks_old_is_forgotten() -> None:
    """A day later than by the clock, for a clock may be wrong."""
    old = [
        MeasuredSlot(start=NOON - timedelta(days=days), energies=Energies(), observed_s=1800.0)
        for days in (34, 50)
    ]
    measured = Measurements(old)
    watch(measured, NOON - timedelta(days=2), NOON)
    assert {slot.start for slot in measured.slots} >= {old[0].start}
    assert old[1].start not in {slot.start for slot in measured.slots}
