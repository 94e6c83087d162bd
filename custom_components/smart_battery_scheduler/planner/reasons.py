"""Why a slot is as it is, as data: a code, its numbers and the moment it points at."""

import numpy as np

from .model import Action, Reason, ReasonCode, Session, SlotInputs
from .problem import Problem
from .trajectory import Trajectory

# Energies and levels below these are too small to mention in a reason.
NOTHING_KWH = 0.01
AT_FLOOR_PERCENT = 0.6
JUST_MET_PERCENT = 3.0


def explain(problem: Problem, trajectory: Trajectory, worths: list[float], index: int) -> Reason:
    """The reason for a slot's choice.

    ``worths`` is what one more stored kWh saves at the beginning of every slot and at the end,
    p/kWh. Numbers: ``rate_p_per_kwh`` is the slot's rate, ``worth_p_per_kwh`` what a kWh out of
    the battery is worth afterwards, ``saves_p_per_kwh`` the rate that it replaces at ``at``,
    ``spends_p_per_kwh`` what a kWh out of the battery costs with its losses, ``wanted_percent``
    the charge level that is asked for at ``at``.
    """
    slot, choice = problem.inputs.slots[index], trajectory.choices[index]
    numbers = {"worth_p_per_kwh": worths[index + 1] / problem.eta}
    if not problem.unknown[index]:
        numbers["rate_p_per_kwh"] = float(problem.import_rate_p[index])
    action = choice.action
    code = _charging(problem, trajectory, index) if action is Action.CHARGE else None
    code = code or _resting(problem, trajectory, index, slot)
    if code in (ReasonCode.READY_BY, ReasonCode.SESSION_AHEAD):
        asked, wanted_kwh = _request_ahead(problem, trajectory, index) or (index, 0.0)
        numbers["wanted_percent"] = wanted_kwh / problem.battery.capacity_kwh * 100.0
        return Reason(code=code, numbers=numbers, at=problem.inputs.slots[asked].start)
    later = _replaced(problem, trajectory, worths, index)
    if later is None or action not in (Action.CHARGE, Action.HOLD):
        return Reason(code=code, numbers=numbers)
    numbers["saves_p_per_kwh"] = float(problem.import_rate_p[later])
    if action is Action.CHARGE and not problem.unknown[index]:
        spent = float(problem.import_rate_p[index]) / problem.battery.round_trip_efficiency
        numbers["spends_p_per_kwh"] = spent
    return Reason(code=code, numbers=numbers, at=problem.inputs.slots[later].start)


def _request_ahead(
    problem: Problem, trajectory: Trajectory, index: int
) -> tuple[int, float] | None:
    """The next request that the plan just meets, or comes as near to as it can: slot and kWh."""
    for asked, wanted_kwh in problem.asked:
        wanted_percent = wanted_kwh / problem.battery.capacity_kwh * 100.0
        if asked > index and trajectory.percent[asked] <= wanted_percent + JUST_MET_PERCENT:
            return asked, wanted_kwh
    return None


def _charging(problem: Problem, trajectory: Trajectory, index: int) -> ReasonCode:
    slot = problem.inputs.slots[index]
    if slot.forced is Action.CHARGE:
        return ReasonCode.FORCED
    if slot.session is Session.POWER_UP:
        return ReasonCode.POWER_UP
    if float(problem.import_rate_p[index]) < 0.0:
        return ReasonCode.PAID_TO_CHARGE
    if trajectory.percent[index] < problem.rules.reserve_floor_percent - AT_FLOOR_PERCENT:
        return ReasonCode.BELOW_FLOOR
    rule = _request_ahead(problem, trajectory, index)
    if rule is not None:
        in_session = problem.inputs.slots[rule[0]].session is Session.POWER_DOWN
        return ReasonCode.SESSION_AHEAD if in_session else ReasonCode.READY_BY
    return ReasonCode.CHEAPER_THAN_LATER


def _resting(problem: Problem, trajectory: Trajectory, index: int, slot: SlotInputs) -> ReasonCode:
    action = trajectory.choices[index].action
    if slot.forced is action:
        return ReasonCode.FORCED
    if action is Action.HOLD:
        return ReasonCode.CAR_CHARGING if slot.car_charging else ReasonCode.KEEP_FOR_LATER
    if action is Action.EXPORT:
        return ReasonCode.SELL_NOW
    if problem.unknown[index]:
        return ReasonCode.RATE_UNKNOWN
    if slot.pv_kwh.mean > slot.load_kwh.mean:
        return ReasonCode.SOLAR_SURPLUS
    if trajectory.out_kwh[index] > NOTHING_KWH:
        return ReasonCode.USE_NOW
    at_floor = trajectory.percent[index] <= problem.rules.reserve_floor_percent + AT_FLOOR_PERCENT
    return ReasonCode.EMPTY if at_floor else ReasonCode.NOTHING_TO_GAIN


def _replaced(
    problem: Problem, trajectory: Trajectory, worths: list[float], index: int
) -> int | None:
    """The later slot in which a kWh kept now is used: where its saving equals its worth."""
    out_kwh = trajectory.out_kwh[index + 1 :]
    rates_p = problem.import_rate_p[index + 1 : problem.planned]
    users = np.flatnonzero((out_kwh > NOTHING_KWH) & np.isfinite(rates_p))
    if not len(users):
        return None
    value_p = worths[index + 1] / problem.eta + problem.rules.wear_p_per_kwh
    nearest = users[int(np.abs(rates_p[users] - value_p).argmin())]
    return index + 1 + int(nearest)
