"""What a site has to say, as sentences for voice. Pure: plain data in, English out.

Times are given in the listener's zone; money in pence per kilowatt-hour including VAT.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ..control.model import DecisionReason, SuspensionCause
from ..control.rules import Override
from ..planner.model import Action, Plan, PlannedSlot, Reason, ReasonCode
from ..powerwall.base import PowerwallState
from ..tariff.model import Rate
from .messages import REASONS

# A Powerwall at rest still shows some ten watts.
AT_REST_W = 100.0
# A fixed rate is neither cheap nor expensive.
LEAST_SPREAD_P = 1.0

DOES = {
    Action.CHARGE: "charge from the grid",
    Action.HOLD: "keep what it has",
    Action.USE: "power the house",
    Action.EXPORT: "sell to the grid",
}
SUSPENDED_BY = {
    SuspensionCause.OFF_GRID: "there is a power cut",
    SuspensionCause.STORM_WATCH: "Storm Watch is active",
    SuspensionCause.GRID_SERVICES: "a virtual power plant is using it",
    SuspensionCause.CALIBRATION: "the Powerwall is calibrating itself",
    SuspensionCause.SOMEBODY_ELSE: "its settings were changed somewhere else",
    SuspensionCause.USER: "its settings were changed by hand",
}
# The rules that keep a charge from being done.
HELD_BACK = {
    DecisionReason.PEAK: "nothing is charged from the grid in your peak window",
    DecisionReason.SESSION: "nothing is charged from the grid in a power-down session",
    DecisionReason.PRICE: "the rate of this half-hour is not known, or is above your limit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A home at one moment, as much of it as is known.

    ``held_back`` is the rule against the charge of this moment; without ``in_contact`` the reading
    is the last that came. ``refused``: the back end does not take what is written; ``broken`` is what
    the battery does wrong.
    """

    now: datetime
    zone: tzinfo
    reading: PowerwallState | None
    plan: Plan | None
    override: Override | None = None
    scheduler_enabled: bool = True
    dry_run: bool = False
    suspension: SuspensionCause | None = None
    faulty: bool = False
    held_back: DecisionReason | None = None
    in_contact: bool = True
    token_refused: bool = False
    refused: bool = False
    broken: DecisionReason | None = None

    @property
    def slot(self) -> PlannedSlot | None:
        """The plan's present half-hour."""
        return self.plan.slot_at(self.now) if self.plan else None

    @property
    def action(self) -> Action | None:
        """What is to be done now: by the override, else by the plan."""
        if self.override is not None:
            return self.override.action
        return self.slot.action if self.slot else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Charging half-hours in a row; the rate is their mean, None where one is not known.

    ``reaches_percent`` is the level expected at the end, which may come before the target.
    """

    start: datetime
    end: datetime
    target_percent: int | None
    reaches_percent: int | None
    p_per_kwh: float | None
    is_estimate: bool
    reason: Reason


def next_charge(plan: Plan | None, now: datetime) -> Charge | None:
    """The charge that runs at ``now`` or comes first after it, as one piece."""
    first = plan.next_charge(now) if plan else None
    if plan is None or first is None:
        return None
    slots = [first]
    for slot in plan.slots:
        if slot.action is Action.CHARGE and slot.start == slots[-1].end:
            slots.append(slot)
    rates = [slot.import_p_per_kwh for slot in slots]
    known = [rate for rate in rates if rate is not None]
    return Charge(
        start=first.start,
        end=slots[-1].end,
        target_percent=slots[-1].target_percent,
        reaches_percent=_reaches(slots[-1]),
        p_per_kwh=sum(known) / len(known) if len(known) == len(rates) else None,
        is_estimate=any(slot.rate_is_estimate for slot in slots),
        reason=first.reason,
    )


def _reaches(last: PlannedSlot) -> int | None:
    return (
        None if last.target_percent is None else min(last.target_percent, round(last.end_percent))
    )


def say_status(site: Picture) -> str:
    """What the battery is doing, by its own meter, and who asked for it."""
    return " ".join(part for part in (_measured(site), _ordered(site)) if part)


def say_next_charge(site: Picture) -> str:
    """When it charges from the grid next, how far and at what rate."""
    hindered = hindrance(site)
    charge = next_charge(site.plan, site.now)
    if hindered is not None:
        return f"{hindered} No charge will be started meanwhile."
    if site.plan is None:
        return "There is no plan yet."
    runs = charge is not None and charge.start <= site.now
    if not site.scheduler_enabled and not runs:
        return "The scheduler is switched off. No charge will be started."
    if runs and site.held_back is not None:
        return f"It does not charge now because {HELD_BACK[site.held_back]}."
    if charge is None:
        until = say_moment(site.plan.slots[-1].end, site)
        return f"No charge from the grid is planned until {until}."
    target = f", to {charge.reaches_percent} percent" if charge.reaches_percent else ""
    rate = f", at {_about(charge)}{pence(charge.p_per_kwh)}" if charge.p_per_kwh is not None else ""
    if runs:
        return f"It is due to charge now, until {say_clock(charge.end, site.zone)}{target}{rate}."
    begin, end = say_moment(charge.start, site), say_clock(charge.end, site.zone)
    return f"It will charge {begin} until {end}{target}{rate}."


def say_why(site: Picture) -> str:
    """Why it does what it does."""
    hindered = hindrance(site)
    if hindered is not None:
        return hindered
    if site.refused:
        return "NetZero refuses the commands; they are still being sent."
    if site.broken is not None:
        return f"Something is not right: {REASONS[site.broken]}."
    if site.held_back is not None:
        return f"It does not charge because {HELD_BACK[site.held_back]}."
    if site.override is not None:
        until = say_moment(site.override.until, site)
        return f"Because somebody asked for it; the plan resumes {until} at the latest."
    if site.slot is None:
        return "There is no plan yet."
    does = DOES[site.slot.action]
    return f"The plan is to {does} because {because(site.slot.reason, site)}."


def say_rate(rates: Sequence[Rate], home: Picture) -> str:
    """What electricity costs now, whether that is cheap among ``rates``, those of the coming day."""
    current = next((rate for rate in rates if rate.start <= home.now < rate.end), None)
    if current is None:
        return "The current rate is not known."
    lowest, highest = (each(rate.p_per_kwh for rate in rates) for each in (min, max))
    if highest - lowest < LEAST_SPREAD_P:
        return f"It costs {pence(current.p_per_kwh)} a unit, and hardly changes."
    below = sum(rate.p_per_kwh < current.p_per_kwh for rate in rates) / len(rates)
    judged = (
        "Yes, it is cheap"
        if below <= 1 / 3
        else "No, it is expensive"
        if below >= 3 / 4
        else "It is about average"
    )
    best = min(rates, key=lambda rate: (rate.p_per_kwh, rate.start))
    if best is current:
        return f"{judged}: {pence(current.p_per_kwh)} a unit, and there is nothing cheaper ahead."
    cheapest = f"the cheapest is {pence(best.p_per_kwh)} {say_moment(best.start, home)}"
    return f"{judged}: {pence(current.p_per_kwh)} a unit; {cheapest}."


def say_saved(today_p: float, month_p: float) -> str:
    """What was saved, as spoken money; a loss is called one."""
    today, month = money(today_p), money(month_p)
    if today_p < -0.5:
        return f"Today it has cost {money(-today_p)} more than without a plan; this month it has saved {month}."
    return f"It has saved {today} today, and {month} this month."


def money(amount_p: float) -> str:
    """An amount as it is spoken."""
    sign = "minus " if round(amount_p) < 0 else ""
    pounds, rest = divmod(abs(round(amount_p)), 100)
    if not pounds:
        return f"{sign}{rest} pence"
    return f"{sign}{pounds} pounds {rest}" if rest else f"{sign}{pounds} pounds"


def say_asked(action: Action, until: datetime, home: Picture) -> str:
    """What was just asked for, with its end."""
    return f"I have asked the battery to {DOES[action]} until {say_until(until, home)}."


def because(reason: Reason, site: Picture) -> str:
    """A reason as a subordinate clause, with its figures where they are known."""
    rate, saved = reason.numbers.get("rate_p_per_kwh"), reason.numbers.get("saves_p_per_kwh")
    later = say_moment(reason.at, site) if reason.at is not None else None
    if saved is not None and later is not None:
        if reason.code is ReasonCode.CHEAPER_THAN_LATER and rate is not None:
            return f"{pence(rate)} now avoids {pence(saved)} {later}"
        if reason.code is ReasonCode.KEEP_FOR_LATER:
            return f"what it has is worth more {later}, when a unit costs {pence(saved)}"
    if rate is not None:
        if reason.code is ReasonCode.PAID_TO_CHARGE:
            return f"the rate is {pence(rate)}, so you are paid for it"
        if reason.code is ReasonCode.USE_NOW:
            return f"using it now saves more than keeping it, at {pence(rate)}"
    return PLAINLY[reason.code]


PLAINLY = {
    ReasonCode.CHEAPER_THAN_LATER: "electricity is cheaper now than later",
    ReasonCode.PAID_TO_CHARGE: "you are paid for it",
    ReasonCode.FORCED: "you asked for it in this half-hour",
    ReasonCode.READY_BY: "it must be ready in time",
    ReasonCode.SESSION_AHEAD: "a power-down session is ahead",
    ReasonCode.POWER_UP: "electricity is free in this power-up session",
    ReasonCode.KEEP_FOR_LATER: "its energy is worth more later",
    ReasonCode.CAR_CHARGING: "the car is charging and must not empty it",
    ReasonCode.BELOW_FLOOR: "it is below the floor you set",
    ReasonCode.USE_NOW: "using it now saves more than keeping it",
    ReasonCode.SOLAR_SURPLUS: "the panels make more than the house uses",
    ReasonCode.EMPTY: "it is down to its reserve floor",
    ReasonCode.NOTHING_TO_GAIN: "nothing else would save anything",
    ReasonCode.SELL_NOW: "selling pays more now than keeping",
    ReasonCode.RATE_UNKNOWN: "the rate is not known yet",
}


def pence(p_per_kwh: float | None) -> str:
    """A rate for voice."""
    if p_per_kwh is None:
        return "an unknown rate"
    sign = "minus " if round(p_per_kwh, 1) < 0 else ""
    return f"{sign}{abs(p_per_kwh):.1f} pence"


def say_clock(when: datetime, zone: tzinfo) -> str:
    """The time of day."""
    return f"{when.astimezone(zone):%H:%M}"


def say_moment(when: datetime, site: Picture) -> str:
    """A time with its day, as one says it today."""
    local, today = when.astimezone(site.zone), site.now.astimezone(site.zone).date()
    day = {0: "at", 1: "tomorrow at", -1: "yesterday at"}.get(
        (local.date() - today).days, f"on {local:%A} at"
    )
    return f"{day} {local:%H:%M}"


def _about(charge: Charge) -> str:
    return "an estimated " if charge.is_estimate else ""


def _measured(site: Picture) -> str:
    if site.reading is None or site.reading.soc_percent is None:
        return "I do not know how full the battery is."
    if not site.in_contact:
        received = say_moment(site.reading.read_at, site)
        level_then = f"{site.reading.soc_percent:.0f} percent"
        why = (
            "NetZero refuses the token"
            if site.token_refused
            else "There is no contact with the battery"
        )
        return f"{why}; it was at {level_then} {received}."
    level = f"The battery is at {site.reading.soc_percent:.0f} percent"
    power_w = site.reading.battery_power_w
    if power_w is None:
        return f"{level}."
    if abs(power_w) < AT_REST_W:
        return f"{level} and is idle."
    does = "charges" if power_w < 0 else "supplies"
    return (
        f"{level} and {does} {'with ' if power_w < 0 else ''}{abs(power_w) / 1000:.1f} kilowatts."
    )


def _ordered(site: Picture) -> str:
    hindered = hindrance(site)
    if hindered is not None:
        return hindered
    but = f", but {HELD_BACK[site.held_back]}" if site.held_back is not None else ""
    if site.override is not None:
        until = say_until(site.override.until, site)
        return f"You asked it to {DOES[site.override.action]} until {until} at the latest{but}."
    if site.plan is None or site.slot is None:
        return "There is no plan yet."
    end = site.slot.end
    for slot in site.plan.slots:
        if slot.start == end and slot.action is site.slot.action:
            end = slot.end
    return f"The plan is to {DOES[site.slot.action]} until {say_until(end, site)}{but}."


def say_until(when: datetime, site: Picture) -> str:
    """An end with its day, as one says it today."""
    return say_moment(when, site).removeprefix("at ")


def hindrance(site: Picture) -> str | None:
    """Why the plan is not acted on, if it is not."""
    if site.dry_run:
        return "This is a dry run: nothing is sent to the battery."
    if site.suspension is not None:
        return f"The scheduler is suspended because {SUSPENDED_BY[site.suspension]}."
    if site.faulty:
        return "The battery did not follow its commands, so the scheduler has released it."
    if not site.scheduler_enabled and site.override is None:
        return "The scheduler is switched off."
    return None
