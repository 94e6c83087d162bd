"""Half-hourly meter readings: what was really bought and sold, as it will be on the bill.

They come the next day at the earliest, import and export each in its own time, and a half-hour that
is missing is simply absent. With a battery and panels they are the net of the house, not its load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..web import aware, number
from .errors import TariffReplyError
from .model import SLOT

# No domestic connection carries this much in half an hour (100 A at 230 V on three phases: 35).
ABSURD_KWH = 50.0


@dataclass(frozen=True, slots=True, order=True)
class MeteredSlot:
    """kWh that went through the meter in the half-hour from ``start`` (UTC)."""

    start: datetime
    kwh: float


def parse_consumption(
    results: Iterable[object], start: datetime, end: datetime
) -> tuple[MeteredSlot, ...]:
    """The half-hours of [start, end), in order, each once. Raises TariffReplyError.

    The API lists newest first and one half-hour more than was asked for; stamps change their offset
    within a row where the clocks go back.
    """
    slots = {slot.start: slot for slot in map(_slot, results) if start <= slot.start < end}
    return tuple(slots[at] for at in sorted(slots))


def merged(*meters: Iterable[MeteredSlot]) -> tuple[MeteredSlot, ...]:
    """The half-hours of several meters of one point; where two have one, the later meter's."""
    slots = {slot.start: slot for meter in meters for slot in meter}
    return tuple(slots[at] for at in sorted(slots))


def _slot(result: object) -> MeteredSlot:
    if not isinstance(result, Mapping):
        raise TariffReplyError("a reading is no object")
    start, end = aware(result.get("interval_start")), aware(result.get("interval_end"))
    if start is None or end is None or end - start != SLOT:
        raise TariffReplyError("a reading is not of half an hour")
    kwh = _kwh(result.get("consumption"))
    if kwh is None or not 0.0 <= kwh <= ABSURD_KWH:
        raise TariffReplyError("a reading has no sensible energy")
    return MeteredSlot(start, kwh)


def _kwh(value: object) -> float | None:
    """The documentation promises a text, the API sends a number."""
    if isinstance(value, str):
        try:
            return number(float(value))
        except ValueError:
            return None
    return number(value)
