"""The demo home's weather: bright and dull days, passing clouds, warm afternoons."""

from datetime import UTC, date, datetime
from functools import lru_cache
from math import cos, pi

from .chance import chance, smooth


def clearness(when: datetime) -> float:
    """The share of a clear day's sun that comes through, 0.05-1."""
    day = day_clearness(when.astimezone(UTC).date())
    # Clouds pass on days that are neither bright nor dull throughout.
    patchiness = 1.2 * day * (1.0 - day) + 0.05
    return min(max(day + patchiness * smooth("clouds", when), 0.05), 1.0)


def air_celsius(when: datetime) -> float:
    """The air's temperature: 4 °C in January, 18 °C in July, warmest at 15:00."""
    utc = when.astimezone(UTC)
    year = cos(2.0 * pi * (utc.timetuple().tm_yday - 20) / 365.0)
    day = cos(2.0 * pi * (utc.hour + utc.minute / 60.0 - 15.0) / 24.0)
    return 11.0 - 7.0 * year + 3.5 * day + 2.0 * smooth("air", when)


@lru_cache(maxsize=400)
def day_clearness(day: date) -> float:
    """A day's mean clearness, before clouds pass."""
    summer = (1.0 - cos(2.0 * pi * (day.timetuple().tm_yday - 20) / 365.0)) / 2.0
    # Mean clearness of 0.45 in winter and 0.65 in summer, from grey to blue.
    return chance("day", day).betavariate(1.6 + 1.4 * summer, 2.0 - 0.4 * summer)
