"""The daily digest: tonight's plan and yesterday's result in three lines. Pure but for one reader.

Money is pounds and pence as a bill shows it; what is not known is said to be so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from ..control.model import Decision, DecisionKind
from ..history.measurements import Energies, MeasuredSlot
from ..history.plan_outcome import DayOutcome
from ..history.savings import bill_ahead_p
from ..planner.model import Action, NoteCode, Plan
from ..site.site import Site
from ..tariff.model import SLOT, RateTable
from .sentences import Sentences
from .speech import Picture, hindrance, next_charge, say_clock
from .status import picture_of

SUNDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """What a local day came to.

    ``cost_p`` is the electricity bought minus what was paid for exports, without standing charge;
    None if a half-hour or its rate is missing.
    """

    energies: Energies
    cost_p: float | None
    charges: int
    failures: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The three lines, and on Mondays a fourth: last week's plan against actual."""

    next_charge: str
    plan: str
    yesterday: str
    week: str | None = None

    @property
    def message(self) -> str:
        """All of them, one below the other."""
        lines = (self.next_charge, self.plan, self.yesterday, self.week)
        return "\n".join(line for line in lines if line is not None)


def digest_of_site(site: Site, now: datetime) -> Digest:
    """A home's digest as of ``now``."""
    picture = picture_of(site, now)
    yesterday = now.astimezone(picture.zone).date() - timedelta(days=1)
    return digest_of(
        picture,
        day_result(
            yesterday,
            picture.zone,
            site.measurements.slots,
            site.rates.data.imports,
            site.rates.data.exports,
            site.decision_log.decisions,
        ),
        site.plan_outcomes.week(yesterday) if yesterday.isoweekday() == SUNDAY else None,
    )


def digest_of(picture: Picture, yesterday: DayResult, week: DayOutcome | None = None) -> Digest:
    """The lines for a picture of now, the result of yesterday and the week that has ended."""
    words = picture.words
    return Digest(
        next_charge=words.say("digest.next", what=_next(picture)),
        plan=words.say("digest.plan", what=_plan(picture.plan, picture)),
        yesterday=words.say("digest.yesterday", what=_yesterday(yesterday, words)),
        week=None if week is None else _week(week, words),
    )


def day_result(
    day: date,
    zone: tzinfo,
    measured: Iterable[MeasuredSlot],
    imports: RateTable,
    exports: RateTable | None,
    decisions: Iterable[Decision],
) -> DayResult:
    """Add up a local day, which has 46, 48 or 50 half-hours. Without export rates exports earn nothing."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    slots = [slot for slot in measured if start <= slot.start < end]
    # Aware times of one zone subtract by the wall clock: not on the days the clocks change.
    expected = (end.timestamp() - start.timestamp()) / SLOT.total_seconds()
    costs = [_cost_p(slot, imports, exports) for slot in slots]
    known = [cost for cost in costs if cost is not None]
    total = Energies()
    for slot in slots:
        total = total.plus(slot.energies)
    kinds = [
        line.kind for line in decisions if start <= line.at < end and line.action is Action.CHARGE
    ]
    return DayResult(
        energies=total,
        cost_p=sum(known) if len(known) == expected else None,
        charges=kinds.count(DecisionKind.COMPLETED),
        failures=kinds.count(DecisionKind.FAILED),
        skipped=kinds.count(DecisionKind.SKIPPED),
    )


def _cost_p(slot: MeasuredSlot, imports: RateTable, exports: RateTable | None) -> float | None:
    bought, sold = imports.at(slot.start), exports.at(slot.start) if exports else None
    if not slot.is_whole or bought is None or (exports is not None and sold is None):
        return None
    earned = slot.energies.export_kwh * sold.p_per_kwh if sold else 0.0
    return slot.energies.import_kwh * bought.p_per_kwh - earned


def _next(picture: Picture) -> str:
    words = picture.words
    if (hindered := hindrance(picture)) is not None:
        return words.say("digest.nothing", hindrance=hindered)
    charge = next_charge(picture.plan, picture.now)
    if charge is None:
        return words.say("digest.no_charge")
    target = rate = why = ""
    if charge.reaches_percent:
        target = words.say("digest.target", percent=words.number(charge.reaches_percent))
    if charge.p_per_kwh is not None:
        rate = words.say("digest.rate", rate=words.number(charge.p_per_kwh, 1))
    saved, later = charge.reason.numbers.get("saves_p_per_kwh"), charge.reason.at
    if saved and later:
        time = say_clock(later, picture.zone)
        why = words.say("digest.why", saved=words.number(saved, 1), time=time)
    return words.say(
        "digest.charge",
        begin=say_clock(charge.start, picture.zone),
        end=say_clock(charge.end, picture.zone),
        target=target,
        rate=rate,
        estimate=words.say("digest.estimate") if charge.is_estimate else "",
        why=why,
    )


def _plan(plan: Plan | None, picture: Picture) -> str:
    words = picture.words
    if plan is None:
        return words.say("digest.no_plan")
    hours = (plan.slots[-1].end - picture.now) / timedelta(hours=1)
    missed = next((note for note in plan.notes if note.code is NoteCode.READY_BY_MISSED), None)
    warning = saving = ""
    if missed is not None and (reached := missed.numbers.get("reached_percent")) is not None:
        warning = words.say("digest.not_ready", percent=words.number(reached))
    ahead_p = bill_ahead_p(plan)
    if plan.cost_p is None or ahead_p is None:
        return words.say("digest.cost_unknown", warning=warning)
    if plan.saving_p is not None and round(plan.saving_p) > 0:
        saving = words.say("digest.saving", saved=words.pounds(plan.saving_p / 100))
    return words.say(
        "digest.cost",
        cost=words.pounds(ahead_p / 100),
        hours=words.number(hours),
        saving=saving,
        warning=warning,
    )


def _yesterday(day: DayResult, words: Sentences) -> str:
    energies = day.energies
    cost = words.say("digest.day_cost_unknown")
    if day.cost_p is not None:
        cost = words.pounds(day.cost_p / 100)
    parts = [words.say("digest.bought", cost=cost, energy=words.number(energies.import_kwh, 1))]
    if energies.export_kwh >= 0.05:
        parts.append(words.say("digest.sold", energy=words.number(energies.export_kwh, 1)))
    parts.append(words.count("digest.charges", day.charges))
    if day.failures:
        parts.append(words.count("digest.failures", day.failures))
    if day.skipped:
        parts.append(words.count("digest.skipped", day.skipped))
    return f"{', '.join(parts)}."


def _week(week: DayOutcome, words: Sentences) -> str:
    """What the week's half-hours cost more or less than planned when they began, and why."""
    return words.say(
        "digest.week_more" if week.more_p >= 0.0 else "digest.week_less",
        amount=words.pounds(abs(week.more_p) / 100),
        planned=words.pounds(week.planned_p / 100),
        load=words.number(week.load_p),
        solar=words.number(week.solar_p),
        price=words.number(week.price_p),
        battery=words.number(week.obedience_p),
    )
