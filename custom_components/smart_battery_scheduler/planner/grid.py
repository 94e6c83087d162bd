"""The battery's charge levels as a grid, and what a step down or up from every level leads to.

Values over levels are arrays of shape (level, column): every operation here moves whole rows of
them, so that no level is looked up by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .model import Battery

type Floats = NDArray[np.float64]
type Ints = NDArray[np.intp]
type Bools = NDArray[np.bool_]

# Half a percent: finer steps no longer change plans, coarser ones blur small loads.
PER_PERCENT = 2
LEVELS = 100 * PER_PERCENT + 1
# Room for rounding where levels are compared.
NEAR_KWH = 1e-9


@dataclass(frozen=True, slots=True)
class Lookup:
    """Places on the grid: between level ``below`` and the next, ``share`` of the way."""

    below: Ints
    share: Floats

    @classmethod
    def of(cls, stored_kwh: Floats, step_kwh: float) -> Lookup:
        """The places of stored energies that lie within the grid."""
        share = stored_kwh / step_kwh
        below = np.minimum(share.astype(np.intp), LEVELS - 2)
        return cls(below, share - below)

    def read(self, values: Floats) -> Floats:
        """Values (level, ...) at the places (place, ...), between the grid's levels."""
        share = self.share.reshape((-1,) + (1,) * (values.ndim - 1))
        low = values.take(self.below, axis=0)
        between = values.take(self.below + 1, axis=0)
        between -= low
        between *= share
        between += low
        return between


@dataclass(frozen=True)
class Grid:
    """The battery on its grid of levels, and how long each slot is."""

    battery: Battery
    floor_kwh: float
    hours: Floats

    @cached_property
    def eta(self) -> float:
        """The efficiency of one way, in or out."""
        return float(np.sqrt(self.battery.round_trip_efficiency))

    @cached_property
    def levels_kwh(self) -> Floats:
        """Stored energy at every level."""
        levels: Floats = np.linspace(0.0, self.battery.capacity_kwh, LEVELS)
        return levels

    @cached_property
    def step_kwh(self) -> float:
        """From one level to the next."""
        return float(self.levels_kwh[1])

    @cached_property
    def above_floor(self) -> int:
        """The first level that is not below the floor."""
        return int(np.ceil(self.floor_kwh / self.step_kwh - NEAR_KWH))

    @cached_property
    def floor_place(self) -> Lookup:
        """Where the floor lies on the grid."""
        return Lookup.of(np.array([self.floor_kwh]), self.step_kwh)

    @cached_property
    def spare_kwh(self) -> Floats:
        """What the battery can give from each level down to the floor, AC: (level, 1)."""
        spare: Floats = np.maximum(self.levels_kwh - self.floor_kwh, 0.0)[:, None] * self.eta
        return spare

    @cached_property
    def most_in_kwh(self) -> Floats:
        """What the battery can take per slot, AC."""
        return self.battery.max_charge_w * self.hours / 1000.0

    @cached_property
    def most_out_kwh(self) -> Floats:
        """What the battery can give per slot, AC."""
        return self.battery.max_discharge_w * self.hours / 1000.0

    @cached_property
    def export_limit_kwh(self) -> Floats:
        """What may go to the grid per slot."""
        limit_w = self.battery.export_limit_w
        return self.hours * np.inf if limit_w is None else limit_w * self.hours / 1000.0

    def taper(self, stored_kwh: Floats) -> Floats:
        """The share of a lever's power that is left at each level."""
        battery = self.battery
        if battery.taper_from_percent >= 100.0:
            return np.ones_like(stored_kwh)
        percent = stored_kwh / battery.capacity_kwh * 100.0
        through = (percent - battery.taper_from_percent) / (100.0 - battery.taper_from_percent)
        slowed: Floats = 1.0 - np.clip(through, 0.0, 1.0) * (1.0 - battery.taper_to_fraction)
        return slowed

    def add_drawn(self, total: Floats, values: Floats, stored_kwh: float, weight: float) -> None:
        """Add weighed values where a draw of so much stored energy leads, which ends at the floor.

        A level below the floor stays. Three levels of 1 kWh with values 30, 20 and 10 p and the
        floor at 0: a draw of 0.5 kWh reads 30 (the floor), 25 and 15 p.
        """
        whole, share = divmod(stored_kwh / self.step_kwh, 1.0)
        steps, floor = int(whole), self.above_floor
        first = max(int(np.ceil((self.floor_kwh + stored_kwh) / self.step_kwh)), steps + 1)
        if floor:
            total[:floor] += weight * values[:floor]
        if floor < LEVELS:
            total[floor:first] += weight * self.floor_place.read(values)
        if first < LEVELS:
            total[first:] += (weight * (1.0 - share)) * values[first - steps : LEVELS - steps]
            total[first:] += (weight * share) * values[first - steps - 1 : LEVELS - steps - 1]

    def add_raised(self, total: Floats, values: Floats, stored_kwh: float, weight: float) -> None:
        """Add weighed values where so much more stored energy leads, which ends at the top."""
        whole, share = divmod(stored_kwh / self.step_kwh, 1.0)
        steps = int(whole)
        last = max(LEVELS - 1 - steps, 0)
        total[last:] += weight * values[-1]
        if last:
            total[:last] += (weight * (1.0 - share)) * values[steps:-1]
            total[:last] += (weight * share) * values[steps + 1 :]
