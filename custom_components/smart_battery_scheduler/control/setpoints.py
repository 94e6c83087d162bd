"""Which settings make this hardware do an action, in order of preference.

Facts about the modes: NetZero documentation "Backup Mode" and "Backup Reserve Update" (reserves
81-99 become 80 since 2025-07-19; backup mode without grid charging holds any charge level).
"""

from dataclasses import replace
from math import floor

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import OperatingMode, Settings
from .model import FULL_PERCENT, Setpoint, Wanted

HIGHEST_PARTIAL_RESERVE_PERCENT = 80


def settable_reserve(percent: float) -> int:
    """The highest reserve that exists on the hardware and is not above ``percent``."""
    whole = floor(percent)
    if whole >= FULL_PERCENT:
        return FULL_PERCENT
    return max(0, min(whole, HIGHEST_PARTIAL_RESERVE_PERCENT))


def setpoints_for(wanted: Wanted, owner: Settings, soc_percent: float) -> tuple[Setpoint, ...]:
    """The setpoints that do what is wanted, best first.

    ``owner`` are the user's own settings: what is not needed for the action stays as they have it.
    """
    setpoints = _all_setpoints_for(wanted, owner, soc_percent)
    if owner.grid_charging is not None:
        return setpoints
    # A switch whose position is not reported could not be restored, so that it is not written.
    return tuple(
        replace(setpoint, settings=replace(setpoint.settings, grid_charging=None))
        for setpoint in setpoints
        if setpoint.must.grid_charging is None
    )


def _all_setpoints_for(wanted: Wanted, owner: Settings, soc_percent: float) -> tuple[Setpoint, ...]:
    match wanted.action:
        case Action.CHARGE:
            return _charge(wanted)
        case Action.HOLD:
            return _hold(_user_reserve(wanted, owner, soc_percent), soc_percent)
        case Action.USE | Action.EXPORT:
            reserve = _user_reserve(wanted, owner, soc_percent)
            return (_use(wanted, reserve, soc_percent),)


def _user_reserve(wanted: Wanted, owner: Settings, soc_percent: float) -> int:
    """The user's own reserve; where grid charging is forbidden, no higher than the charge level.

    A Powerwall below its reserve charges from the grid whatever the rate.
    """
    reserve = owner.backup_reserve_percent or 0
    if wanted.grid_charge_forbidden:
        return min(reserve, settable_reserve(soc_percent))
    return reserve


def _charge(wanted: Wanted) -> tuple[Setpoint, ...]:
    target = wanted.charge_until_percent
    # Only a full reserve charges to 81-99: there the charge does not stop by itself.
    reserve = FULL_PERCENT if target > HIGHEST_PARTIAL_RESERVE_PERCENT else target
    by_reserve = Setpoint(
        method=ChargeMethod.RESERVE,
        settings=Settings(
            operating_mode=OperatingMode.SELF_POWERED,
            backup_reserve_percent=reserve,
            grid_charging=True,
        ),
        # Charging up to the reserve works even where grid charging may not be switched on.
        must=Settings(operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=reserve),
    )
    backup_settings = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
    by_backup = Setpoint(method=ChargeMethod.BACKUP, settings=backup_settings, must=backup_settings)
    return (
        (by_backup, by_reserve) if wanted.method is ChargeMethod.BACKUP else (by_reserve, by_backup)
    )


def _hold(user_reserve: int, soc_percent: float) -> tuple[Setpoint, ...]:
    reserve = max(settable_reserve(soc_percent), user_reserve)
    at_reserve_settings = Settings(
        operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=reserve
    )
    at_reserve = Setpoint(method=None, settings=at_reserve_settings, must=at_reserve_settings)
    in_backup_settings = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=False)
    in_backup = Setpoint(method=None, settings=in_backup_settings, must=in_backup_settings)
    if HIGHEST_PARTIAL_RESERVE_PERCENT + 1 <= soc_percent < FULL_PERCENT:
        return (in_backup, at_reserve)
    return (at_reserve, in_backup)


def _use(wanted: Wanted, user_reserve: int, soc_percent: float) -> Setpoint:
    # Not above the charge level: there a reserve buys from the grid instead of keeping.
    floor_percent = min(wanted.target_percent or 0, soc_percent)
    reserve = max(settable_reserve(floor_percent), user_reserve)
    settings = Settings(operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=reserve)
    return Setpoint(method=None, settings=settings, must=settings)
