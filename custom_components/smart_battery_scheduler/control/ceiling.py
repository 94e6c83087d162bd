"""Where this site's battery is full: some rest at 98.6, some at 88 % (TeslaPy#70).

Full is a battery that could take more and does not: its inflow has faded, and its level has been
flat for ten minutes, in a confirmed charge or while solar power exceeds the load.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ..planner.model import Action
from ..powerwall.base import OperatingMode, PowerwallState
from .command_status import LIMITED_W, NOISE_W, balanced, grid_import_w
from .model import FULL_PERCENT, ControlState, Flat

# Percent. Below this level an inflow that stops has another cause than a full battery.
FULL_FROM_PERCENT = 80.0
# A battery at this level is full whatever is known.
SURELY_FULL_PERCENT = FULL_PERCENT - 0.5
# At this level a charge that brings nothing is more likely full than ignored.
NEARLY_FULL_PERCENT = 97.0
FLAT_WITHIN_PERCENT = 0.3
FLAT_FOR = timedelta(minutes=10)
LEFT_OVER_W = 500.0
# Cells drift, and a calibration may have been mistaken for the end.
KNOWN_FOR = timedelta(days=7)


def full_percent(state: ControlState, now: datetime) -> float:
    """The level at which this battery is full, as far as it has shown."""
    if state.full is None or now - state.full.since > KNOWN_FOR:
        return float(FULL_PERCENT)
    return state.full.percent


def likely_full_percent(state: ControlState, now: datetime) -> float:
    """The same, where a level that stands still counts: within minutes that shows it full, or not."""
    known = full_percent(state, now)
    return known if state.flat is None else min(known, state.flat.percent)


def with_ceiling(state: ControlState, reading: PowerwallState) -> ControlState:
    """The state after one more check of where the level stands still."""
    level = reading.soc_percent
    if level is None:
        return state
    if state.full is not None and level > state.full.percent + 2 * FLAT_WITHIN_PERCENT:
        state = replace(state, full=None)
    if not _could_take_more(state, reading, level):
        return state if state.flat is None else replace(state, flat=None)
    flat = state.flat
    if flat is None or abs(level - flat.percent) > FLAT_WITHIN_PERCENT:
        return replace(state, flat=Flat(percent=level, since=reading.read_at))
    if reading.read_at - flat.since < FLAT_FOR:
        return state
    known = state.full
    if known is not None and reading.read_at - known.since < KNOWN_FOR / 7:
        return state
    return replace(state, full=Flat(percent=level, since=reading.read_at))


def _could_take_more(state: ControlState, reading: PowerwallState, level: float) -> bool:
    """Whether energy is available to the battery and none of it is stored."""
    battery_w = reading.battery_power_w
    if battery_w is None or abs(battery_w) > NOISE_W or not balanced(reading):
        return False
    if not FULL_FROM_PERCENT <= level < SURELY_FULL_PERCENT:
        return False
    grid_w = grid_import_w(reading)
    if grid_w is None:
        return False
    follows_its_own_rules = reading.settings.operating_mode is OperatingMode.TIME_BASED
    left_over = grid_w < -LEFT_OVER_W and not follows_its_own_rules
    return left_over or (_is_charging(state, level) and grid_w < LIMITED_W)


def _is_charging(state: ControlState, level: float) -> bool:
    """Whether a charge was seen; so near to full its settings standing are enough, little can be lost."""
    command = state.command
    if command is None or command.wanted.action is not Action.CHARGE:
        return False
    status = command.command_status
    stands = status.read_back_at is not None and level >= NEARLY_FULL_PERCENT
    return stands or status.confirmed_at is not None
