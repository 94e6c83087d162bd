"""What should be in force at this instant, after the rules that no plan may break.

The planner keeps these rules too; they are applied again here on every tick, because a plan can be
older than the rate, the session or the outage that forbids it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..planner.model import Action, ChargeMethod, Plan, PlannedSlot, ReasonCode, Session
from .model import DecisionReason, Source, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """An action now, asked for by a person or an automation, always with an end."""

    action: Action
    until: datetime
    made_at: datetime
    target_percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the rules are applied to.

    ``rate_p_per_kwh`` is the published import rate now, None where none is published.
    ``is_forced`` says that a person asked for what the plan has in this slot, ``charge_blocked`` that they
    asked not to charge in it; ``car_charging`` that the battery shall not feed a car that charges now.
    """

    now: datetime
    scheduler_enabled: bool
    dry_run: bool
    in_peak: bool
    rate_p_per_kwh: float | None
    price_ceiling_p_per_kwh: float
    session: Session | None = None
    override: Override | None = None
    is_forced: bool = False
    charge_blocked: bool = False
    car_charging: bool = False


def wanted_now(plan: Plan | None, at: Moment) -> tuple[Wanted | None, DecisionReason]:
    """What should be in force, or None and why nothing should."""
    if at.dry_run:
        return None, DecisionReason.DRY_RUN
    if at.override is not None and at.now < at.override.until:
        return _allowed(_overridden(at.override, at), at)
    if not at.scheduler_enabled:
        return None, DecisionReason.SWITCHED_OFF
    slot = plan.slot_at(at.now) if plan else None
    if plan is None or slot is None:
        return None, DecisionReason.OVER
    if slot.reason.code is ReasonCode.FORCED and not at.is_forced:
        # The plan is older than the end of what somebody asked for.
        return None, DecisionReason.DELETED
    planned = _planned(plan.slots, slot, at)
    return _allowed(_avoiding_the_car(planned, at), at)


def charge_forbidden(at: Moment) -> DecisionReason | None:
    """Why nothing may be drawn from the grid into the battery now, whoever asks."""
    if at.in_peak:
        return DecisionReason.PEAK
    if at.session is Session.POWER_DOWN:
        return DecisionReason.SESSION
    return None


def _allowed(wanted: Wanted, at: Moment) -> tuple[Wanted | None, DecisionReason]:
    if wanted.action is not Action.CHARGE:
        return wanted, DecisionReason.OVER
    if (forbidden := charge_forbidden(at)) is not None:
        return None, forbidden
    if wanted.source is not Source.OVERRIDE and at.charge_blocked:
        return None, DecisionReason.DELETED
    if wanted.source is Source.PLAN:
        rate = at.rate_p_per_kwh
        if rate is None or rate > at.price_ceiling_p_per_kwh:
            return None, DecisionReason.PRICE
    return wanted, DecisionReason.OVER


def _overridden(override: Override, at: Moment) -> Wanted:
    charging = override.action is Action.CHARGE
    return Wanted(
        action=override.action,
        slot_start=override.made_at,
        ends_at=override.until,
        source=Source.OVERRIDE,
        method=ChargeMethod.BACKUP if charging else None,
        target_percent=override.target_percent,
        rate_p_per_kwh=at.rate_p_per_kwh,
        grid_charge_forbidden=charge_forbidden(at) is not None,
    )


def _planned(slots: Sequence[PlannedSlot], slot: PlannedSlot, at: Moment) -> Wanted:
    """The planned slot, stretched over the ones after it that ask for the same.

    Charges by one charge method in a row are one charge, to the target of the last.
    """
    last = slot
    for later in slots:
        if later.start == last.end and _deed(later) == _deed(slot):
            last = later
    return Wanted(
        action=slot.action,
        slot_start=slot.start,
        ends_at=last.end,
        source=Source.FORCED if at.is_forced else Source.PLAN,
        method=slot.method,
        target_percent=last.target_percent,
        rate_p_per_kwh=at.rate_p_per_kwh,
        grid_charge_forbidden=charge_forbidden(at) is not None,
    )


def _avoiding_the_car(wanted: Wanted, at: Moment) -> Wanted:
    """What the plan wants, but no discharge while the car charges: it would flow into the car."""
    if not at.car_charging or wanted.action not in (Action.USE, Action.EXPORT):
        return wanted
    return replace(wanted, action=Action.HOLD, method=None, target_percent=None)


def _deed(slot: PlannedSlot) -> tuple[Action, ChargeMethod | None, int | None]:
    target = None if slot.action is Action.CHARGE else slot.target_percent
    return (slot.action, slot.method, target)
