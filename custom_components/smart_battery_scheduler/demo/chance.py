"""Reproducible random numbers: they follow from names and dates alone."""

from datetime import datetime
from functools import lru_cache
from random import Random


def chance(*what: object) -> Random:
    """A random source that belongs to these things and no others, on every machine."""
    return Random(":".join(map(str, what)))


@lru_cache(maxsize=8192)
def fixed(low: float, high: float, *what: object) -> float:
    """A number in [low, high] that belongs to these things for ever."""
    return chance(*what).uniform(low, high)


def smooth(name: str, when: datetime) -> float:
    """A value in [-1, 1] that wanders through time, with a new turn every hour."""
    hours = when.timestamp() / 3600.0
    hour = int(hours)
    way = hours - hour
    ease = way * way * (3.0 - 2.0 * way)
    return fixed(-1.0, 1.0, name, hour) * (1.0 - ease) + fixed(-1.0, 1.0, name, hour + 1) * ease
