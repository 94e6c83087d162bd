"""Sensors of what is planned, what it costs and how far the last command is proven."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.util import dt as dt_util

from ..const import GBP_PER_KWH, MARKET_TIME_ZONE, PENCE_PER_KWH
from ..control.model import CommandStatus, Phase
from ..history.accuracy import day_start
from ..history.savings import bill_ahead_p, planned_cost_p
from ..planner.model import Action, Plan, PlannedSlot
from ..site.control_as_dict import command_status_as_dict
from ..site.plan_as_dict import plan_as_dict
from ..site.site import Site
from ..tariff.model import SLOT, RateTable, floor_slot
from ..text.speech import Charge, next_charge, say_why
from ..text.status import has_reached, override_now, picture_of, ready_once

# The longest state that Home Assistant keeps.
LONGEST_STATE = 255
LOOK_AHEAD = timedelta(hours=24)


class Status(StrEnum):
    """What a home does, in one word."""

    CHARGING = "charging"
    HOLDING = "holding"
    USING = "using"
    EXPORTING = "exporting"
    WAITING = "waiting"
    STEPPED_BACK = "stepped_back"
    DRY_RUN = "dry_run"
    FAULT = "fault"
    OFF = "off"


class Proof(StrEnum):
    """How far a command is proven."""

    NONE = "none"
    SENDING = "sending"
    ACCEPTED = "accepted"
    READ_BACK = "read_back"
    CONFIRMED = "seen"


_STATUS = {
    Action.CHARGE: Status.CHARGING,
    Action.HOLD: Status.HOLDING,
    Action.USE: Status.USING,
    Action.EXPORT: Status.EXPORTING,
}


@dataclass(frozen=True, kw_only=True)
class SiteSensorDescription(SensorEntityDescription):
    """A sensor by what it shows of a home; ``None`` is unknown."""

    value_fn: Callable[[Site], float | str | datetime | None]
    attributes_fn: Callable[[Site], Mapping[str, Any]] | None = None
    from_battery: bool = False


def status_of(site: Site) -> Status | None:
    """What the home does now; None while the battery cannot be read, so that nobody knows."""
    state, now = site.controller.state, dt_util.utcnow()
    if state.phase is Phase.FAULT:
        return Status.FAULT
    if state.suspension is not None:
        return Status.STEPPED_BACK
    if site.preferences.dry_run:
        return Status.DRY_RUN
    if not site.preferences.scheduler_enabled and override_now(site, now) is None:
        return Status.OFF
    if not site.battery.last_update_success:
        return None
    if state.command is not None:
        reached = has_reached(site, state.command)
        return Status.HOLDING if reached else _STATUS[state.command.wanted.action]
    planned = _planned_now(site)
    if planned is None or planned.action is Action.CHARGE:
        return Status.WAITING
    return _STATUS[planned.action]


def proof_of(command_status: CommandStatus | None) -> Proof:
    """The highest of the four levels that is reached."""
    if command_status is None:
        return Proof.NONE
    if command_status.confirmed_at is not None:
        return Proof.CONFIRMED
    if command_status.read_back_at is not None:
        return Proof.READ_BACK
    return Proof.ACCEPTED if command_status.accepted_at is not None else Proof.SENDING


def _planned_now(site: Site) -> PlannedSlot | None:
    plan = site.planner.data
    return plan.slot_at(dt_util.utcnow()) if plan else None


def _why(site: Site) -> str:
    return say_why(picture_of(site, dt_util.utcnow()))[:LONGEST_STATE]


def _rate(table: RateTable | None, when: datetime) -> float | None:
    rate = table.at(when) if table is not None else None
    return None if rate is None else rate.p_per_kwh / 100


def _charge(site: Site) -> Charge | None:
    return next_charge(site.planner.data, dt_util.utcnow())


def _charge_attributes(site: Site) -> Mapping[str, Any]:
    charge = _charge(site)
    if charge is None:
        return {}
    return {
        "end": charge.end.isoformat(),
        "target_percent": charge.target_percent,
        "reaches_percent": charge.reaches_percent,
        "rate_p_per_kwh": None if charge.p_per_kwh is None else round(charge.p_per_kwh, 2),
        "rate_is_estimate": charge.is_estimate,
    }


def _ready_attributes(site: Site) -> Mapping[str, Any]:
    asked = ready_once(site, dt_util.utcnow())
    return {} if asked is None else {"target_percent": round(asked.percent)}


def _cheapest(site: Site) -> tuple[datetime, float] | None:
    """The cheapest published half-hour of the coming day that is not over."""
    start = floor_slot(dt_util.utcnow())
    rates = site.rates.data.imports.between(start, start + LOOK_AHEAD)
    cheapest = min(rates, key=lambda rate: (rate.p_per_kwh, rate.start), default=None)
    return None if cheapest is None else (max(cheapest.start, start), cheapest.p_per_kwh)


def _cheapest_start(site: Site) -> datetime | None:
    found = _cheapest(site)
    return None if found is None else found[0]


def _cheapest_attributes(site: Site) -> Mapping[str, Any]:
    found = _cheapest(site)
    return {} if found is None else {"rate_p_per_kwh": found[1]}


def _pounds(pence: float | None) -> float | None:
    return None if pence is None else pence / 100


def _today() -> date:
    return dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()


def _cost_today(site: Site) -> float | None:
    """What was paid today and is going to be paid by the plan."""
    plan, today = site.planner.data, _today()
    ahead_p = planned_cost_p(plan, today) if plan else None
    return None if ahead_p is None else (site.savings.day(today).cost_p + ahead_p) / 100


def _cost_tomorrow(site: Site) -> float | None:
    plan, tomorrow = site.planner.data, _today() + timedelta(days=1)
    if plan is None or plan.slots[0].start > day_start(tomorrow):
        return None
    return _pounds(planned_cost_p(plan, tomorrow))


def _cost_attributes(site: Site) -> Mapping[str, Any]:
    """Foreseen against paid, yesterday and today so far."""
    today, yesterday = (site.savings.day(_today() - timedelta(days=days)) for days in (0, 1))
    return {
        "paid_gbp": round(today.cost_p / 100, 2),
        "foreseen_gbp": _rounded(_pounds(today.expected_p)),
        "yesterday_paid_gbp": round(yesterday.cost_p / 100, 2) if yesterday.half_hours else None,
        "yesterday_foreseen_gbp": _rounded(_pounds(yesterday.expected_p)),
    }


def _plan_cost(site: Site) -> float | None:
    return _pounds(bill_ahead_p(site.planner.data)) if site.planner.data else None


def _plan_saving(site: Site) -> float | None:
    plan: Plan | None = site.planner.data
    return _pounds(plan.saving_p) if plan else None


def _plan_attributes(site: Site) -> Mapping[str, Any]:
    plan: Plan | None = site.planner.data
    return {} if plan is None else plan_as_dict(plan)


def _command_status(site: Site) -> CommandStatus | None:
    command = site.controller.state.command
    return None if command is None else command.command_status


def _command_status_attributes(site: Site) -> Mapping[str, Any]:
    command = site.controller.state.command
    if command is None:
        return {}
    method = command.current.method
    times = command_status_as_dict(command.command_status) or {}
    return {
        "action": command.wanted.action.value,
        "source": command.wanted.source.value,
        "lever": method.value if method else None,
        "target_percent": command.wanted.target_percent,
        "tries": command.tries,
        **{name: value for name, value in times.items() if name != "doubted_at"},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _price(key: str, value_fn: Callable[[Site], float | None]) -> SiteSensorDescription:
    return SiteSensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=GBP_PER_KWH,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=4,
        value_fn=value_fn,
    )


def _money(
    key: str,
    value_fn: Callable[[Site], float | None],
    attributes_fn: Callable[[Site], Mapping[str, Any]] | None = None,
) -> SiteSensorDescription:
    return SiteSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.MONETARY,
        native_unit_of_measurement="GBP",
        suggested_display_precision=2,
        value_fn=value_fn,
        attributes_fn=attributes_fn,
    )


def _moment(
    key: str,
    value_fn: Callable[[Site], datetime | None],
    attributes_fn: Callable[[Site], Mapping[str, Any]] | None = None,
    *,
    enabled: bool = True,
) -> SiteSensorDescription:
    return SiteSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=enabled,
        value_fn=value_fn,
        attributes_fn=attributes_fn,
    )


PLAN_SENSORS: tuple[SiteSensorDescription, ...] = (
    SiteSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in Status],
        value_fn=lambda site: status.value if (status := status_of(site)) else None,
    ),
    SiteSensorDescription(key="reason", translation_key="reason", value_fn=_why),
    _price("current_rate", lambda site: _rate(site.rates.data.imports, dt_util.utcnow())),
    _price("next_rate", lambda site: _rate(site.rates.data.imports, dt_util.utcnow() + SLOT)),
    _price("export_rate", lambda site: _rate(site.rates.data.exports, dt_util.utcnow())),
    _moment("cheapest_slot", _cheapest_start, _cheapest_attributes),
    _moment(
        "next_charge",
        lambda site: charge.start if (charge := _charge(site)) else None,
        _charge_attributes,
    ),
    _moment(
        "next_charge_end",
        lambda site: charge.end if (charge := _charge(site)) else None,
        enabled=False,
    ),
    SiteSensorDescription(
        key="next_charge_rate",
        translation_key="next_charge_rate",
        native_unit_of_measurement=PENCE_PER_KWH,
        suggested_display_precision=1,
        value_fn=lambda site: charge.p_per_kwh if (charge := _charge(site)) else None,
    ),
    SiteSensorDescription(
        key="next_charge_target",
        translation_key="next_charge_target",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        # The level it reaches, not its target: a plan may ask for 100 and reach 60.
        value_fn=lambda site: charge.reaches_percent if (charge := _charge(site)) else None,
    ),
    _moment(
        "override_end",
        lambda site: asked.until if (asked := override_now(site, dt_util.utcnow())) else None,
        enabled=False,
    ),
    _moment(
        "ready_once",
        lambda site: asked.at if (asked := ready_once(site, dt_util.utcnow())) else None,
        _ready_attributes,
    ),
    SiteSensorDescription(
        key="stored_worth",
        translation_key="stored_worth",
        native_unit_of_measurement=PENCE_PER_KWH,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda site: (
            slot.marginal_value_p_per_kwh if (slot := _planned_now(site)) else None
        ),
    ),
    _money("plan_cost", _plan_cost),
    _money("plan_saving", _plan_saving),
    _money("cost_today", _cost_today, _cost_attributes),
    _money("cost_tomorrow", _cost_tomorrow),
    SiteSensorDescription(
        key="plan",
        translation_key="plan",
        device_class=SensorDeviceClass.ENUM,
        options=[action.value for action in Action],
        value_fn=lambda site: slot.action.value if (slot := _planned_now(site)) else None,
        attributes_fn=_plan_attributes,
    ),
    SiteSensorDescription(
        key="last_command",
        translation_key="last_command",
        device_class=SensorDeviceClass.ENUM,
        options=[proof.value for proof in Proof],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda site: proof_of(_command_status(site)).value,
        attributes_fn=_command_status_attributes,
    ),
)
