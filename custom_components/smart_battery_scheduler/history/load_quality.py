"""How good the house-load forecast is at this home: a day ahead, against two simple guesses.

When a local day begins its half-hours are noted as they are forecast, without the widening that is
learned here. Afterwards they are compared with the house's own history, cars left out, and with two
plain guesses: as on the same day of last week, and as on the mean of the last seven days.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean

from ..common.retention import too_old
from ..const import MARKET_TIME_ZONE
from ..planner.load import Consumption
from ..planner.load_band import LoadWidths, learned_widths, widened
from ..planner.model import Spread
from ..tariff.model import SLOT
from .accuracy import NOTED_UNTIL, day_start

KEPT = timedelta(days=14)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
# Two days of half-hours, the least for a score.
ENOUGH = 96
LEAST_DAYS_OF_MEAN = 4
# The half-hours of the day on which summer time ends: what one morning notes at most.
LONGEST_DAY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLoad:
    """A half-hour as its day began: kWh, and by what factor the band was widened for the plans."""

    start: datetime
    mean: float
    p10: float
    p50: float
    p90: float
    width: float = 1.0

    @property
    def band(self) -> Spread:
        """As it was forecast, before widening."""
        return Spread(mean=self.mean, p10=self.p10, p50=self.p50, p90=self.p90)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadQuality:
    """In percent. The error is a share of what the house used; the others' error is 100.

    ``coverage_percent`` is how many half-hours came within the band that shall hold 80 %.
    """

    error_percent: float
    of_last_week_percent: float
    of_mean_percent: float
    coverage_percent: float
    half_hours: int


class LoadQualityRecord:
    """Notes each day as it begins, and judges the last two weeks."""

    def __init__(self, noted: Iterable[ExpectedLoad] = ()) -> None:
        """Go on from what was stored."""
        self._noted = {each.start: each for each in noted}
        self.widths = LoadWidths()
        self.quality: LoadQuality | None = None

    @property
    def noted(self) -> tuple[ExpectedLoad, ...]:
        """What to store, oldest first."""
        return tuple(self._noted[start] for start in sorted(self._noted))

    def due(self, now: datetime) -> tuple[datetime, ...]:
        """The half-hours to note now: those of a local day that has just begun; mostly none."""
        local = now.astimezone(MARKET_TIME_ZONE)
        starts = starts_of(local.date())
        if local.time() >= NOTED_UNTIL or starts[-1] in self._noted:
            return ()
        return tuple(start for start in starts if start >= now - SLOT)

    def note(self, starts: Sequence[datetime], spreads: Sequence[Spread]) -> None:
        """Keep the forecast of these half-hours."""
        for start, spread in zip(starts, spreads, strict=True):
            self._noted[start] = ExpectedLoad(
                start=start,
                mean=round(spread.mean, 4),
                p10=round(spread.p10, 4),
                p50=round(spread.p50, 4),
                p90=round(spread.p90, 4),
                width=round(self.widths.at(_hour(start)), 3),
            )
        for start in too_old(self._noted, KEPT, starts[-1], LONGEST_DAY) if starts else ():
            del self._noted[start]

    def judge(self, history: Iterable[Consumption]) -> None:
        """Compare what was noted with the measurements."""
        came = {each.start: each.kwh for each in history}
        pairs = [(each, came[each.start]) for each in self.noted if each.start in came]
        self.widths = learned_widths((_hour(each.start), each.band, kwh) for each, kwh in pairs)
        self.quality = _quality(pairs, came)


def starts_of(day: date) -> list[datetime]:
    """A local day's half-hours; a day has 46, 48 or 50."""
    start, end = day_start(day), day_start(day + DAY)
    return [start + index * SLOT for index in range((end - start) // SLOT)]


def _hour(start: datetime) -> int:
    return start.astimezone(MARKET_TIME_ZONE).hour


def _quality(
    pairs: Iterable[tuple[ExpectedLoad, float]], came: Mapping[datetime, float]
) -> LoadQuality | None:
    """None where too few half-hours can be compared with both guesses."""
    rows = [
        (each, kwh, came[each.start - WEEK], mean)
        for each, kwh in pairs
        if each.start - WEEK in came and (mean := _mean_of_week(each.start, came)) is not None
    ]
    used = sum(kwh for _, kwh, _, _ in rows)
    error = sum(abs(each.mean - kwh) for each, kwh, _, _ in rows)
    by_week = sum(abs(week - kwh) for _, kwh, week, _ in rows)
    by_mean = sum(abs(mean - kwh) for _, kwh, _, mean in rows)
    if len(rows) < ENOUGH or min(used, by_week, by_mean) <= 0.0:
        return None
    return LoadQuality(
        error_percent=100.0 * error / used,
        of_last_week_percent=100.0 * error / by_week,
        of_mean_percent=100.0 * error / by_mean,
        coverage_percent=100.0 * fmean(_is_inside(each, kwh) for each, kwh, _, _ in rows),
        half_hours=len(rows),
    )


def _mean_of_week(start: datetime, came: Mapping[datetime, float]) -> float | None:
    days = [came[start - ago * DAY] for ago in range(1, 8) if start - ago * DAY in came]
    return fmean(days) if len(days) >= LEAST_DAYS_OF_MEAN else None


def _is_inside(expected: ExpectedLoad, kwh: float) -> bool:
    band = widened(expected.band, expected.width)
    return band.p10 <= kwh <= band.p90
