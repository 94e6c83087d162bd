"""What may be forgotten by its age, by a clock that may be wrong. Pure.

A machine whose clock is years ahead for some minutes would find everything too old. So age is not
counted from the clock but from what has been noted: from the newest entry but some, which a clock
that is soon put right does not produce. What such a clock has noted lies in the future once it is
right again: that counts for nothing, and goes where it is little beside the rest. Were it much, the
clock would be behind (a board without a battery for it begins in the past), not have been ahead.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

# A day of half-hours.
NOTED_BY_A_WRONG_CLOCK = 48
# A clock is not called wrong for less; forecasts and rates are known at most three days ahead.
AHEAD = timedelta(days=4)


def too_old(
    noted: Iterable[datetime],
    kept: timedelta,
    now: datetime,
    spare: int = NOTED_BY_A_WRONG_CLOCK,
) -> frozenset[datetime]:
    """What to forget: older than ``kept``, seen from the newest but ``spare``; or of a wrong clock.

    Of ``spare`` at most a clock that is now ahead may have made; more than four days ahead of
    ``now`` lies what one has noted that was.
    """
    ordered = sorted(noted)
    known = [each for each in ordered if each <= now + AHEAD]
    ahead = ordered[len(known) :]
    untrue = frozenset(ahead) if len(ahead) <= min(spare, len(known)) else frozenset[datetime]()
    if len(known) <= spare:
        return untrue
    since = known[-1 - spare] - kept
    return untrue | {each for each in known if each < since}
