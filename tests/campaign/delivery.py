"""How much a site could have charged in the hours in which that was wanted, and how much it did."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby, pairwise

from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import (
    Circumstances,
    Hardware,
    flows,
)

from .truth import Sample

SHARE = 0.9
# What the first minutes cost: the write, the gateway's usual lag, and the battery's own start.
START_LOST = timedelta(minutes=6)
LEAST_KWH = 0.5


def undelivered(samples: Sequence[Sample], hardware: Hardware, lag: timedelta) -> Iterator[str]:
    """Charges that brought less than nine tenths of what this site could have brought."""
    for wanted, group in groupby(samples, key=lambda each: each.wanted):
        run = list(group)
        if wanted is not Action.CHARGE or run[-1].at - run[0].at <= START_LOST + lag:
            continue
        could = _possible_kwh(run, hardware, lag)
        did = _kwh(run)
        if could >= LEAST_KWH and did < SHARE * could:
            yield (
                f"charged {did:.1f} kWh from {run[0].at} to {run[-1].at}, {could:.1f} could have been"
            )


def _kwh(run: Sequence[Sample]) -> float:
    return (
        sum(-min(before.battery_w, 0.0) * _hours(before, after) for before, after in pairwise(run))
        / 1000.0
    )


def _hours(before: Sample, after: Sample) -> float:
    return (after.at - before.at) / timedelta(hours=1)


def _possible_kwh(run: Sequence[Sample], hardware: Hardware, lag: timedelta) -> float:
    """What would have come in by the method that was planned, from the first level to the target."""
    stored_kwh = hardware.capacity_kwh * run[0].level / 100.0
    begin, total_kwh = run[0].at + START_LOST + lag, 0.0
    for before, after in pairwise(run):
        until_kwh = (
            hardware.capacity_kwh * min(before.target_percent, hardware.full_percent) / 100.0
        )
        if before.at < begin or stored_kwh >= until_kwh:
            continue
        settings = Settings(
            operating_mode=OperatingMode.BACKUP if before.by_backup else OperatingMode.SELF_POWERED,
            backup_reserve_percent=round(before.target_percent),
            grid_charging=hardware.grid_charging_permitted,
        )
        there = flows(
            hardware,
            settings,
            Circumstances(),
            stored_kwh,
            before.house_w,
            before.available_solar_w,
        )
        kwh = -min(there.battery_w, 0.0) * _hours(before, after) / 1000.0
        kwh = min(kwh, (until_kwh - stored_kwh) / hardware.one_way_efficiency)
        total_kwh += kwh
        stored_kwh += kwh * hardware.one_way_efficiency
    return total_kwh
