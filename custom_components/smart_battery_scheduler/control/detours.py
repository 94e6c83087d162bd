"""Writes other settings before the same ones again: a repeated write must differ to be passed on.

Tesla may take a write that equals its own copy for no change and never pass it on to a gateway that
missed the first one (owners report a battery that goes on as before while the app shows the new
settings: netzero#38, #52, #94, #256; vlo/powerwall2#26). So a repeat leads over other settings and
back; none of them may order what is not wanted.
"""

from dataclasses import fields, replace
from datetime import timedelta

from ..powerwall.base import OperatingMode, Settings
from .setpoints import HIGHEST_PARTIAL_RESERVE_PERCENT

# Two writes at one moment may be handed to the gateway as one.
PAUSE = timedelta(seconds=20)


def to_owner_settings(owner: Settings, sent: tuple[Settings, ...]) -> tuple[Settings, ...]:
    """What to write, one after the other, before the owner's settings are written again.

    Together they differ in every field that writes of ours (``sent``) may have left behind; if
    none is known, in all. None of them charges: backup mode goes without grid charging, and the
    reserve goes down.
    """
    by_mode = not sent or any(_differs(each.operating_mode, owner.operating_mode) for each in sent)
    by_rest = not sent or any(
        _differs(each.backup_reserve_percent, owner.backup_reserve_percent)
        or _differs(each.grid_charging, owner.grid_charging)
        for each in sent
    )
    charged = not sent or any(_differs(each.grid_charging, owner.grid_charging) for each in sent)
    over_mode = (_over_another_mode(owner),) if by_mode and owner.operating_mode else ()
    over_rest = (_over_another_reserve(owner, charged),) if by_rest or not over_mode else ()
    return (*over_mode, *over_rest)


def in_parts(owner: Settings) -> tuple[Settings, ...]:
    """The same field by field, for a site that refuses owner settings as a whole: each over another value."""
    parts: list[Settings] = []
    if owner.operating_mode is not None:
        other = _over_another_mode(owner).operating_mode
        parts += [Settings(operating_mode=mode) for mode in (other, owner.operating_mode)]
    if owner.grid_charging is not None and owner.operating_mode is OperatingMode.SELF_POWERED:
        switched = (not owner.grid_charging, owner.grid_charging)
        parts += [Settings(grid_charging=charging) for charging in switched]
    return tuple(parts)


def varied(owner: Settings, setpoint: Settings) -> Settings:
    """A setpoint in backup mode with another reserve than the owner's: the mode does not heed it.

    A gateway that is one write behind hears the setpoint now (alandtse#1171), and a cloud that passes on
    changes alone passes this one on.
    """
    return replace(setpoint, backup_reserve_percent=_another_reserve(owner.backup_reserve_percent))


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


def _over_another_mode(owner: Settings) -> Settings:
    other = OperatingMode.SELF_POWERED
    if owner.operating_mode is OperatingMode.SELF_POWERED:
        other = OperatingMode.BACKUP
    return replace(
        owner, operating_mode=other, grid_charging=None if owner.grid_charging is None else False
    )


def _over_another_reserve(owner: Settings, charged: bool) -> Settings:
    reserve, charging = _another_reserve(owner.backup_reserve_percent), owner.grid_charging
    if charging is not None and charged and owner.operating_mode is OperatingMode.SELF_POWERED:
        charging = not charging
    return replace(owner, backup_reserve_percent=reserve, grid_charging=charging)


def _another_reserve(reserve: int | None) -> int | None:
    """One below, as 81-99 do not exist: next below 100 is 80."""
    if reserve is None:
        return None
    return min(reserve - 1, HIGHEST_PARTIAL_RESERVE_PERCENT) if reserve else 1
