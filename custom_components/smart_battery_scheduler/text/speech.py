"""What a site has to say, as sentences for voice. Pure: plain data in, a sentence out.

Times are given in the listener's zone; money in pence per kilowatt-hour including VAT.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from ..control.model import DecisionReason, SuspensionCause
from ..control.rules import Override
from ..planner.model import Action, Plan, PlannedSlot, Reason, ReasonCode
from ..powerwall.base import PowerwallState
from ..tariff.model import Rate
from .messages import reason_of_decision
from .sentences import Sentences

# A Powerwall at rest still shows some ten watts.
AT_REST_W = 100.0
# A fixed rate is neither cheap nor expensive.
LEAST_SPREAD_P = 1.0

# The rules that keep a charge from being done.
HELD_BACK = frozenset({DecisionReason.PEAK, DecisionReason.SESSION, DecisionReason.PRICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A home at one moment, as much of it as is known.

    ``held_back`` is the rule against the charge of this moment; without ``in_contact`` the reading
    is the last that came. ``refused``: the back end does not take what is written; ``broken`` is what
    the battery does wrong. ``name`` is whose service the battery is reached by, ``words`` are in the language of the reader.
    """

    now: datetime
    zone: tzinfo
    words: Sentences
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
    name: str = ""

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
    words, hindered = site.words, hindrance(site)
    charge = next_charge(site.plan, site.now)
    if hindered is not None:
        return words.say("speech.hindered_charge", hindrance=hindered)
    if site.plan is None:
        return words.say("speech.no_plan")
    runs = charge is not None and charge.start <= site.now
    if not site.scheduler_enabled and not runs:
        return words.say("speech.off_no_charge")
    if runs and site.held_back is not None:
        return words.say("speech.charge_held_back_now", why=_held_back(site, site.held_back))
    if charge is None:
        until = say_until(site.plan.slots[-1].end, site)
        return words.say("speech.no_charge_until", moment=until)
    end = say_clock(charge.end, site.zone)
    target, rate = _target(charge, site), _rate(charge, site)
    if runs:
        return words.say("speech.charges_now", end=end, target=target, rate=rate)
    begin = say_moment(charge.start, site)
    return words.say("speech.charges_later", moment=begin, end=end, target=target, rate=rate)


def say_why(site: Picture) -> str:
    """Why it does what it does."""
    words, hindered = site.words, hindrance(site)
    if hindered is not None:
        return hindered
    if site.refused:
        return words.say("speech.refused", name=site.name)
    if site.broken is not None:
        return words.say("speech.broken", why=reason_of_decision(site.broken, words))
    if site.held_back is not None:
        return words.say("speech.charge_held_back", why=_held_back(site, site.held_back))
    if site.override is not None:
        return words.say("speech.asked_for", moment=say_moment(site.override.until, site))
    if site.slot is None:
        return words.say("speech.no_plan")
    return say_slot(site.slot, site, "speech.why")


def say_slot(slot: PlannedSlot, site: Picture, sentence: str = "speech.explain") -> str:
    """What is planned in a half-hour, and why."""
    does, why = _does(slot.action, site), because(slot.reason, site)
    return site.words.say(sentence, does=does, why=why)


def say_rate(rates: Sequence[Rate], site: Picture) -> str:
    """What electricity costs now, whether that is cheap among ``rates``, those of the coming day."""
    words = site.words
    current = next((rate for rate in rates if rate.start <= site.now < rate.end), None)
    if current is None:
        return words.say("speech.rate_unknown")
    lowest, highest = (each(rate.p_per_kwh for rate in rates) for each in (min, max))
    rate = pence(current.p_per_kwh, words)
    if highest - lowest < LEAST_SPREAD_P:
        return words.say("speech.rate_flat", rate=rate)
    below = sum(each.p_per_kwh < current.p_per_kwh for each in rates) / len(rates)
    judged = words.say(
        "speech.is_cheap"
        if below <= 1 / 3
        else "speech.is_expensive"
        if below >= 3 / 4
        else "speech.is_average"
    )
    best = min(rates, key=lambda each: (each.p_per_kwh, each.start))
    if best is current:
        return words.say("speech.rate_best", judged=judged, rate=rate)
    return words.say(
        "speech.rate_cheaper_ahead",
        judged=judged,
        rate=rate,
        best=pence(best.p_per_kwh, words),
        moment=say_moment(best.start, site),
    )


def say_saved(today_p: float, month_p: float, words: Sentences) -> str:
    """What was saved, as spoken money; a loss is called one."""
    month = money(month_p, words)
    if today_p < -0.5:
        return words.say("speech.cost_more", today=money(-today_p, words), month=month)
    return words.say("speech.saved", today=money(today_p, words), month=month)


def money(amount_p: float, words: Sentences) -> str:
    """An amount as it is spoken."""
    pounds, rest = divmod(abs(round(amount_p)), 100)
    spoken = words.count("speech.money_pounds" if pounds else "speech.money_pence", pounds or rest)
    if pounds and rest:
        spoken = words.say("speech.money_both", pounds=spoken, pence=words.number(rest))
    return words.say("speech.money_below_zero", money=spoken) if round(amount_p) < 0 else spoken


def say_asked(action: Action, until: datetime, site: Picture) -> str:
    """What was just asked for, with its end."""
    does = _does(action, site)
    return site.words.say("speech.asked", does=does, until=say_until(until, site))


def because(reason: Reason, site: Picture) -> str:
    """A reason as a clause, with its figures where they are known."""
    words, key = site.words, f"reason.{reason.code.value}"
    rate_p, saved_p = (reason.numbers.get(f"{each}_p_per_kwh") for each in ("rate", "saves"))
    rate, saved = pence(rate_p, words), pence(saved_p, words)
    later = say_moment(reason.at, site) if reason.at is not None else None
    if saved_p is not None and later is not None:
        if reason.code is ReasonCode.CHEAPER_THAN_LATER and rate_p is not None:
            return words.say(f"{key}_figures", rate=rate, saved=saved, moment=later)
        if reason.code is ReasonCode.KEEP_FOR_LATER:
            return words.say(f"{key}_figures", saved=saved, moment=later)
    if rate_p is not None and reason.code in (ReasonCode.PAID_TO_CHARGE, ReasonCode.USE_NOW):
        return words.say(f"{key}_figures", rate=rate)
    return words.say(key)


def pence(p_per_kwh: float | None, words: Sentences) -> str:
    """A rate for voice."""
    if p_per_kwh is None:
        return words.say("speech.pence_unknown")
    key = "speech.pence_below_zero" if round(p_per_kwh, 1) < 0 else "speech.pence"
    return words.say(key, amount=words.number(abs(p_per_kwh), 1))


def say_clock(when: datetime, zone: tzinfo) -> str:
    """The time of day."""
    return f"{when.astimezone(zone):%H:%M}"


def say_moment(when: datetime, site: Picture) -> str:
    """A time with its day, as one says it today."""
    return site.words.moment(when.astimezone(site.zone), _today(site))


def say_until(when: datetime, site: Picture) -> str:
    """An end with its day, as one says it today."""
    return site.words.until(when.astimezone(site.zone), _today(site))


def hindrance(site: Picture) -> str | None:
    """Why the plan is not acted on, if it is not."""
    words = site.words
    if site.dry_run:
        return words.say("speech.dry_run")
    if site.suspension is not None:
        why = words.say(f"suspended_by.{site.suspension.value}")
        return words.say("speech.suspended", why=why)
    if site.faulty:
        return words.say("speech.faulty")
    if not site.scheduler_enabled and site.override is None:
        return words.say("speech.off")
    return None


def _today(site: Picture) -> date:
    return site.now.astimezone(site.zone).date()


def _does(action: Action, site: Picture) -> str:
    return site.words.say(f"does.{action.value}")


def _held_back(site: Picture, rule: DecisionReason) -> str:
    return site.words.say(f"held_back.{rule.value}")


def _target(charge: Charge, site: Picture) -> str:
    if not charge.reaches_percent:
        return ""
    return site.words.say("speech.target", percent=site.words.number(charge.reaches_percent))


def _rate(charge: Charge, site: Picture) -> str:
    if charge.p_per_kwh is None:
        return ""
    key = "speech.rate_estimate" if charge.is_estimate else "speech.rate"
    return site.words.say(key, rate=pence(charge.p_per_kwh, site.words))


def _measured(site: Picture) -> str:
    words, reading = site.words, site.reading
    if reading is None or reading.soc_percent is None:
        return words.say("speech.level_unknown")
    percent = words.number(reading.soc_percent)
    if not site.in_contact:
        key = "speech.token_refused" if site.token_refused else "speech.no_contact"
        moment = say_moment(reading.read_at, site)
        return words.say(key, percent=percent, moment=moment, name=site.name)
    power_w = reading.battery_power_w
    if power_w is None:
        return words.say("speech.level", percent=percent)
    if abs(power_w) < AT_REST_W:
        return words.say("speech.level_rests", percent=percent)
    key = "speech.level_charges" if power_w < 0 else "speech.level_gives"
    return words.say(key, percent=percent, power=words.number(abs(power_w) / 1000, 1))


def _ordered(site: Picture) -> str:
    words, hindered = site.words, hindrance(site)
    if hindered is not None:
        return hindered
    held = site.held_back
    but = words.say("speech.but", why=_held_back(site, held)) if held is not None else ""
    if site.override is not None:
        until = say_until(site.override.until, site)
        does = _does(site.override.action, site)
        return words.say("speech.you_asked", does=does, until=until, but=but)
    if site.plan is None or site.slot is None:
        return words.say("speech.no_plan")
    end = site.slot.end
    for slot in site.plan.slots:
        if slot.start == end and slot.action is site.slot.action:
            end = slot.end
    until, does = say_until(end, site), _does(site.slot.action, site)
    return words.say("speech.plan_is", does=does, until=until, but=but)
