"""The watchdog: which promise is being broken now, judged from intent and readings alone.

It knows nothing of phases, nor of what was sent: a state machine that believes itself done cannot
talk it out of what the battery's own power shows. Powers are W (battery negative while charging),
charge levels percent, times aware UTC.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ..planner.model import Action
from ..powerwall.base import ExportRule, Islanding, OperatingMode, PowerwallState, Settings
from .command_status import (
    AT_TARGET_PERCENT,
    GRID_CHARGING_W,
    LIMITED_W,
    NOISE_W,
    Verdict,
    balanced,
    grid_charging_w,
    grid_import_w,
    judge_serving,
)
from .model import FULL_PERCENT, DecisionReason, Wanted
from .setpoints import HIGHEST_PARTIAL_RESERVE_PERCENT

# A command is normally confirmed within seven minutes; a breach is reported before it lasts fifteen.
PATIENCE = timedelta(minutes=8)
# For this long a reading that proves nothing either way leaves a breach as it is.
FADES = timedelta(minutes=15)
# A whole percent is held; with the noise of the level on top.
BELOW_PERCENT = 2.0


class Breach(StrEnum):
    """A promise that is broken; its value is also the reason in the decision log."""

    CHARGES_WHEN_FORBIDDEN = "charges_when_forbidden"
    CHARGES_UNASKED = "charges_unasked"
    DOES_NOT_CHARGE = "does_not_charge"
    DOES_NOT_SERVE = "does_not_serve"
    BELOW_FLOOR = "below_floor"
    EXPORTS = "exports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What the battery is meant to do now.

    ``action`` is None where the owner's settings decide. ``floor_percent`` is the level down to which
    it may serve the house, ``target_percent`` where a charge ends; None is not known. ``charges_itself``:
    Tesla's own rules may charge from the grid (another mode than self-powered). ``holds_percent`` is the
    highest level at which a hold can be asked of this home.
    """

    action: Action | None = None
    floor_percent: int | None = None
    target_percent: float | None = None
    grid_charge_forbidden: bool = False
    charges_itself: bool = False
    export_rule: ExportRule | None = None
    holds_percent: int = FULL_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One broken promise: since when, and when a reading last showed it."""

    breach: Breach
    since: datetime
    last_at: datetime
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the watchdog remembers from reading to reading.

    ``from_percent`` is the charge level at which the present intent began; ``charge_patience`` how late
    this home's charges may begin.
    """

    intent: Intent | None = None
    from_percent: float | None = None
    charge_patience: timedelta = PATIENCE
    broken: tuple[Broken, ...] = ()

    def lasting(self) -> frozenset[Breach]:
        """The promises that have been broken for longer than it takes to mend them."""
        return frozenset(
            each.breach
            for each in self.broken
            if each.last_at - each.since
            >= (self.charge_patience if each.breach is Breach.DOES_NOT_CHARGE else PATIENCE)
        )


def intent_of(
    wanted: Wanted | None, unwanted: DecisionReason, owner: Settings, ceiling_percent: float
) -> Intent:
    """The intent behind what is wanted, or behind nothing being wanted, given the owner's settings.

    A battery is full at ``ceiling_percent``.
    """
    reserve = owner.backup_reserve_percent
    forbidden = unwanted in (DecisionReason.PEAK, DecisionReason.SESSION)
    if wanted is None:
        return Intent(
            floor_percent=reserve,
            grid_charge_forbidden=forbidden,
            charges_itself=owner.operating_mode is not OperatingMode.SELF_POWERED,
            export_rule=owner.export_rule,
        )
    floor = max(wanted.target_percent or 0, reserve or 0)
    return Intent(
        action=wanted.action,
        floor_percent=floor if wanted.action is not Action.CHARGE else reserve,
        target_percent=min(wanted.charge_until_percent, ceiling_percent),
        grid_charge_forbidden=wanted.grid_charge_forbidden,
        export_rule=owner.export_rule,
        # Higher, only backup mode holds, which is not used where the switch is not reported.
        holds_percent=HIGHEST_PARTIAL_RESERVE_PERCENT
        if owner.grid_charging is None
        else FULL_PERCENT,
    )


def watched(
    watch: Watch,
    intent: Intent | None,
    reading: PowerwallState,
    charge_patience: timedelta = PATIENCE,
) -> Watch:
    """The watch after one more reading. No intent, no promise: it starts afresh."""
    if intent is None or _belongs_to_others(reading):
        return Watch()
    level = reading.soc_percent
    if intent != watch.intent:
        kept = watch.broken if _is_the_same_deed(watch.intent, intent) else ()
        watch = replace(watch, intent=intent, from_percent=level, broken=kept)
    verdicts = {breach: judge(breach, intent, watch.from_percent, reading) for breach in Breach}
    before = {each.breach: each for each in watch.broken}
    after = (
        _seen_again(before.get(breach), breach, verdict, reading.read_at)
        for breach, verdict in verdicts.items()
    )
    broken = tuple(each for each in after if each is not None)
    return replace(watch, charge_patience=max(PATIENCE, charge_patience), broken=broken)


def _is_the_same_deed(before: Intent | None, now: Intent) -> bool:
    """Whether two intents ask the battery for the same: then a breach goes on over a half-hour's edge."""
    if before is None:
        return False
    serving = (None, Action.USE, Action.EXPORT)
    return before.action is now.action or (before.action in serving and now.action in serving)


def _belongs_to_others(reading: PowerwallState) -> bool:
    """Off the grid and in Storm Watch the battery is not ours: nothing is promised."""
    return reading.islanding is Islanding.OFF_GRID or bool(reading.storm_watch_active)


def _seen_again(
    before: Broken | None, breach: Breach, is_broken: bool | None, at: datetime
) -> Broken | None:
    if is_broken:
        if before is None or at - before.last_at > FADES:
            return Broken(breach=breach, since=at, last_at=at)
        return replace(before, last_at=at)
    if is_broken is None and before is not None and at - before.last_at <= FADES:
        return before
    return None


def judge(
    breach: Breach, intent: Intent, from_percent: float | None, reading: PowerwallState
) -> bool | None:
    """Whether this promise is broken by this reading; None where the reading does not show it."""
    if not balanced(reading):
        return None
    match breach:
        case Breach.CHARGES_WHEN_FORBIDDEN:
            return _charges_from_grid(reading) if _forbids_charging(intent) else False
        case Breach.CHARGES_UNASKED:
            asked = intent.action is Action.CHARGE or intent.charges_itself
            if asked or _forbids_charging(intent):
                return False
            return _above_floor(intent, reading, _charges_from_grid(reading))
        case Breach.DOES_NOT_CHARGE:
            return _does_not_charge(intent, reading)
        case Breach.DOES_NOT_SERVE:
            return _does_not_serve(intent, reading)
        case Breach.BELOW_FLOOR:
            return _below_floor(intent, from_percent, reading)
        case Breach.EXPORTS:
            return _exports(intent, reading)


def _forbids_charging(intent: Intent) -> bool:
    return intent.grid_charge_forbidden and not intent.charges_itself


def _charges_from_grid(reading: PowerwallState) -> bool | None:
    from_grid_w = grid_charging_w(reading)
    return None if from_grid_w is None else from_grid_w > GRID_CHARGING_W


def _above_floor(intent: Intent, reading: PowerwallState, charges: bool | None) -> bool | None:
    """Below its reserve a Powerwall fills up by its own rule, whatever is wanted."""
    level, floor = reading.soc_percent, intent.floor_percent
    if not charges:
        return charges
    return None if level is None or floor is None or level < floor + 1.0 else True


def _does_not_charge(intent: Intent, reading: PowerwallState) -> bool | None:
    level, battery_w = reading.soc_percent, reading.battery_power_w
    if intent.action is not Action.CHARGE:
        return False
    if level is None or battery_w is None or intent.target_percent is None:
        return None
    if level >= intent.target_percent - 2 * AT_TARGET_PERCENT:
        return False
    buying_w = grid_import_w(reading)
    if buying_w is not None and buying_w >= LIMITED_W:
        # A car may leave nothing for the battery under an import limit.
        return None
    return battery_w > -NOISE_W


def _does_not_serve(intent: Intent, reading: PowerwallState) -> bool | None:
    if intent.action not in (None, Action.USE, Action.EXPORT) or intent.charges_itself:
        return False
    verdict = judge_serving(intent.floor_percent, reading)
    return None if verdict is Verdict.UNKNOWN else verdict is Verdict.NOT_CONFIRMED


def _below_floor(
    intent: Intent, from_percent: float | None, reading: PowerwallState
) -> bool | None:
    floor: float | None = intent.floor_percent
    if intent.action is Action.HOLD:
        floor = None if from_percent is None else min(from_percent, intent.holds_percent)
    elif floor is not None and from_percent is not None:
        # No reserve is set above the level at which it begins.
        floor = min(floor, from_percent)
    level, battery_w = reading.soc_percent, reading.battery_power_w
    if floor is None or level is None or battery_w is None:
        return None
    return battery_w > NOISE_W and level < floor - BELOW_PERCENT


def _exports(intent: Intent, reading: PowerwallState) -> bool | None:
    """The battery's own energy goes out although the owner lets out none of it."""
    battery_w, grid_w = reading.battery_power_w, grid_import_w(reading)
    if intent.export_rule not in (ExportRule.NEVER, ExportRule.SOLAR_ONLY):
        return False
    if battery_w is None or grid_w is None:
        return None
    return min(battery_w, -grid_w) > GRID_CHARGING_W


def published(watch: Watch) -> Watch:
    """The same watch, with what lasts marked as written down."""
    lasting = watch.lasting()
    return replace(
        watch,
        broken=tuple(
            replace(each, published=each.published or each.breach in lasting)
            for each in watch.broken
        ),
    )


def unpublished(watch: Watch) -> frozenset[Breach]:
    """What lasts and has not been written down yet."""
    lasting = watch.lasting()
    return frozenset(
        each.breach for each in watch.broken if each.breach in lasting and not each.published
    )
