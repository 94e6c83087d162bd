"""The Energy dashboard's form, read and written."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.solar.model import SolarReplyError, SolarSlot
from custom_components.smart_battery_scheduler.solar.wh_hours import (
    as_wh_hours,
    energies,
    labels_are_ends,
    with_spread,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT

DAY = datetime(2026, 6, 20, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the day."""
    return DAY + timedelta(hours=hour, minutes=minute)


def day_of(*wh: float, first: int = 4, step: timedelta = timedelta(hours=1)) -> dict[str, float]:
    """Stamps of one day, from ``first`` o'clock on."""
    return {(at(first) + index * step).isoformat(): each for index, each in enumerate(wh)}


# A June day in UTC from 04:00 on, hourly, as the Energy dashboard has it.
SUMMER = (40, 300, 800, 1500, 2200, 2800, 3100, 3300, 3200, 3000, 2600, 2000, 1300, 700, 200, 20)


def test_an_hour_begins_at_its_stamp() -> None:
    """The convention: energy falls after the stamp, evenly on both halves."""
    found = energies(day_of(*SUMMER))
    assert found[at(10)] == found[at(10, 30)] == pytest.approx(1.55)
    assert found[at(11)] == found[at(11, 30)] == pytest.approx(1.65)
    assert found[at(3, 30)] == found[at(20)] == 0.0
    assert len(found) == 48


def test_sunrise_at_an_odd_minute() -> None:
    """From 03:45 to 04:00 in the half-hour of 03:30; stamps in local time."""
    found = energies({"2026-06-20T04:45:00+01:00": 10, **day_of(*SUMMER)})
    assert found[at(3, 30)] == pytest.approx(0.01)
    assert sum(found.values()) == pytest.approx((10 + sum(SUMMER)) / 1000)


def test_no_energy_is_smeared_over_the_night() -> None:
    """The last stamp of a day lasts an hour, not until the next morning."""
    found = energies({"2026-06-20T20:00:00+00:00": 50, "2026-06-21T05:00:00+00:00": 100})
    assert found[at(20)] == pytest.approx(0.025)
    assert found[at(21)] == found[at(26)] == 0.0


def test_labels_that_end_their_time() -> None:
    """Forecast.Solar's integration before 2026.11: a zero at sunrise, then energy before each."""
    hours = {"2026-06-20T03:45:00+00:00": 0, **day_of(0, *SUMMER)}
    found = energies(hours, labels_end=True)
    assert found[at(3, 30)] == 0.0
    assert found[at(4)] == found[at(4, 30)] == pytest.approx(0.02)
    assert found[at(20)] == 0.0


def test_half_hourly_stamps() -> None:
    """Some providers give half-hours; the last is as long as the others."""
    found = energies(day_of(50, 300, 400, 60, first=10, step=SLOT))
    expected = (0.05, 0.3, 0.4, 0.06, 0.0)
    assert tuple(found[at(10) + index * SLOT] for index in range(5)) == expected


def test_a_hole_in_the_day_is_not_forecast_rather_than_dark() -> None:
    """A stamp that is missing at noon (BJReplay/ha-solcast-solar#423)."""
    hours = day_of(*SUMMER)
    del hours[at(12).isoformat()]
    found = energies(hours)
    assert at(12) not in found
    assert at(12, 30) not in found
    assert found[at(11)] == pytest.approx(1.65)
    assert len(found) == 46


def test_a_half_hourly_forecast_that_lacks_one_stamp_lacks_one_half_hour() -> None:
    """14:30, 15:00, 15:30, 16:30 (oziee/ha-solcast-solar#63)."""
    hours = day_of(50, 300, 900, 1000, 900, 600, 60, first=13, step=SLOT)
    del hours[at(15).isoformat()]
    found = energies(hours)
    assert at(15) not in found
    assert (found[at(14, 30)], found[at(15, 30)]) == (1.0, 0.6)


def test_a_missing_day_is_not_forecast_rather_than_dark() -> None:
    """From the evening to the morning after next is no night."""
    later = {(at(48 + 4 + hour)).isoformat(): wh for hour, wh in enumerate(SUMMER)}
    found = energies({**day_of(*SUMMER), **later})
    assert not any(at(24) <= start < at(48) for start in found)
    assert found[at(48 + 10)] == pytest.approx(1.55)


def test_a_forecast_that_ends_early_is_not_dark_afterwards() -> None:
    """The afternoon is missing, as at a source that counts hours from now (batcontrol#236)."""
    found = energies(day_of(*SUMMER[:9]))
    assert max(found) == at(12, 30)
    assert max(energies(day_of(*SUMMER))) == at(23, 30)


def test_a_winters_night_is_a_night_however_long() -> None:
    """Stamps of sunrise to sunset only: from 15:00 to 09:00 nothing is made."""
    short = {at(9 + hour).isoformat(): wh for hour, wh in enumerate((30, 200, 400, 300, 150, 40))}
    tomorrow = {at(33 + hour).isoformat(): wh for hour, wh in enumerate((30, 200, 400, 150, 40))}
    found = energies({**short, **tomorrow})
    assert len(found) == 96
    assert found[at(20)] == found[at(30)] == 0.0


def test_nothing_predicted_is_nothing() -> None:
    """An empty forecast has no half-hours, rather than zeros."""
    assert energies({}) == {}


@pytest.mark.parametrize(
    "bad",
    [
        {"soon": 1.0},
        {"2026-06-20T12:30:00": 1.0},
        {"2026-06-20T12:00:00+00:00": None},
        {"2026-06-20T12:00:00+00:00": -1.0},
        {"2026-06-20T12:00:00+00:00": float("nan")},
        {"2026-06-20T12:00:00+00:00": 1e9},
    ],
)
def test_one_bad_stamp_or_value_does_not_throw_the_rest_away(bad: dict[str, object]) -> None:
    """Its own hour is not forecast; the day's others are."""
    found = energies({**day_of(*SUMMER), **bad})
    assert found[at(10)] == pytest.approx(1.55)
    published = found.get(at(12))
    assert published is None or published == pytest.approx(1.6)


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
def test_no_energy_is_added(minutes: list[int], labels_end: bool) -> None:
    """Whatever the stamps; a half-hour that is told by a part only is left out."""
    hours = {(DAY + timedelta(minutes=each)).isoformat(): 100 for each in minutes}
    found = energies(hours, labels_end=labels_end)
    assert sum(found.values()) <= 0.1 * len(minutes) + 1e-9
    assert all(kwh >= 0.0 for kwh in found.values())


@given(
    halves=st.lists(st.integers(0, 3 * 48), min_size=1, max_size=60, unique=True),
    labels_end=st.booleans(),
)
def test_energy_is_kept_on_whole_half_hours(halves: list[int], labels_end: bool) -> None:
    """Stamps on the clock's half-hours lose nothing."""
    hours = {(DAY + each * SLOT).isoformat(): 100 for each in halves}
    found = energies(hours, labels_end=labels_end)
    assert sum(found.values()) == pytest.approx(0.1 * len(halves))


def june_light(day: date) -> tuple[datetime, datetime] | None:
    """London's sunrise and sunset in June."""
    midnight = datetime.combine(day, time(), UTC)
    return midnight + timedelta(hours=3, minutes=43), midnight + timedelta(hours=20, minutes=21)


@pytest.mark.parametrize(
    ("first", "wh", "ends"),
    [
        pytest.param(3, (5, *SUMMER), False, id="03:00 is before sunrise: it begins its hour"),
        pytest.param(4, (5, *SUMMER), None, id="from 04:00 to 20:00 either may be"),
        pytest.param(5, SUMMER, True, id="21:00 is after sunset: the energy lies before it"),
    ],
)
def test_end_labels_are_recognised_by_the_sun(
    first: int, wh: tuple[float, ...], ends: bool | None
) -> None:
    """No energy falls after sunset or before sunrise."""
    if first == 5:
        wh = (*wh, 1)
    assert labels_are_ends(day_of(*wh, first=first), june_light) is ends
    assert labels_are_ends(day_of(*wh, first=first), lambda _: None) is None


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
