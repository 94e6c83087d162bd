"""A budget of requests: how many may leave in any minute, kept on our side of the wire."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from .base import PowerwallBudgetError, Purpose

# Of the requests of a window so many are kept for what is more urgent: a command finds one left
# by the readings, and putting the user's settings back finds one left by both.
KEPT_BACK = {Purpose.READ: 2, Purpose.COMMAND: 1, Purpose.RESTORE: 0}


class RequestBudget:
    """At most ``limit`` requests in any ``window``, the last ones only for what cannot wait.

    When the other side asks for quiet, nothing goes until that time has passed.
    """

    def __init__(self, limit: int = 4, window: timedelta = timedelta(seconds=60)) -> None:
        """Begin with nothing spent."""
        self._limit = limit
        self._window = window
        self._sent: deque[datetime] = deque()
        self._backoff_until: datetime | None = None

    def spend(self, now: datetime, purpose: Purpose) -> None:
        """Count one request that leaves now.

        Raises PowerwallBudgetError, with the wait, if it must not leave.
        """
        wait = self.wait(now, purpose)
        if wait > timedelta():
            raise PowerwallBudgetError(wait.total_seconds())
        self._sent.append(now)

    def wait(self, now: datetime, purpose: Purpose) -> timedelta:
        """How long until such a request may leave; zero if it may now."""
        self._forget(now)
        wait = timedelta()
        allowed = self._limit - KEPT_BACK[purpose]
        if len(self._sent) >= allowed:
            wait = self._sent[-allowed] + self._window - now
        if self._backoff_until is not None:
            wait = max(wait, self._backoff_until - now)
        return wait

    def back_off(self, until: datetime) -> None:
        """The other side wants no request before this time."""
        self._backoff_until = until

    def _forget(self, now: datetime) -> None:
        # After the system's clock was set back, times from the future would lock us out for long.
        self._sent = deque(min(at, now) for at in self._sent if now - at < self._window)
