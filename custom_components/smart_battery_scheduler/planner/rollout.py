"""What a choice does to the battery, over many possible courses of the house at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import Action, Lever
from .problem import Floats, Problem

# Courses of demand that are followed, in pairs that mirror each other.
MEMBERS = 16
# How much a half-hour's surprise is still there in the next one: a busy evening stays busy.
PERSISTENCE = 0.85
# p10 and p90 of a normal distribution lie this many standard deviations from its middle.
DECILE = 1.2816


@dataclass(frozen=True, slots=True)
class Choice:
    """What a slot is to be: an action, by which lever, and to which level."""

    action: Action
    lever: Lever | None = None
    target_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Flows:
    """What is moved, kWh AC per member; ``end_kwh`` is stored afterwards."""

    end_kwh: Floats
    imported_kwh: Floats
    exported_kwh: Floats
    in_kwh: Floats
    out_kwh: Floats


@dataclass(frozen=True, slots=True)
class Course:
    """A sequence of choices and what it is expected to lead to, one value per slot.

    Energies are kWh AC; ``percent`` and its quantiles are charge levels at the beginning of each
    slot and, last, at the end. ``pence`` is what the course is expected to cost with wear, carbon
    and unmet wishes, less the worth of what is left.
    """

    choices: tuple[Choice, ...]
    imported_kwh: Floats
    exported_kwh: Floats
    in_kwh: Floats
    out_kwh: Floats
    percent: Floats
    percent_p10: Floats
    percent_p90: Floats
    pence: float


def members(problem: Problem) -> Floats:
    """Possible net demands (slot, member): surprises that last, around the exact mean.

    The draws are fixed, so that the same inputs give the same plan.
    """
    draws = np.random.default_rng(0).standard_normal((problem.planned, MEMBERS // 2))
    fresh = np.sqrt(1.0 - PERSISTENCE**2)
    for slot in range(1, problem.planned):
        draws[slot] = PERSISTENCE * draws[slot - 1] + fresh * draws[slot]
    scores = np.hstack([draws, -draws]) / DECILE
    low, middle, high = problem.net_kwh[: problem.planned].T[:, :, None]
    net: Floats = middle + np.where(scores < 0.0, scores * (middle - low), scores * (high - middle))
    means = np.array([s.load_kwh.mean - s.pv_kwh.mean for s in problem.inputs.slots])
    centred: Floats = net + (means - net.mean(axis=1))[:, None]
    return centred


def play(problem: Problem, slot: int, choice: Choice, stored_kwh: Floats, net_kwh: Floats) -> Flows:
    """What each member's net demand makes of a choice from its level."""
    battery, eta, hours = problem.battery, problem.eta, float(problem.hours[slot])
    most_in = battery.max_charge_w * hours / 1000.0
    room = (battery.capacity_kwh - stored_kwh) / eta
    limit = np.inf if battery.export_limit_w is None else battery.export_limit_w * hours / 1000.0
    into = np.minimum(np.minimum(np.maximum(-net_kwh, 0.0), most_in), room)
    out = np.zeros_like(stored_kwh)
    if choice.action is Action.CHARGE and choice.lever is not None:
        target = (choice.target_percent or 100) / 100.0 * battery.capacity_kwh
        power_w = next(m.power_w for m in battery.levers if m.lever is choice.lever)
        most = power_w * hours / 1000.0 * problem.taper(stored_kwh)
        wanted = np.minimum((target - stored_kwh) / eta - into, most)
        into = into + np.maximum(np.minimum(wanted, most_in - into), 0.0)
    elif choice.action in (Action.USE, Action.EXPORT):
        reserve = (choice.target_percent or 0) / 100.0 * battery.capacity_kwh
        spare = np.maximum(stored_kwh - reserve, 0.0) * eta
        most_out = battery.max_discharge_w * hours / 1000.0
        wanted = np.maximum(net_kwh, 0.0)
        if choice.action is Action.EXPORT:
            into = np.where(spare > 0.0, 0.0, into)
            wanted = wanted + np.maximum(limit - np.maximum(-net_kwh, 0.0), 0.0)
        out = np.minimum(np.minimum(wanted, most_out), spare)
    grid = net_kwh + into - out
    exported = np.minimum(np.maximum(-grid, 0.0), limit)
    return Flows(stored_kwh + eta * into - out / eta, np.maximum(grid, 0.0), exported, into, out)
