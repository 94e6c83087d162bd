"""Another order on the way to the same one: what is sent again must differ.

Tesla may take a write that equals its own copy for no change and never pass it on to a gateway that
missed the first one (owners report a battery that goes on as before while the app shows the new
settings: netzero#38, #52, #94, #256; vlo/powerwall2#26). So a repeat leads over other settings and
back; none of them may order what is not wanted.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

from ..powerwall.base import OperatingMode, Settings
from .setpoints import HIGHEST_PARTIAL_RESERVE_PERCENT

# Two writes at one moment may be handed to the gateway as one.
PAUSE = timedelta(seconds=20)


def to_owner_settings(home: Settings, sent: tuple[Settings, ...]) -> tuple[Settings, ...]:
    """What to write, one after the other, before the owner's settings are written again.

    Together they differ in every field that writes of ours (``sent``) may have left behind; if
    none is known, in all. None of them charges: backup mode goes without grid charging, and the
    reserve goes down.
    """
    by_mode = not sent or any(_differs(each.operating_mode, home.operating_mode) for each in sent)
    by_rest = not sent or any(
        _differs(each.backup_reserve_percent, home.backup_reserve_percent)
        or _differs(each.grid_charging, home.grid_charging)
        for each in sent
    )
    charged = not sent or any(_differs(each.grid_charging, home.grid_charging) for each in sent)
    over_mode = (_over_another_mode(home),) if by_mode and home.operating_mode else ()
    over_rest = (_over_another_reserve(home, charged),) if by_rest or not over_mode else ()
    return (*over_mode, *over_rest)


def to_setpoint(owner: Settings, setpoint: Settings) -> Settings:
    """What to write before a setpoint is written again: the owner's own values of its fields."""
    given = {
        item.name: getattr(owner, item.name)
        for item in fields(Settings)
        if getattr(setpoint, item.name) is not None
    }
    return Settings(**given)


def _differs(ours: object, theirs: object) -> bool:
    return ours is not None and ours != theirs


def _over_another_mode(home: Settings) -> Settings:
    other = OperatingMode.SELF_POWERED
    if home.operating_mode is OperatingMode.SELF_POWERED:
        other = OperatingMode.BACKUP
    return replace(
        home, operating_mode=other, grid_charging=None if home.grid_charging is None else False
    )


def _over_another_reserve(home: Settings, charged: bool) -> Settings:
    reserve, charging = home.backup_reserve_percent, home.grid_charging
    if reserve is not None:
        # 81-99 do not exist: next below 100 is 80.
        reserve = min(reserve - 1, HIGHEST_PARTIAL_RESERVE_PERCENT) if reserve else 1
    if charging is not None and charged and home.operating_mode is OperatingMode.SELF_POWERED:
        charging = not charging
    return replace(home, backup_reserve_percent=reserve, grid_charging=charging)
