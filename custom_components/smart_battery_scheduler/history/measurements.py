"""What the home really used and made, in half-hours, from the readings as they come.

Energy between two readings is the mean of their powers times the time between, split at the
half-hour. A gap longer than ``LONGEST_GAP`` is not bridged: its energy is unknown, and a
half-hour that was not mostly observed says so by its ``observed_s``. Where the clock is set back,
the half-hours that it comes through once more keep what they have: nothing is counted twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..common.retention import too_old
from ..powerwall.base import PowerwallState
from ..tariff.model import SLOT, floor_slot

LONGEST_GAP = timedelta(minutes=15)
KEPT = timedelta(days=35)
ENOUGH_OBSERVED = 0.8
# A correction of the clock by less than this is ignored.
TREMBLING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Energies:
    """kWh on the AC side, each never negative."""

    load_kwh: float = 0.0
    pv_kwh: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    battery_in_kwh: float = 0.0
    battery_out_kwh: float = 0.0

    def plus(self, other: Energies) -> Energies:
        """The sum."""
        return Energies(
            load_kwh=self.load_kwh + other.load_kwh,
            pv_kwh=self.pv_kwh + other.pv_kwh,
            import_kwh=self.import_kwh + other.import_kwh,
            export_kwh=self.export_kwh + other.export_kwh,
            battery_in_kwh=self.battery_in_kwh + other.battery_in_kwh,
            battery_out_kwh=self.battery_out_kwh + other.battery_out_kwh,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSlot:
    """One half-hour: its energies, how long it was measured, the charge level at the last reading."""

    start: datetime
    energies: Energies
    observed_s: float
    soc_percent: float | None = None

    @property
    def is_whole(self) -> bool:
        """True if most of the half-hour was measured."""
        return self.observed_s >= ENOUGH_OBSERVED * SLOT.total_seconds()


@dataclass(frozen=True, slots=True)
class _Powers:
    """One reading's powers in W; a reading without all of them measures nothing."""

    at: datetime
    house_w: float
    solar_w: float
    grid_w: float
    battery_w: float


def _powers(reading: PowerwallState) -> _Powers | None:
    house, solar = reading.house_power_w, reading.solar_power_w
    grid, battery = reading.grid_power_w, reading.battery_power_w
    if house is None or solar is None or grid is None or battery is None:
        return None
    return _Powers(reading.read_at, house, solar, grid, battery)


class Measurements:
    """The measured half-hours of about five weeks, and running totals."""

    def __init__(self, slots: Iterable[MeasuredSlot] = (), totals: Energies | None = None) -> None:
        """Continue from what was stored."""
        self._slots = {slot.start: slot for slot in slots}
        self.totals = totals or Energies()
        self._last: _Powers | None = None
        self._latest: datetime | None = None
        self._seen_before: frozenset[datetime] = frozenset()

    @property
    def slots(self) -> tuple[MeasuredSlot, ...]:
        """All half-hours, oldest first, the running one last."""
        return tuple(self._slots[start] for start in sorted(self._slots))

    def slot(self, start: datetime) -> MeasuredSlot | None:
        """One half-hour by its start."""
        return self._slots.get(start)

    def adopt(self, slots: Iterable[MeasuredSlot]) -> None:
        """Take half-hours from elsewhere where nothing was measured here."""
        for slot in slots:
            self._slots.setdefault(slot.start, slot)

    def observe(self, reading: PowerwallState) -> None:
        """Add the time since the reading before."""
        before, self._last = self._last, _powers(reading)
        self._mind_clock(reading.read_at)
        if before is None or self._last is None:
            return
        end = self._last.at
        if not before.at < end <= before.at + LONGEST_GAP:
            return
        start = before.at
        while start < end:
            until = min(end, floor_slot(start) + SLOT)
            part = _between(before, self._last, (until - start).total_seconds())
            self.totals = self.totals.plus(part)
            self._add(start, until, part, reading.soc_percent)
            start = until

    def _mind_clock(self, now: datetime) -> None:
        """Where the clock was set back, half-hours measured before are left as they are."""
        latest, self._latest = self._latest, now
        if latest is None:
            latest = max(self._slots, default=now)
        if now < latest - TREMBLING:
            self._seen_before |= frozenset(self._slots)

    def _add(self, start: datetime, until: datetime, part: Energies, level: float | None) -> None:
        key = floor_slot(start)
        if key in self._seen_before:
            return
        if key not in self._slots:
            self._forget(until)
        slot = self._slots.get(key) or MeasuredSlot(start=key, energies=Energies(), observed_s=0.0)
        self._slots[key] = replace(
            slot,
            energies=slot.energies.plus(part),
            observed_s=slot.observed_s + (until - start).total_seconds(),
            soc_percent=slot.soc_percent if level is None else level,
        )

    def _forget(self, now: datetime) -> None:
        for start in too_old(self._slots, KEPT, now):
            del self._slots[start]


def _between(first: _Powers, second: _Powers, seconds: float) -> Energies:
    hours = seconds / 3600
    grid = (first.grid_w + second.grid_w) / 2000
    battery = (first.battery_w + second.battery_w) / 2000
    return Energies(
        load_kwh=max(0.0, (first.house_w + second.house_w) / 2000) * hours,
        pv_kwh=max(0.0, (first.solar_w + second.solar_w) / 2000) * hours,
        import_kwh=max(0.0, grid) * hours,
        export_kwh=max(0.0, -grid) * hours,
        battery_in_kwh=max(0.0, -battery) * hours,
        battery_out_kwh=max(0.0, battery) * hours,
    )
