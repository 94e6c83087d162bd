"""The state of charge as it was planned when the day began, to hold what came beside what was planned.

A plan is made anew every ten minutes and whenever something new is known, so the newest one is never
far from what is measured. What a person means by "the plan" is that of the morning: it is noted once
a local day, with the first plan in force that day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..common.retention import too_old
from ..const import MARKET_TIME_ZONE
from ..planner.model import Plan
from ..tariff.model import floor_slot
from .accuracy import day_start

KEPT = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLevel:
    """The state of charge, in percent, planned for the end of the half-hour that begins at ``start`` (UTC)."""

    start: datetime
    percent: float


class PlannedLevels:
    """Notes one plan a day; pure arithmetic."""

    def __init__(self, stored: tuple[PlannedLevel, ...]) -> None:
        """Go on from what was noted."""
        self._levels = {each.start: each for each in stored}

    @property
    def memory(self) -> tuple[PlannedLevel, ...]:
        """What to store, oldest first."""
        return tuple(self._levels[start] for start in sorted(self._levels))

    def slot_began(self, now: datetime, plan: Plan | None) -> None:
        """Note the plan's levels up to the next local midnight, unless this day has them already."""
        tomorrow = now.astimezone(MARKET_TIME_ZONE).date() + timedelta(days=1)
        midnight, begun = day_start(tomorrow), floor_slot(now.astimezone(UTC))
        if plan is None or begun in self._levels:
            return
        for slot in plan.slots:
            start = floor_slot(slot.start)
            if begun <= start < midnight:
                level = PlannedLevel(start=start, percent=round(slot.end_percent, 1))
                self._levels.setdefault(start, level)
        for start in too_old(self._levels, KEPT, now):
            del self._levels[start]

    def at(self, when: datetime) -> float | None:
        """What was planned for the end of the half-hour that holds ``when``; None is not known."""
        level = self._levels.get(floor_slot(when.astimezone(UTC)))
        return None if level is None else level.percent
