"""What the electricity of a simulated home costs, by the world's own prices."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.powerwall.simulated import SimulatedPowerwall
from custom_components.smart_battery_scheduler.tariff.model import floor_slot

from .rates import SLOT, agile_p, outgoing_p
from .world import REGION, World


class Bill:
    """Adds up imports and exports in pence, without tax.

    Call ``note`` at least at every edge of a half-hour, before anything else looks at the battery
    past it; energy since the last call is priced by the half-hour in which it began.
    """

    def __init__(self, world: World, powerwall: SimulatedPowerwall) -> None:
        """Begin now."""
        self.cost_p = 0.0
        self._world = world
        self._powerwall = powerwall
        self._last = powerwall.state

    def note(self) -> float:
        """Add what flowed since the last call; returns the cost so far."""
        before, now = self._last, self._powerwall.state
        if now.at - before.at > SLOT + timedelta(seconds=1):
            raise ValueError("a whole half-hour went by unnoted")
        slot, day = floor_slot(before.at), self._world.scenario.day
        imported = now.meters.imported_kwh - before.meters.imported_kwh
        exported = now.meters.exported_kwh - before.meters.exported_kwh
        self.cost_p += imported * agile_p(slot, day, REGION)
        self.cost_p -= exported * outgoing_p(slot, day, REGION)
        self._last = now
        return self.cost_p
