"""Accuracy of the forecasts: what was expected of house and roof, and what was measured.

Two measures. A half-hour as it was expected when it began, over the last week, shows how good the
forecast is that plans run on. A day as it was expected when the day began can be understood at a
glance.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ..common.retention import too_old
from ..const import MARKET_TIME_ZONE
from ..planner.model import Plan
from ..solar.model import SolarForecast
from ..tariff.model import SLOT, floor_slot
from .curtailment import may_have_been_curtailed
from .measurements import MeasuredSlot, Measurements

JUDGED = timedelta(days=7)
DAYS_KEPT = timedelta(days=35)
# This many days noted by a clock that is ahead do not make the other days too old.
DAYS_SPARED = 2
# A day's forecast is noted in its first hours only; later part of it would be measured.
NOTED_UNTIL = time(4)
# The least number of half-hours for a score.
ENOUGH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What was expected of the time that begins at ``start``; None was not forecast."""

    start: datetime
    load_kwh: float | None = None
    pv_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyMemory:
    """What survives a restart: expected half-hours, and expected days by their local midnight."""

    half_hours: tuple[Expected, ...] = ()
    days: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How far half-hours were off, as shares of what was measured, in percent.

    ``error_percent`` is the mean distance; ``bias_percent`` is positive where too much was
    expected.
    """

    error_percent: float
    bias_percent: float
    half_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """A whole day in kWh: expected when it began, and measured; None is not known."""

    day: date
    load_expected_kwh: float | None
    load_measured_kwh: float | None
    pv_expected_kwh: float | None
    pv_measured_kwh: float | None


class Accuracy:
    """Notes what is expected and compares it with the measurements."""

    def __init__(self, memory: AccuracyMemory, measurements: Measurements) -> None:
        """Go on from what was noted."""
        self._measurements = measurements
        self._half_hours = {each.start: each for each in memory.half_hours}
        self._days = {each.start: each for each in memory.days}

    @property
    def memory(self) -> AccuracyMemory:
        """What to store."""
        return AccuracyMemory(
            half_hours=tuple(self._half_hours[start] for start in sorted(self._half_hours)),
            days=tuple(self._days[start] for start in sorted(self._days)),
        )

    def slot_began(self, now: datetime, plan: Plan | None, solar: SolarForecast | None) -> None:
        """Note what is expected of the half-hour that begins, and of the day if it is young."""
        start, loads, solar_kwh = floor_slot(now), loads_of(plan), solar_by_slot(solar)
        self._half_hours.setdefault(
            start,
            Expected(
                start=start, load_kwh=_short(loads.get(start)), pv_kwh=_short(solar_kwh.get(start))
            ),
        )
        local = now.astimezone(MARKET_TIME_ZONE)
        midnight = day_start(local.date())
        if local.time() < NOTED_UNTIL and midnight not in self._days:
            self._days[midnight] = Expected(
                start=midnight,
                load_kwh=self.load_of(local.date(), now, plan),
                pv_kwh=self.pv_of(local.date(), now, solar),
            )
        _forget(self._half_hours, too_old(self._half_hours, JUDGED, now))
        _forget(self._days, too_old(self._days, DAYS_KEPT, now, DAYS_SPARED))

    def load_of(self, day: date, now: datetime, plan: Plan | None) -> float | None:
        """A local day's house load: what is measured of it, and what is expected of the rest."""
        measured = {slot.start: slot.energies.load_kwh for slot in self._whole(now)}
        return whole_day(day, {**loads_of(plan), **measured})

    def pv_of(self, day: date, now: datetime, solar: SolarForecast | None) -> float | None:
        """A local day's solar energy by the forecast of now; for past half-hours the measured energy."""
        measured = {slot.start: slot.energies.pv_kwh for slot in self._whole(now)}
        return whole_day(day, {**measured, **solar_by_slot(solar)})

    def result(self, day: date) -> DayResult:
        """A day that is over."""
        start, end = day_start(day), day_start(day + timedelta(days=1))
        expected = self._days.get(start, Expected(start=start))
        slots = {slot.start: slot for slot in self._whole(end)}
        return DayResult(
            day=day,
            load_expected_kwh=expected.load_kwh,
            load_measured_kwh=whole_day(
                day, {at: slot.energies.load_kwh for at, slot in slots.items()}
            ),
            pv_expected_kwh=expected.pv_kwh,
            pv_measured_kwh=whole_day(
                day, {at: slot.energies.pv_kwh for at, slot in slots.items()}
            ),
        )

    def load_score(self) -> Score | None:
        """How well the house's load was predicted in the last week."""
        return score(
            (each.load_kwh, slot.energies.load_kwh)
            for each, slot in self._pairs()
            if each.load_kwh is not None
        )

    def pv_score(self) -> Score | None:
        """How well the roof was predicted, where it was not curtailed."""
        return score(
            (each.pv_kwh, slot.energies.pv_kwh)
            for each, slot in self._pairs()
            if each.pv_kwh is not None and not may_have_been_curtailed(slot, self._measurements)
        )

    def _pairs(self) -> list[tuple[Expected, MeasuredSlot]]:
        """Expected and whole half-hours of the week up to the last one that is known."""
        pairs = [
            (each, slot)
            for each in self._half_hours.values()
            if (slot := self._measurements.slot(each.start)) is not None and slot.is_whole
        ]
        last = max((each.start for each, _ in pairs), default=None)
        return [] if last is None else [pair for pair in pairs if pair[0].start > last - JUDGED]

    def _whole(self, before: datetime) -> Iterator[MeasuredSlot]:
        running = floor_slot(before)
        return (s for s in self._measurements.slots if s.is_whole and s.start < running)


def score(pairs: Iterable[tuple[float, float]]) -> Score | None:
    """The score of (expected, measured) half-hours; None if they are few or nothing came."""
    known = list(pairs)
    came = sum(measured for _, measured in known)
    if len(known) < ENOUGH or came <= 0.0:
        return None
    return Score(
        error_percent=100.0 * sum(abs(expected - measured) for expected, measured in known) / came,
        bias_percent=100.0 * sum(expected - measured for expected, measured in known) / came,
        half_hours=len(known),
    )


def day_start(day: date) -> datetime:
    """A local day's first moment in UTC."""
    return datetime.combine(day, time(), MARKET_TIME_ZONE).astimezone(UTC)


def whole_day(day: date, kwh: Mapping[datetime, float]) -> float | None:
    """A local day's sum, which has 46, 48 or 50 half-hours; None if one is missing."""
    start, end = day_start(day), day_start(day + timedelta(days=1))
    starts = [start + index * SLOT for index in range((end - start) // SLOT)]
    return sum(kwh[at] for at in starts) if all(at in kwh for at in starts) else None


def loads_of(plan: Plan | None) -> dict[datetime, float]:
    """The house as the plan expects it; the half-hour that had begun is left out."""
    slots = plan.slots if plan else ()
    return {slot.start: slot.load_kwh for slot in slots if slot.end - slot.start == SLOT}


def solar_by_slot(forecast: SolarForecast | None) -> dict[datetime, float]:
    """The solar energy as it is forecast."""
    return {at: slot.mean_kwh for at, slot in forecast.slots.items()} if forecast else {}


def _short(kwh: float | None) -> float | None:
    """To a tenth of a watt-hour: it is stored hundreds of times."""
    return None if kwh is None else round(kwh, 4)


def _forget(known: dict[datetime, Expected], old: Iterable[datetime]) -> None:
    for start in old:
        del known[start]
