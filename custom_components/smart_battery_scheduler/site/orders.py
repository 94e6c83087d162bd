"""What people ask of a site now: its preferences, an override, one charge level at one time."""

from dataclasses import dataclass
from datetime import datetime

from ..control.model import Wanted
from ..control.rules import Override
from ..planner.model import ReadyBy
from .preferences import Preferences


@dataclass(slots=True, kw_only=True)
class Orders:
    """Changed only by people and by time: an override ends, a ready-by time passes."""

    preferences: Preferences
    override: Override | None = None
    ready_once: ReadyBy | None = None

    def end_override(self, now: datetime, completed: Wanted | None) -> bool:
        """Forget an override at its end or at its target; True if there was one to forget.

        ``completed`` is the charge that reached its target last.
        """
        override = self.override
        if override is None:
            return False
        reached = completed is not None and completed.slot_start == override.made_at
        if reached or now >= override.until:
            self.override = None
        return self.override is None
