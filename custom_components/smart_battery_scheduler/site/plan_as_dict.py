"""A plan as plain data for people's eyes: attributes, action responses, the card.

Units are in the names; what is not known is None.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import override

from ..common.serialisation import Json, encode
from ..planner.model import Plan, PlannedSlot, Reason


@dataclass(frozen=True, slots=True, eq=False)
class _This:
    """A plan by its identity: comparing two plans takes as long as serialising one."""

    plan: Plan

    @override
    def __hash__(self) -> int:
        return id(self.plan)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and other.plan is self.plan


def plan_as_dict(plan: Plan) -> dict[str, Json]:
    """The whole plan. Shown at every reading and made once, so nobody may change it."""
    return _published(_This(plan))


@lru_cache(maxsize=4)
def _published(this: _This) -> dict[str, Json]:
    plan = this.plan
    return {
        "made_at": plan.made_at.isoformat(),
        "cost_p": _rounded(plan.cost_p, 1),
        "self_use_cost_p": _rounded(plan.baseline_cost_p, 1),
        "saving_p": _rounded(plan.saving_p, 1),
        "left_p": _rounded(plan.left_p, 1),
        "kept_instead_saves_p": _rounded(plan.kept_instead_saves_p, 1),
        "notes": [encode(note) for note in plan.notes],
        "slots": [slot_as_dict(slot) for slot in plan.slots],
    }


def slot_as_dict(slot: PlannedSlot) -> dict[str, Json]:
    """One slot of it."""
    return {
        "start": slot.start.isoformat(),
        "end": slot.end.isoformat(),
        "action": slot.action.value,
        "lever": slot.method.value if slot.method else None,
        "target_percent": slot.target_percent,
        "import_p_per_kwh": _rounded(slot.import_p_per_kwh, 2),
        "export_p_per_kwh": _rounded(slot.export_p_per_kwh, 2),
        "rate_is_estimate": slot.rate_is_estimate,
        "load_kwh": round(slot.load_kwh, 3),
        "pv_kwh": round(slot.pv_kwh, 3),
        "grid_import_kwh": round(slot.grid_import_kwh, 3),
        "grid_export_kwh": round(slot.grid_export_kwh, 3),
        "battery_in_kwh": round(slot.battery_in_kwh, 3),
        "battery_out_kwh": round(slot.battery_out_kwh, 3),
        "start_percent": round(slot.start_percent, 1),
        "end_percent": round(slot.end_percent, 1),
        "end_percent_p10": round(slot.end_percent_p10, 1),
        "end_percent_p90": round(slot.end_percent_p90, 1),
        "cost_p": _rounded(slot.cost_p, 2),
        "likelihood": round(slot.likelihood, 2),
        "stored_worth_p_per_kwh": round(slot.marginal_value_p_per_kwh, 2),
        "reason": reason_as_dict(slot.reason),
    }


def reason_as_dict(reason: Reason) -> dict[str, Json]:
    """A reason: its code, its numbers, the moment it points at."""
    return {
        "code": reason.code.value,
        "at": reason.at.isoformat() if reason.at else None,
        **{name: round(value, 2) for name, value in reason.numbers.items()},
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
