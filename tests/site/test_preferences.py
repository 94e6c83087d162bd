"""What a household prefers."""

from datetime import time

from hypothesis import given, strategies as st

from custom_components.smart_battery_scheduler.site.preferences import Preferences

MINUTES = 24 * 60
minutes = st.integers(0, MINUTES - 1)


def at(minute: int) -> time:
    """A time of day by its minute; the day's end is midnight."""
    return time(minute // 60 % 24, minute % 60)


@given(peak_start=minutes, peak_end=minutes, start=minutes, length=st.integers(1, 30))
def test_a_slot_touches_the_peak_if_any_of_its_minutes_is_in_it(
    peak_start: int, peak_end: int, start: int, length: int
) -> None:
    """Whatever the window: off the half-hour, over midnight, shorter than a slot, none at all."""
    end = min(start + length, MINUTES)
    preferences = Preferences(peak_start=at(peak_start), peak_end=at(peak_end))
    inside = any(preferences.in_peak(at(minute)) for minute in range(start, end))
    assert preferences.touches_peak(at(start), at(end)) is inside
