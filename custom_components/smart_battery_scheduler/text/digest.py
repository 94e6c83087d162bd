"""The daily digest: tonight's plan and yesterday's result in three lines. Pure but for one reader.

Money is pounds and pence as a bill shows it; what is not known is said to be so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from ..control.model import Decision, DecisionKind
from ..history.measurements import Energies, MeasuredSlot
from ..history.savings import bill_ahead_p
from ..planner.model import Action, NoteCode, Plan
from ..site.site import Site
from ..tariff.model import SLOT, RateTable
from .speech import Picture, hindrance, next_charge, say_clock
from .status import picture_of


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
    """The three lines."""

    next_charge: str
    plan: str
    yesterday: str

    @property
    def message(self) -> str:
        """All three, one below the other."""
        return f"{self.next_charge}\n{self.plan}\n{self.yesterday}"


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
    )


def digest_of(picture: Picture, yesterday: DayResult) -> Digest:
    """The lines for a picture of now and the result of yesterday."""
    return Digest(
        next_charge=f"Next: {_next(picture)}",
        plan=f"Plan: {_plan(picture.plan, picture)}",
        yesterday=f"Yesterday: {_yesterday(yesterday)}",
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


def pounds(pence: float) -> str:
    """An amount as a bill shows it."""
    return f"{'-' if round(pence) < 0 else ''}£{abs(pence) / 100:.2f}"


def _cost_p(slot: MeasuredSlot, imports: RateTable, exports: RateTable | None) -> float | None:
    bought, sold = imports.at(slot.start), exports.at(slot.start) if exports else None
    if not slot.is_whole or bought is None or (exports is not None and sold is None):
        return None
    earned = slot.energies.export_kwh * sold.p_per_kwh if sold else 0.0
    return slot.energies.import_kwh * bought.p_per_kwh - earned


def _next(picture: Picture) -> str:
    if (hindered := hindrance(picture)) is not None:
        return f"nothing. {hindered}"
    charge = next_charge(picture.plan, picture.now)
    if charge is None:
        return "no charge from the grid is needed."
    target = f" to {charge.reaches_percent} %" if charge.reaches_percent else ""
    rate = f" at {charge.p_per_kwh:.1f} p" if charge.p_per_kwh is not None else ""
    saved, later = charge.reason.numbers.get("saves_p_per_kwh"), charge.reason.at
    why = (
        f"; it avoids {saved:.1f} p at {say_clock(later, picture.zone)}" if saved and later else ""
    )
    begin, end = say_clock(charge.start, picture.zone), say_clock(charge.end, picture.zone)
    guess = " (estimated)" if charge.is_estimate else ""
    return f"charge {begin}–{end}{target}{rate}{guess}{why}."


def _plan(plan: Plan | None, picture: Picture) -> str:
    if plan is None:
        return "none yet."
    hours = (plan.slots[-1].end - picture.now) / timedelta(hours=1)
    missed = next((note for note in plan.notes if note.code is NoteCode.READY_BY_MISSED), None)
    warning = ""
    if missed is not None and (reached := missed.numbers.get("reached_percent")) is not None:
        warning = f" It will not be ready in time: {reached:.0f} % at most."
    ahead_p = bill_ahead_p(plan)
    if plan.cost_p is None or ahead_p is None:
        return f"the cost is not known: rates are missing.{warning}"
    saving = ""
    if plan.saving_p is not None and round(plan.saving_p) > 0:
        saving = f", {pounds(plan.saving_p)} less than self-powered"
    return f"{pounds(ahead_p)} for the next {hours:.0f} hours{saving}.{warning}"


def _yesterday(day: DayResult) -> str:
    energies = day.energies
    cost = pounds(day.cost_p) if day.cost_p is not None else "cost not known"
    parts = [f"{cost}, {energies.import_kwh:.1f} kWh bought"]
    if energies.export_kwh >= 0.05:
        parts.append(f"{energies.export_kwh:.1f} kWh sold")
    parts.append(_count(day.charges, "charge", "done"))
    if day.failures:
        parts.append(_count(day.failures, "failure", ""))
    if day.skipped:
        parts.append(_count(day.skipped, "charge", "skipped"))
    return f"{', '.join(parts)}."


def _count(number: int, noun: str, verb: str) -> str:
    amount = "no" if number == 0 else str(number)
    return f"{amount} {noun}{'' if number == 1 else 's'} {verb}".strip()
