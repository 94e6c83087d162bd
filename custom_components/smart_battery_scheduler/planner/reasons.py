"""Why a slot is as it is, as data: a code, its numbers and the moment it points at."""

from __future__ import annotations

from .forward import Course
from .gains import Block
from .model import Action, Reason, ReasonCode, Session, SlotInputs
from .problem import Problem

# Energies and levels below these are nothing that a reason should speak of.
NOTHING_KWH = 0.01
AT_FLOOR_PERCENT = 0.6
JUST_MET_PERCENT = 3.0
# A block that wins less is not told apart from the plan's own inexactness.
NOISE_P = 1.0


def explain(
    problem: Problem,
    course: Course,
    percents: list[float],
    worths: list[float],
    block: Block | None,
    index: int,
) -> Reason:
    """The reason for a slot's choice.

    ``worths`` is what one more stored kWh saves at the beginning of every slot and at the end,
    p/kWh, ``block`` what the slot is part of. Numbers: ``rate_p_per_kwh`` is the slot's rate,
    ``worth_p_per_kwh`` what a kWh out of the battery is worth afterwards; of its whole block
    ``block_cost_p`` is paid, ``block_saves_p`` saved later, ``block_gain_p`` won and ``left_out_p``
    lost without it; ``within_noise`` is there where that is next to nothing. ``saves_p_per_kwh`` is the
    mean rate that the block replaces, most of it at ``at``, ``spends_p_per_kwh`` what a kWh out of
    the battery costs with its losses, ``wanted_percent`` the charge level asked for at ``at``.
    """
    slot, choice = problem.inputs.slots[index], course.played[index].choice
    numbers = {"worth_p_per_kwh": worths[index + 1] / problem.eta}
    if not problem.unknown[index]:
        numbers["rate_p_per_kwh"] = float(problem.import_rate_p[index])
    charging = choice.action is Action.CHARGE
    code = _charging(problem, percents, block, index) if charging else None
    code = code or _resting(problem, course, percents, index, slot)
    if block is not None:
        numbers |= _of_block(block)
    if code is ReasonCode.READY_BY:
        asked, wanted_kwh = _wish_ahead(problem, percents, index) or (index, 0.0)
        numbers["wanted_percent"] = wanted_kwh / problem.battery.capacity_kwh * 100.0
        return Reason(code=code, numbers=numbers, at=problem.inputs.slots[asked].start)
    if block is None or choice.action not in (Action.CHARGE, Action.HOLD):
        return Reason(code=code, numbers=numbers)
    at, saves_p = _replaced(problem, block)
    if at is None:
        return Reason(code=code, numbers=numbers)
    spends_p = numbers.get("rate_p_per_kwh", 0.0) / problem.battery.round_trip_efficiency
    if charging and "rate_p_per_kwh" in numbers:
        numbers["spends_p_per_kwh"] = spends_p
    if saves_p > (spends_p if charging else numbers.get("rate_p_per_kwh", saves_p)):
        numbers["saves_p_per_kwh"] = saves_p
    return Reason(code=code, numbers=numbers, at=problem.inputs.slots[at].start)


def _of_block(block: Block) -> dict[str, float]:
    numbers = {
        "block_cost_p": block.cost_p,
        "block_saves_p": block.cost_p + block.gain_p,
        "block_gain_p": block.gain_p,
    }
    if block.left_out_p is not None:
        numbers["left_out_p"] = block.left_out_p
    if abs(block.gain_p) < NOISE_P and (block.left_out_p or 0.0) < NOISE_P:
        numbers["within_noise"] = 1.0
    return numbers


def _wish_ahead(problem: Problem, percents: list[float], index: int) -> tuple[int, float] | None:
    """The next wish that the plan just meets, or comes as near to as it can: slot and kWh."""
    for asked, wanted_kwh in problem.asked:
        wanted_percent = wanted_kwh / problem.battery.capacity_kwh * 100.0
        if asked > index and percents[asked] <= wanted_percent + JUST_MET_PERCENT:
            return asked, wanted_kwh
    return None


def _charging(
    problem: Problem, percents: list[float], block: Block | None, index: int
) -> ReasonCode:
    slot = problem.inputs.slots[index]
    if slot.forced is Action.CHARGE:
        return ReasonCode.FORCED
    if slot.session is Session.POWER_UP:
        return ReasonCode.POWER_UP
    if float(problem.import_rate_p[index]) < 0.0:
        return ReasonCode.PAID_TO_CHARGE
    if percents[index] < problem.rules.reserve_floor_percent - AT_FLOOR_PERCENT:
        return ReasonCode.BELOW_FLOOR
    if _wish_ahead(problem, percents, index) is not None:
        return ReasonCode.READY_BY
    if block is not None and _for_session(problem, block):
        return ReasonCode.SESSION_AHEAD
    return ReasonCode.CHEAPER_THAN_LATER


def _for_session(problem: Problem, block: Block) -> bool:
    """Whether a block is mostly for a Power Down."""
    at, _ = _replaced(problem, block)
    return at is not None and problem.inputs.slots[at].session is Session.POWER_DOWN


def _resting(
    problem: Problem, course: Course, percents: list[float], index: int, slot: SlotInputs
) -> ReasonCode:
    here = course.played[index]
    action = here.choice.action
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
    if here.out_kwh > NOTHING_KWH:
        return ReasonCode.USE_NOW
    at_floor = percents[index] <= problem.rules.reserve_floor_percent + AT_FLOOR_PERCENT
    return ReasonCode.EMPTY if at_floor else ReasonCode.NOTHING_TO_GAIN


def _replaced(problem: Problem, block: Block) -> tuple[int | None, float]:
    """The slot in which a block saves most, and the mean rate that it replaces."""
    avoided = [one for one in block.served if one.imported_kwh > 0.0]
    if not avoided:
        return None, 0.0
    rates_p = problem.price_mean_p
    most = max(avoided, key=lambda one: one.imported_kwh * float(rates_p[one.slot]))
    saved_p = sum(one.imported_kwh * float(problem.bill_mean_p[one.slot]) for one in avoided)
    return most.slot, saved_p / sum(one.imported_kwh for one in avoided)
