"""Half-hours that were not measured from end to end, completed by the energy balance.

What the battery took or gave in a gap is known from the charge levels at its two ends; the house
and solar power are taken as they were around it; the grid balances them. Where a level is missing,
where the gap is long or where the levels need more than the battery's power, the gap stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt

from ..planner.model import Battery
from ..tariff.model import SLOT
from .measurements import Energies, MeasuredSlot

# Load and solar power are not estimated over a longer gap: they change too much.
LONGEST_BRIDGE = timedelta(hours=3)
# Charge levels come in tenths or whole percents: a battery may seem this much stronger than it is.
LEVEL_TOLERANCE_PERCENT = 1.5
SLOT_S = SLOT.total_seconds()


def made_whole(slot: MeasuredSlot) -> Energies:
    """A half-hour that was mostly measured, extrapolated to its full length."""
    return _times(slot.energies, SLOT_S / slot.observed_s)


def stored_after_kwh(slot: MeasuredSlot | None, battery: Battery) -> float | None:
    """What the battery held at the last reading of a half-hour; None if no reading had it."""
    if slot is None or slot.soc_percent is None:
        return None
    return slot.soc_percent / 100 * battery.capacity_kwh


def stored_before_kwh(slot: MeasuredSlot, battery: Battery) -> float | None:
    """What the battery held when a half-hour began, from what it held at its end."""
    after_kwh = stored_after_kwh(slot, battery)
    if after_kwh is None:
        return None
    before_kwh = after_kwh - _stored_kwh(made_whole(slot), battery)
    return min(max(before_kwh, 0.0), battery.capacity_kwh)


def bridged(
    before: MeasuredSlot | None,
    gap: Sequence[MeasuredSlot],
    after: MeasuredSlot,
    battery: Battery,
) -> tuple[Energies, ...] | None:
    """The half-hours of ``gap`` completed, one result each; None where the balance does not allow it.

    ``before`` and ``after`` are the neighbours; ``gap`` holds what was measured in between, half-hours
    without a reading included.
    """
    if before is None or not before.is_whole or len(gap) * SLOT > LONGEST_BRIDGE:
        return None
    first_kwh, last_kwh = stored_after_kwh(before, battery), stored_before_kwh(after, battery)
    if first_kwh is None or last_kwh is None:
        return None
    seen = _total(slot.energies for slot in gap)
    missing_s = sum(SLOT_S - slot.observed_s for slot in gap)
    battery_kwh = _through_battery(last_kwh - first_kwh - _stored_kwh(seen, battery), battery)
    if not _is_possible(battery_kwh, missing_s, battery):
        return None
    around = _total((before.energies, seen, after.energies))
    around_s = before.observed_s + after.observed_s + sum(slot.observed_s for slot in gap)
    unseen = _Unseen(
        load_kwh_per_s=around.load_kwh / around_s,
        pv_kwh_per_s=around.pv_kwh / around_s,
        battery_kwh_per_s=battery_kwh / missing_s if missing_s else 0.0,
    )
    return tuple(slot.energies.plus(unseen.during(SLOT_S - slot.observed_s)) for slot in gap)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unseen:
    """The energies of the time without readings; the battery's is negative while it discharges."""

    load_kwh_per_s: float
    pv_kwh_per_s: float
    battery_kwh_per_s: float

    def during(self, seconds: float) -> Energies:
        grid_kwh = (self.load_kwh_per_s - self.pv_kwh_per_s + self.battery_kwh_per_s) * seconds
        battery_kwh = self.battery_kwh_per_s * seconds
        return Energies(
            load_kwh=self.load_kwh_per_s * seconds,
            pv_kwh=self.pv_kwh_per_s * seconds,
            import_kwh=max(0.0, grid_kwh),
            export_kwh=max(0.0, -grid_kwh),
            battery_in_kwh=max(0.0, battery_kwh),
            battery_out_kwh=max(0.0, -battery_kwh),
        )


def _total(parts: Iterable[Energies]) -> Energies:
    total = Energies()
    for part in parts:
        total = total.plus(part)
    return total


def _times(energies: Energies, factor: float) -> Energies:
    return Energies(
        load_kwh=energies.load_kwh * factor,
        pv_kwh=energies.pv_kwh * factor,
        import_kwh=energies.import_kwh * factor,
        export_kwh=energies.export_kwh * factor,
        battery_in_kwh=energies.battery_in_kwh * factor,
        battery_out_kwh=energies.battery_out_kwh * factor,
    )


def _stored_kwh(energies: Energies, battery: Battery) -> float:
    """What the cells gained; the round-trip loss is split evenly between charging and discharging."""
    one_way = sqrt(battery.round_trip_efficiency)
    return energies.battery_in_kwh * one_way - energies.battery_out_kwh / one_way


def _through_battery(stored_kwh: float, battery: Battery) -> float:
    """The AC side of a change of stored energy, negative while discharging."""
    one_way = sqrt(battery.round_trip_efficiency)
    return stored_kwh / one_way if stored_kwh > 0.0 else stored_kwh * one_way


def _is_possible(battery_kwh: float, seconds: float, battery: Battery) -> bool:
    limit_w = battery.max_charge_w if battery_kwh > 0.0 else battery.max_discharge_w
    tolerance_kwh = LEVEL_TOLERANCE_PERCENT / 100 * battery.capacity_kwh
    return abs(battery_kwh) <= limit_w / 1000 * seconds / 3600 + tolerance_kwh
