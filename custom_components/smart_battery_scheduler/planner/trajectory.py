"""A rollout as people read it: one value per slot."""

from dataclasses import dataclass

import numpy as np

from .forward import Rollout
from .paths import Floats
from .problem import Problem
from .rollout import Choice, bands


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A sequence of choices and what it is expected to lead to, one value per slot.

    Energies are kWh AC; ``percent`` and its quantiles are charge levels at the beginning of each
    slot and, last, at the end; ``bill_p`` is what each slot pays for imports less exports, not a number
    where nobody can guess the rate.
    """

    choices: tuple[Choice, ...]
    likelihood: tuple[float, ...]
    imported_kwh: Floats
    exported_kwh: Floats
    in_kwh: Floats
    out_kwh: Floats
    bill_p: Floats
    percent: Floats
    percent_p10: Floats
    percent_p90: Floats

    @classmethod
    def of(cls, problem: Problem, rollout: Rollout) -> Trajectory:
        """The rollout with its band, in which surprises of the house last."""
        kwh = np.array(
            [
                (here.imported_kwh, here.exported_kwh, here.in_kwh, here.out_kwh, here.bill_p)
                for here in rollout.played
            ]
        ).T
        stored_kwh = np.array([mass.sum(axis=0) for mass in rollout.mass]) @ problem.grid
        percent = stored_kwh / problem.battery.capacity_kwh * 100.0
        low, high = bands(problem, rollout.choices)
        return cls(
            choices=rollout.choices,
            likelihood=tuple(here.likelihood for here in rollout.played),
            imported_kwh=kwh[0],
            exported_kwh=kwh[1],
            in_kwh=kwh[2],
            out_kwh=kwh[3],
            bill_p=kwh[4],
            percent=percent,
            percent_p10=np.minimum(low, percent),
            percent_p90=np.maximum(high, percent),
        )
