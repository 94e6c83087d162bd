"""The car's cheap charging by the entities of other integrations.

The Octopus Energy integration lists ``planned_dispatches``, ``started_dispatches`` and
``completed_dispatches``, as do those of Ohme chargers; megakid's Octopus Intelligent lists the wire's
own ``plannedDispatches``; others are on or off and say no more. All are on while a charge goes on.
"""

from collections.abc import Mapping
from datetime import datetime

from homeassistant.const import STATE_ON
from homeassistant.core import State

from ..tariff.dispatches import BOOST, IN_PROGRESS, SMART, Dispatch, Dispatches
from ..tariff.model import SLOT, floor_slot
from .price_lists import ENDS, STARTS, moment_of

_STARTS = (*STARTS, "startDtUtc", "startDt")
_ENDS = (*ENDS, "endDtUtc", "endDt")
_PLANNED = ("planned_dispatches", "plannedDispatches")
_STARTED = ("started_dispatches",)
_COMPLETED = ("completed_dispatches", "completedDispatches")


def car_of(state: State | None, now: datetime) -> Dispatches:
    """The car's dispatches by an entity; rows that cannot be read are left out."""
    if state is None:
        return Dispatches()
    is_on = state.state == STATE_ON
    planned = _listed(state, _PLANNED, unknown_is_cheap=True)
    if is_on and not any(each.start <= now < each.end for each in planned):
        # On, and no list says how long: this half-hour.
        slot = floor_slot(now)
        planned = (*planned, Dispatch(start=slot, end=slot + SLOT, is_cheap=True))
    return Dispatches(
        planned=tuple(sorted(planned, key=lambda each: (each.start, each.end))),
        completed=(
            *_listed(state, _COMPLETED, unknown_is_cheap=False),
            *_listed(state, _STARTED, unknown_is_cheap=True),
        ),
        state=IN_PROGRESS if is_on else None,
    )


def _listed(
    state: State, names: tuple[str, ...], *, unknown_is_cheap: bool
) -> tuple[Dispatch, ...]:
    lists = (state.attributes.get(name) for name in names)
    rows = next((each for each in lists if isinstance(each, list)), [])
    found = (_dispatch(row, unknown_is_cheap) for row in rows if isinstance(row, Mapping))
    return tuple(sorted((each for each in found if each), key=lambda each: (each.start, each.end)))


def _dispatch(row: Mapping[object, object], unknown_is_cheap: bool) -> Dispatch | None:
    """A boost (``bump-charge`` or ``BOOST``) is the owner's own request, paid for at the day's rate."""
    start, end = moment_of(row, _STARTS), moment_of(row, _ENDS)
    if start is None or end is None or not start < end:
        return None
    meta = row.get("meta")
    kind = meta.get("source") if isinstance(meta, Mapping) else row.get("source", row.get("type"))
    source = kind.lower() if isinstance(kind, str) else None
    return Dispatch(
        start=start,
        end=end,
        is_cheap=unknown_is_cheap if source is None else source in SMART,
        counts=source not in BOOST,
    )
