"""The house-load forecast, with its spread, from the home's own half-hours.

A half-hour is expected to be as it was on recent days of its kind (weekday or weekend), the latest
counting most; what the last day and the last hours were above or below that is expected to last a
while. The constants were weighed on two real homes' years: each is near its best for both, and
none matters by itself. A house that has changed for good is forecast at its new level
(``load_level``), until its last hours are those of the house as it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .load_band import LoadWidths, widened
from .load_household import Household, Occupancy, as_lived
from .load_level import SLOTS_PER_DAY, WHOLE_DAY_SLOTS, Change, last_change
from .model import Spread

type Floats = NDArray[np.float64]

SLOT_HOURS = 0.5
HALF_LIFE_DAYS = 14.0
OTHER_KIND = 0.3
AS_FORECAST, NOBODY_ASKED = LoadWidths(), Household()
# The half-hours of the local day in which a lived-in house is most like an empty one: 02:00 to 05:00.
ASLEEP = range(4, 10)
# The half-hours before and after count too, with these weights: habits shift by half an hour.
NEIGHBOURS = ((-1, 0.25), (0, 0.5), (1, 0.25))
# The default profile counts as this many days of experience.
DEFAULT_DAYS = 0.5
DEFAULT_SPREAD = (0.6, 1.0, 1.5)
# A day with less than this share of the usual energy is a day away from home and gets little weight.
AWAY_SHARE = 0.35
AWAY_WEIGHT = 0.1
# After a lasting change, the weight of the days before it falls by this factor a day, down to a minimum.
FADES_PER_DAY, LEAST_FADED = 0.7, 0.01
# A house that is lived in again is noticed within this time.
NOTICED_WITHIN = timedelta(hours=3)

# Share of the day's energy by local hour for a typical British home (two-peaked, own estimate).
HOURLY_SHARE = np.array(
    [
        *(2.6, 2.2, 2.0, 2.0, 2.0, 2.3, 3.2, 4.6, 4.9, 4.4, 4.2, 4.3),
        *(4.5, 4.2, 4.0, 4.2, 5.2, 6.6, 7.0, 6.6, 5.9, 5.2, 4.3, 3.6),
    ]
)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What the house used in the half-hour that begins at ``start``, kWh."""

    start: datetime
    kwh: float


@dataclass(frozen=True, slots=True)
class Lasting:
    """How a recent deviation from the forecast lasts: the share carried over, and the hours it fades over."""

    seen: timedelta
    share: float
    fades: timedelta


LASTING = (
    Lasting(timedelta(hours=2), 0.4, timedelta(hours=6)),
    Lasting(timedelta(hours=24), 0.5, timedelta(hours=24)),
)
# A deviation beyond these factors means that something was not measured.
LEAST_FACTOR, MOST_FACTOR = 0.4, 2.0


def forecast_load(
    history: Iterable[Consumption],
    starts: Sequence[datetime],
    *,
    now: datetime,
    zone: ZoneInfo,
    annual_kwh: float,
    widths: LoadWidths = AS_FORECAST,
    household: Household = NOBODY_ASKED,
) -> tuple[Spread, ...]:
    """A spread per half-hour start; without any history the typical home's.

    ``widths`` are what this home's days have shown its bands to need; ``household`` is what is
    known of its people.
    """
    past = _Past(tuple(history), now, zone, annual_kwh, is_back=household.somebody_home is True)
    people = [household.ahead.get(start) for start in starts]
    kinds = [
        _kind(start, zone, free=each is Occupancy.HOME_ALL_DAY)
        for start, each in zip(starts, people, strict=True)
    ]
    cells = {kind: past.cell(*kind) for kind in sorted(set(kinds))}
    factors = past.lasting(starts, cells)
    empty_kwh = past.empty_kwh()
    return tuple(
        as_lived(
            widened(_scaled(cells[kind], float(factor)), widths.at(kind[1] // 2)), empty_kwh, each
        )
        for kind, factor, each in zip(kinds, factors, people, strict=True)
    )


class _Past:
    """The history as arrays: energy, half-hour of the local day, kind of day, weight."""

    def __init__(
        self,
        history: tuple[Consumption, ...],
        now: datetime,
        zone: ZoneInfo,
        annual_kwh: float,
        *,
        is_back: bool = False,
    ) -> None:
        """``is_back``: somebody is known to be at home, so that no absence lasts."""
        self.now, self.zone, self.annual_kwh = now, zone, annual_kwh
        self.history = history
        self.kwh = np.array([item.kwh for item in history])
        kinds = [_kind(item.start, zone) for item in history]
        self.weekend = np.array([weekend for weekend, _ in kinds], dtype=bool)
        self.half_hour = np.array([half_hour for _, half_hour in kinds], dtype=np.intp)
        self.at = [np.flatnonzero(self.half_hour == i) for i in range(SLOTS_PER_DAY)]
        self.ages = np.array([(now - item.start) / timedelta(days=1) for item in history])
        # What the forecast is made of: the energies, or those of the past at its present level.
        self.levelled = self.kwh
        self.fresh = 0.5 ** (self.ages / HALF_LIFE_DAYS)
        self.weight = self.fresh * self._away(np.ones(len(history), dtype=bool))
        change = last_change(self.ages, self.kwh)
        if change is not None:
            self._change(change, is_back=is_back)

    def _change(self, change: Change, *, is_back: bool) -> None:
        """Go by the days since a change, unless the last hours are those of the time before."""
        since = self.ages <= change.days
        before = self.fresh * self._away(~since)
        as_before = before * np.where(since, AWAY_WEIGHT, 1.0)
        faded = max(FADES_PER_DAY**change.days, LEAST_FADED)
        scale = np.where(since, 1.0, change.factor)
        is_empty = change.factor < AWAY_SHARE
        if (is_back and is_empty) or (
            change.factor < 1.0 and self._is_as_before(as_before, change.factor)
        ):
            self.weight = as_before
            return
        self.levelled = self.kwh * scale
        self.weight = np.where(since, self.fresh, before * faded)

    def _is_as_before(self, weight: Floats, factor: float) -> bool:
        """Whether the last hours are nearer to the house as it was than to the empty one."""
        last = np.flatnonzero(self.ages <= NOTICED_WITHIN / timedelta(days=1))
        usual = 0.0
        for index in last:
            here = self.at[self.half_hour[index]]
            usual += float(np.average(self.kwh[here], weights=np.maximum(weight[here], 1e-9)))
        used = float(self.kwh[last].sum())
        # Half-way between the two levels, as factors go.
        return len(last) > 0 and used > usual * np.sqrt(factor)

    def _away(self, among: NDArray[np.bool_]) -> Floats:
        """Little weight for the half-hours of days on which hardly anybody was at home."""
        weights = np.ones(len(self.history))
        if not among.any():
            return weights
        dates = np.array([i.start.astimezone(self.zone).toordinal() for i in self.history])
        days, index, counts = np.unique(dates[among], return_inverse=True, return_counts=True)
        means = np.bincount(index, self.kwh[among], len(days)) / counts
        whole = counts >= WHOLE_DAY_SLOTS
        if whole.any():
            away = whole & (means < AWAY_SHARE * np.median(means[whole]))
            weights[among] = np.where(away[index], AWAY_WEIGHT, 1.0)
        return weights

    def cell(self, weekend: bool, half_hour: int) -> Spread:
        """One half-hour of one kind of day."""
        default = _default_of(half_hour, self.annual_kwh)
        values = [np.array([default * factor for factor in DEFAULT_SPREAD])]
        weights = [np.full(len(DEFAULT_SPREAD), DEFAULT_DAYS / len(DEFAULT_SPREAD))]
        for offset, share in NEIGHBOURS:
            here = self.at[(half_hour + offset) % SLOTS_PER_DAY]
            same = np.where(self.weekend[here] == weekend, 1.0, OTHER_KIND)
            values.append(self.levelled[here])
            weights.append(self.weight[here] * same * share)
        return _spread(np.concatenate(values), np.concatenate(weights))

    def empty_kwh(self) -> float:
        """What the house uses in half an hour while nobody is there: as on days away, or at night."""
        away = self._away(np.ones(len(self.history), dtype=bool)) < 1.0
        if away.any():
            return float(np.average(self.kwh[away], weights=self.fresh[away]))
        asleep = np.isin(self.half_hour, ASLEEP)
        if asleep.any():
            return float(np.quantile(self.kwh[asleep], 0.25))
        return float(_default_of(ASLEEP[0], self.annual_kwh))

    def lasting(self, starts: Sequence[datetime], cells: dict[tuple[bool, int], Spread]) -> Floats:
        """By what factor the surprise of the last hours is still there at each start."""
        factors = np.ones(len(starts))
        for rule in LASTING:
            recent = [
                i for i, item in enumerate(self.history) if item.start >= self.now - rule.seen
            ]
            if not recent:
                continue
            expected = sum(self._expected(i, cells) for i in recent)
            ratio = float(np.clip(self.kwh[recent].sum() / expected, LEAST_FACTOR, MOST_FACTOR))
            ahead = np.array([max((start - self.now) / rule.fades, 0.0) for start in starts])
            factors += (ratio - 1.0) * rule.share * np.exp(-ahead)
        return factors

    def _expected(self, index: int, cells: dict[tuple[bool, int], Spread]) -> float:
        kind = (bool(self.weekend[index]), int(self.half_hour[index]))
        if kind not in cells:
            cells[kind] = self.cell(*kind)
        return cells[kind].mean


def _kind(start: datetime, zone: ZoneInfo, *, free: bool = False) -> tuple[bool, int]:
    """Weekend (or a ``free`` day) or not, and the half-hour of the local day."""
    local = start.astimezone(zone)
    return free or local.weekday() >= 5, local.hour * 2 + local.minute // 30


def _default_of(half_hour: int, annual_kwh: float) -> float:
    share = HOURLY_SHARE[half_hour // 2] / HOURLY_SHARE.sum()
    return float(annual_kwh / 365.25 * share * SLOT_HOURS)


def _spread(values: Floats, weights: Floats) -> Spread:
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    through = (np.cumsum(weights) - weights / 2.0) / weights.sum()
    p10, p50, p90 = np.interp([0.1, 0.5, 0.9], through, values)
    mean = float(weights @ values / weights.sum())
    return Spread(mean=mean, p10=float(p10), p50=float(p50), p90=float(p90))


def _scaled(spread: Spread, factor: float) -> Spread:
    return Spread(
        mean=spread.mean * factor,
        p10=spread.p10 * factor,
        p50=spread.p50 * factor,
        p90=spread.p90 * factor,
    )
