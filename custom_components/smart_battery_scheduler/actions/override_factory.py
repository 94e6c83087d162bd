"""How an override comes about, whichever switch, select, action or voice asks for it."""

from datetime import datetime, timedelta

from ..control.rules import Override
from ..planner.model import Action
from ..site.preferences import Preferences
from ..tariff.model import SLOT, floor_slot

# For those who do not know the home's own preferences.
USUAL = Preferences()
LONGEST = timedelta(hours=24)
ACTIONS = (Action.CHARGE, Action.HOLD, Action.USE)


def override_of(
    action: Action,
    now: datetime,
    wants: Preferences = USUAL,
    *,
    until: datetime | None = None,
    target_percent: int | None = None,
) -> Override:
    """An override from ``now`` on; what is not said is as preferred. Only a charge has a target."""
    target = round(wants.charge_now_percent) if target_percent is None else target_percent
    lasts = timedelta(hours=wants.charge_now_hours)
    return Override(
        action=action,
        made_at=now,
        until=until or (now + lasts if lasts else floor_slot(now) + SLOT),
        target_percent=target if action is Action.CHARGE else None,
    )
