"""A day whose plan is written by the test, and silent clouds that do not stop the clock."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    ChargeMethod,
    Plan,
    PlannedSlot,
)
from custom_components.smart_battery_scheduler.site.planner_inputs import SiteSnapshot
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot

from ..days.conftest import calm, day, frozen
from ..plans import a_slot

__all__ = ["calm", "day", "frozen"]


@dataclass
class Script:
    """What the plan asks for; where nothing is written it uses the battery as the house likes."""

    lines: list[tuple[datetime, datetime, Action, ChargeMethod | None, int | None]] = field(
        default_factory=list
    )

    def charge(
        self,
        start: datetime,
        end: datetime,
        method: ChargeMethod = ChargeMethod.BACKUP,
        target: int = 100,
    ) -> None:
        """Charge from one half-hour to another."""
        self.lines.append((start, end, Action.CHARGE, method, target))

    def __call__(self, snapshot: SiteSnapshot) -> Plan:
        """The plan as written."""
        starts = [floor_slot(snapshot.now) + SLOT * ahead for ahead in range(48)]
        level = snapshot.soc_percent
        slots = [
            replace(self._slot(start), start_percent=level, end_percent=level) for start in starts
        ]
        return Plan(made_at=snapshot.now, slots=tuple(slots), cost_p=None, baseline_cost_p=None)

    def _slot(self, start: datetime) -> PlannedSlot:
        for begin, end, action, method, target in self.lines:
            if begin <= start < end:
                return a_slot(start, action, method=method, target_percent=target)
        return a_slot(start, Action.USE)


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """The plan of the day."""
    script = Script()
    monkeypatch.setattr(
        "custom_components.smart_battery_scheduler.site.replanner.make_plan", script
    )
    return script
