"""The fields that actions share. What is out of range is refused with a message that says so."""

from collections.abc import Mapping
from datetime import datetime, timedelta
import math
from typing import Any

import voluptuous as vol

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from .sites import problem

START, END = "start", "end"
DURATION, UNTIL, TARGET_PERCENT = "duration", "until", "target_percent"
ACTION = "action"

PERIOD: dict[vol.Marker, object] = {
    vol.Required(START): cv.datetime,
    vol.Required(END): cv.datetime,
}


def number(value: object) -> float:
    """A finite number; schemas let infinity through otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise vol.Invalid("expected a number")
    try:
        result = float(value)
    except ValueError as err:
        raise vol.Invalid("expected a number") from err
    if not math.isfinite(result):
        raise vol.Invalid("expected a finite number")
    return result


def in_range(data: Mapping[str, Any], field: str, least: float, most: float) -> float | None:
    """A number of a call, None if it is left out."""
    value: float | None = data.get(field)
    return None if value is None else _within(value, field, least, most)


def _within(value: float, field: str, least: float, most: float) -> float:
    if not least <= value <= most:
        raise problem("out_of_range", field=field, min=f"{least:g}", max=f"{most:g}")
    return value


def percent(data: Mapping[str, Any], field: str) -> int:
    """A charge level to aim for, 1 to 100, that the schema demands."""
    return round(_within(data[field], field, 1, 100))


def percent_if_any(data: Mapping[str, Any], field: str) -> int | None:
    """A charge level to aim for, None if it is left out."""
    return None if data.get(field) is None else percent(data, field)


def moment(data: Mapping[str, Any], field: str) -> datetime:
    """A time that the schema demands, in UTC; without a zone it is in Home Assistant's."""
    value: datetime = data[field]
    return dt_util.as_utc(value)


def moment_if_any(data: Mapping[str, Any], field: str) -> datetime | None:
    """A time of a call, None if it is left out."""
    return None if data.get(field) is None else moment(data, field)


def end_of(data: Mapping[str, Any], now: datetime, longest: timedelta) -> datetime | None:
    """When something shall end, by its duration or its time; None if neither is given."""
    duration: timedelta | None = data.get(DURATION)
    until = moment_if_any(data, UNTIL)
    if duration is not None and until is not None:
        raise problem("duration_or_until")
    if duration is not None:
        field, until = DURATION, now + min(duration, longest + timedelta(seconds=1))
    else:
        field = UNTIL
    if until is None:
        return None
    if until <= now:
        raise problem("end_in_the_past", field=field)
    if until > now + longest:
        hours = f"{longest / timedelta(hours=1):g}"
        raise problem("end_too_far", field=field, hours=hours)
    return until
