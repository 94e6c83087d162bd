"""Judges a command by the battery's own measurements; an accepted write proves nothing.

Readings have noise and a lag; the thresholds below are wide on purpose, because a false alarm
costs writes and a notice at night, while a missed one is caught by the next reading.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from enum import Enum

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import OperatingMode, PowerwallState, Settings
from .model import FULL_PERCENT, OrderedCharge, Setpoint
from .setpoints import HIGHEST_PARTIAL_RESERVE_PERCENT

# Meter noise and the gateway's own standby flows (Powerwalls idle at up to ~100 W).
NOISE_W = 150.0
# More than this from the grid into the battery is charging, not noise.
GRID_CHARGING_W = 300.0
# Half of a charge method's usual rate is proof enough, whatever it comes from. Any inflow
# from the grid above the noise is proof as well: failed units, cold packs and import limits leave a
# quarter of the rate (core#110516, Powerwall-Dashboard#576, #632).
ENOUGH_OF_RATE = 0.5
# So much from the grid into the house (a car) may leave nothing for the battery under an import limit.
LIMITED_W = 5000.0
# Near full the battery tapers; any real inflow is then proof.
TAPER_FROM_PERCENT = 80.0
AT_TARGET_PERCENT = 0.5
# The four powers must add up to within this, or the reading proves nothing.
IMBALANCE_W = 1000.0
# An inflow that comes later than this after an order has another cause (40 minutes were reported).
LATEST_INFLOW = timedelta(minutes=60)
# Above its reserve by more than this a Powerwall has something to serve the house with; its own
# scale and the app's differ by some percent near the bottom.
ABOVE_RESERVE_PERCENT = 3.0
# More than this from the grid is the house buying, not the gateway's regulation.
BUYING_W = 200.0


class Verdict(Enum):
    """What a reading proves about a command."""

    CONFIRMED = "seen"
    NOT_CONFIRMED = "not_seen"
    UNKNOWN = "unknown"


def shows(expected: Settings, actual: Settings) -> bool:
    """True if every setting given in ``expected`` stands, allowing for reserves that do not exist."""
    return all(
        _same(item.name, getattr(expected, item.name), getattr(actual, item.name))
        for item in fields(Settings)
        if getattr(expected, item.name) is not None
    )


def reports(expected: Settings, actual: Settings) -> bool:
    """True if every setting given in ``expected`` is reported at all, right or wrong."""
    return all(
        getattr(actual, item.name) is not None
        for item in fields(Settings)
        if getattr(expected, item.name) is not None
    )


def _same(name: str, expected: object, actual: object) -> bool:
    if expected == actual:
        return True
    # Tesla rewrites reserves of 81-99 to 80; a user may have one from before that rule.
    return (
        name == "backup_reserve_percent"
        and isinstance(expected, int)
        and HIGHEST_PARTIAL_RESERVE_PERCENT < expected < FULL_PERCENT
        and actual == HIGHEST_PARTIAL_RESERVE_PERCENT
    )


def foreign_changes(
    reading: PowerwallState,
    owner: Settings,
    sent: tuple[Settings, ...],
    echoed: bool = False,
) -> Settings:
    """The settings in a reading that are neither the user's saved ones nor any of ours.

    In backup mode a reserve of 100 comes from the mode, not from a person, and a mode that is not
    reported may be that one; a reserve of 80 is what some sites make even of a written 100. ``echoed``: the shown
    reserve is the echo of one of ours.
    """
    shown, ours = reading.settings, (owner, *sent)
    mode, reserve, charging = (
        shown.operating_mode,
        shown.backup_reserve_percent,
        shown.grid_charging,
    )
    modes_own = mode in (OperatingMode.BACKUP, None) and reserve == FULL_PERCENT
    capped = reserve == HIGHEST_PARTIAL_RESERVE_PERCENT and any(
        (each.backup_reserve_percent or 0) > HIGHEST_PARTIAL_RESERVE_PERCENT for each in sent
    )
    return Settings(
        operating_mode=None if _known("operating_mode", mode, ours) else mode,
        backup_reserve_percent=None
        if modes_own or capped or echoed or _known("backup_reserve_percent", reserve, ours)
        else reserve,
        grid_charging=None if _known("grid_charging", charging, ours) else charging,
    )


def _known(name: str, actual: object, settings: tuple[Settings, ...]) -> bool:
    """True if one of these settings would be shown like this, or if none of them is given."""
    values = [value for each in settings if (value := getattr(each, name)) is not None]
    return not values or any(_same(name, value, actual) for value in values)


def left_by(written: Settings, shown: Settings) -> bool:
    """True if what is shown may be the work of this write, as far as the site takes it.

    Some sites refuse grid charging, some make 80 even of a reserve of 100.
    """
    without = replace(written, grid_charging=None)
    reserve = written.backup_reserve_percent
    if reserve is not None and reserve > HIGHEST_PARTIAL_RESERVE_PERCENT:
        capped = replace(without, backup_reserve_percent=HIGHEST_PARTIAL_RESERVE_PERCENT)
        return shows(without, shown) or shows(capped, shown)
    return shows(without, shown)


def grid_charging_w(reading: PowerwallState) -> float | None:
    """Power from the grid into the battery, W: its charging less the surplus of solar power."""
    battery, solar, house = reading.battery_power_w, reading.solar_power_w, reading.house_power_w
    if battery is None or solar is None or house is None:
        return None
    return max(0.0, -battery - max(0.0, solar - house))


def charges_without_permission(
    setpoint: Setpoint, reading: PowerwallState, accepted_at: datetime
) -> bool:
    """Whether backup mode charges on a site that does not take grid charging being switched on.

    Some do (NetZero's documentation of backup mode): the inflow is the proof, whatever the switch shows.
    """
    mode_alone = replace(setpoint.must, grid_charging=None)
    if setpoint.must.grid_charging is not True or not shows(mode_alone, reading.settings):
        return False
    from_grid_w = grid_charging_w(reading)
    measured_at = reading.measured_at or reading.read_at
    return measured_at >= accepted_at and from_grid_w is not None and from_grid_w > GRID_CHARGING_W


def inflow_since(ordered: OrderedCharge, reading: PowerwallState) -> bool:
    """Whether the reading shows the inflow of a charge that was ordered not too long ago."""
    measured_at = reading.measured_at or reading.read_at
    in_time = ordered.at <= measured_at <= ordered.at + LATEST_INFLOW
    from_grid_w = grid_charging_w(reading)
    return in_time and from_grid_w is not None and from_grid_w > GRID_CHARGING_W


def balanced(reading: PowerwallState) -> bool:
    """True unless the four powers contradict each other (load = solar + battery + grid)."""
    powers = (reading.solar_power_w, reading.battery_power_w, reading.grid_power_w)
    if reading.house_power_w is None or any(power is None for power in powers):
        return True
    total = sum(power for power in powers if power is not None)
    return abs(total - reading.house_power_w) <= IMBALANCE_W


def judge(
    action: Action,
    setpoint: Setpoint,
    target_percent: float | None,
    reading: PowerwallState,
    rates_w: Mapping[ChargeMethod, float],
) -> Verdict:
    """Whether the battery's own power shows the command at work."""
    battery_w = reading.battery_power_w
    if battery_w is None or not balanced(reading):
        return Verdict.UNKNOWN
    match action:
        case Action.CHARGE:
            target = FULL_PERCENT if target_percent is None else target_percent
            rate_w = rates_w[setpoint.method or ChargeMethod.RESERVE]
            return _judge_charge(-battery_w, target, reading, rate_w)
        case Action.HOLD:
            return _judge_hold(battery_w, setpoint.settings.backup_reserve_percent, reading)
        case Action.USE | Action.EXPORT:
            reserve = setpoint.settings.backup_reserve_percent
            charging = _judge_no_grid_charging(reserve, reading)
            idle = judge_serving(reserve, reading) is Verdict.NOT_CONFIRMED
            return Verdict.NOT_CONFIRMED if idle else charging


def judge_stopped(owner: Settings, reading: PowerwallState) -> Verdict:
    """Whether nothing of ours goes on once the owner settings stand again.

    Confirmed is only a battery that serves the house; one that charges from the grid, or that idles
    above its reserve while the house buys, has not stopped.
    """
    if owner.operating_mode is not OperatingMode.SELF_POWERED:
        # In the other modes Tesla may do either by itself: nothing can be concluded.
        return Verdict.CONFIRMED
    reserve = owner.backup_reserve_percent
    if not balanced(reading):
        return Verdict.UNKNOWN
    if _judge_no_grid_charging(reserve, reading) is Verdict.NOT_CONFIRMED:
        return Verdict.NOT_CONFIRMED
    return judge_serving(reserve, reading)


def judge_serving(reserve: int | None, reading: PowerwallState) -> Verdict:
    """Whether the battery serves a house that would otherwise buy.

    Not confirmed: above its reserve it idles while the house buys. Unknown where there is nothing to
    serve, or nothing to serve with.
    """
    battery_w, level = reading.battery_power_w, reading.soc_percent
    if battery_w is None:
        return Verdict.UNKNOWN
    if battery_w > NOISE_W:
        return Verdict.CONFIRMED
    buying_w = grid_import_w(reading)
    if level is None or reserve is None or buying_w is None:
        return Verdict.UNKNOWN
    idles = battery_w >= -NOISE_W and buying_w > BUYING_W
    has_energy = level > reserve + ABOVE_RESERVE_PERCENT
    return Verdict.NOT_CONFIRMED if idles and has_energy else Verdict.UNKNOWN


def grid_import_w(reading: PowerwallState) -> float | None:
    """Power from the grid, W; what is exported is negative. Derived where it is not reported."""
    if reading.grid_power_w is not None:
        return reading.grid_power_w
    battery, solar, house = reading.battery_power_w, reading.solar_power_w, reading.house_power_w
    if battery is None or solar is None or house is None:
        return None
    return house - solar - battery


def _judge_charge(
    charging_w: float, target_percent: float, reading: PowerwallState, rate_w: float
) -> Verdict:
    level, from_grid_w = reading.soc_percent, grid_charging_w(reading)
    if level is not None and level >= target_percent - AT_TARGET_PERCENT:
        return Verdict.CONFIRMED
    tapering = level is not None and level >= TAPER_FROM_PERCENT
    enough_w = NOISE_W if tapering else rate_w * ENOUGH_OF_RATE
    flows_in = from_grid_w is not None and from_grid_w > GRID_CHARGING_W
    if flows_in or charging_w >= enough_w:
        return Verdict.CONFIRMED
    buying_w = grid_import_w(reading)
    if buying_w is not None and buying_w >= LIMITED_W and charging_w >= -NOISE_W:
        return Verdict.UNKNOWN
    return Verdict.NOT_CONFIRMED


def _judge_hold(battery_w: float, reserve: int | None, reading: PowerwallState) -> Verdict:
    level = reading.soc_percent
    if battery_w > NOISE_W:
        # Without backup mode nothing holds 81 to 99 %: the house uses the battery down to 80.
        if reserve == HIGHEST_PARTIAL_RESERVE_PERCENT < (level or 0.0):
            return Verdict.CONFIRMED
        # Down to the reserve, within one percent, it may still discharge.
        near = reserve is not None and level is not None and reserve < level < reserve + 1.5
        return Verdict.UNKNOWN if near else Verdict.NOT_CONFIRMED
    return _judge_no_grid_charging(reserve, reading, unknown=Verdict.CONFIRMED)


def _judge_no_grid_charging(
    reserve: int | None, reading: PowerwallState, unknown: Verdict = Verdict.UNKNOWN
) -> Verdict:
    from_grid_w, level = grid_charging_w(reading), reading.soc_percent
    if from_grid_w is None:
        return unknown
    if from_grid_w <= GRID_CHARGING_W:
        return Verdict.CONFIRMED
    # Below its reserve a Powerwall fills up by its own rule.
    below = level is not None and reserve is not None and level < reserve
    return Verdict.UNKNOWN if below else Verdict.NOT_CONFIRMED
