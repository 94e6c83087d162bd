"""Energies from the recorder's statistics: by the hour for long ago, by the half-hour lately.

The recorder keeps hours for ever and five minutes for about ten days. A meter's row holds its
change, a power sensor's the mean. While an entity is unavailable there is no row; the change of the
next one is over all the time since the row before (home-assistant/core#90731: a whole day's energy
in one hour, home-assistant/frontend#26361). It belongs to the gap, and how it fell there is not
known. Only where nothing can have flowed meanwhile is the gap known: it is nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from homeassistant.components.recorder.statistics import StatisticsRow, statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from ..tariff.model import SLOT, floor_slot

HOUR, FIVE_MINUTES = timedelta(hours=1), timedelta(minutes=5)
FINE_KEPT = timedelta(days=10)
# Less than this in a row is a meter's rounding.
NOISE_KWH = 0.02
STANDS_OUT = 1.5
UNITS = {"energy": "kWh", "power": "kW"}

# What a recorder that is busy or broken raises, to whoever waits for it no longer than so long.
RECORDER_ERRORS: Final = (TimeoutError, SQLAlchemyError)

type Energies = Mapping[datetime, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One statistic's kWh: by the UTC start of the hour, and of the half-hour where that is known."""

    hours: Energies = field(default_factory=dict)
    halves: Energies = field(default_factory=dict)

    def merged(self, newer: Recorded, since: datetime) -> Recorded:
        """With newer rows in place of old ones; what is older than ``since`` is forgotten."""
        return Recorded(
            hours={at: kwh for at, kwh in {**self.hours, **newer.hours}.items() if at >= since},
            halves={at: kwh for at, kwh in {**self.halves, **newer.halves}.items() if at >= since},
        )


async def async_recorded(
    hass: HomeAssistant,
    statistic_ids: set[str],
    since: datetime,
    now: datetime,
    resting: Collection[str] = (),
) -> dict[str, Recorded]:
    """Every statistic's energies since then; empty without a recorder.

    Those ``resting`` are away while they count nothing.
    """
    if not statistic_ids or "recorder" not in hass.config.components:
        return {}
    fine_since = max(since, now - FINE_KEPT)
    return await get_instance(hass).async_add_executor_job(
        _recorded, hass, statistic_ids, since, fine_since, frozenset(resting)
    )


def _recorded(
    hass: HomeAssistant,
    statistic_ids: set[str],
    since: datetime,
    fine_since: datetime,
    resting: frozenset[str],
) -> dict[str, Recorded]:
    hours = _rows(hass, statistic_ids, since - HOUR, "hour")
    fine = _rows(hass, statistic_ids, fine_since - HOUR, "5minute")
    return {
        each: Recorded(
            hours=energies(hours.get(each, ()), HOUR, may_rest=each in resting),
            halves=half_hours(energies(fine.get(each, ()), FIVE_MINUTES, may_rest=each in resting)),
        )
        for each in statistic_ids
    }


def _rows(
    hass: HomeAssistant,
    statistic_ids: set[str],
    since: datetime,
    period: Literal["hour", "5minute"],
) -> dict[str, list[StatisticsRow]]:
    return statistics_during_period(
        hass, since, None, statistic_ids, period, UNITS, {"change", "mean"}
    )


def energies(
    rows: Iterable[StatisticsRow], step: timedelta, *, may_rest: bool = False
) -> dict[datetime, float]:
    """Rows as kWh by their start; what is not known is missing.

    ``may_rest``: the meter is away while it counts nothing, as one of two tariff registers.
    """
    reported = _reported(rows)
    found: dict[datetime, float] = {}
    for index, row in enumerate(reported):
        if row.change is None:
            if row.mean is not None:
                found[row.start] = row.mean * (step / HOUR)
            continue
        before = reported[index - 1] if index else None
        # A meter that was replaced or reset runs backwards once.
        if before is None or row.change < -NOISE_KWH:
            continue
        missing = (row.start - before.start) // step - 1
        after = reported[index + 1] if index + 1 < len(reported) else None
        if missing and not _rested(row, after, step, may_rest=may_rest):
            continue
        gap = {before.start + (1 + each) * step: 0.0 for each in range(missing)}
        found |= {**gap, row.start: max(row.change, 0.0)}
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    start: datetime
    change: float | None
    mean: float | None


def _reported(rows: Iterable[StatisticsRow]) -> list[_Row]:
    return [
        _Row(datetime.fromtimestamp(row["start"], UTC), row.get("change"), row.get("mean"))
        for row in rows
    ]


def _rested(row: _Row, after: _Row | None, step: timedelta, *, may_rest: bool) -> bool:
    """Whether nothing flowed in the gap before ``row``, so that its change is its own."""
    change = row.change or 0.0
    if change <= NOISE_KWH:
        return True
    next_to_it = after is not None and after.start == row.start + step
    if not may_rest or after is None or not next_to_it or after.change is None:
        return False
    # What came back at once would stand out against the row that follows.
    return change <= STANDS_OUT * after.change + NOISE_KWH


def half_hours(fine: Energies) -> dict[datetime, float]:
    """Five-minute energies as half-hours, where all six are known."""
    sums: dict[datetime, tuple[float, int]] = {}
    for start, kwh in fine.items():
        total, count = sums.get(floor_slot(start), (0.0, 0))
        sums[floor_slot(start)] = (total + kwh, count + 1)
    whole = SLOT // FIVE_MINUTES
    return {start: total for start, (total, count) in sums.items() if count == whole}
