"""Intelligent Octopus: when Octopus charges the car, and the house buys cheaply with it.

Dispatches are not in the rates. One makes the whole half-hours that it touches cheap (common
practice of users; not documented). They change without notice. On tariffs with a daily allowance
for the car more is needed than a plan: see ``car_allowance``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..common.http import aware
from ..common.poll_interval import PollInterval
from .errors import TariffReplyError
from .json_shape import JsonObject, objects
from .model import SLOT, RateTable, floor_slot
from .rows import ceil_slot, slots

DISPATCHES_POLL_INTERVAL = PollInterval(every=timedelta(minutes=4), jitter=timedelta(minutes=1))

# A boost is the owner's own request and is not cheap; tests are ignored. A planned dispatch without
# a type is a smart one. A completed one without a source may as well have been a boost, and all are
# listed so (HomeAssistant-OctopusEnergy, FAQ on started dispatches): it proves nothing cheap.
SMART = frozenset({"smart", "smart-charge"})
BOOST = frozenset({"boost", "bump-charge"})
CAR_DEVICES = frozenset({"ELECTRIC_VEHICLES", "CHARGE_POINTS"})
LIVE = "LIVE"
# The one state in which Octopus steers a charge: it is scheduled or going on. Plugged in alone is
# SMART_CONTROL_CAPABLE, the owner's own charge BOOSTING.
IN_PROGRESS = "SMART_CONTROL_IN_PROGRESS"
# The allowance goes from noon to noon; what is older changes nothing any more.
REMEMBERED = timedelta(days=3)
AT_HOME = "AT_HOME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A car or charger that Octopus steers."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Charging of the car over [start, end). ``is_cheap``: the house buys at the low rate too.

    ``counts``: it uses up the car's allowance, on a tariff that has one.
    """

    start: datetime
    end: datetime
    is_cheap: bool
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatches:
    """What is planned and what was done, oldest first. ``state`` is as the device reports it."""

    planned: tuple[Dispatch, ...] = ()
    completed: tuple[Dispatch, ...] = ()
    state: str | None = None

    @property
    def charging(self) -> bool:
        """Whether Octopus has a charge of this car under way, by the device's reported state."""
        return self.state == IN_PROGRESS


def parse_devices(data: JsonObject) -> tuple[Device, ...]:
    """The live cars and chargers of a reply; a meter is listed as a device too."""
    return tuple(
        Device(id=str(each["id"]), name=_name(each))
        for each in objects(data, "devices")
        if each.get("deviceType") in CAR_DEVICES
        and each.get("id")
        and isinstance(status := each.get("status"), Mapping)
        and status.get("current") == LIVE
    )


def parse_dispatches(data: JsonObject, since: datetime | None = None) -> Dispatches:
    """The dispatches of a reply, the completed ones that end after ``since``.

    An entry without sensible times is left out: it must not hide the others. Raises
    TariffReplyError for what is no reply about dispatches at all.
    """
    states = [
        state
        for each in objects(data, "devices")
        if isinstance(status := each.get("status"), Mapping)
        and isinstance(state := status.get("currentState"), str)
    ]
    return Dispatches(
        planned=_sorted(map(_planned, _entries(data, "flexPlannedDispatches"))),
        completed=_sorted(
            each
            for each in map(_completed, _entries(data, "completedDispatches"))
            if each is not None and (since is None or each.end > since)
        ),
        state=states[0] if states else None,
    )


def cheap_half_hours(dispatches: Iterable[Dispatch]) -> frozenset[datetime]:
    """The starts of the half-hours that dispatches make cheap."""
    return frozenset(
        start
        for each in dispatches
        if each.is_cheap
        for start in slots(floor_slot(each.start), ceil_slot(each.end))
    )


def with_dispatches(rates: RateTable, dispatches: Iterable[Dispatch]) -> RateTable:
    """The rates with the dispatched half-hours at the lowest rate within 12 hours of each."""
    cheap = cheap_half_hours(dispatches)
    half_day = timedelta(hours=12)

    def lowest(start: datetime) -> float:
        near = rates.between(start - half_day, start + SLOT + half_day)
        return min(rate.p_per_kwh for rate in near)

    return RateTable(
        tuple(
            replace(rate, p_per_kwh=lowest(rate.start)) if rate.start in cheap else rate
            for rate in rates.rates
        )
    )


def _entries(data: JsonObject, key: str) -> list[JsonObject]:
    """The objects of a list, without those that are none."""
    listed = data.get(key)
    if listed is not None and not isinstance(listed, list):
        raise TariffReplyError(f"{key} is not a list")
    return [each for each in listed or [] if isinstance(each, Mapping)]


def _planned(body: JsonObject) -> Dispatch | None:
    kind = body.get("type")
    smart = kind is None or _is(SMART, kind)
    return _dispatch(body, is_cheap=smart, counts=not _is(BOOST, kind))


def _completed(body: JsonObject) -> Dispatch | None:
    """A car that was charged elsewhere made nothing cheap here; a place not reported is home."""
    meta = body.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    source, at_home = meta.get("source"), meta.get("location") in (None, AT_HOME)
    return _dispatch(
        body,
        is_cheap=at_home and _is(SMART, source),
        counts=at_home and not _is(BOOST, source),
    )


def _is(words: frozenset[str], word: object) -> bool:
    return isinstance(word, str) and word.lower() in words


def _dispatch(body: JsonObject, *, is_cheap: bool, counts: bool) -> Dispatch | None:
    start, end = aware(body.get("start")), aware(body.get("end"))
    if start is None or end is None or end < start:
        return None
    return Dispatch(start=start, end=end, is_cheap=is_cheap, counts=counts)


def _sorted(dispatches: Iterable[Dispatch | None]) -> tuple[Dispatch, ...]:
    known = (each for each in dispatches if each is not None)
    return tuple(sorted(known, key=lambda each: (each.start, each.end)))


def _name(device: JsonObject) -> str:
    parts = [part for key in ("make", "model") if isinstance(part := device.get(key), str)]
    return " ".join(parts) or "device"
