"""What a choice makes of a slot's quantile points, from many levels at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grid import Floats
from .model import Action
from .problem import Problem
from .reach import LeverReach


@dataclass(frozen=True, slots=True)
class Flows:
    """Energies of one slot (point, level, column or 1): kWh AC, and what is stored at its end."""

    end_kwh: Floats
    in_kwh: Floats
    out_kwh: Floats
    imported_kwh: Floats
    exported_kwh: Floats


def flows(
    problem: Problem,
    slot: int,
    action: Action,
    stored_kwh: Floats,
    target_kwh: Floats,
    method: LeverReach | None = None,
) -> Flows:
    """Play a slot from ``stored_kwh`` to, or down to, ``target_kwh``; both (level, column or 1).

    A use or a sale ends at its target; a charge by ``method`` goes as near to it as it can.
    """
    grid, demand = problem.grid, problem.demand
    net = demand.net_kwh[slot][:, None, None]
    limit = float(grid.export_limit_kwh[slot])
    surplus = demand.surplus_kwh[slot][:, None, None]
    into = np.minimum(surplus, (grid.battery.capacity_kwh - stored_kwh) / grid.eta)
    out = np.zeros_like(into)
    if action is Action.CHARGE and method is not None:
        most = method.model.power_w * float(grid.hours[slot]) / 1000.0 * grid.taper(stored_kwh)
        wanted = np.minimum((target_kwh - stored_kwh) / grid.eta - into, most)
        beside = float(grid.most_in_kwh[slot]) - into
        into = into + np.maximum(np.minimum(wanted, beside), 0.0)
        out = np.zeros_like(into)
    elif action in (Action.USE, Action.EXPORT):
        spare = np.maximum(stored_kwh - target_kwh, 0.0) * grid.eta
        wanted = demand.served_kwh[slot][:, None, None]
        if action is Action.EXPORT:
            room = np.maximum(limit - np.maximum(-net, 0.0), 0.0)
            most_out = float(grid.most_out_kwh[slot])
            wanted = np.minimum(np.maximum(net, 0.0) + room, most_out)
            into = np.where(spare > 0.0, 0.0, into)
        out = np.minimum(wanted, spare)
    from_grid = net + into - out
    return Flows(
        end_kwh=stored_kwh + grid.eta * into - out / grid.eta,
        in_kwh=into,
        out_kwh=out,
        imported_kwh=np.maximum(from_grid, 0.0),
        exported_kwh=np.minimum(np.maximum(-from_grid, 0.0), limit),
    )
