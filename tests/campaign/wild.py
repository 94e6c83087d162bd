"""Plans without sense: whatever a planner may ever ask for, control must stay within its promises."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod, Plan
from custom_components.smart_battery_scheduler.site.planner_inputs import SiteSnapshot
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot

from ..plans import a_slot

HORIZON_SLOTS = 12
BLOCK = timedelta(hours=2)
TARGETS = (45, 60, 70, 79, 80, 85, 95, 100)


class WildPlanner:
    """Draws an action for every two hours, now and then for a single half-hour."""

    def __init__(self, seed: int) -> None:
        """The same seed draws the same plans."""
        self._seed = seed

    def __call__(self, snapshot: SiteSnapshot) -> Plan:
        """A plan that knows nothing of prices, peaks and levels."""
        first = floor_slot(snapshot.now)
        starts = [first + SLOT * ahead for ahead in range(HORIZON_SLOTS)]
        level = snapshot.soc_percent
        slots = [
            replace(a_slot(start, action), start_percent=level, end_percent=level, **more)
            for start in starts
            for action, more in [self._deed(start)]
        ]
        return Plan(made_at=snapshot.now, slots=tuple(slots), cost_p=None, baseline_cost_p=None)

    def _deed(self, start: datetime) -> tuple[Action, dict[str, Any]]:
        random = Random(f"{self._seed} {start}")
        if random.random() > 0.2:
            block = datetime.fromtimestamp(
                start.timestamp() // BLOCK.total_seconds() * BLOCK.total_seconds(), start.tzinfo
            )
            random = Random(f"{self._seed} {block}")
        action = random.choices(
            [Action.CHARGE, Action.HOLD, Action.USE, Action.EXPORT], [5, 2, 3, 0.3]
        )[0]
        if action is Action.CHARGE:
            method = random.choice([ChargeMethod.BACKUP, ChargeMethod.RESERVE])
            return action, {"method": method, "target_percent": random.choice(TARGETS)}
        target = random.choice([None, 10, 35]) if action is Action.USE else None
        return action, {"target_percent": target}
