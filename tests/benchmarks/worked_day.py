"""The worked day of the documentation: prints its table."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
import sys

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.planner.model import Action, Plan, PlannedSlot
from custom_components.smart_battery_scheduler.planner.optimiser import plan

from .generated import inputs_at

EVENING = datetime(2026, 1, 14, 18, 0, tzinfo=UTC)
STORED_KWH = 4.2
SHOWN = timedelta(hours=30)


def the_plan() -> Plan:
    """The plan made on the evening."""
    return plan(inputs_at(EVENING, STORED_KWH))


def table(found: Plan) -> str:
    """One row per stretch of the same action, for thirty hours."""
    head = "| from | to | what | import rate | bought | from the battery | battery | bill |"
    return "\n".join([head, "|---|---|---|---|--:|--:|---|--:|", *_rows(found)])


def _rows(found: Plan) -> Iterator[str]:
    slots = [slot for slot in found.slots if slot.start < EVENING + SHOWN]
    for _, stretch in groupby(slots, key=lambda slot: (slot.action, slot.method)):
        yield _row(list(stretch))


def _row(slots: list[PlannedSlot]) -> str:
    first, last = slots[0], slots[-1]
    rates = [slot.import_p_per_kwh or 0.0 for slot in slots]
    what = first.action.value
    if first.action is Action.CHARGE and first.method is not None:
        what = f"charge ({first.method.value})"
    cells = (
        f"{first.start.astimezone(MARKET_TIME_ZONE):%H:%M}",
        f"{last.end.astimezone(MARKET_TIME_ZONE):%H:%M}",
        what,
        f"{min(rates):.1f} to {max(rates):.1f} p",
        f"{sum(slot.grid_import_kwh for slot in slots):.1f} kWh",
        f"{sum(slot.battery_out_kwh for slot in slots):.1f} kWh",
        f"{first.start_percent:.0f} % to {last.end_percent:.0f} %",
        f"{round(sum(slot.cost_p or 0.0 for slot in slots))} p",
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(table(the_plan()) + "\n")
