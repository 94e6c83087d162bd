"""How often a service may be asked: policies as data, for whoever does the asking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import random


@dataclass(frozen=True, slots=True, kw_only=True)
class PollInterval:
    """Ask about every ``every``, and up to ``jitter`` later: homes shall not ask in step.

    After a failure that may pass ask again after ``retry``.
    """

    every: timedelta
    jitter: timedelta
    retry: timedelta = timedelta(minutes=10)

    def next_wait(self, chance: float | None = None) -> timedelta:
        """How long until the next request; ``chance`` in [0, 1) is a random number."""
        return self.every + (random.random() if chance is None else chance) * self.jitter


def wait_after_failures(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 1, 2, 3 ... 30 minutes."""
    return timedelta(minutes=min(max(failures, 1), 30))


def is_ahead(moment: datetime | None, now: datetime, longest: timedelta) -> bool:
    """Whether a moment is still to come.

    One further ahead than ``longest``, the most it can have been set ahead, was set by a clock that
    was ahead itself and is right again: it is not waited for.
    """
    return moment is not None and now < moment <= now + longest
