"""When a new plan is made for a site, and from which inputs."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.debounce import Debouncer

from ..planner.model import Plan
from .plan_coordinator import PlanCoordinator
from .planner_inputs import SiteSnapshot, make_plan

_LOGGER = logging.getLogger(__name__)

# A new plan is due when the present one is this old or the battery is this far from it.
REPLAN_AFTER = timedelta(minutes=10)
OFF_PLAN_PERCENT = 3.0
REPLAN_COOLDOWN_S = 2.0


class Replanner:
    """Holds the plan in force and makes the next one.

    ``snapshot`` is what a plan is made from now, None while the state of charge is not known.
    ``planned`` is awaited with the plan before and the new one, once that is in force.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        snapshot: Callable[[], SiteSnapshot | None],
        planned: Callable[[Plan | None, Plan], Awaitable[None]],
    ) -> None:
        """Begin without a plan."""
        self._hass = hass
        self._snapshot = snapshot
        self._planned = planned
        self.coordinator = PlanCoordinator(hass, entry)
        self.planned_from: SiteSnapshot | None = None
        self._debouncer = Debouncer(
            hass,
            _LOGGER,
            cooldown=REPLAN_COOLDOWN_S,
            immediate=True,
            function=self.async_replan_now,
        )

    @property
    def plan(self) -> Plan | None:
        """The plan in force."""
        return self.coordinator.data

    async def async_replan(self) -> None:
        """Plan again soon; many calls in a row make one plan."""
        await self._debouncer.async_call()

    async def async_replan_now(self) -> None:
        """Plan again, unless the state of charge is not known."""
        snapshot = self._snapshot()
        if snapshot is None:
            return
        plan = await self._hass.async_add_executor_job(make_plan, snapshot)
        before, self.planned_from = self.plan, snapshot
        self.coordinator.async_set_updated_data(plan)
        await self._planned(before, plan)

    def is_due(self, now: datetime, soc_percent: float | None) -> bool:
        """Whether the plan is old, or the battery is not where it says."""
        plan = self.plan
        if plan is None or now - plan.made_at >= REPLAN_AFTER:
            return True
        slot = plan.slot_at(now)
        if slot is None or soc_percent is None:
            return True
        through = (now - slot.start) / (slot.end - slot.start)
        expected = slot.start_percent + through * (slot.end_percent - slot.start_percent)
        return abs(soc_percent - expected) > OFF_PLAN_PERCENT

    def shutdown(self) -> None:
        """Stop making plans."""
        self._debouncer.async_shutdown()
