"""Rates from what Home Assistant has already: a price sensor, or another integration's events.

Read are lists of periods in an entity's attributes, by the names that price integrations give them:
``rates`` (the Octopus Energy integration's day events, in pounds), ``raw_today`` and
``raw_tomorrow``, ``prices`` and ``forecast``. A sensor without such a list is a rate for now only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CoreState, HomeAssistant, State

from ..common.http import aware, number
from ..tariff.dispatches import Dispatch
from ..tariff.model import SLOT, Rate, RateTable, floor_slot
from ..tariff.problems import SupplyProblem
from .coordinators import RateError, Rates

LISTS = (
    "rates",
    "raw_today",
    "raw_tomorrow",
    "prices",
    "prices_today",
    "prices_tomorrow",
    "forecast",
)
STARTS = ("start", "valid_from", "from", "start_time", "startsAt")
ENDS = ("end", "valid_to", "to", "end_time")
VALUES = ("value_inc_vat", "value", "price", "rate", "total")
PENCE = {
    "p/kWh": 1.0,
    "pence/kWh": 1.0,
    "GBP/kWh": 100.0,
    "£/kWh": 100.0,
    "GBp/kWh": 1.0,
}
# A sensor that only knows the rate of now is asked again soon; one with a list tells by itself.
LOOK_EVERY = timedelta(minutes=15)
LONGEST_PERIOD = timedelta(days=7)


class RateEntityError(Exception):
    """The entity cannot be read as rates; ``key`` names the sentence."""

    def __init__(self, key: str, entity_id: str) -> None:
        """Name the entity."""
        super().__init__(f"{entity_id}: {key.replace('_', ' ')}")
        self.key = key


def rates_of(state: State | None, entity_id: str, now: datetime) -> RateTable:
    """The half-hours that an entity knows. Raises RateEntityError.

    An entity that is there but knows nothing yet, as tomorrow's event before publication, has none.
    """
    if state is None or state.state == STATE_UNAVAILABLE:
        raise RateEntityError("entity_missing", entity_id)
    rows = _rows(state.attributes)
    if rows is not None:
        pence = _pence_per_unit(state, entity_id) if rows else 1.0
        return RateTable.of(rate for row in rows for rate in _half_hours(row, pence, entity_id))
    if state.state == STATE_UNKNOWN:
        return RateTable()
    try:
        value = number(float(state.state))
    except ValueError:
        value = None
    if value is None:
        raise RateEntityError("entity_no_rates", entity_id)
    start = floor_slot(now)
    return RateTable((Rate(start, start + SLOT, value * _pence_per_unit(state, entity_id)),))


def _rows(attributes: Mapping[str, object]) -> list[object] | None:
    found = [attributes[name] for name in LISTS if isinstance(attributes.get(name), list)]
    if not found:
        return None
    return [row for rows in found if isinstance(rows, list) for row in rows]


def _pence_per_unit(state: State, entity_id: str) -> float:
    unit = state.attributes.get("unit_of_measurement")
    if isinstance(unit, str) and unit in PENCE:
        return PENCE[unit]
    # The Octopus Energy integration's events have no unit and are in pounds.
    if unit is None and state.domain == "event":
        return 100.0
    raise RateEntityError("entity_unit", entity_id)


def _half_hours(row: object, pence: float, entity_id: str) -> Iterable[Rate]:
    if not isinstance(row, Mapping):
        raise RateEntityError("entity_no_rates", entity_id)
    start, end = _moment(row, STARTS), _moment(row, ENDS)
    value = next((found for key in VALUES if (found := number(row.get(key))) is not None), None)
    if start is None:
        raise RateEntityError("entity_no_rates", entity_id)
    end = end or start + timedelta(hours=1)
    if value is None:
        return
    if floor_slot(start) != start or floor_slot(end) != end or end - start > LONGEST_PERIOD:
        raise RateEntityError("entity_periods", entity_id)
    while start < end:
        yield Rate(start, start + SLOT, value * pence)
        start += SLOT


def _moment(row: Mapping[object, object], keys: Iterable[str]) -> datetime | None:
    for key in keys:
        value = row.get(key)
        moment = aware(value.isoformat() if isinstance(value, datetime) else value)
        if moment is not None:
            return moment
    return None


def dispatches_of(state: State | None) -> tuple[Dispatch, ...]:
    """The planned dispatches that an entity tells; what cannot be read is none."""
    planned = state.attributes.get("planned_dispatches") if state is not None else None
    if not isinstance(planned, list):
        return ()
    spans = (
        (_moment(row, STARTS), _moment(row, ENDS), _is_cheap(row))
        for row in planned
        if isinstance(row, Mapping)
    )
    return tuple(
        Dispatch(start=start, end=end, is_cheap=is_cheap)
        for start, end, is_cheap in sorted(spans, key=str)
        if start is not None and end is not None and start < end
    )


def _is_cheap(row: Mapping[object, object]) -> bool:
    """A boost (``bump-charge`` or ``BOOST``) is the owner's own wish, paid for at the day's rate."""
    source = row.get("source")
    return source is None or str(source).lower().startswith("smart")


class EntitySource:
    """Rates out of Home Assistant's own states."""

    def __init__(
        self,
        hass: HomeAssistant,
        imports: tuple[str, ...],
        exports: tuple[str, ...],
        dispatches: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Read these entities; without any for exports they are not paid."""
        self._hass = hass
        self._imports = imports
        self._exports = exports
        self._dispatches = dispatches
        self._clock = clock
        self.problems: frozenset[SupplyProblem] = frozenset()

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """Those to watch: a change may be news."""
        return (*self._imports, *self._exports, *filter(None, [self._dispatches]))

    @property
    def dispatches(self) -> tuple[Dispatch, ...]:
        """What the car's entity tells now."""
        if self._dispatches is None:
            return ()
        return dispatches_of(self._hass.states.get(self._dispatches))

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """What the entities know; exports that cannot be read are unknown. Raises RateError."""
        # At a start the entities' own integrations may come up after the home.
        is_up = self._hass.state is CoreState.running
        self.problems = frozenset({SupplyProblem.RATE_ENTITY} if is_up else ())
        try:
            imports = self._table(self._imports)
        except RateEntityError as err:
            raise RateError(str(err)) from err
        try:
            exports = self._table(self._exports) if self._exports else None
        except RateEntityError:
            return Rates(imports=imports, exports=RateTable())
        self.problems = frozenset()
        return Rates(imports=imports, exports=exports)

    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """At the next slot at the latest: a sensor may know the rate of now only."""
        return min(floor_slot(now) + SLOT + timedelta(seconds=5), now + LOOK_EVERY)

    def _table(self, entity_ids: Iterable[str]) -> RateTable:
        """All together; one of several that is not there yet does no harm."""
        now, table, problem = self._clock(), RateTable(), None
        read = False
        for entity_id in entity_ids:
            try:
                table = table.merged(rates_of(self._hass.states.get(entity_id), entity_id, now))
                read = True
            except RateEntityError as err:
                problem = problem or err
        if problem is not None and not read:
            raise problem
        return table
