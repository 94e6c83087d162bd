"""What people ask of a site now: its preferences, an override, one charge level at one time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..control.model import Wanted
from ..control.rules import Override
from ..planner.model import ReadyBy
from .preferences import Preferences

# An end is noticed at once, or with the next reading.
NOTICED_WITHIN = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class Orders:
    """Changed only by people and by time: an override ends, a ready-by time passes.

    ``ended_late`` is an override that was found to be over long after its end, as after a night
    without power; or by a clock that was far ahead for some minutes, and then it goes on.
    """

    preferences: Preferences
    override: Override | None = None
    ready_once: ReadyBy | None = None
    ended_late: Override | None = None

    def order(self, override: Override | None) -> None:
        """Take a person's word for what is in force now; None for nothing but the plan."""
        self.override, self.ended_late = override, None

    def follow_clock(self, now: datetime, completed: Wanted | None) -> bool:
        """End an override at its end or at its target, or go on with one; True if that was due.

        ``completed`` is the charge that reached its target last.
        """
        override = self.override
        if override is None:
            return self._go_on(now)
        reached = completed is not None and completed.slot_start == override.made_at
        if reached or now >= override.until:
            is_late = not reached and now >= override.until + NOTICED_WITHIN
            self.override, self.ended_late = None, override if is_late else None
        return self.override is None

    def _go_on(self, now: datetime) -> bool:
        late = self.ended_late
        if late is None or not late.made_at <= now < late.until:
            return False
        self.order(late)
        return True
