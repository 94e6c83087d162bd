"""When the Powerwall is read next, by the poll interval, failures, requested waits and slot edges."""

from collections.abc import Callable
from datetime import datetime, timedelta
import random

from ..tariff.model import SLOT, floor_slot

# The battery is read this long before a slot begins, to act on a fresh reading at its edge.
BEFORE_EDGE = timedelta(seconds=20)
# Two readings a minute leave the other requests of the budget to commands.
SHORTEST_WAIT = timedelta(seconds=30)
# A cloud that keeps failing is asked less often, down to this interval.
LONGEST_WAIT = timedelta(minutes=5)


class PollSchedule:
    """Decides how long to wait for the next reading.

    ``poll_interval`` is how often a reading is wanted now. What the cloud asks for (``back_off``)
    is never cut short; a reading that our own request budget holds back (``hold``) comes as soon as
    the budget allows.
    """

    def __init__(self, poll_interval: Callable[[datetime], timedelta]) -> None:
        """No reading is scheduled yet."""
        self._poll_interval = poll_interval
        self._failures = 0
        self._due: datetime | None = None
        self._backoff_until: datetime | None = None
        self._held_until: datetime | None = None

    def begin(self) -> None:
        """A reading has been requested: earlier waits are over."""
        self._backoff_until = self._held_until = None

    def succeeded(self) -> None:
        """The reading has come."""
        self._failures = 0

    def failed(self, now: datetime, retry_after_s: float | None) -> None:
        """The reading has not come; ``retry_after_s`` if the cloud said when to ask again."""
        self._failures += 1
        if retry_after_s is not None:
            self._backoff_until = now + timedelta(seconds=retry_after_s)

    def hold(self, now: datetime, retry_after_s: float) -> None:
        """Our own request budget allows no reading for this long."""
        self._held_until = now + timedelta(seconds=retry_after_s + 1.0)

    def arrange(self, now: datetime) -> timedelta:
        """Schedule the next reading; returns the time until then."""
        wait = self._wait(now)
        self._due = now + wait
        return wait

    def sooner(self, now: datetime) -> timedelta | None:
        """Schedule an earlier reading if one is wanted, as after an order; else None."""
        if self._due is None or (self._backoff_until is not None and now < self._backoff_until):
            return None
        return self.arrange(now) if now + self._wait(now) < self._due else None

    def _wait(self, now: datetime) -> timedelta:
        """How long to wait; one reading always falls just before a slot's edge."""
        if self._held_until is not None and now < self._held_until:
            return min(self._held_until - now, LONGEST_WAIT)
        wait = self._poll_interval(now)
        if self._failures > 1:
            patience = min(wait * 2 ** min(self._failures - 1, 6), LONGEST_WAIT)
            wait = max(wait, patience * random.uniform(0.8, 1.0))
        to_edge = floor_slot(now) + SLOT - BEFORE_EDGE - now
        return to_edge if SHORTEST_WAIT <= to_edge < wait else wait
