"""Reserves that are shown with another value than was written: echoes of our write, nobody's change.

Two scales are in use for the same thing, the app's x and the gateway's 0.95 x + 5; some sites show the
one where the other was written (netzero#81, core#136957: 25 shows as 29), others are off by one.
Taken for a person's change, such a value would be written as theirs, shown higher again, and climb all day.
"""

from dataclasses import replace

from ..powerwall.base import Settings
from .command_status import shows
from .model import ControlState

# People set reserves in steps of five.
ROUND = 5


def bent(reserve: int) -> int:
    """What a site of the other scale shows of a written reserve."""
    return round(0.95 * reserve + 5.0)


def _bent_or_none(reserve: int | None) -> int | None:
    return None if reserve is None else bent(reserve)


def straight(shown: int) -> int:
    """What was written where such a site shows this: of two that show the same, a person's round one."""
    candidates = [reserve for reserve in range(101) if bent(reserve) == shown]
    round_ones = [reserve for reserve in candidates if reserve % ROUND == 0]
    return next(iter((*round_ones, *candidates)), shown)


def echoes(written: int | None, shown: int | None) -> bool:
    """Whether a shown reserve may be the echo of a written one."""
    if written is None or shown is None:
        return False
    return shown in (written - 1, written, written + 1, bent(written))


def stands(state: ControlState, expected: Settings, shown: Settings) -> bool:
    """Whether the expected settings stand, exactly or as an echo; another value we wrote is no echo."""
    if shows(expected, shown):
        return True
    reserve = shown.backup_reserve_percent
    if state.is_bent and reserve == _bent_or_none(expected.backup_reserve_percent):
        # The same number may have been written before this site's scale was known.
        return shows(replace(expected, backup_reserve_percent=reserve), shown)
    owner = () if state.owner is None else (state.owner.settings,)
    others = {each.backup_reserve_percent for each in (*owner, *state.sent)}
    if not echoes(expected.backup_reserve_percent, reserve) or reserve in others:
        return False
    return shows(replace(expected, backup_reserve_percent=reserve), shown)


def read_back(state: ControlState, written: Settings, shown: Settings) -> ControlState:
    """The state once a write is shown, which reveals the scale in which this site shows reserves.

    A reserve that was read before as the owner's is then known by its true value.
    """
    ours, reserve = written.backup_reserve_percent, shown.backup_reserve_percent
    if ours is None or reserve is None or bent(ours) in (ours - 1, ours, ours + 1):
        return state
    is_bent = reserve == bent(ours)
    owner = state.owner
    if is_bent and not state.is_bent and owner is not None and owner.origin == "read":
        settings = _straightened(owner.settings)
        state = replace(state, owner=replace(owner, settings=settings))
    return replace(state, is_bent=is_bent)


def as_written(state: ControlState, shown: Settings) -> Settings:
    """The owner's settings by their true values, where they are known to be shown otherwise."""
    if state.is_bent:
        return _straightened(shown)
    before, restored = state.shown_as, state.restored
    if before is None or restored is None:
        return shown
    if before.backup_reserve_percent != shown.backup_reserve_percent:
        return shown
    return Settings(backup_reserve_percent=restored.backup_reserve_percent).over(shown)


def as_shown(state: ControlState, owner: Settings) -> Settings:
    """The owner's settings as this site is known to show them."""
    reserve, before, restored = owner.backup_reserve_percent, state.shown_as, state.restored
    if reserve is None:
        return owner
    if state.is_bent:
        return replace(owner, backup_reserve_percent=bent(reserve))
    if before is not None and restored is not None and restored.backup_reserve_percent == reserve:
        return replace(owner, backup_reserve_percent=before.backup_reserve_percent)
    return owner


def _straightened(shown: Settings) -> Settings:
    reserve = shown.backup_reserve_percent
    return shown if reserve is None else replace(shown, backup_reserve_percent=straight(reserve))
