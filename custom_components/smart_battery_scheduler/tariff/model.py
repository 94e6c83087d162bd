"""Rates: what a kWh costs from one instant to another."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SLOT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """p/kWh including VAT over [start, end), both aware UTC."""

    start: datetime
    end: datetime
    p_per_kwh: float


@dataclass(frozen=True, slots=True)
class RateTable:
    """Rates in order of time, without overlaps; gaps are unpublished time."""

    rates: tuple[Rate, ...] = ()

    @classmethod
    def of(cls, rates: Iterable[Rate]) -> RateTable:
        """Sort, and let the later entry win where two begin at the same instant."""
        by_start = {rate.start: rate for rate in rates}
        return cls(tuple(by_start[start] for start in sorted(by_start)))

    def at(self, when: datetime) -> Rate | None:
        """The rate in force at ``when``, or None where none is published."""
        index = bisect_right(self.rates, when, key=lambda rate: rate.start) - 1
        if index < 0 or when >= self.rates[index].end:
            return None
        return self.rates[index]

    def known_until(self, since: datetime) -> datetime:
        """The end of the unbroken run of rates that contains ``since`` (``since`` if none does)."""
        until = since
        while (rate := self.at(until)) is not None:
            until = rate.end
        return until

    def between(self, start: datetime, end: datetime) -> tuple[Rate, ...]:
        """The rates that touch [start, end)."""
        return tuple(rate for rate in self.rates if rate.start < end and rate.end > start)

    def merged(self, newer: RateTable) -> RateTable:
        """Both tables; where they begin at the same instant the newer one holds."""
        return RateTable.of((*self.rates, *newer.rates))


def floor_slot(when: datetime) -> datetime:
    """The start of the half-hour that contains ``when`` (UTC half-hours fit every UK offset)."""
    return when.replace(minute=30 if when.minute >= 30 else 0, second=0, microsecond=0)
