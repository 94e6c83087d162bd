"""Whether a house has changed for good: an absence of days, a heat pump, one more in the family.

Days here are 24 hours counted back from now, so that each has all hours of the day. A house has
changed when its last days, two at least, are all on one side of what the days before were, and
further from them than those differ among each other. One odd day is no change: most are followed by
a usual one. From then on the days before count for their shape only, scaled to the new level, and
they lose weight with every day measured since.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Indices = NDArray[np.intp]

SLOTS_PER_DAY = 48
# Half-hours of data that a day needs before its level counts.
WHOLE_DAY_SLOTS = 40
LEAST_DAYS, MOST_DAYS = 2, 21
# Days before a change that define the usual level.
DAYS_BEFORE, LEAST_DAYS_BEFORE = 14, 4
# A change is by this factor at least, and this many times what the days before differ by.
LEAST_FACTOR, SIGMAS = 1.6, 2.5
LEAST_SIGMA = 0.15
# A house that uses less than this in a day is not lived in, and not measured.
LEAST_DAY_KWH = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """The last ``days`` are at ``factor`` times the level of the days before."""

    days: int
    factor: float


def last_change(ages_days: Floats, kwh: Floats) -> Change | None:
    """The change that the house has made last; None where it goes on as before.

    ``ages_days`` is how long ago each half-hour began, ``kwh`` what it used.
    """
    known = _day_logs(ages_days, kwh)
    best: Change | None = None
    best_score = 0.0
    for days in range(LEAST_DAYS, min(MOST_DAYS, len(known) - LEAST_DAYS_BEFORE) + 1):
        since, before = known[:days], known[days : days + DAYS_BEFORE]
        step, score = _step(since, before)
        if score > best_score:
            best, best_score = Change(days, float(np.exp(step))), score
    return best


def _day_logs(ages_days: Floats, kwh: Floats) -> Floats:
    """The logarithm of each whole day's energy, the latest first; days with holes are left out."""
    if not len(kwh):
        return np.zeros(0)
    day = np.ceil(ages_days).astype(np.intp) - 1
    inside = (day >= 0) & (day < MOST_DAYS + DAYS_BEFORE)
    counts = np.bincount(day[inside], minlength=1)
    sums = np.bincount(day[inside], kwh[inside], minlength=1)
    whole = counts >= WHOLE_DAY_SLOTS
    means = sums[whole] / counts[whole] * SLOTS_PER_DAY
    logs: Floats = np.log(np.maximum(means, LEAST_DAY_KWH))
    return logs


def _step(since: Floats, before: Floats) -> tuple[float, float]:
    """By how much the level has moved, and how sure that is; 0 where it is no change."""
    old, new = float(np.median(before)), float(np.median(since))
    step, sigma = new - old, max(float(before.std()), LEAST_SIGMA)
    middle = old + step / 2.0
    all_beyond = bool(np.all((since - middle) * step > 0.0))
    if not all_beyond or abs(step) < max(np.log(LEAST_FACTOR), SIGMAS * sigma):
        return step, 0.0
    scatter = max(float(since.std()), LEAST_SIGMA)
    return step, abs(step) / np.hypot(sigma / np.sqrt(len(before)), scatter / np.sqrt(len(since)))
