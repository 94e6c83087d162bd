"""A clock moved by hand, for what is given its clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def tick(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)
