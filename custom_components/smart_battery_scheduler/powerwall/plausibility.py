"""Which values of a reading are plausible: levels that power and time explain, and stamps in order.

Clouds answer from several copies, and now and then with a nought for "I do not know". Acting on one
such reading ends a charge, counts as somebody else's change, or plans for an empty battery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from .base import PowerwallState

# A level may move so much between readings by rounding and by a correction of the gateway itself,
SLACK_PERCENT = 4.0
# and so fast at the most: the quickest Powerwall empties in a little more than an hour.
FASTEST_PERCENT_PER_HOUR = 90.0
# A new level is believed once this many readings agree on it.
AGREEING_READINGS = 3
MOST_DOUBTED = 20
# Some clouds report 0 for "not known", so that 0 must last this long to be believed.
NOUGHT_LASTS = timedelta(minutes=20)
NOUGHT_IS_NEAR = timedelta(minutes=5)
# W. A battery reported at 0 % that discharges more than this is not empty.
STANDBY_W = 150.0
# Answers that are older than one before them are dropped, but not for longer than this.
LONGEST_BACKWARDS = timedelta(minutes=5)
# Without one of these nothing can be bought; a person is notified when it has been missing this long.
VITAL = ("charge_level", "battery_power", "operating_mode", "backup_reserve")
LONGEST_MISSING = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """What the readings so far have shown.

    ``doubted`` are levels that were not believed, in a row; ``known_at`` when each of ``VITAL`` was
    reported last (at first: when anything was).
    """

    level_percent: float | None = None
    level_at: datetime | None = None
    doubted: tuple[tuple[datetime, float], ...] = ()
    newest: PowerwallState | None = None
    known_at: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The vital values that no reading has reported for too long."""
        if self.newest is None:
            return ()
        now = self.newest.read_at
        return tuple(
            name for name in VITAL if now - self.known_at.get(name, now) >= LONGEST_MISSING
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """``reading`` is the plausible part of a reading; None if all of it is dropped."""

    believed: Believed
    reading: PowerwallState | None


def judged(believed: Believed, reading: PowerwallState) -> Judged:
    """Judge one reading by those before it."""
    if _is_backwards(believed.newest, reading):
        return Judged(believed=believed, reading=None)
    believed = _with_level(believed, reading)
    if believed.doubted:
        reading = replace(reading, soc_percent=None)
    known_at = {**dict.fromkeys(VITAL, reading.read_at), **believed.known_at, **_reported(reading)}
    believed = replace(believed, newest=reading, known_at=known_at)
    return Judged(believed=believed, reading=reading)


def _reported(reading: PowerwallState) -> dict[str, datetime]:
    settings = reading.settings
    values = (
        reading.soc_percent,
        reading.battery_power_w,
        settings.operating_mode,
        settings.backup_reserve_percent,
    )
    pairs = zip(VITAL, values, strict=True)
    return {name: reading.read_at for name, value in pairs if value is not None}


def _is_backwards(newest: PowerwallState | None, reading: PowerwallState) -> bool:
    """Whether it is an answer from a copy that lags behind the one that answered before."""
    if newest is None or newest.measured_at is None or reading.measured_at is None:
        return False
    is_long_ago = reading.read_at - newest.read_at > LONGEST_BACKWARDS
    return reading.measured_at < newest.measured_at and not is_long_ago


def _with_level(believed: Believed, reading: PowerwallState) -> Believed:
    """The same with this reading's level believed, or doubted."""
    level, at = reading.soc_percent, reading.read_at
    if level is None:
        return replace(believed, doubted=())
    doubted = (*believed.doubted, (at, level))
    if not _agree(doubted):
        doubted = doubted[-1:]
    if _may_come_from(believed, level, at, reading) or _has_settled(doubted, reading):
        return replace(believed, level_percent=level, level_at=at, doubted=())
    return replace(believed, doubted=(doubted[0], *doubted[1:][-MOST_DOUBTED:]))


def _may_come_from(believed: Believed, level: float, at: datetime, reading: PowerwallState) -> bool:
    """Whether it may have come to this level since the last one that was believed."""
    if _contradicts_nought(level, reading):
        return False
    if believed.level_percent is None or believed.level_at is None:
        return True
    span = at - believed.level_at
    if level == 0.0:
        # A dropout may last as well, so that time alone does not make 0 % plausible.
        span = min(span, NOUGHT_IS_NEAR)
    return abs(level - believed.level_percent) <= _reach(span)


def _reach(span: timedelta) -> float:
    """How far a level may move in such a time, in percent."""
    return SLACK_PERCENT + FASTEST_PERCENT_PER_HOUR * max(span / timedelta(hours=1), 0.0)


def _contradicts_nought(level: float, reading: PowerwallState) -> bool:
    return level == 0.0 and (reading.battery_power_w or 0.0) > STANDBY_W


def _has_settled(doubted: tuple[tuple[datetime, float], ...], reading: PowerwallState) -> bool:
    """Whether an unexplained level has lasted long enough to be believed."""
    (first_at, _), (last_at, level) = doubted[0], doubted[-1]
    if level == 0.0:
        return last_at - first_at >= NOUGHT_LASTS and not _contradicts_nought(level, reading)
    return len(doubted) >= AGREEING_READINGS


def _agree(doubted: tuple[tuple[datetime, float], ...]) -> bool:
    """Whether each follows from the one before it."""
    return all(
        abs(level - before) <= _reach(at - before_at)
        for (before_at, before), (at, level) in pairwise(doubted)
    )
