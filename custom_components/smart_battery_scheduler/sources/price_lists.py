"""Reading an entity's prices: lists of periods in its attributes, in any of the common forms.

Read are lists by the names that price integrations give them: ``rates`` (the Octopus Energy
integration's day events, in pounds), ``raw_today`` and ``raw_tomorrow``, ``prices``, ``data`` and
others. A list may give the beginnings alone (jonasbkarlsson/ev_smart_charging#279), in any order.
A sensor without such a list is a rate for now only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
import re

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import State

from ..common.http import aware, number
from ..common.redaction import masked_id
from ..tariff.model import SLOT, Rate, RateTable, floor_slot

# In order of precedence: of two rows for the same time the later list holds, published before forecast.
LISTS = (
    "forecast",
    "forecasts",
    "price_forecast",
    "data",
    "prices",
    "today",
    "tomorrow",
    "prices_today",
    "prices_tomorrow",
    "hourly_prices",
    "upcoming_prices",
    "future_prices",
    "net_prices",
    "all_prices",
    "unit_rates",
    "raw_all",
    "raw_today",
    "raw_tomorrow",
    "rates_today",
    "rates_tomorrow",
    "all_rates",
    "rates",
)
STARTS = (
    "start",
    "valid_from",
    "from",
    "start_time",
    "startsAt",
    "startTime",
    "start_date",
    "period_start",
    "time",
    "datetime",
    "date_time",
    "timestamp",
    "hour",
    "date",
)
ENDS = ("end", "valid_to", "to", "end_time", "endsAt", "endTime", "end_date", "period_end")
VALUES = (
    "value_inc_vat",
    "value",
    "price",
    "rate",
    "total",
    "unit_rate",
    "price_per_kwh",
    "electricity_price",
    "amount",
)
LONGEST_PERIOD = timedelta(days=7)
# Pounds and pence differ only by the case of the last letter, as in GBP and GBp.
_PENCE = re.compile(r"p|GBp|GBX|[Pp]ence|[Pp]enny")
_POUNDS = re.compile(r"GBP|gbp|£|[Pp]ounds?")
_UNIT = re.compile(r"(\S+?)\s*(?:/|per)\s*([km])\s*w\s*[·⋅.*]?\s*h", re.IGNORECASE)
_KWH = {"k": 1.0, "m": 0.001}


class RateEntityError(Exception):
    """The entity cannot be read as rates; ``key`` names the sentence."""

    def __init__(self, key: str, entity_id: str) -> None:
        """Name the entity."""
        super().__init__(f"{masked_id(entity_id)}: {key.replace('_', ' ')}")
        self.key = key


@dataclass(frozen=True, slots=True)
class _Period:
    """A price in the entity's own unit. An ``end`` of None is not reported."""

    start: datetime
    end: datetime | None
    price: float | None
    is_dispatched: bool = False


def rates_of(
    state: State | None, entity_id: str, now: datetime, *, undo_dispatches: bool = False
) -> RateTable:
    """The half-hours that an entity knows. Raises RateEntityError.

    An entity that is there but knows nothing yet, as tomorrow's event before publication, has none.
    ``undo_dispatches`` puts the list's highest price for a half-hour that is only cheap if the car
    charges in it (``is_intelligent_adjusted`` of the Octopus Energy integration).
    """
    if state is None or state.state == STATE_UNAVAILABLE:
        raise RateEntityError("entity_missing", entity_id)
    rows = _rows(state.attributes)
    if rows is not None:
        pence = pence_per_unit(state, entity_id) if rows else 1.0
        periods = _with_ends([_period(row, entity_id) for row in rows], entity_id)
        if undo_dispatches:
            periods = _undone(periods)
        return _half_hours(periods, pence, now)
    if state.state == STATE_UNKNOWN:
        return RateTable()
    try:
        value = number(float(state.state))
    except ValueError:
        value = None
    if value is None:
        raise RateEntityError("entity_no_rates", entity_id)
    start = floor_slot(now)
    return RateTable((Rate(start, start + SLOT, value * pence_per_unit(state, entity_id)),))


def check_entity(state: State | None, entity_id: str) -> None:
    """Raise RateEntityError for an entity that can never have a rate, however long one waits.

    One that has none yet may still get some: an event of rates, an empty list, a sensor with a unit.
    """
    rates = rates_of(state, entity_id, datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    if state is None or rates.rates or _rows(state.attributes) is not None:
        return
    if state.domain != "event":
        pence_per_unit(state, entity_id)
    elif not entity_id.endswith("_rates"):
        raise RateEntityError("entity_no_rates", entity_id)


def pence_per_unit(state: State, entity_id: str) -> float:
    """What one of the entity's unit is in p/kWh, by the unit and never by the size of a number."""
    unit = state.attributes.get("unit_of_measurement")
    match = _UNIT.fullmatch(unit.strip()) if isinstance(unit, str) else None
    if match is not None:
        money, scale = match[1], _KWH[match[2].lower()]
        if _PENCE.fullmatch(money):
            return scale
        if _POUNDS.fullmatch(money):
            return 100.0 * scale
    # The Octopus Energy integration's events have no unit and are in pounds.
    if unit is None and state.domain == "event":
        return 100.0
    raise RateEntityError("entity_unit", entity_id)


def moment_of(row: Mapping[object, object], keys: Iterable[str]) -> datetime | None:
    """The first of these keys that holds a moment with an offset, as UTC."""
    for key in keys:
        value = row.get(key)
        moment = aware(value.isoformat() if isinstance(value, datetime) else value)
        if moment is not None:
            return moment
    return None


def _rows(attributes: Mapping[str, object]) -> list[object] | None:
    """The rows of all lists; None without any. A list of bare numbers has no times and counts as none."""
    found = [
        listed
        for name in LISTS
        if isinstance(listed := attributes.get(name), list)
        and not any(isinstance(row, int | float) for row in listed)
    ]
    return [row for listed in found for row in listed] if found else None


def _period(row: object, entity_id: str) -> _Period:
    start = moment_of(row, STARTS) if isinstance(row, Mapping) else None
    if not isinstance(row, Mapping) or start is None:
        raise RateEntityError("entity_no_rates", entity_id)
    price = next((found for key in VALUES if (found := number(row.get(key))) is not None), None)
    return _Period(start, moment_of(row, ENDS), price, row.get("is_intelligent_adjusted") is True)


def _with_ends(periods: Iterable[_Period], entity_id: str) -> list[_Period]:
    """In order of time, each with its end: where none is given, the next beginning.

    The last of them is as long as the shortest before it.
    """
    by_start = {each.start: each for each in periods}
    ordered = [by_start[start] for start in sorted(by_start)]
    gaps = [after.start - before.start for before, after in pairwise(ordered)]
    last = min(gaps, default=SLOT)
    found = [
        each if each.end is not None else replace(each, end=each.start + gap)
        for each, gap in zip(ordered, (*gaps, last), strict=False)
    ]
    for each in found:
        if each.end is None or not timedelta(0) < each.end - each.start <= LONGEST_PERIOD:
            raise RateEntityError("entity_periods", entity_id)
    return found


def _undone(periods: Sequence[_Period]) -> list[_Period]:
    usual = [each.price for each in periods if each.price is not None and not each.is_dispatched]
    if not usual:
        return list(periods)
    return [replace(each, price=max(usual)) if each.is_dispatched else each for each in periods]


def _half_hours(periods: Iterable[_Period], pence: float, now: datetime) -> RateTable:
    """The mean price of each half-hour of which the whole is known; of the present one, the rest."""
    known: dict[datetime, timedelta] = {}
    worth: dict[datetime, float] = {}
    for each in periods:
        if each.price is None or each.end is None:
            continue
        for slot, part in _parts(each.start, each.end):
            known[slot] = known.get(slot, timedelta(0)) + part
            worth[slot] = worth.get(slot, 0.0) + each.price * (part / SLOT)
    present = floor_slot(now)
    return RateTable.of(
        Rate(slot, slot + SLOT, worth[slot] / (part / SLOT) * pence)
        for slot, part in known.items()
        if part >= SLOT or slot == present
    )


def _parts(start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """The half-hours that [start, end) touches, and how much of each it takes."""
    slot = floor_slot(start)
    while slot < end:
        yield slot, min(end, slot + SLOT) - max(start, slot)
        slot += SLOT
