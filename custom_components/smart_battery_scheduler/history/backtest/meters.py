"""Half-hours put together from several sources: for each kind of energy the best that knows it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...tariff.model import SLOT
from ..gaps import made_whole
from ..measurements import MeasuredSlot
from .model import MeterSlot

type Energies = Mapping[datetime, float]
KINDS = ("import", "export", "pv", "battery_in", "battery_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSource:
    """What one source knows, kWh by half-hour start and kind.

    ``absent`` are the kinds that the home does not have by this source, as a roof: they are 0.
    """

    name: str
    energies: Mapping[str, Energies]
    absent: frozenset[str] = frozenset()

    def at(self, kind: str, start: datetime) -> float | None:
        """A half-hour's energy; None if this source does not know it."""
        found = self.energies.get(kind, {}).get(start)
        return 0.0 if found is None and kind in self.absent else found

    def knows(self, start: datetime) -> bool:
        """Whether anything at all of a half-hour was counted; what the home lacks does not count."""
        return any(start in each for each in self.energies.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMeters:
    """The half-hours, of each kind how many came from which source, and which sources failed.

    ``moved_in_at`` is when the household came to these meters, if the supplier says so.
    """

    slots: tuple[MeterSlot, ...] = ()
    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    moved_in_at: datetime | None = None


def measured_source(measured: Iterable[MeasuredSlot]) -> tuple[MeterSource, Energies]:
    """Our own measurements as a source, and the house by them."""
    whole = {slot.start: made_whole(slot) for slot in measured if slot.is_whole}
    source = MeterSource(
        name="measured",
        energies={
            "import": {start: each.import_kwh for start, each in whole.items()},
            "export": {start: each.export_kwh for start, each in whole.items()},
            "pv": {start: each.pv_kwh for start, each in whole.items()},
            "battery_in": {start: each.battery_in_kwh for start, each in whole.items()},
            "battery_out": {start: each.battery_out_kwh for start, each in whole.items()},
        },
    )
    return source, {start: each.load_kwh for start, each in whole.items()}


def put_together(
    sources: Sequence[MeterSource], loads: Energies, since: datetime, until: datetime
) -> PastMeters:
    """The half-hours of [since, until), each kind from the first source that knows it.

    Half-hours of which nothing at all is known are not there.
    """
    slots: list[MeterSlot] = []
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    start = since
    while start < until:
        found = {kind: _first(sources, kind, start) for kind in KINDS}
        if any(each.knows(start) for each in sources):
            for kind, each in found.items():
                if each is not None:
                    counts[kind][each[0]] += 1
            slots.append(_slot(start, found, loads.get(start)))
        start += SLOT
    return PastMeters(
        slots=tuple(slots), sources={kind: dict(each) for kind, each in counts.items() if each}
    )


def _first(sources: Sequence[MeterSource], kind: str, start: datetime) -> tuple[str, float] | None:
    for source in sources:
        kwh = source.at(kind, start)
        if kwh is not None:
            return source.name, kwh
    return None


def _slot(
    start: datetime, found: Mapping[str, tuple[str, float] | None], load_kwh: float | None
) -> MeterSlot:
    kwh = {kind: None if each is None else each[1] for kind, each in found.items()}
    # The house as we measured it checks other meters; against our own it would prove nothing.
    ours = all(each is None or each[0] == "measured" for each in found.values())
    return MeterSlot(
        start=start,
        import_kwh=kwh["import"],
        export_kwh=kwh["export"],
        pv_kwh=kwh["pv"],
        battery_in_kwh=kwh["battery_in"],
        battery_out_kwh=kwh["battery_out"],
        load_kwh=None if ours else load_kwh,
    )
