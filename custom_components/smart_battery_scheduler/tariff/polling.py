"""When it is worth asking for tomorrow's rates. Pure.

Octopus publishes the next day's rates between 16:00 and 20:00 UK time, usually near 16:00, at times
late or only the next morning. What is published at one time reaches to 23:00 UK time of the next
day; the hour after that belongs to the day after. Published half-hours do not change.
"""

from datetime import datetime, time, timedelta, tzinfo
import random

# A little before publication, so that early ones are noticed; and then a home's own jitter.
WATCH_FROM = time(15, 50)
JITTER = timedelta(minutes=8)
PUBLISHED_TO = time(23)

# Waiting for publication: a quarter of the time waited so far, within these bounds.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(minutes=30)
WAIT_SHARE = 0.25
WAIT_JITTER = 0.2
# Nothing is missing: asked now and then, for a change of tariff.
BACKOFF_WAIT = timedelta(hours=6)


def next_rates_poll(
    now: datetime, known_until: datetime, tz: tzinfo, *, chance: float | None = None
) -> datetime:
    """The next instant (UTC) at which to ask for rates.

    ``known_until`` is the end of the unbroken run of known rates from ``now`` on; ``tz`` the
    market's zone. ``chance`` in [0, 1) is a random number, another one for each home.
    """
    luck = random.random() if chance is None else chance
    if known_until >= expected_until(now, tz):
        return min(_watch_after(now, tz) + luck * JITTER, now + BACKOFF_WAIT)
    waited = now - _watch_before(now, tz)
    wait = min(max(WAIT_SHARE * waited, SHORTEST_WAIT), LONGEST_WAIT)
    return now + wait * (1.0 + WAIT_JITTER * luck)


def expected_until(now: datetime, tz: tzinfo) -> datetime:
    """The end of what should be published at ``now``, if all went by the clock."""
    watch = _watch_before(now, tz)
    return _at(watch, 1, PUBLISHED_TO, tz)


def _watch_before(now: datetime, tz: tzinfo) -> datetime:
    """The last beginning of a watch, at or before ``now``."""
    today = _at(now, 0, WATCH_FROM, tz)
    return today if today <= now else _at(now, -1, WATCH_FROM, tz)


def _watch_after(now: datetime, tz: tzinfo) -> datetime:
    """The next beginning of a watch, after ``now``."""
    today = _at(now, 0, WATCH_FROM, tz)
    return today if today > now else _at(now, 1, WATCH_FROM, tz)


def _at(when: datetime, days: int, clock: time, tz: tzinfo) -> datetime:
    """A local clock time, so many days after the local day of ``when``, in the zone of ``when``."""
    day = when.astimezone(tz).date() + timedelta(days=days)
    return datetime.combine(day, clock, tz).astimezone(when.tzinfo)
