"""The account of a dry run: what the last days cost, and what they would have cost by the plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...tariff.model import SLOT
from .compare import P_PER_GBP, Replay, standing_gbp
from .model import LivedDay
from .walk import walk


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekAccount:
    """Both bills of some days in a row, in pounds, from the same charge level on.

    Each is corrected by what its battery holds more or less at the end.
    """

    first_day: str
    last_day: str
    days: int
    paid_gbp: float
    planned_gbp: float

    @property
    def saving_gbp(self) -> float:
        """What the plan would have saved."""
        return self.paid_gbp - self.planned_gbp


def week_account(
    replay: Replay, soc_percent_at: Callable[[datetime], float | None]
) -> WeekAccount | None:
    """The account of the latest days in a row; None where days, rates or charge levels are missing."""
    days = latest_in_a_row(replay.past.days)
    tariff = next((each for each in replay.tariffs if each.name == replay.present), None)
    if not days or tariff is None or not tariff.covers(days):
        return None
    begin = soc_percent_at(days[0].slots[0].start)
    end = soc_percent_at(days[-1].slots[-1].start + SLOT)
    if begin is None or end is None:
        return None
    planned = list(walk(days, tariff, replace(replay.site, start_percent=begin), replay.known))
    marginal_p = planned[-1].marginal_p_per_kwh or 0.0
    per_percent_kwh = replay.site.hardware.capacity_kwh / 100.0
    paid_p = sum(
        tariff.cost_p(slot.start, slot.import_kwh, slot.export_kwh)
        for day in days
        for slot in day.slots
    )
    begin_kwh, end_kwh = begin * per_percent_kwh, end * per_percent_kwh
    planned_p = sum(day.cost_p for day in planned)
    fixed_gbp = standing_gbp(days, tariff) or 0.0
    return WeekAccount(
        first_day=days[0].day.isoformat(),
        last_day=days[-1].day.isoformat(),
        days=len(days),
        paid_gbp=fixed_gbp + (paid_p - (end_kwh - begin_kwh) * marginal_p) / P_PER_GBP,
        planned_gbp=fixed_gbp
        + (planned_p - (planned[-1].stored_kwh - begin_kwh) * marginal_p) / P_PER_GBP,
    )


def latest_in_a_row(days: Sequence[LivedDay]) -> tuple[LivedDay, ...]:
    """The days up to the last one between which none is missing."""
    found: list[LivedDay] = []
    for day in reversed(days):
        if found and day.day != found[-1].day - timedelta(days=1):
            break
        found.append(day)
    return tuple(reversed(found))
