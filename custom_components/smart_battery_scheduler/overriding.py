"""How an override comes about, whichever switch, select, action or voice asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from .control.rules import Override
from .planner.model import Action

# An override asked for without an end gets this one; a charge also ends at its target.
LASTS = timedelta(hours=4)
LONGEST = timedelta(hours=24)
ACTIONS = (Action.CHARGE, Action.HOLD, Action.USE)
FULL_PERCENT = 100


def override_of(
    action: Action,
    now: datetime,
    *,
    until: datetime | None = None,
    target_percent: int | None = None,
) -> Override:
    """An override from ``now`` on. Only a charge has a target; without one it goes to full."""
    target = target_percent or FULL_PERCENT
    return Override(
        action=action,
        made_at=now,
        until=until or now + LASTS,
        target_percent=target if action is Action.CHARGE else None,
    )
