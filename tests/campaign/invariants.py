"""What must hold after any day, whatever happened on it. Each check names what it found broken."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.control.model import (
    Decision,
    DecisionKind,
    DecisionReason,
)
from custom_components.smart_battery_scheduler.planner.model import Action

from ..cloud.log import RequestLog
from .delivery import undelivered
from .player import Player, Witness
from .promises import untold, without_cause
from .story import READ, WRITE
from .truth import Sample

GRID_CHARGING_W = 300.0
BUDGET = 4
# Read back (210 s), seen (180 s), and the readings around them.
VERIFICATION = timedelta(minutes=8)
# A slower home may take so long to be read back (7 min) before power is waited for (3 min).
PATIENCE = timedelta(minutes=12)
# Where the gateway is apart from the cloud, a charge is waited for as long as they were late before.
LATE_PATIENCE = timedelta(minutes=65)
# A hold at a whole percent may draw the battery down to it first, which proves nothing.
HOLD_PATIENCE = timedelta(minutes=90)

# A plan changes at most a dozen times a day, and each change may take a start and a stop, each sent
# again once; as much again for restarts and for what is lost on the way.
MOST_WRITES_A_DAY = 96
# As often again what is refused, throttled or not answered.
MOST_TRIED_A_DAY = 2 * MOST_WRITES_A_DAY
MOST_FIGHTS = 2

_ENDINGS = frozenset(
    {
        DecisionKind.CONFIRMED,
        DecisionKind.FAILED,
        DecisionKind.STOPPED,
        DecisionKind.COMPLETED,
        DecisionKind.SKIPPED,
        DecisionKind.SUSPENDED,
    }
)


def broken(player: Player) -> list[str]:
    """Everything that did not hold."""
    return [
        *player.witness.wrong,
        *_settings_lost(player),
        *_forbidden_charging(player.witness),
        *_budget(player.day.cloud.requests),
        *_unproven(player),
        *_untrue(player.witness),
        *untold(player.witness.samples, player.witness.decisions),
        *without_cause(player.witness.samples),
        *_too_many_writes(player.day.cloud.requests),
        *_fought(player),
        *_undelivered(player),
    ]


def _too_many_writes(requests: RequestLog) -> Iterator[str]:
    day = timedelta(hours=24)
    taken = requests.most_within(day, WRITE, status=HTTPStatus.OK)
    if taken > MOST_WRITES_A_DAY:
        yield f"{taken} writes taken within a day"
    tried = requests.most_within(day, WRITE)
    if tried > MOST_TRIED_A_DAY:
        yield f"{tried} writes tried within a day"


def _fought(player: Player) -> Iterator[str]:
    """How often a rival's reserve was written over: it is theirs after the second time."""
    for since, until, reserve in player.rivalries:
        over = [
            request.at
            for request in player.day.cloud.requests.writes
            if since <= request.at < until
            and request.status == HTTPStatus.OK
            and not request.faults
            and isinstance(request.body, dict)
            and request.body.get("backup_reserve_percent") not in (None, reserve)
        ]
        if len(over) > MOST_FIGHTS:
            yield f"the reserve that somebody else sets was written over {len(over)} times: {over}"


def _undelivered(player: Player) -> Iterator[str]:
    """On days without faults, by what the site is and not by what its owner has entered."""
    story = player.story
    quirks = story.quirks
    spoils = (
        quirks.gateway_loses_share or quirks.gateway_one_behind or quirks.gateway_hears_only_changes
    )
    if story.events or quirks.refusals or quirks.others_per_minute or spoils:
        return
    lag = timedelta(seconds=quirks.gateway_behind_s + story.longest_delay_s)
    yield from undelivered(player.witness.samples, story.hardware, lag)


def _settings_lost(player: Player) -> Iterator[str]:
    control = player.day.site.controller.state
    if control.owner is not None:
        yield f"the home settings are still not put back ({control.phase})"
    if (strays := player.strays()) is not None:
        yield f"the user's settings are lost: {strays}"


def _forbidden_charging(witness: Witness) -> Iterator[str]:
    rules: dict[str, Callable[[Sample], bool]] = {
        "in the peak window": lambda each: _in_peak(each.at),
        "above the ceiling": lambda each: (
            not each.override
            and each.rate_p is not None
            and each.ceiling_p is not None
            and each.rate_p > each.ceiling_p
        ),
        "in a Power Down": lambda each: each.power_down,
        "during Storm Watch": lambda each: each.storm,
        "off the grid": lambda each: not each.on_grid,
    }
    for where, applies in rules.items():
        since: datetime | None = None
        for sample in witness.samples:
            ours = sample.from_grid_w > GRID_CHARGING_W >= sample.from_grid_by_theirs_w
            if not (ours and applies(sample)) or sample.disturbed:
                since = None
            elif since is None:
                since = sample.at
            elif sample.at - since > VERIFICATION:
                yield f"charged from the grid {where} from {since} to {sample.at} at least"
                break


def _in_peak(when: datetime) -> bool:
    return 16 <= when.astimezone(MARKET_TIME_ZONE).hour < 19


def _budget(requests: RequestLog) -> Iterator[str]:
    most = requests.most_within(timedelta(seconds=60), READ, WRITE)
    if most > BUDGET:
        yield f"{most} requests within a minute"


def _unproven(player: Player) -> Iterator[str]:
    """Commands that were started and of which nothing was heard any more."""
    witness = player.witness
    usual = LATE_PATIENCE if player.story.quirks.gateway_is_apart else PATIENCE
    for index, decision in enumerate(witness.decisions):
        sent = decision.kind in (DecisionKind.STARTED, DecisionKind.RETRIED)
        if not sent or decision.action is None:
            continue
        until = next(
            (later.at for later in witness.decisions[index + 1 :] if later.kind in _ENDINGS),
            witness.samples[-1].at,
        )
        until = min([until, *(life for life in witness.lives if life > decision.at)])
        patience = HOLD_PATIENCE if decision.action is Action.HOLD else usual
        if _undisturbed(witness, decision.at, until) > patience:
            yield f"nothing became of the command of {decision.at} ({decision.action})"


def _undisturbed(witness: Witness, start: datetime, end: datetime) -> timedelta:
    """The longest time in a row in which control could see and act."""
    longest = current = timedelta()
    first, last = _place(witness, start, bisect_left), _place(witness, end, bisect_left)
    for before, after in pairwise(witness.samples[first : last + 1]):
        current = timedelta() if after.disturbed else current + (after.at - before.at)
        longest = max(longest, current)
    return longest


def _untrue(witness: Witness) -> Iterator[str]:
    """Lines of the decision log that the truth contradicts."""
    for decision in witness.decisions:
        around = _around(witness, decision.at, timedelta(minutes=12))
        if not around or any(sample.disturbed for sample in around):
            continue
        match decision.kind, decision.reason, decision.action:
            case DecisionKind.COMPLETED, DecisionReason.TARGET_REACHED, _:
                if not _level_published(decision, around):
                    yield f"told a charge complete at {decision.at} that was not"
            case DecisionKind.CONFIRMED, _, Action.CHARGE:
                if all(sample.battery_w > -100.0 and sample.level < 99.0 for sample in around) and (
                    not _level_published(decision, around)
                ):
                    yield f"told a charge seen at {decision.at} that was not there"
            case DecisionKind.RESTORED, _, _:
                if len({sample.shown for sample in around}) == 1 and not any(
                    each.from_grid_w <= each.from_grid_by_theirs_w + GRID_CHARGING_W
                    for each in around
                ):
                    yield f"told the settings put back at {decision.at} that were not"


def _level_published(decision: Decision, around: list[Sample]) -> bool:
    level = decision.soc_percent
    return level is not None and any(abs(each.level - level) < 4.0 for each in around)


def _around(witness: Witness, when: datetime, span: timedelta) -> list[Sample]:
    first = _place(witness, when - span, bisect_left)
    return witness.samples[first : _place(witness, when, bisect_right)]


def _place(witness: Witness, when: datetime, bisect: Callable[..., int]) -> int:
    return bisect(witness.samples, when, key=lambda sample: sample.at)
