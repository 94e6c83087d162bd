"""Plans made by hand, for tests of everything but the planner."""

from dataclasses import replace
from datetime import datetime, timedelta

from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Plan,
    PlannedSlot,
    Reason,
    ReasonCode,
)


def a_slot(start: datetime, action: Action, **more: object) -> PlannedSlot:
    """A half-hour of a plan with plain figures."""
    slot = PlannedSlot(
        start=start,
        end=start + timedelta(minutes=30),
        action=action,
        method=None,
        target_percent=None,
        import_p_per_kwh=9.8,
        export_p_per_kwh=None,
        rate_is_estimate=False,
        load_kwh=0.2,
        pv_kwh=0.0,
        grid_import_kwh=0.2,
        grid_export_kwh=0.0,
        battery_in_kwh=0.0,
        battery_out_kwh=0.0,
        start_percent=50.0,
        end_percent=50.0,
        end_percent_p10=50.0,
        end_percent_p90=50.0,
        cost_p=2.0,
        marginal_value_p_per_kwh=12.0,
        reason=Reason(code=ReasonCode.NOTHING_TO_GAIN),
    )
    return replace(slot, **more)  # type: ignore[arg-type]  # fields of PlannedSlot by name


def a_plan(*slots: PlannedSlot) -> Plan:
    """A plan of these slots."""
    return Plan(made_at=slots[0].start, slots=slots, cost_p=100.0, baseline_cost_p=120.0)
