"""The decision log: what was done, what was not, and why."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, callback

from ..common.retention import too_old
from ..control.model import Decision

KEPT = timedelta(days=30)
MOST_KEPT = 4000


class DecisionLog:
    """Decisions of the last thirty days, oldest first."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        """Continue from what was stored."""
        self._decisions = deque(decisions, maxlen=MOST_KEPT)
        self._listeners: list[Callable[[Decision], None]] = []

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All that is kept."""
        return tuple(self._decisions)

    def since(self, when: datetime) -> tuple[Decision, ...]:
        """Those at or after ``when``."""
        return tuple(decision for decision in self._decisions if decision.at >= when)

    @callback
    def async_add_listener(self, listener: Callable[[Decision], None]) -> CALLBACK_TYPE:
        """Call ``listener`` with every new decision."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def add(self, decision: Decision) -> None:
        """Add a line and call the listeners."""
        self._decisions.append(decision)
        if old := too_old((each.at for each in self._decisions), KEPT, decision.at):
            kept = (each for each in self._decisions if each.at not in old)
            self._decisions = deque(kept, maxlen=MOST_KEPT)
        for listener in tuple(self._listeners):
            listener(decision)
