"""Why a slot is as it is, as data: a code and its numbers."""

from __future__ import annotations

from math import isnan

from .model import Action, Reason, ReasonCode, Session, SlotInputs


def explain(slot: SlotInputs, rate_p: float, worth_p: float, eta: float, action: Action) -> Reason:
    """The reason for an action: what it costs here against what it is worth later."""
    if isnan(rate_p):
        return Reason(code=ReasonCode.RATE_UNKNOWN)
    numbers = {"rate_p_per_kwh": rate_p, "worth_p_per_kwh": worth_p * eta}
    return Reason(code=_code(slot, rate_p, worth_p, action), numbers=numbers)


def _code(slot: SlotInputs, rate_p: float, worth_p: float, action: Action) -> ReasonCode:
    if slot.pin is not None:
        return ReasonCode.PINNED
    match action:
        case Action.CHARGE if rate_p < 0.0:
            return ReasonCode.PAID_TO_CHARGE
        case Action.CHARGE if slot.session is Session.POWER_UP:
            return ReasonCode.POWER_UP
        case Action.CHARGE:
            return ReasonCode.CHEAPER_THAN_LATER
        case Action.HOLD if slot.car_charging:
            return ReasonCode.CAR_CHARGING
        case Action.HOLD:
            return ReasonCode.KEEP_FOR_LATER
        case Action.USE if slot.pv_kwh.mean > slot.load_kwh.mean:
            return ReasonCode.SOLAR_SURPLUS
        case Action.USE:
            return ReasonCode.USE_NOW
        case Action.EXPORT:
            return ReasonCode.SELL_NOW
