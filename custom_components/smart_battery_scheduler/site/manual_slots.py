"""Manual slots: times in which an action is forced, or charging is blocked.

They are kept until they are over, may repeat by the market's clock, and outrank price; they never
outrank safety.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from ..common.retention import too_old
from ..const import MARKET_TIME_ZONE
from ..planner.model import Action
from ..tariff.model import SLOT, floor_slot

LONGEST = timedelta(hours=24)
# A manual slot further ahead than this is taken for a typing error.
FURTHEST = timedelta(days=366)
MOST_SLOTS = 200
# So many that are over are kept: all may seem to be over by a clock that is far ahead for minutes.
SPARED = 20
FORCEABLE = (Action.CHARGE, Action.HOLD, Action.USE)
# Two weekly patterns that ever meet do so within this time.
COMMON_PERIOD = timedelta(days=9)


class Repeat(StrEnum):
    """How often a request comes again, at the same local time."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


_EVERY_DAYS = {Repeat.DAILY: 1, Repeat.WEEKLY: 7}


class Problem(StrEnum):
    """What is wrong with a request; also the key of the message about it."""

    NOT_ON_HALF_HOUR = "slot_not_on_half_hour"
    ENDS_BEFORE_START = "slot_ends_before_start"
    TOO_LONG = "slot_too_long"
    IN_THE_PAST = "slot_in_the_past"
    TOO_FAR = "slot_too_far"
    CONTRADICTS = "slot_contradicts"
    TOO_MANY = "too_many_slots"


class ManualSlotError(ValueError):
    """A manual slot that cannot be kept. ``other`` is the one that it contradicts."""

    def __init__(self, problem: Problem, other: ManualSlot | None = None) -> None:
        """Keep what is wrong."""
        super().__init__(problem.value)
        self.problem = problem
        self.other = other


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualSlot:
    """A manual slot for [start, end), UTC. ``action`` None with ``blocked`` is: do not charge then.

    ``repeat`` moves it by days of the market's clock.
    """

    id: str
    start: datetime
    end: datetime
    action: Action | None = None
    blocked: bool = False
    repeat: Repeat = Repeat.NEVER

    def occurrences(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """All [start, end) that touch [since, until), in order."""
        days = _EVERY_DAYS.get(self.repeat)
        if days is None:
            if self.start < until and since < self.end:
                yield self.start, self.end
            return
        turn = max(0, (since - self.end) // timedelta(days=days) - 1)
        while True:
            start = _days_later(self.start, turn * days)
            if start >= until:
                return
            end = _days_later(self.end, turn * days)
            # In the night in which summer time begins a request may have no time at all.
            if since < end and start < end:
                yield start, end
            turn += 1

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether it touches [start, end)."""
        return next(self.occurrences(start, end), None) is not None

    def is_over(self, now: datetime) -> bool:
        """Whether it will not come again."""
        return self.repeat is Repeat.NEVER and self.end <= now

    def contradicts(self, other: ManualSlot) -> bool:
        """Whether both cannot be kept at some time."""
        if not _differ(self, other):
            return False
        if self.repeat is Repeat.NEVER:
            return other.covers(self.start, self.end)
        if other.repeat is Repeat.NEVER:
            return self.covers(other.start, other.end)
        since = max(self.start, other.start)
        return any(
            other.covers(start, end)
            for start, end in self.occurrences(since, since + COMMON_PERIOD)
        )


def forced_within(slots: Iterable[ManualSlot], start: datetime, end: datetime) -> Action | None:
    """What shall be done in [start, end), if somebody asked something."""
    found = (slot.action for slot in slots if slot.action is not None and slot.covers(start, end))
    return next(found, None)


def is_blocked(slots: Iterable[ManualSlot], start: datetime, end: datetime) -> bool:
    """Whether somebody asked that nothing be charged in [start, end)."""
    return any(slot.blocked and slot.covers(start, end) for slot in slots)


class ManualSlots:
    """The requests of one home. ``changed`` is called when they should be planned by anew."""

    def __init__(self, slots: Iterable[ManualSlot], changed: Callable[[], None]) -> None:
        """Begin with the stored ones."""
        self._slots = tuple(slots)
        self._changed = changed

    @property
    def slots(self) -> tuple[ManualSlot, ...]:
        """All that are kept, the earliest first."""
        return tuple(sorted(self._slots, key=lambda slot: (slot.start, slot.id)))

    def forced_at(self, now: datetime) -> Action | None:
        """What is asked for this instant."""
        return forced_within(self._slots, now, now + timedelta.resolution)

    def blocked_at(self, now: datetime) -> bool:
        """Whether charging is not asked at this instant."""
        return is_blocked(self._slots, now, now + timedelta.resolution)

    def add(
        self,
        start: datetime,
        end: datetime,
        action: Action | None,
        repeat: Repeat = Repeat.NEVER,
        *,
        now: datetime,
    ) -> ManualSlot:
        """Keep a request; ``action`` None blocks charging. Raises ManualSlotError."""
        slot = ManualSlot(
            id=uuid4().hex[:8],
            start=start.astimezone(UTC),
            end=end.astimezone(UTC),
            action=action,
            blocked=action is None,
            repeat=repeat,
        )
        _check(slot, tuple(each for each in self._slots if not each.is_over(now)), now)
        over = (each.end for each in self._slots if each.is_over(now))
        old = too_old(over, timedelta(0), now, SPARED)
        self._take((*(each for each in self._slots if each.end not in old), slot))
        return slot

    def remove(self, slot_id: str) -> bool:
        """Forget a request; False if there is no such."""
        kept = tuple(slot for slot in self._slots if slot.id != slot_id)
        if len(kept) == len(self._slots):
            return False
        self._take(kept)
        return True

    def _take(self, slots: tuple[ManualSlot, ...]) -> None:
        self._slots = slots
        self._changed()


def _check(slot: ManualSlot, others: tuple[ManualSlot, ...], now: datetime) -> None:
    if floor_slot(slot.start) != slot.start or floor_slot(slot.end) != slot.end:
        raise ManualSlotError(Problem.NOT_ON_HALF_HOUR)
    if slot.end < slot.start + SLOT:
        raise ManualSlotError(Problem.ENDS_BEFORE_START)
    if slot.end > slot.start + LONGEST:
        raise ManualSlotError(Problem.TOO_LONG)
    if slot.start < floor_slot(now):
        raise ManualSlotError(Problem.IN_THE_PAST)
    if slot.start > now + FURTHEST:
        raise ManualSlotError(Problem.TOO_FAR)
    if len(others) >= MOST_SLOTS:
        raise ManualSlotError(Problem.TOO_MANY)
    for other in others:
        if slot.contradicts(other):
            raise ManualSlotError(Problem.CONTRADICTS, other)


def _differ(one: ManualSlot, other: ManualSlot) -> bool:
    """Whether they cannot both hold for the same half-hour."""
    if one.action is not None and other.action is not None:
        return one.action is not other.action
    return Action.CHARGE in (one.action, other.action)


def _days_later(moment: datetime, days: int) -> datetime:
    """The same local time on a later day; one that is left out there is the end of what is left out."""
    local = moment.astimezone(MARKET_TIME_ZONE) + timedelta(days=days)
    later = local.astimezone(UTC)
    if later.astimezone(MARKET_TIME_ZONE).replace(tzinfo=None) == local.replace(tzinfo=None):
        return later
    offset = later.astimezone(MARKET_TIME_ZONE).utcoffset()
    while (later - SLOT).astimezone(MARKET_TIME_ZONE).utcoffset() == offset:
        later -= SLOT
    return later
