"""Intelligent Octopus: when Octopus charges the car, and the house buys cheaply with it.

Dispatches are not in the rates. A planned one makes the whole half-hours that it touches cheap
(common practice of users; not documented). They change without notice.
"""

from __future__ import annotations

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

# A boost is the owner's own wish and is not cheap; a test is none of ours.
CHEAP_TYPES = (None, "SMART")
CAR_DEVICES = frozenset({"ELECTRIC_VEHICLES", "CHARGE_POINTS"})
LIVE = "LIVE"
AT_HOME = "AT_HOME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A car or charger that Octopus steers."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Charging of the car over [start, end). ``is_cheap``: the house buys at the low rate too."""

    start: datetime
    end: datetime
    is_cheap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatches:
    """What is planned and what was done, oldest first. ``state`` is the device's own word."""

    planned: tuple[Dispatch, ...] = ()
    completed: tuple[Dispatch, ...] = ()
    state: str | None = None


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


def parse_dispatches(data: JsonObject) -> Dispatches:
    """The dispatches of a reply. Raises TariffReplyError."""
    states = [
        state
        for each in objects(data, "devices")
        if isinstance(status := each.get("status"), Mapping)
        and isinstance(state := status.get("currentState"), str)
    ]
    return Dispatches(
        planned=_sorted(
            _dispatch(each, is_cheap=each.get("type") in CHEAP_TYPES)
            for each in objects(data, "flexPlannedDispatches")
        ),
        completed=_sorted(
            _dispatch(each, is_cheap=_was_at_home(each))
            for each in objects(data, "completedDispatches")
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


def _was_at_home(completed: JsonObject) -> bool:
    """A car that was charged elsewhere made nothing cheap here; a place not told is home."""
    meta = completed.get("meta")
    place = meta.get("location") if isinstance(meta, Mapping) else None
    return place is None or place == AT_HOME


def _dispatch(body: JsonObject, *, is_cheap: bool) -> Dispatch:
    start, end = aware(body.get("start")), aware(body.get("end"))
    if start is None or end is None or end < start:
        raise TariffReplyError("a dispatch has no sensible times")
    return Dispatch(start=start, end=end, is_cheap=is_cheap)


def _sorted(dispatches: Iterable[Dispatch]) -> tuple[Dispatch, ...]:
    return tuple(sorted(dispatches, key=lambda each: (each.start, each.end)))


def _name(device: JsonObject) -> str:
    parts = [part for key in ("make", "model") if isinstance(part := device.get(key), str)]
    return " ".join(parts) or "device"
