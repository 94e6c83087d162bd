"""What was known at a moment of the past: load learned from the days before, solar as forecast."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from ...const import MARKET_TIME_ZONE
from ...planner.load import Consumption, forecast_load
from ...planner.model import PlanInputs, SlotInputs, Spread
from ...planner.prices import price_scenarios
from ...tariff.model import SLOT, RateTable
from .model import LivedDay, ReplaySite, Tariff

HORIZON = timedelta(hours=48)
LEARNED_FROM = timedelta(days=28)
NO_SOLAR = Spread.certain(0.0)
# The range in which four of five half-hours of a forecast fall, as shares of its mean.
USUAL_P10, USUAL_P90 = 0.55, 1.4
# What a day-ahead forecast of a day's energy is usually off.
USUAL_DAY_ERROR = 0.25


class Knowledge(Protocol):
    """What a replay may use at a moment."""

    def loads(self, now: datetime, starts: Sequence[datetime]) -> tuple[Spread, ...]:
        """The house in the half-hours from ``now`` on."""
        ...

    def solar(self, start: datetime) -> Spread:
        """The roof in a half-hour."""
        ...


class KnownThen:
    """Only what was known then.

    ``forecasts`` are the solar forecasts by half-hour, made before it. ``earlier`` is the house
    before the first day.
    """

    def __init__(
        self,
        days: Iterable[LivedDay],
        forecasts: Mapping[datetime, Spread],
        annual_load_kwh: float,
        earlier: Iterable[Consumption] = (),
        loads: dict[datetime, tuple[Spread, ...]] | None = None,
    ) -> None:
        """Keep the past; answers use only what lies before the moment asked about.

        ``loads`` are answers given already, by moment.
        """
        lived = (Consumption(slot.start, slot.load_kwh) for day in days for slot in day.slots)
        self._history = sorted((*earlier, *lived), key=lambda each: each.start)
        self._forecasts = forecasts
        self._annual_load_kwh = annual_load_kwh
        # The same moments are asked for by every tariff and every roof.
        self._loads = {} if loads is None else loads

    def under(self, forecasts: Mapping[datetime, Spread]) -> KnownThen:
        """The same house under another roof, whose load forecasts are made only once for both."""
        return KnownThen((), forecasts, self._annual_load_kwh, self._history, self._loads)

    def loads(self, now: datetime, starts: Sequence[datetime]) -> tuple[Spread, ...]:
        """Learned from the half-hours that were over by then."""
        found = self._loads.get(now)
        if found is None:
            found = self._loads[now] = forecast_load(
                self._over_by(now),
                starts,
                now=now,
                zone=MARKET_TIME_ZONE,
                annual_kwh=self._annual_load_kwh,
            )
        return found

    def _over_by(self, now: datetime) -> list[Consumption]:
        first, end = (
            bisect_left(self._history, when, key=lambda each: each.start)
            for when in (now - LEARNED_FROM, now - SLOT + timedelta(microseconds=1))
        )
        return self._history[first:end]

    def solar(self, start: datetime) -> Spread:
        """As it was forecast; nothing where it was not."""
        return self._forecasts.get(start, NO_SOLAR)


class KnowsEverything:
    """Perfect knowledge, for the optimum that no plan can beat. Beyond the last day the load is 0."""

    def __init__(self, days: Iterable[LivedDay]) -> None:
        """Keep all measurements."""
        self._slots = {slot.start: slot for day in days for slot in day.slots}

    def loads(self, now: datetime, starts: Sequence[datetime]) -> tuple[Spread, ...]:
        """The measured load; on unknown days as a day or a week before."""
        return tuple(self._true(start, "load_kwh") for start in starts)

    def solar(self, start: datetime) -> Spread:
        """The measured solar energy."""
        return self._true(start, "pv_kwh")

    def _true(self, start: datetime, name: str) -> Spread:
        for days in (0, 1, 2, 7):
            slot = self._slots.get(start - timedelta(days=days))
            if slot is not None:
                return Spread.certain(slot.load_kwh if name == "load_kwh" else slot.pv_kwh)
        return NO_SOLAR


def usual_forecast(
    days: Iterable[LivedDay], error: float = USUAL_DAY_ERROR
) -> dict[datetime, Spread]:
    """The measured solar energy with a forecast's usual error, the same for the same day.

    For homes without an archived forecast. ``error`` is a day's standard error as a share.
    """
    found: dict[datetime, Spread] = {}
    for day in days:
        factor = min(max(Random(day.day.toordinal()).gauss(1.0, error), 0.3), 1.7)
        found.update((slot.start, spread_of(slot.pv_kwh * factor)) for slot in day.slots)
    return found


def spread_of(mean_kwh: float) -> Spread:
    """A forecast's usual range around its mean."""
    return Spread(mean=mean_kwh, p10=mean_kwh * USUAL_P10, p50=mean_kwh, p90=mean_kwh * USUAL_P90)


def plan_inputs(
    now: datetime, stored_kwh: float, tariff: Tariff, site: ReplaySite, known: Knowledge
) -> PlanInputs:
    """The planner's view at a half-hour's beginning, of what was published by then."""
    starts = tuple(now + index * SLOT for index in range(HORIZON // SLOT))
    until = tariff.published_until(now)
    loads = known.loads(now, starts)

    def imports(when: datetime) -> float | None:
        return _published(tariff.imports, when, until)

    def exports(when: datetime) -> float | None:
        return 0.0 if tariff.exports is None else _published(tariff.exports, when, until)

    return PlanInputs(
        now=now,
        slots=tuple(
            SlotInputs(
                start=start,
                end=start + SLOT,
                import_p_per_kwh=imports(start),
                export_p_per_kwh=exports(start),
                load_kwh=load,
                pv_kwh=known.solar(start),
                grid_charge_forbidden=site.in_peak(start),
            )
            for start, load in zip(starts, loads, strict=True)
        ),
        battery=site.battery,
        stored_kwh=stored_kwh,
        rules=site.rules,
        price_scenarios=price_scenarios(starts, imports, exports, MARKET_TIME_ZONE),
        rates_known_at=_next_publication(now, until),
    )


def _published(table: RateTable, when: datetime, until: datetime | None) -> float | None:
    if until is not None and when >= until:
        return None
    rate = table.at(when)
    return None if rate is None else rate.p_per_kwh


def _next_publication(now: datetime, until: datetime | None) -> datetime | None:
    """What is published until 23:00 goes on at 16:00 of the same day."""
    return None if until is None else max(until - timedelta(hours=7), now + SLOT)
