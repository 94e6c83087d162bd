"""Rates beyond publication: whole recent days, the newest counting most.

Whole days keep their shape, and a battery earns from the differences within a day. Moving them by
the newest day's level was tried: it predicts the level better and makes worse decisions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .model import PriceScenario

type Floats = NDArray[np.float64]
type RateAt = Callable[[datetime], float | None]

SLOT = timedelta(minutes=30)
SLOTS_PER_DAY = 48
# A market day begins at 23:00 local: rates are published for whole market days.
MARKET_DAY_BEGINS_EARLIER = timedelta(hours=1)
WHOLE_DAY_SLOTS = 44
RECENT_DAYS = 7
HALF_LIFE_DAYS = 5.0


def price_scenarios(
    starts: Sequence[datetime],
    imports: RateAt,
    exports: RateAt,
    zone: ZoneInfo,
    usual_imports: RateAt | None = None,
) -> tuple[PriceScenario, ...]:
    """One scenario per recent day, newest first, over half-hour ``starts`` (aware, in order).

    Published rates stand in every scenario. Empty if nothing is to be guessed, or if not one whole
    day of import rates is known. ``usual_imports`` are the rates to guess by where ``imports`` holds
    what was cheap once only, as a half-hour in which Octopus charged the car.
    """
    if all(imports(start) is not None for start in starts):
        return ()
    bought = _Days.before(starts, usual_imports or imports, zone)
    sold = _Days.before(starts, exports, zone)
    half_hours = [_place(start, zone)[1] for start in starts]
    import_p = [imports(start) for start in starts]
    export_p = [exports(start) for start in starts]
    return tuple(
        PriceScenario(
            weight=0.5 ** (back / HALF_LIFE_DAYS),
            import_p_per_kwh=bought.trajectory(back, half_hours, import_p),
            export_p_per_kwh=sold.trajectory(back, half_hours, export_p),
        )
        for back in range(min(RECENT_DAYS, len(bought.days)))
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """Whole market days of rates, newest first: p/kWh by half-hour (48)."""

    days: tuple[tuple[date, Floats], ...]

    @classmethod
    def before(cls, starts: Sequence[datetime], rates: RateAt, zone: ZoneInfo) -> _Days:
        """The days that are known, of the last ones up to the end of ``starts``."""
        found: dict[date, Floats] = {}
        when = starts[-1]
        oldest = starts[0] - timedelta(days=RECENT_DAYS + 3)
        while when >= oldest:
            rate = rates(when)
            if rate is not None:
                day, half_hour = _place(when, zone)
                if day not in found:
                    found[day] = np.full(SLOTS_PER_DAY, np.nan)
                found[day][half_hour] = rate
            when -= SLOT
        whole = [
            (day, _filled(rates_p))
            for day, rates_p in sorted(found.items(), reverse=True)
            if np.isfinite(rates_p).sum() >= WHOLE_DAY_SLOTS
        ]
        return cls(tuple(whole))

    def trajectory(
        self, back: int, half_hours: Sequence[int], published_p: Sequence[float | None]
    ) -> tuple[float, ...]:
        """The rates published, and beyond them the day so far ``back``."""
        guess_p = self._day(back)
        return tuple(
            guess_p[half_hour] if rate is None else rate
            for half_hour, rate in zip(half_hours, published_p, strict=True)
        )

    def _day(self, back: int) -> list[float]:
        """A recent day; the oldest known where there are not so many; unpaid where there is none."""
        if not self.days:
            return [0.0] * SLOTS_PER_DAY
        _, rates_p = self.days[min(back, len(self.days) - 1)]
        return [float(rate) for rate in rates_p]


def _place(when: datetime, zone: ZoneInfo) -> tuple[date, int]:
    """The market day of an instant and its half-hour in it."""
    local = when.astimezone(zone) + MARKET_DAY_BEGINS_EARLIER
    return local.date(), local.hour * 2 + local.minute // 30


def _filled(rates_p: Floats) -> Floats:
    """A day of which a clock change took an hour, or a gap a few half-hours, made whole."""
    known = np.flatnonzero(np.isfinite(rates_p))
    filled: Floats = np.interp(np.arange(SLOTS_PER_DAY), known, rates_p[known])
    return filled
