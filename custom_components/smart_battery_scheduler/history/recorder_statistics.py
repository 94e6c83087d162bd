"""Energies from the recorder's statistics: by the hour for long ago, by the half-hour lately.

The recorder keeps hours for ever and five minutes for about ten days. A meter's row holds its
change, a power sensor's the mean. A change is over the time since the row before: where that one
is missing the change is not this row's alone, and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from homeassistant.components.recorder.statistics import StatisticsRow, statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from ..tariff.model import SLOT, floor_slot

HOUR, FIVE_MINUTES = timedelta(hours=1), timedelta(minutes=5)
FINE_KEPT = timedelta(days=10)
UNITS = {"energy": "kWh", "power": "kW"}

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
    hass: HomeAssistant, statistic_ids: set[str], since: datetime, now: datetime
) -> dict[str, Recorded]:
    """Every statistic's energies since then; empty without a recorder."""
    if not statistic_ids or "recorder" not in hass.config.components:
        return {}
    fine_since = max(since, now - FINE_KEPT)
    return await get_instance(hass).async_add_executor_job(
        _recorded, hass, statistic_ids, since, fine_since
    )


def _recorded(
    hass: HomeAssistant, statistic_ids: set[str], since: datetime, fine_since: datetime
) -> dict[str, Recorded]:
    hours = _rows(hass, statistic_ids, since - HOUR, "hour")
    fine = _rows(hass, statistic_ids, fine_since - HOUR, "5minute")
    return {
        each: Recorded(
            hours=energies(hours.get(each, ()), HOUR),
            halves=half_hours(energies(fine.get(each, ()), FIVE_MINUTES)),
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


def energies(rows: Iterable[StatisticsRow], step: timedelta) -> dict[datetime, float]:
    """Rows as kWh by their start; a change without the row before it is left out."""
    found: dict[datetime, float] = {}
    before: datetime | None = None
    for row in rows:
        start = datetime.fromtimestamp(row["start"], UTC)
        change, mean = row.get("change"), row.get("mean")
        if change is not None and before == start - step:
            # A meter that was replaced or reset runs backwards once.
            if change >= 0.0:
                found[start] = change
        elif change is None and mean is not None:
            found[start] = mean * (step / HOUR)
        before = start
    return found


def half_hours(fine: Energies) -> dict[datetime, float]:
    """Five-minute energies as half-hours, where all six are known."""
    sums: dict[datetime, tuple[float, int]] = {}
    for start, kwh in fine.items():
        total, count = sums.get(floor_slot(start), (0.0, 0))
        sums[floor_slot(start)] = (total + kwh, count + 1)
    whole = SLOT // FIVE_MINUTES
    return {start: total for start, (total, count) in sums.items() if count == whole}
