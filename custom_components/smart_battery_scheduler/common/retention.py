"""What may be forgotten by its age, by a clock that may be wrong. Pure.

A machine whose clock is years ahead for some minutes would find everything too old. So age is not
counted from the clock but from what has been noted: from the newest entry but some, which a clock
that is soon put right does not produce.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

# A day of half-hours.
NOTED_BY_A_WRONG_CLOCK = 48


def too_old(
    noted: Iterable[datetime], kept: timedelta, spare: int = NOTED_BY_A_WRONG_CLOCK
) -> frozenset[datetime]:
    """Those that are older than ``kept``, seen from the newest but ``spare``."""
    ordered = sorted(noted)
    if len(ordered) <= spare:
        return frozenset()
    since = ordered[-1 - spare] - kept
    return frozenset(each for each in ordered if each < since)
