"""Who is at home, as far as it is known, and what that means for the house's load. Pure.

The house's own past says what is usual, and follows a change within hours or days. Who is away and
until when, who works from home and when guests come is known before: from persons and a calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .model import Spread

# An assumption, for a house that has not yet shown what its guests need: more people cook, wash and
# bathe, nobody heats the house twice.
GUESTS_MEAN, GUESTS_P90 = 1.3, 1.6
# An empty house has a fridge that comes and goes, and no more.
EMPTY_P10, EMPTY_P90 = 0.6, 1.6


class Occupancy(StrEnum):
    """What a half-hour is, if not a usual one.

    PERHAPS_AWAY: nobody is at home now, and nobody said for how long.
    """

    AWAY = "away"
    PERHAPS_AWAY = "perhaps_away"
    HOME_ALL_DAY = "home_all_day"
    GUESTS = "guests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What is known of the people: half-hours that are not usual, by their UTC start.

    ``somebody_home`` is None where nobody is asked.
    """

    ahead: Mapping[datetime, Occupancy] = field(default_factory=dict)
    somebody_home: bool | None = None


def as_lived(usual: Spread, empty_kwh: float, occupancy: Occupancy | None) -> Spread:
    """The half-hour adjusted for who is at home; ``empty_kwh`` is what the empty house uses in it."""
    if occupancy is Occupancy.GUESTS:
        return Spread(
            mean=usual.mean * GUESTS_MEAN,
            p10=usual.p10,
            p50=usual.p50 * GUESTS_MEAN,
            p90=usual.p90 * GUESTS_P90,
        )
    if occupancy not in (Occupancy.AWAY, Occupancy.PERHAPS_AWAY):
        return usual
    empty = min(empty_kwh, usual.mean)
    away = Spread(mean=empty, p10=empty * EMPTY_P10, p50=empty, p90=empty * EMPTY_P90)
    if occupancy is Occupancy.AWAY:
        return away
    # Either may come true.
    return Spread(
        mean=(away.mean + usual.mean) / 2.0,
        p10=min(away.p10, usual.p10),
        p50=(away.p50 + usual.p50) / 2.0,
        p90=max(away.p90, usual.p90),
    )
