"""What the house may want in each slot.

A slot's net demand (load less sun) is three **quantile points** with fixed weights, so that a plan is not
only right for the average half-hour.

Worked example, of three slots with a load of 0.1, 0.3 and 0.7 kWh at p10, p50 and p90, a mean of 0.4 kWh
and no sun: the points' own mean is 0.03 + 0.12 + 0.21 = 0.36 kWh, so all are moved up by 0.04:
0.14, 0.34 and 0.74 kWh with the weights 0.3, 0.4 and 0.3. In the second slot the sun is sure to
give 0.4 kWh: -0.26, -0.06 and 0.34 kWh. In the third it gives 0.2, 0.4 or 0.6 kWh: what the
house may need more and the sun give less adds up as hypot(0.4, 0.2): -0.34, -0.06 and 0.39 kWh
about, moved so that their mean is 0.

That a surprise lasts is not part of it. A belief about the day, learned slot by slot inside the
recursion (three states, so that the variance of 6 hours was 1.9 times the sum of its half-hours' and
of 19 hours 3.9 times; 2.1 and 3.7 were measured), was built and weighed on five windows of real days:
21.2 instead of 20.2 pounds a year above the optimum, at twice the time.
"""

from __future__ import annotations

import numpy as np

from .grid import Floats, Grid
from .model import SlotInputs

# p10, p50 and p90 stand for a distribution with these weights (Swanson's rule).
WEIGHTS = np.array([0.3, 0.4, 0.3])
QUANTILES = len(WEIGHTS)


class Demand:
    """Net demand per slot and quantile point, kWh AC, smallest first."""

    def __init__(self, grid: Grid, slots: tuple[SlotInputs, ...]) -> None:
        """Lay out (slot, point)."""
        self.net_kwh = net_points(slots)
        surplus = np.maximum(-self.net_kwh, 0.0)
        # What sun and house would put in and take out if the battery had room and energy.
        self.surplus_kwh = np.minimum(surplus, grid.most_in_kwh[:, None])
        self.need_kwh = np.maximum(self.net_kwh, 0.0)
        self.served_kwh = np.minimum(self.need_kwh, grid.most_out_kwh[:, None])
        # How many points are a surplus: they come first.
        self.sunny = (self.net_kwh <= 0.0).sum(axis=1)


def net_points(slots: tuple[SlotInputs, ...]) -> Floats:
    """Load less sun as three points per slot, smallest first, with the weights of ``WEIGHTS``.

    Their mean is exact; their spread adds the two spreads as independent.
    """
    mean, low, middle, high = np.array(
        [(s.load_kwh.mean, s.load_kwh.p10, s.load_kwh.p50, s.load_kwh.p90) for s in slots]
    ).T
    pv_mean, pv_low, pv_middle, pv_high = np.array(
        [(s.pv_kwh.mean, s.pv_kwh.p10, s.pv_kwh.p50, s.pv_kwh.p90) for s in slots]
    ).T
    net = middle - pv_middle
    below = np.hypot(middle - low, pv_high - pv_middle)
    above = np.hypot(high - middle, pv_middle - pv_low)
    points = np.stack([net - below, net, net + above], axis=1)
    centred: Floats = points + (mean - pv_mean - points @ WEIGHTS)[:, None]
    return centred
