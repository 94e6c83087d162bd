"""Between the cloud's copy of the settings and the battery: what the gateway hears of a write."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from custom_components.smart_battery_scheduler.demo.chance import fixed
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.powerwall.simulated import Delivery

from .quirks import Quirks

NOTHING = Settings()


class Gateway:
    """Hears what the cloud passes on, by the quirks in force.

    ``copy`` is the cloud's copy of the settings, with whatever is still on its way there.
    """

    def __init__(
        self,
        quirks: Callable[[], Quirks],
        copy: Callable[[], Settings],
        clock: Callable[[], datetime],
    ) -> None:
        """Nothing is on its way."""
        self._quirks = quirks
        self._copy = copy
        self._clock = clock
        self._withheld = NOTHING
        self._latest_due: datetime | None = None
        self._received = 0

    def pass_on(self, change: Settings, delivery: Delivery) -> Delivery:
        """What becomes of a write of which the cloud makes this delivery."""
        quirks = self._quirks()
        if not quirks.gateway_is_apart:
            return delivery
        self._received += 1
        copy = self._copy()
        obeyed = delivery.obeyed
        lost = (
            fixed(0.0, 1.0, "gateway", self._received, self._clock()) < quirks.gateway_loses_share
        )
        if lost or (quirks.gateway_hears_only_changes and change.over(copy) == copy):
            obeyed = NOTHING
        if quirks.gateway_one_behind:
            # What was withheld and is overtaken field by field comes all the same, one write later.
            obeyed, self._withheld = self._withheld, obeyed
        return self._in_order(replace(delivery, obeyed=obeyed), quirks)

    def _in_order(self, delivery: Delivery, quirks: Quirks) -> Delivery:
        """Later by the usual lag, and never before an earlier write: the lag is one of a queue."""
        shown_at = self._clock() + delivery.delay
        due = shown_at + timedelta(seconds=quirks.gateway_behind_s)
        if self._latest_due is not None:
            due = max(due, self._latest_due)
        self._latest_due = due
        return replace(delivery, behind=due - shown_at)
