"""A budget of requests: how many may leave in any minute, kept on our side of the wire."""

from collections import deque
from datetime import datetime, timedelta

from .base import PowerwallBudgetError, Purpose

# Of the requests of a window so many are kept for what is more urgent: a command finds one left
# by the readings, and restoring the owner settings finds one left by both.
KEPT_BACK = {Purpose.READ: 2, Purpose.COMMAND: 1, Purpose.RESTORE: 0}
# With so few left of the server's own limit, which other clients share, readings leave them to a write.
LEFT_TO_WRITES = 1
# A write that was held back comes again within so long; until then the next request is its own.
WRITE_COMES_WITHIN = timedelta(minutes=5)


class RequestBudget:
    """At most ``limit`` requests in any ``window``, the last ones only for what cannot wait.

    When the server asks to wait, nothing is sent until that time has passed; and while a write
    waits, for that or for our own limit, no reading goes.
    """

    def __init__(self, limit: int = 4, window: timedelta = timedelta(seconds=60)) -> None:
        """Begin with nothing spent."""
        self._limit = limit
        self._window = window
        self._sent: deque[datetime] = deque()
        self._backoff_until: datetime | None = None
        self._readings_rest_until: datetime | None = None
        self._write_waits_until: datetime | None = None

    def spend(self, now: datetime, purpose: Purpose) -> None:
        """Count one request that leaves now.

        Raises PowerwallBudgetError, with the wait, if it must not leave.
        """
        wait = self.wait(now, purpose)
        if wait > timedelta():
            self._hold(now + wait, purpose)
            raise PowerwallBudgetError(wait.total_seconds())
        if purpose is not Purpose.READ:
            self._write_waits_until = None
        self._sent.append(now)

    def wait(self, now: datetime, purpose: Purpose) -> timedelta:
        """How long until such a request may leave; zero if it may now."""
        self._forget(now)
        allowed = self._limit - KEPT_BACK[purpose]
        moments = [self._backoff_until]
        if purpose is Purpose.READ:
            moments += [self._readings_rest_until, self._write_waits_until]
        if len(self._sent) >= allowed:
            moments.append(self._sent[-allowed] + self._window)
        waits = [moment - now for moment in moments if moment is not None]
        return max([timedelta(), *waits])

    def refused(self, until: datetime, purpose: Purpose) -> None:
        """The server refused a request and wants none before this time."""
        self.back_off(until)
        self._hold(until, purpose)

    def left(self, requests: int, until: datetime) -> None:
        """The server takes this many requests before this time, from us and others together."""
        if requests <= 0:
            self.back_off(until)
        elif requests <= LEFT_TO_WRITES:
            self._readings_rest_until = until

    def back_off(self, until: datetime) -> None:
        """The server wants no request before this time."""
        self._backoff_until = until

    def _hold(self, until: datetime, purpose: Purpose) -> None:
        if purpose is not Purpose.READ:
            self._write_waits_until = until + WRITE_COMES_WITHIN

    def _forget(self, now: datetime) -> None:
        # After the system's clock was set back, times from the future would lock us out for long.
        self._sent = deque(min(at, now) for at in self._sent if now - at < self._window)
