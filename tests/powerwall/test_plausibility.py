"""Readings that cannot be: jumps without a cause, copies that lag, values that never come."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallState,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.plausibility import Believed, judged

START = datetime(2026, 1, 14, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OWN = Settings(operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20)


def reading(
    minutes: float, level: float | None, battery_w: float = 400.0, stamp: float | None = None
) -> PowerwallState:
    """One reading, so many minutes after the start; ``stamp`` if it is older than that."""
    return PowerwallState(
        read_at=START + minutes * MINUTE,
        measured_at=START + (minutes if stamp is None else stamp) * MINUTE,
        settings=OWN,
        soc_percent=level,
        battery_power_w=battery_w,
    )


def levels(readings: Iterable[PowerwallState]) -> list[float | str | None]:
    """The level that is believed at each reading; "dropped" for one that is dropped."""
    believed, result = Believed(), list[float | str | None]()
    for each in readings:
        outcome = judged(believed, each)
        believed = outcome.believed
        result.append("dropped" if outcome.reading is None else outcome.reading.soc_percent)
    return result


def test_nought_in_one_reading_of_seven_is_not_reported() -> None:
    """alandtse#296, core#85233: it comes and goes, and the other readings count."""
    shown = [0.0 if n % 7 == 3 else 60.0 - n * 0.3 for n in range(30)]
    believed = levels(reading(2 * n, level) for n, level in enumerate(shown))
    assert believed == [None if level == 0.0 else level for level in shown]


def test_a_dropout_of_some_readings_is_not_reported_either() -> None:
    """Powerwall-Dashboard#675: for a quarter of an hour on end."""
    shown = [55.0, *[0.0] * 8, 54.0]
    assert levels(reading(2 * n, level) for n, level in enumerate(shown)) == [
        55.0,
        *[None] * 8,
        54.0,
    ]


def test_a_battery_that_really_is_empty_is_believed_in_the_end() -> None:
    """It lasts, and nothing comes out of it."""
    shown = [reading(0, 30.0), *(reading(2 * n, 0.0, battery_w=0.0) for n in range(1, 13))]
    assert levels(shown) == [30.0, *[None] * 10, 0.0, 0.0]


def test_a_battery_that_discharges_is_not_at_nought() -> None:
    """However long it is said, and be it the first word of all."""
    assert set(levels(reading(2 * n, 0.0, battery_w=800.0) for n in range(40))) == {None}


@pytest.mark.parametrize("level", [9.0, 95.0])
def test_a_jump_is_believed_once_three_readings_agree(level: float) -> None:
    """As after a calibration, or a unit that came back."""
    shown = [50.0, level, level + 0.2, level + 0.5, level + 0.6]
    believed = levels(reading(2 * n, each) for n, each in enumerate(shown))
    assert believed == [50.0, None, None, level + 0.5, level + 0.6]


def test_what_time_explains_is_no_jump() -> None:
    """An hour without readings."""
    assert levels([reading(0, 90.0), reading(60, 15.0)]) == [90.0, 15.0]


def test_a_nought_that_is_near_is_believed_at_once() -> None:
    """From three percent."""
    assert levels([reading(0, 3.0), reading(3, 0.0, battery_w=0.0)]) == [3.0, 0.0]


def test_answers_of_a_copy_that_lags_are_dropped() -> None:
    """Powerwall-Dashboard#779: old settings would look like somebody else's change."""
    assert levels(
        [
            reading(0, 50.0),
            reading(2, 50.0, stamp=-4),
            reading(3, 49.0),
            reading(4, 50.0, stamp=0),
            reading(5, 49.0, stamp=3),
        ]
    ) == [50.0, "dropped", 49.0, "dropped", 49.0]


def test_stamps_that_stay_behind_are_believed_in_the_end() -> None:
    """A clock that was set right, over there."""
    shown = [reading(0, 50.0), *(reading(n, 50.0, stamp=n - 60) for n in range(1, 9))]
    assert levels(shown) == [50.0, *["dropped"] * 5, 50.0, 50.0, 50.0]


@pytest.mark.parametrize(
    ("lacking", "name"),
    [
        ({"soc_percent": None}, "charge_level"),
        ({"battery_power_w": None}, "battery_power"),
        ({"settings": replace(OWN, operating_mode=None)}, "operating_mode"),
        ({"settings": replace(OWN, backup_reserve_percent=None)}, "backup_reserve"),
    ],
)
def test_what_is_missing_for_an_hour_is_named(lacking: dict[str, object], name: str) -> None:
    """And not any more once it is there again."""
    believed = Believed()
    for minutes in range(0, 75, 3):
        believed = judged(believed, replace(reading(minutes, 50.0), **lacking)).believed  # type: ignore[arg-type]  # by their names
        assert believed.missing == ((name,) if minutes >= 60 else ())
    assert judged(believed, reading(80, 50.0)).believed.missing == ()


@given(
    shown=st.lists(
        st.tuples(
            st.floats(0.5, 200),
            st.none() | st.floats(0, 100),
            st.floats(-5e3, 5e3),
            st.floats(-90, 0),
        ),
        max_size=60,
    )
)
def test_no_course_of_readings_breaks_it(
    shown: list[tuple[float, float | None, float, float]],
) -> None:
    """Each level is one that was shown, or none."""
    believed, at = Believed(), 0.0
    for gap, level, battery_w, lag in shown:
        at += gap
        outcome = judged(believed, reading(at, level, battery_w, at + lag))
        believed = outcome.believed
        if outcome.reading is not None:
            assert outcome.reading.soc_percent in (level, None)
        assert len(believed.doubted) <= 21
