"""What a choice does to the battery, over many sample paths of the house at once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .model import Action, ChargeMethod
from .paths import Floats
from .problem import Problem

# Sample paths of demand that are followed, in pairs that mirror each other.
SAMPLE_PATHS = 16
# The correlation of a half-hour's deviation with the next one's.
PERSISTENCE = 0.85
# p10 and p90 of a normal distribution lie this many standard deviations from its middle.
DECILE = 1.2816
NOTHING = np.zeros(SAMPLE_PATHS)


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice for a slot: an action, its charge method and the level it goes to."""

    action: Action
    method: ChargeMethod | None = None
    target_percent: int | None = None


@dataclass(frozen=True, slots=True)
class SamplePaths:
    """Possible net demands, kWh AC (slot, member): correlated deviations around the exact mean.

    ``surplus_kwh`` is what the battery's power can take of them, ``need_kwh`` what it can serve.
    """

    net_kwh: Floats
    surplus_kwh: Floats
    need_kwh: Floats

    @classmethod
    def of(cls, problem: Problem) -> SamplePaths:
        """The draws are fixed, so that the same inputs give the same plan."""
        scores = _scores(problem.planned)
        low, middle, high = problem.demand.net_kwh.T[:, :, None]
        away = np.where(scores < 0.0, middle - low, high - middle)
        net: Floats = middle + scores * away
        means = np.array([s.load_kwh.mean - s.pv_kwh.mean for s in problem.inputs.slots])
        net += (means - net.mean(axis=1))[:, None]
        site = problem.site
        return cls(
            net_kwh=net,
            surplus_kwh=np.minimum(np.maximum(-net, 0.0), site.most_in_kwh[:, None]),
            need_kwh=np.minimum(np.maximum(net, 0.0), site.most_out_kwh[:, None]),
        )


@lru_cache(maxsize=16)
def _scores(slots: int) -> Floats:
    """Deviations from the median (slot, member), in units of the distance to the p10 or p90."""
    draws = np.random.default_rng(0).standard_normal((slots, SAMPLE_PATHS // 2))
    fresh = np.sqrt(1.0 - PERSISTENCE**2)
    for slot in range(1, slots):
        draws[slot] = PERSISTENCE * draws[slot - 1] + fresh * draws[slot]
    scores: Floats = np.hstack([draws, -draws]) / DECILE
    scores.flags.writeable = False
    return scores


def play(
    problem: Problem, sample_paths: SamplePaths, slot: int, choice: Choice, stored_kwh: Floats
) -> tuple[Floats, Floats]:
    """What each member's net demand makes of a choice from its level: kWh AC in and out."""
    site, capacity_kwh = problem.site, problem.battery.capacity_kwh
    into = np.minimum(sample_paths.surplus_kwh[slot], (capacity_kwh - stored_kwh) / site.eta)
    target_kwh = (choice.target_percent or 0) / 100.0 * capacity_kwh
    if choice.action is Action.CHARGE and choice.method is not None:
        power_w = next(m.power_w for m in problem.battery.methods if m.method is choice.method)
        most = power_w * site.hours[slot] / 1000.0 * site.taper(stored_kwh)
        wanted = np.minimum((target_kwh - stored_kwh) / site.eta - into, most)
        return into + np.maximum(np.minimum(wanted, site.most_in_kwh[slot] - into), 0.0), NOTHING
    if choice.action not in (Action.USE, Action.EXPORT):
        return into, NOTHING
    spare = np.maximum(stored_kwh - target_kwh, 0.0) * site.eta
    if choice.action is Action.USE:
        return into, np.minimum(sample_paths.need_kwh[slot], spare)
    net = sample_paths.net_kwh[slot]
    room = np.maximum(site.export_limit_kwh[slot] - np.maximum(-net, 0.0), 0.0)
    wanted = np.minimum(np.maximum(net, 0.0) + room, site.most_out_kwh[slot])
    return np.where(spare > 0.0, 0.0, into), np.minimum(wanted, spare)


def bands(problem: Problem, choices: tuple[Choice, ...]) -> tuple[Floats, Floats]:
    """The charge levels, percent, below which one and nine of ten rollouts are: (slot and the end)."""
    sample_paths = SamplePaths.of(problem)
    stored = np.full(SAMPLE_PATHS, problem.inputs.stored_kwh)
    levels = [stored]
    for slot, choice in enumerate(choices):
        into, out = play(problem, sample_paths, slot, choice, stored)
        stored = stored + problem.eta * into - out / problem.eta
        levels.append(stored)
    percents = np.array(levels) / problem.battery.capacity_kwh * 100.0
    p10, p90 = np.quantile(percents, [0.1, 0.9], axis=1)
    return p10, p90
