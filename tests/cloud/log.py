"""What the clouds received: for budgets, and for "what did it really send?"."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from custom_components.smart_battery_scheduler.common.serialisation import Json

from .faults import Endpoint, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request and how it was answered. Never holds a secret."""

    at: datetime
    endpoint: Endpoint
    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    status: int | None
    faults: tuple[Fault, ...]


class RequestLog:
    """All requests in order."""

    def __init__(self) -> None:
        """Begin empty."""
        self._received: list[Received] = []

    def __iter__(self) -> Iterator[Received]:
        """The oldest first."""
        return iter(self._received)

    def __len__(self) -> int:
        """How many."""
        return len(self._received)

    def add(self, received: Received) -> None:
        """Keep one."""
        self._received.append(received)

    def clear(self) -> None:
        """Forget all."""
        self._received.clear()

    def forget_after(self, count: int) -> None:
        """Keep the first ``count`` only."""
        del self._received[count:]

    def after(self, count: int) -> list[Received]:
        """Those that came after the first ``count``."""
        return self._received[count:]

    def to(self, *endpoints: Endpoint) -> list[Received]:
        """Those to certain endpoints."""
        return [received for received in self._received if received.endpoint in endpoints]

    @property
    def writes(self) -> list[Received]:
        """The requests that asked a battery for something."""
        return self.to(Endpoint.NETZERO_WRITE)

    def last(self, endpoint: Endpoint) -> Received | None:
        """The latest request to an endpoint."""
        return next((each for each in reversed(self._received) if each.endpoint is endpoint), None)

    def most_within(
        self, window: timedelta, *endpoints: Endpoint, status: int | None = None
    ) -> int:
        """The largest number that came within any span of this length; with ``status``, of those answered so."""
        most, within = 0, deque[datetime]()
        moments = (
            received.at
            for received in self.to(*endpoints)
            if status is None or received.status == status
        )
        for moment in sorted(moments):
            within.append(moment)
            while within[0] + window <= moment:
                within.popleft()
            most = max(most, len(within))
        return most
