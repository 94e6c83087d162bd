"""What the house used, half-hour by half-hour: the past that the load forecast is made from.

Three sources, as the owner prefers: our own readings; a statistic of the house's consumption; or
the Energy dashboard's meters, whose balance (grid and sun and battery, in less out) is the house.
So there is a past on the first day. What a car took is no habit of the house: it is subtracted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from ..planner.load import Consumption
from ..tariff.model import SLOT, floor_slot
from .measurements import MeasuredSlot
from .recorder_statistics import HOUR, Recorded

REMEMBERED = timedelta(days=60)
# The meters of a balance are read at slightly different moments.
ROUNDING_KWH = 0.05
# Beyond this a home's fuse would have blown: a meter jumped.
ABSURD_KWH_PER_HOUR = 25.0

CONF_LOAD_FROM = "load_from"
CONF_LOAD_STATISTIC = "load_statistic"
CONF_CAR_STATISTICS = "car_statistics"


class LoadFrom(StrEnum):
    """Which source comes first."""

    AUTOMATIC = "automatic"
    DASHBOARD = "dashboard"
    STATISTIC = "statistic"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """The owner's choice, as the options hold it."""

    load_from: LoadFrom = LoadFrom.AUTOMATIC
    statistic: str | None = None
    cars: tuple[str, ...] = ()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read what is set."""
        return cls(
            load_from=LoadFrom(options.get(CONF_LOAD_FROM, LoadFrom.AUTOMATIC)),
            statistic=options.get(CONF_LOAD_STATISTIC),
            cars=tuple(options.get(CONF_CAR_STATISTICS, ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Statistics whose sum is the house. The first of ``plus`` must be there in every hour.

    The others may lack hours, as an inverter's does that sleeps at night: then nothing flowed.
    """

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()

    @property
    def ids(self) -> set[str]:
        """All statistics of it."""
        return {*self.plus, *self.minus}

    def of(self, recorded: Mapping[str, Recorded]) -> Recorded:
        """The house's own energies."""
        return Recorded(
            hours=self._net({each: recorded[each].hours for each in self.ids & set(recorded)}, 1.0),
            halves=self._net(
                {each: recorded[each].halves for each in self.ids & set(recorded)}, SLOT / HOUR
            ),
        )

    def _net(
        self, energies: Mapping[str, Mapping[datetime, float]], hours: float
    ) -> dict[datetime, float]:
        found: dict[datetime, float] = {}
        for start in energies.get(self.plus[0], {}):
            kwh = sum(energies.get(each, {}).get(start, 0.0) for each in self.plus)
            kwh -= sum(energies.get(each, {}).get(start, 0.0) for each in self.minus)
            if -ROUNDING_KWH <= kwh <= ABSURD_KWH_PER_HOUR * hours:
                found[start] = max(kwh, 0.0)
        return found


def halves_of(recorded: Recorded) -> dict[datetime, float]:
    """Half-hours as they are known, else the halves of an hour."""
    split = {
        start + offset: kwh / 2.0
        for start, kwh in recorded.hours.items()
        for offset in (timedelta(0), SLOT)
    }
    return {**split, **recorded.halves}


def measured_halves(measured: Iterable[MeasuredSlot], now: datetime) -> dict[datetime, float]:
    """What we measured ourselves, the running half-hour and those half seen left out."""
    running = floor_slot(now)
    return {
        slot.start: slot.energies.load_kwh
        for slot in measured
        if slot.is_whole and slot.start < running
    }


def without_cars(
    loads: Mapping[datetime, float], cars: Sequence[Recorded]
) -> dict[datetime, float]:
    """The house without its cars; a half-hour of which a car's share is not known is left out.

    Where the share is known by the hour only, what remains is as even as it can be: a car takes
    its power at a stretch, the rest of the house does not.
    """
    for ev_charging in cars:
        if ev_charging.hours or ev_charging.halves:
            loads = _without_car(loads, ev_charging)
    return dict(loads)


def _without_car(loads: Mapping[datetime, float], ev_charging: Recorded) -> dict[datetime, float]:
    found: dict[datetime, float] = {}
    for start, load in loads.items():
        hour = start.replace(minute=0)
        taken, taken_in_hour = ev_charging.halves.get(start), ev_charging.hours.get(hour)
        if taken is not None:
            found[start] = max(load - taken, 0.0)
        elif taken_in_hour is not None:
            other = loads.get(hour if start > hour else hour + SLOT, load)
            found[start] = _evened(load, other, taken_in_hour)
    return found


def _evened(load: float, other: float, taken: float) -> float:
    """What remains of ``load`` when ``taken`` goes from it and the other half of the hour."""
    rest = max(load + other - taken, 0.0)
    return max(min(load, rest / 2.0), rest - other)


def history(
    sources: Sequence[Mapping[datetime, float]], cars: Sequence[Recorded], now: datetime
) -> tuple[Consumption, ...]:
    """Half-hours oldest first, each from the first source that knows it."""
    loads: dict[datetime, float] = {}
    for source in reversed(sources):
        loads.update(source)
    since, running = now - REMEMBERED, floor_slot(now)
    known = {start: kwh for start, kwh in loads.items() if since <= start < running}
    cleaned = without_cars(known, cars)
    return tuple(Consumption(start, cleaned[start]) for start in sorted(cleaned))
