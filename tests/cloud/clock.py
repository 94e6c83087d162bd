"""What time it is in the world."""

from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The system's time; under a frozen clock, that."""
    return datetime.now(UTC)


class ScaledClock:
    """A clock that may run faster than the system's, and be set."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        """Begin at ``start`` (now, if not given)."""
        self._speed = speed
        self._anchor = utc_now()
        self._start = start or self._anchor

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._start + (utc_now() - self._anchor) * self._speed

    @property
    def speed(self) -> float:
        """Seconds of the world in a second of the system."""
        return self._speed

    def set(self, *, now: datetime | None = None, speed: float | None = None) -> None:
        """Set the time, the speed, or both; what is not given goes on as it is."""
        self._start = now or self()
        self._anchor = utc_now()
        if speed is not None:
            self._speed = speed

    def advance(self, span: timedelta) -> None:
        """Jump ahead."""
        self._start += span
