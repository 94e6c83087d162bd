"""Intelligent Go with an allowance: six hours of car charging from noon to noon are cheap.

As Octopus puts it (quoted in springfall2008/batpred#4248): a house has the low rate from 23:30 to
05:30; a car has up to six hours a day, midday to midday, wherever they fall; outside the night the
house shares the low rate in a half-hour in which the car charges within that allowance. A half-hour
that was planned and in which the car did not charge is billed at the day's rate (batpred#4950,
#4516, #5065; HomeAssistant-OctopusEnergy#1708; netzero-labs/netzero#390). So nothing that is only
planned makes a half-hour cheap here: the car must be charging.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from ..common.retention import too_old
from ..const import MARKET_TIME_ZONE
from .dispatches import REMEMBERED, Dispatch, Dispatches, cheap_half_hours
from .model import SLOT, floor_slot
from .rows import ceil_slot

ALLOWANCE = timedelta(hours=6)
# The allowance begins anew at noon by the market's clock.
DAY_BEGINS = timedelta(hours=12)


class Charges:
    """Remembers in which half-hours cars charged: completed dispatches do not say."""

    def __init__(self) -> None:
        """No charging is recorded yet."""
        self._started: tuple[Dispatch, ...] = ()

    def cheap(
        self,
        cars: Sequence[Dispatches],
        now: datetime,
        *,
        has_allowance: bool,
        car_is_idle: bool,
    ) -> tuple[Dispatch, ...]:
        """What makes the house's energy cheap.

        Without an allowance every smart dispatch does that is planned. ``car_is_idle``: the home
        measures that no car charges, whatever the plan says.
        """
        if not has_allowance:
            self._remember(now, (each for car in cars for each in car.planned if each.is_cheap))
            listed = (each for car in cars for each in (*car.completed, *car.planned))
            return (*self._started, *listed)
        if car_is_idle:
            cars = tuple(replace(car, state=None) for car in cars)
        self._remember(now, (each for car in cars for each in under_way(car, now)))
        return earned(cars, self._started, now)

    def _remember(self, now: datetime, dispatches: Iterable[Dispatch]) -> None:
        """Keep the part of these that lies in the present half-hour: it has begun."""
        slot = floor_slot(now)
        begun = (
            replace(each, start=max(each.start, slot), end=min(each.end, slot + SLOT))
            for each in dispatches
            if each.start <= now < each.end
        )
        old = too_old((each.end for each in self._started), REMEMBERED, now)
        kept = {each for each in self._started if each.end not in old}
        self._started = tuple(sorted({*kept, *begun}, key=lambda each: (each.start, each.end)))


def within_allowance(charging: Iterable[Dispatch]) -> frozenset[datetime]:
    """The starts of the half-hours whose charging lies wholly within the allowance of its day.

    Charging of two cars at once counts once.
    """
    used: dict[date, timedelta] = {}
    within = set()
    for slot, charged in _by_half_hour(charging):
        day = (slot.astimezone(MARKET_TIME_ZONE) - DAY_BEGINS).date()
        used[day] = used.get(day, timedelta(0)) + charged
        if used[day] <= ALLOWANCE:
            within.add(slot)
    return frozenset(within)


def earned(
    cars: Sequence[Dispatches],
    started: Iterable[Dispatch],
    now: datetime,
) -> tuple[Dispatch, ...]:
    """The half-hours in which the house buys at the car's rate, on a tariff with an allowance.

    ``started`` are those in which a car charged. Ahead there are only those of a
    charge that is under way, until it ends or the allowance does: after that it is not known.
    """
    running = [each for car in cars for each in under_way(car, now)]
    done = [each for car in cars for each in car.completed]
    charged = (*started, *running, *done)
    within = within_allowance(each for each in charged if each.counts)
    slots = cheap_half_hours(charged) & within
    present = floor_slot(now)
    past = {slot for slot in slots if slot < present}
    return tuple(
        Dispatch(start=slot, end=slot + SLOT, is_cheap=True)
        for slot in sorted((*past, *_unbroken(slots, present)))
    )


def under_way(car: Dispatches, now: datetime) -> tuple[Dispatch, ...]:
    """The cheap charge that the car is in now, with what follows on it without a gap."""
    if not car.charging:
        return ()
    found: list[Dispatch] = []
    for each in car.planned:
        follows = found and each.start <= found[-1].end
        if each.is_cheap and (each.start <= now < each.end or follows):
            found.append(each)
    return tuple(found)


def _unbroken(slots: frozenset[datetime], start: datetime) -> Iterator[datetime]:
    while start in slots:
        yield start
        start += SLOT


def _by_half_hour(charging: Iterable[Dispatch]) -> Iterator[tuple[datetime, timedelta]]:
    """How long a car charges in each half-hour that charging touches, in order of time."""
    spans = list(_merged(charging))
    slots = {slot for start, end in spans for slot in _touched(start, end)}
    for slot in sorted(slots):
        parts = (min(end, slot + SLOT) - max(start, slot) for start, end in spans)
        yield slot, sum((part for part in parts if part > timedelta(0)), timedelta(0))


def _touched(start: datetime, end: datetime) -> Iterator[datetime]:
    slot, last = floor_slot(start), ceil_slot(end)
    while slot < last:
        yield slot
        slot += SLOT


def _merged(charging: Iterable[Dispatch]) -> Iterator[tuple[datetime, datetime]]:
    """Their spans without overlaps."""
    start = end = None
    for each in sorted(charging, key=lambda each: each.start):
        if end is not None and each.start <= end:
            end = max(end, each.end)
            continue
        if start is not None and end is not None:
            yield start, end
        start, end = each.start, each.end
    if start is not None and end is not None:
        yield start, end
