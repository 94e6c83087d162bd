"""What the house used, half-hour by half-hour: the past that the load forecast is made from.

Three sources, as the owner prefers: our own readings; a statistic of the house's consumption; or
the Energy dashboard's meters, whose balance (grid, solar and battery, in less out) is the house.
So there is a past on the first day. What a car took is subtracted: its charging follows no daily habit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
# A home's main fuse does not pass more than this: the meter jumped.
ABSURD_KWH_PER_HOUR = 25.0
# A meter that stood still for this long and then jumps by this much has reported the whole time at once.
STOOD_STILL = timedelta(hours=2)
JUMP_KWH, JUMP_TIMES = 2.0, 3.0
# A house of 50 W, the lowest load considered, has moved its meter three times by then.
LEAST_TICKS_KW = 0.05 / 3
# A car's half-hour of more than this is charging; so many of them say where the car is metered.
CHARGING_KWH, ENOUGH_CHARGING = 0.3, 6
# A car of 80 kWh is full sooner at a socket of 2.3 kW.
LONGEST_SESSION = timedelta(hours=24)

type IsDark = Callable[[datetime, timedelta], bool]

CONF_LOAD_FROM = "load_from"
CONF_LOAD_STATISTIC = "load_statistic"
CONF_CAR_STATISTICS = "car_statistics"
CONF_PERSONS = "persons"
CONF_HOUSE_CALENDAR = "house_calendar"


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
    """Statistics whose sum is the house. An hour that one of them does not know is not known.

    ``solar_meters`` are those of panels, whose inverter is off in the dark: then nothing flowed.
    ``registers`` are several that count the grid's energy in turn, and may be away meanwhile.
    """

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    solar_meters: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()

    @property
    def ids(self) -> set[str]:
        """All statistics of it."""
        return {*self.plus, *self.minus}

    def of(self, recorded: Mapping[str, Recorded], is_dark: IsDark) -> Recorded:
        """The house's own energies; ``is_dark`` says whether a stretch of time has no sun."""
        known = {each: recorded.get(each, Recorded()) for each in self.ids}
        hours = {each: known[each].hours for each in known}
        halves = {each: known[each].halves for each in known}
        return Recorded(
            hours=self._net(hours, HOUR, is_dark), halves=self._net(halves, SLOT, is_dark)
        )

    def _net(
        self, energies: Mapping[str, Mapping[datetime, float]], step: timedelta, is_dark: IsDark
    ) -> dict[datetime, float]:
        found: dict[datetime, float] = {}
        for start in sorted({start for each in energies.values() for start in each}):
            parts = {
                each: self._part(each, energies[each], start, step, is_dark) for each in energies
            }
            reported = {each: kwh for each, kwh in parts.items() if kwh is not None}
            if len(reported) < len(parts):
                continue
            kwh = sum(reported[each] for each in self.plus) - sum(
                reported[each] for each in self.minus
            )
            if -ROUNDING_KWH <= kwh <= ABSURD_KWH_PER_HOUR * (step / HOUR):
                found[start] = max(kwh, 0.0)
        return _moving(found, step)

    def _part(
        self,
        statistic: str,
        energies: Mapping[datetime, float],
        start: datetime,
        step: timedelta,
        is_dark: IsDark,
    ) -> float | None:
        kwh = energies.get(start)
        if kwh is None and statistic in self.solar_meters and is_dark(start, step):
            return 0.0
        return kwh


def _moving(house: Mapping[datetime, float], step: timedelta) -> dict[datetime, float]:
    """Without the times at which the meters stood still, and what they then reported at once.

    A house draws something always. Zeros for longer than the meter's own resolution explains are no
    consumption (springfall2008/batpred#2793 and #237: they were forecast, and bought for), and so
    are fewer of them before a reading of many times the usual.
    """
    if not any(house.values()):
        return {}
    jump = max(JUMP_KWH, JUMP_TIMES * sum(house.values()) / len(house))
    resolution_kwh = min(kwh for kwh in house.values() if kwh > 0.0)
    explained = max(STOOD_STILL, resolution_kwh / LEAST_TICKS_KW * HOUR)
    untrue: set[datetime] = set()
    for run in _zero_runs(house, step):
        after = run[-1] + step
        jumps = house.get(after, 0.0) >= jump
        length = len(run) * step
        if length > explained or (jumps and length >= STOOD_STILL):
            untrue.update(run)
        if jumps and length >= STOOD_STILL:
            untrue.add(after)
    return {start: kwh for start, kwh in house.items() if start not in untrue}


def _zero_runs(house: Mapping[datetime, float], step: timedelta) -> list[list[datetime]]:
    """Stretches of nothing, each in order."""
    runs: list[list[datetime]] = []
    for start in sorted(start for start, kwh in house.items() if kwh <= 0.0):
        if runs and runs[-1][-1] == start - step:
            runs[-1].append(start)
        else:
            runs.append([start])
    return runs


def halves_of(recorded: Recorded) -> dict[datetime, float]:
    """Half-hours as they are known, else the halves of an hour."""
    split = {
        start + offset: kwh / 2.0
        for start, kwh in recorded.hours.items()
        for offset in (timedelta(0), SLOT)
    }
    return {**split, **recorded.halves}


def measured_halves(measured: Iterable[MeasuredSlot], now: datetime) -> dict[datetime, float]:
    """Our own measurements, without the running half-hour and those measured in part."""
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
    its power at a stretch, the rest of the house does not. A car cannot take more than the house
    does: the half-hours in which a meter reports more are left out.
    """
    for car in cars:
        if (car.hours or car.halves) and not _is_elsewhere(car.halves, loads, SLOT):
            loads = _without_car(loads, car)
    return dict(loads)


def _is_elsewhere(
    taken: Mapping[datetime, float], house: Mapping[datetime, float], step: timedelta
) -> bool:
    """Whether a car's energy is no part of the house's at all (springfall2008/batpred#1865).

    Then its meter runs for half-hours on end, and the house has used less in nearly all of them.
    """
    charging = {at for at, kwh in taken.items() if kwh > CHARGING_KWH and at in house}
    if len(charging) < ENOUGH_CHARGING:
        return False
    on_end = sum(at - step in charging or at + step in charging for at in charging)
    less = sum(house[at] + ROUNDING_KWH < taken[at] for at in charging)
    return on_end >= 0.5 * len(charging) and less >= 0.8 * len(charging)


def _without_car(loads: Mapping[datetime, float], car: Recorded) -> dict[datetime, float]:
    by_hour = {
        start: kwh + loads[start + SLOT]
        for start, kwh in loads.items()
        if not start.minute and start + SLOT in loads
    }
    untrue_hours, untrue = (
        _untrue(car.hours, by_hour, HOUR),
        _untrue(car.halves, loads, SLOT),
    )
    hours = {at: kwh for at, kwh in car.hours.items() if at not in untrue_hours}
    halves = {at: kwh for at, kwh in car.halves.items() if at not in untrue}
    found: dict[datetime, float] = {}
    for start, load in loads.items():
        hour = start.replace(minute=0)
        taken, taken_in_hour = halves.get(start), hours.get(hour)
        if taken is not None:
            found[start] = max(load - taken, 0.0)
        elif taken_in_hour is not None and start not in untrue:
            other = loads.get(hour if start > hour else hour + SLOT, load)
            found[start] = _evened(load, other, taken_in_hour)
    return found


def _untrue(
    taken: Mapping[datetime, float], house: Mapping[datetime, float], step: timedelta
) -> set[datetime]:
    """When a car's meter is wrong: where it reports more than the house has used.

    Some report a session's energy at its end (marq24/ha-evcc#90): then the time before is wrong as
    well, for as long as the house needs to have used that much. What the house has not used in a
    whole session's time is a spike (home-assistant/core#124420), and only that half-hour is wrong.
    """
    untrue: set[datetime] = set()
    for end, kwh in taken.items():
        if end not in house or kwh <= house[end] + ROUNDING_KWH:
            continue
        session, used, at = {end}, house[end], end - step
        while used < kwh and end - at <= LONGEST_SESSION:
            session.add(at)
            used += house.get(at, 0.0)
            at -= step
        untrue |= session if used >= kwh else {end}
    return untrue


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
