"""Which promise is broken at an instant, by the truth behind the clouds: written apart from the watchdog.

Nothing of this kind may last a quarter of an hour without a line in the decision log and a notice.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from custom_components.smart_battery_scheduler.control.model import Decision
from custom_components.smart_battery_scheduler.planner.model import Action

from .truth import Sample

# More than noise and standby.
SOME_W = 300.0
IDLE_W = 100.0
NEAR_TARGET_PERCENT = 2.0
# Nearer to its reserve a Powerwall may idle: its own scale and the app's differ there.
ABOVE_FLOOR_PERCENT = 4.0
LONGEST_UNTOLD = timedelta(minutes=15)
# Between two readings, and once more.
READINGS = timedelta(minutes=5)
# Notices that speak of promises, by their translation keys.
NOTICES = frozenset(
    {
        "commands_ignored",
        "commands_refused",
        "restore_ignored",
        "promise_broken",
        "out_of_contact",
        "grid_charging_refused",
        "another_controller",
    }
)
# A notice may come so long after its cause, and stay.
AFTERMATH = timedelta(minutes=60)


class Promise(StrEnum):
    """What may not last."""

    CHARGES_WHEN_FORBIDDEN = "charges from the grid when it must not"
    CHARGES_UNASKED = "charges from the grid and nobody wants it"
    DOES_NOT_CHARGE = "does not charge though that is wanted"
    DOES_NOT_SERVE = "leaves the house to the grid though it is charged"


def broken_promise(sample: Sample, some_w: float = SOME_W) -> Promise | None:
    """The promise that is broken now by more than ``some_w``; none where the battery is not ours to command."""
    if not sample.alive or not sample.on_grid or sample.storm or sample.forced or sample.suspended:
        return None
    ours_w = sample.from_grid_w if sample.from_grid_by_theirs_w <= SOME_W else 0.0
    if ours_w > SOME_W and sample.forbidden:
        return Promise.CHARGES_WHEN_FORBIDDEN
    if sample.wanted is Action.CHARGE:
        until = min(sample.target_percent, sample.full_percent) - NEAR_TARGET_PERCENT
        is_idle = sample.battery_w > -IDLE_W and sample.level < until
        return Promise.DOES_NOT_CHARGE if is_idle else None
    if ours_w > SOME_W:
        return Promise.CHARGES_UNASKED
    is_to_serve = sample.wanted in (None, Action.USE) and sample.serves_by_theirs_w > some_w
    # A use may be asked for down to a level only.
    is_to_serve &= sample.level > sample.floor_percent + ABOVE_FLOOR_PERCENT
    if is_to_serve and sample.battery_w < IDLE_W:
        return Promise.DOES_NOT_SERVE
    return None


def untold(samples: Sequence[Sample], decisions: Sequence[Decision]) -> Iterator[str]:
    """Every quarter of an hour of a broken promise without a line or without a notice."""
    for promise, run in _runs(samples):
        since, until = run[0].at, run[-1].at
        longest = LONGEST_UNTOLD
        if promise is Promise.DOES_NOT_CHARGE:
            # A home whose charges are known to begin late is no news every night (netzero#238, #336).
            longest = max(longest, run[0].charge_patience + READINGS)
        if until - since <= longest:
            continue
        late = [each for each in run if each.at - since > longest]
        lines = [line for line in decisions if since - longest <= line.at <= late[0].at]
        out_of_contact = all("out_of_contact" in each.notices for each in late[:2])
        if not lines and not out_of_contact:
            yield f"{promise}, from {since} to {until}: no line in the log"
        if not any(NOTICES & each.notices for each in late[:2]):
            yield f"{promise}, from {since} to {until}: no notice"


def _runs(samples: Iterable[Sample]) -> Iterator[tuple[Promise, list[Sample]]]:
    """Times in a row in which one promise was broken and could be seen to be."""
    for promise, group in groupby(
        samples, key=lambda each: None if each.hidden else broken_promise(each)
    ):
        if promise is not None:
            yield promise, list(group)


def without_cause(samples: Sequence[Sample]) -> Iterator[str]:
    """Notices that came up while for an hour nothing was wrong."""
    wrong_at: datetime | None = None
    before: frozenset[str] = frozenset()
    for sample in samples:
        is_odd = (
            sample.refused
            or sample.apart
            or sample.disturbed
            or not sample.on_grid
            or sample.storm
            or sample.hidden
        )
        # What somebody else does with the battery breaks promises as well, and is told so later.
        if is_odd or sample.foreign or sample.suspended or broken_promise(sample, SOME_W / 2):
            wrong_at = sample.at
        is_calm = wrong_at is None or sample.at - wrong_at > AFTERMATH
        for name in sorted((sample.notices & NOTICES) - before):
            if name == "grid_charging_refused" and not sample.charging_permitted:
                continue
            if is_calm:
                yield f"the notice {name} at {sample.at} has no cause"
        before = sample.notices
