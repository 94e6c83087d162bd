"""Actions with a response: the plan, why, decisions, rates, what-if."""

from dataclasses import replace
from datetime import datetime, timedelta

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..common.serialisation import Json, encode
from ..const import DOMAIN, UNIT_CAPACITY_KWH
from ..control.model import Decision, DecisionKind
from ..planner.model import Action, Plan
from ..planner.why_not import WhyNot, why_not
from ..site.control_as_dict import command_status_as_dict
from ..site.limits import LIMITS
from ..site.plan_as_dict import plan_as_dict, slot_as_dict
from ..site.planner_inputs import SiteSnapshot, make_plan, plan_inputs
from ..site.preferences import Preferences
from ..site.site import Site
from ..tariff.model import RateTable
from ..text.messages import line_of
from ..text.sentences import Sentences, sentences_of
from ..text.speech import say_slot
from ..text.status import override_now, picture_of, ready_once
from .fields import ACTION, END, START, in_range, moment_if_any, number
from .sessions import session_as_dict
from .sites import SITE_FIELDS, async_site, problem

GET_PLAN, EXPLAIN, GET_DECISIONS = "get_plan", "explain", "get_decisions"
GET_RATES, WHAT_IF = "get_rates", "what_if"
AT, HOURS, KIND, BATTERY_KWH = "at", "hours", "kind", "battery_kwh"
RATES_AHEAD = timedelta(hours=48)
LONGEST_RATES = timedelta(days=14)

# The preferences that what-if can vary, each within its own limits.
TRIABLE = (
    "reserve_floor_percent",
    "everyday_ceiling_percent",
    "price_ceiling_p_per_kwh",
    "ready_by_percent",
    "wear_p_per_kwh",
    "carbon_gbp_per_tonne",
)

EXPLAIN_SCHEMA = vol.Schema(
    {
        **SITE_FIELDS,
        vol.Optional(AT): cv.datetime,
        vol.Optional(ACTION): vol.In([action.value for action in Action]),
    }
)
DECISIONS_SCHEMA = vol.Schema(
    {
        **SITE_FIELDS,
        vol.Optional(HOURS, default=24): number,
        vol.Optional(KIND): vol.In([kind.value for kind in DecisionKind]),
    }
)
RATES_SCHEMA = vol.Schema(
    {**SITE_FIELDS, vol.Optional(START): cv.datetime, vol.Optional(END): cv.datetime}
)
WHAT_IF_SCHEMA = vol.Schema(
    {
        **SITE_FIELDS,
        vol.Optional(BATTERY_KWH): number,
        **{vol.Optional(name): number for name in TRIABLE},
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    for name, handler, schema in (
        (GET_PLAN, _async_get_plan, vol.Schema(SITE_FIELDS)),
        (EXPLAIN, _async_explain, EXPLAIN_SCHEMA),
        (GET_DECISIONS, _async_get_decisions, DECISIONS_SCHEMA),
        (GET_RATES, _async_get_rates, RATES_SCHEMA),
        (WHAT_IF, _async_what_if, WHAT_IF_SCHEMA),
    ):
        hass.services.async_register(
            DOMAIN, name, handler, schema=schema, supports_response=SupportsResponse.ONLY
        )


async def _async_get_plan(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    now = dt_util.utcnow()
    ahead, asked, ready = site.sessions.ahead(now), override_now(site, now), ready_once(site, now)
    return {
        **plan_as_dict(_plan(site)),
        "override": encode(asked),
        "ready_once": encode(ready),
        "sessions": [session_as_dict(window) for window in ahead],
    }


async def _async_explain(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    plan, now = _plan(site), dt_util.utcnow()
    when = moment_if_any(call.data, AT) or now
    slot = plan.slot_at(when)
    if slot is None:
        raise problem("not_in_plan", field=AT)
    answer: dict[str, Json] = {
        "text": say_slot(slot, picture_of(site, now)),
        "slot": slot_as_dict(slot),
        "why_not": None,
    }
    asked: str | None = call.data.get(ACTION)
    # The inputs of the plan in force: later ones would explain another plan.
    snapshot = site.planned_from
    if asked is None or snapshot is None:
        return answer
    other = await site.hass.async_add_executor_job(_why_not, snapshot, plan, when, Action(asked))
    return {**answer, "why_not": why_not_as_dict(other)}


def _why_not(snapshot: SiteSnapshot, plan: Plan, when: datetime, action: Action) -> WhyNot:
    inputs = plan_inputs(snapshot)
    return why_not(inputs, plan, max(when, inputs.now), action)


def why_not_as_dict(answer: WhyNot) -> dict[str, Json]:
    """Why a slot is not planned otherwise; ``extra_p`` is what that would cost more."""
    return {
        "action": answer.action.value,
        "verdict": answer.verdict.value,
        "extra_p": None if answer.extra_p is None else round(answer.extra_p, 1),
        "target_percent": answer.target_percent,
        "forbidden_by": answer.forbidden_by,
    }


async def _async_get_decisions(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    hours = in_range(call.data, HOURS, 0, 720) or 0.0
    kind: str | None = call.data.get(KIND)
    since, words = dt_util.utcnow() - timedelta(hours=hours), sentences_of(call.hass)
    return {
        "decisions": [
            decision_as_dict(decision, words)
            for decision in site.decision_log.since(since)
            if kind is None or decision.kind.value == kind
        ]
    }


def decision_as_dict(decision: Decision, words: Sentences) -> dict[str, Json]:
    """A line of the decision log, with how far it is proven."""
    return {
        "at": decision.at.isoformat(),
        "kind": decision.kind.value,
        "reason": decision.reason.value,
        "text": line_of(decision.kind, decision.reason, words),
        "action": decision.action.value if decision.action else None,
        "lever": decision.method.value if decision.method else None,
        "start": decision.slot_start.isoformat() if decision.slot_start else None,
        "end": decision.slot_end.isoformat() if decision.slot_end else None,
        "rate_p_per_kwh": decision.rate_p_per_kwh,
        "charge_level_percent": decision.soc_percent,
        "evidence": command_status_as_dict(decision.command_status),
        "detail": decision.detail,
    }


async def _async_get_rates(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    start = moment_if_any(call.data, START) or dt_util.utcnow()
    end = moment_if_any(call.data, END) or start + RATES_AHEAD
    if not start < end <= start + LONGEST_RATES:
        raise problem("rates_period", field=END)
    rates = site.rates.data
    return {
        "unit": "p/kWh",
        "import": _rates(rates.imports, start, end),
        "export": None if rates.exports is None else _rates(rates.exports, start, end),
    }


def _rates(table: RateTable, start: datetime, end: datetime) -> list[Json]:
    return [
        {
            "start": rate.start.isoformat(),
            "end": rate.end.isoformat(),
            "p_per_kwh": rate.p_per_kwh,
        }
        for rate in table.between(start, end)
    ]


async def _async_what_if(call: ServiceCall) -> ServiceResponse:
    site = await async_site(call)
    battery_kwh = in_range(call.data, BATTERY_KWH, 1, 200)
    tried = {
        name: value
        for name in TRIABLE
        if (value := in_range(call.data, name, LIMITS[name].least, LIMITS[name].most)) is not None
    }
    if battery_kwh is None and not tried:
        raise problem("nothing_to_try")
    snapshot = site.snapshot()
    if snapshot is None:
        raise problem("no_plan_yet")
    as_is = replace(snapshot, running=None)
    wants = Preferences.from_options({**site.preferences.as_options(), **tried})
    other = replace(as_is, preferences=wants)
    if battery_kwh is not None:
        other = with_battery(other, battery_kwh)
    plans = await site.hass.async_add_executor_job(lambda: (make_plan(as_is), make_plan(other)))
    return _compared(*plans)


def with_battery(snapshot: SiteSnapshot, capacity_kwh: float) -> SiteSnapshot:
    """The same home and stored energy with another battery; power grows by whole units."""
    battery = snapshot.battery
    grown = max(1, round(capacity_kwh / UNIT_CAPACITY_KWH)) / max(
        1, round(battery.capacity_kwh / UNIT_CAPACITY_KWH)
    )
    stored_kwh = snapshot.soc_percent / 100 * battery.capacity_kwh
    # The floor stays as many kWh: what is kept for a power cut does not grow with the battery.
    share = battery.capacity_kwh / capacity_kwh
    floor_percent = min(100.0, snapshot.preferences.reserve_floor_percent * share)
    return replace(
        snapshot,
        soc_percent=min(100.0, stored_kwh / capacity_kwh * 100),
        reserve_percent=min(100, round(snapshot.reserve_percent * share)),
        preferences=replace(snapshot.preferences, reserve_floor_percent=floor_percent),
        battery=replace(
            battery,
            capacity_kwh=capacity_kwh,
            max_charge_w=battery.max_charge_w * grown,
            max_discharge_w=battery.max_discharge_w * grown,
            methods=tuple(
                replace(method, power_w=method.power_w * grown) for method in battery.methods
            ),
        ),
    )


def _compared(now: Plan, other: Plan) -> dict[str, Json]:
    # What is left in the battery at the end counts: a bigger one ends with more.
    costs_p = now.net_cost_p, other.net_cost_p
    saves_p = None if costs_p[0] is None or costs_p[1] is None else costs_p[0] - costs_p[1]
    hours = (now.slots[-1].end - now.slots[0].start) / timedelta(hours=1)
    return {
        "hours": round(hours, 1),
        "cost_p": _rounded(other.cost_p),
        "present_cost_p": _rounded(now.cost_p),
        "saves_p": _rounded(saves_p),
        "self_use_cost_p": _rounded(other.baseline_cost_p),
        "slots": [slot_as_dict(slot) for slot in other.slots],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _plan(site: Site) -> Plan:
    plan = site.planner.data
    if plan is None:
        raise problem("no_plan_yet")
    return plan
