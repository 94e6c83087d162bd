"""Planned charges that were missed, and new plans that were not worth a change: published once each."""

from datetime import datetime

from ..control.ceiling import full_percent
from ..control.command_status import NOISE_W
from ..control.model import ControlState, Decision, DecisionKind, DecisionReason, Judged, Phase
from ..planner.model import Action, Plan, PlannedSlot
from ..powerwall.base import PowerwallState


class MissedCharges:
    """Watches the planned charge of the moment until it has begun or its half-hour is over."""

    def __init__(self) -> None:
        """Nothing is watched yet."""
        self._slot: PlannedSlot | None = None
        self._reason: DecisionReason | None = None
        self._kept = False

    def look(
        self,
        now: datetime,
        plan: Plan | None,
        judged: Judged,
        control: ControlState,
        reading: PowerwallState | None,
    ) -> Decision | None:
        """The decision to publish, if a planned charge has just been missed."""
        missed = None
        if self._slot is not None and now >= self._slot.end:
            missed = self._passed(now, reading)
        slot = plan.slot_at(now) if plan else None
        if slot is None or slot.action is not Action.CHARGE:
            self._slot = None
        else:
            served = _is_served(control)
            begun = self._slot is not None and self._slot.start == slot.start
            if served or not begun or self._reason is not None:
                self._reason = None if served else _why_not(judged, control, reading, slot)
            self._slot = slot
        return missed

    def kept(self, now: datetime, plan: Plan) -> Decision | None:
        """The decision that a better plan saves less than the replan threshold: once, until a new plan is in force."""
        kept_before, self._kept = self._kept, plan.kept_instead_saves_p is not None
        if plan.kept_instead_saves_p is None or kept_before:
            return None
        return Decision(
            at=now,
            kind=DecisionKind.KEPT,
            reason=DecisionReason.PLAN,
            detail=f"{plan.kept_instead_saves_p:.1f}",
        )

    def _passed(self, now: datetime, reading: PowerwallState | None) -> Decision | None:
        slot, reason = self._slot, self._reason
        self._slot = self._reason = None
        if slot is None or reason is None:
            return None
        return Decision(
            at=now,
            kind=DecisionKind.SKIPPED,
            reason=reason,
            action=slot.action,
            method=slot.method,
            slot_start=slot.start,
            slot_end=slot.end,
            rate_p_per_kwh=slot.import_p_per_kwh,
            soc_percent=reading.soc_percent if reading else None,
        )


def _is_served(control: ControlState) -> bool:
    """Whether a charge is in force, under way, or has reached its target."""
    command = control.command
    charging = command is not None and command.wanted.action is Action.CHARGE
    return charging or control.completed is not None


def _why_not(
    judged: Judged,
    control: ControlState,
    reading: PowerwallState | None,
    slot: PlannedSlot,
) -> DecisionReason | None:
    """Why a planned charge is missed at this moment; None while that is not clear."""
    wanted, unwanted = judged
    level = reading.soc_percent if reading else None
    if control.suspension is not None:
        return DecisionReason(control.suspension.cause.value)
    if control.phase is Phase.FAULT or control.fault_until is not None:
        return DecisionReason.ERROR
    if wanted is None:
        return unwanted
    if wanted.action is not Action.CHARGE:
        return DecisionReason.OVERRIDE
    if level is None:
        return DecisionReason.NO_READING
    target = 100.0 if slot.target_percent is None else float(slot.target_percent)
    if reading is not None:
        target = min(target, full_percent(control, reading.read_at))
    if level < target:
        return DecisionReason.MISSED
    by_solar = reading is not None and _is_filled_by_solar(reading)
    return DecisionReason.SOLAR if by_solar else DecisionReason.HIGH_CHARGE


def _is_filled_by_solar(reading: PowerwallState) -> bool:
    battery, solar, house = reading.battery_power_w, reading.solar_power_w, reading.house_power_w
    if battery is None or solar is None or house is None:
        return False
    return battery < -NOISE_W and solar > house
