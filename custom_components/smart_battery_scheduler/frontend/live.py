"""The whole of a home as the card shows it: one JSON object, built anew at every change.

Half-hours are keyed by their start, so that a patch carries only those that changed. Times are
ISO 8601 in UTC; what is not known is absent.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from ..common.serialisation import Json, encode
from ..const import CONF_KIND, KIND_DEMO, MARKET_TIME_ZONE
from ..control.model import Decision
from ..history.measurements import MeasuredSlot
from ..planner.model import Plan
from ..site.control_as_dict import command_status_as_dict
from ..site.plan_as_dict import plan_as_dict
from ..site.site import Site
from ..tariff.model import Rate, floor_slot
from ..text.status import has_reached, held_back, override_now, ready_once, token_refused
from .merge_patch import without_nulls

# Hours back, so that all of yesterday is shown at any time of the day.
PAST = timedelta(hours=48)
# A weekly request comes again within this time.
NEXT_MANUAL_SLOT = timedelta(days=8)
DECISIONS_SHOWN = 60


def live_state(site: Site, now: datetime) -> dict[str, Json]:
    """Everything the card shows, without a null."""
    since = floor_slot(now - PAST)
    state: dict[str, Json] = {
        "home": _site(site),
        "now": _now(site, now),
        "plan": None if site.planner.data is None else _plan(site.planner.data),
        "past": _past(site.measurements.slots, since),
        "rates": _rates(site.rates.data.imports.between(since, now + PAST)),
        "export_rates": _export_rates(site, since, now + PAST),
        "planned_levels": _planned_levels(site, since, floor_slot(now)),
        "manual": _manual(site, since, now + NEXT_MANUAL_SLOT),
        "sessions": _sessions(site, since),
        "decisions": _decisions(site.decision_log.since(since)),
    }
    return cast(dict[str, Json], without_nulls(state))


def _site(site: Site) -> dict[str, Json]:
    wants = site.preferences
    capacity_kwh = site.battery.data.capacity_kwh if site.battery.data else None
    return {
        "entry_id": site.entry.entry_id,
        "title": site.entry.title,
        "demo": site.entry.data[CONF_KIND] == KIND_DEMO,
        "market_time_zone": MARKET_TIME_ZONE.key,
        "scheduler_enabled": wants.scheduler_enabled,
        "dry_run": wants.dry_run,
        "capacity_kwh": capacity_kwh,
        "reserve_floor_percent": wants.reserve_floor_percent,
        "everyday_ceiling_percent": wants.everyday_ceiling_percent,
        "charge_now_percent": wants.charge_now_percent,
    }


def _now(site: Site, now: datetime) -> dict[str, Json]:
    reading, control = site.battery.data, site.controller.state
    command = control.command
    return {
        "reading": None
        if reading is None
        else {
            "read_at": reading.read_at.isoformat(),
            "charge_level_percent": reading.soc_percent,
            "battery_w": reading.battery_power_w,
            "solar_w": reading.solar_power_w,
            "house_w": reading.house_power_w,
            "grid_w": reading.grid_power_w,
            "off_grid": reading.islanding is not None and reading.islanding.value == "off_grid",
        },
        "reachable": site.battery.last_update_success,
        "token_refused": token_refused(site) or None,
        "rates_reachable": site.rates.last_update_success,
        "phase": control.phase.value,
        "command": None
        if command is None
        else {
            "action": command.wanted.action.value,
            "source": command.wanted.source.value,
            "lever": command.current.method.value if command.current.method else None,
            "target_percent": command.wanted.target_percent,
            "ends_at": command.wanted.ends_at.isoformat(),
            "reached": has_reached(site, command),
            "tries": command.tries,
            "evidence": command_status_as_dict(command.command_status),
        },
        "override": encode(override_now(site, now)),
        "ready_once": encode(ready_once(site, now)),
        "held_back": encode(held_back(site, now)),
        "suspension": None
        if control.suspension is None
        else {
            "cause": control.suspension.cause.value,
            "since": control.suspension.since.isoformat(),
            "until": control.suspension.until.isoformat(),
        },
        "fault_until": encode(control.fault_until),
    }


def _plan(plan: Plan) -> dict[str, Json]:
    as_dict = plan_as_dict(plan)
    slots = cast(list[dict[str, Json]], as_dict["slots"])
    return {**as_dict, "slots": {cast(str, slot["start"]): slot for slot in slots}}


def _past(slots: Iterable[MeasuredSlot], since: datetime) -> dict[str, Json]:
    return {
        slot.start.isoformat(): {
            "load_kwh": round(slot.energies.load_kwh, 3),
            "pv_kwh": round(slot.energies.pv_kwh, 3),
            "import_kwh": round(slot.energies.import_kwh, 3),
            "export_kwh": round(slot.energies.export_kwh, 3),
            "battery_in_kwh": round(slot.energies.battery_in_kwh, 3),
            "battery_out_kwh": round(slot.energies.battery_out_kwh, 3),
            "level_percent": slot.soc_percent,
            "whole": slot.is_whole,
        }
        for slot in slots
        if slot.start >= since
    }


def _rates(rates: Iterable[Rate]) -> dict[str, Json]:
    return {
        rate.start.isoformat(): {"end": rate.end.isoformat(), "p_per_kwh": rate.p_per_kwh}
        for rate in rates
    }


def _export_rates(site: Site, since: datetime, until: datetime) -> Json:
    exports = site.rates.data.exports
    return None if exports is None else _rates(exports.between(since, until))


def _planned_levels(site: Site, since: datetime, until: datetime) -> dict[str, Json]:
    """Percent at the end of half-hours that are over, as planned when their day began."""
    return {
        each.start.isoformat(): each.percent
        for each in site.memory.planned_levels.memory
        if since <= each.start < until
    }


def _manual(site: Site, since: datetime, until: datetime) -> list[Json]:
    """Manual slots, each with the times it means."""
    return [
        {
            "id": slot.id,
            "action": "do_not_charge" if slot.blocked else encode(slot.action),
            "repeat": slot.repeat.value,
            "times": [
                {"start": start.isoformat(), "end": end.isoformat()}
                for start, end in slot.occurrences(since, until)
            ],
        }
        for slot in site.manual.slots
        if not slot.is_over(since)
    ]


def _sessions(site: Site, since: datetime) -> list[Json]:
    return [
        {
            "kind": session.kind.value,
            "start": session.start.isoformat(),
            "end": session.end.isoformat(),
            "joined": session.joined,
            "reward_p_per_kwh": session.reward_p_per_kwh,
        }
        for session in site.sessions.known
        if session.end > since
    ]


def _decisions(decisions: Iterable[Decision]) -> list[Json]:
    return [
        {
            "at": decision.at.isoformat(),
            "kind": decision.kind.value,
            "reason": decision.reason.value,
            "action": encode(decision.action),
            "slot_start": encode(decision.slot_start),
            "slot_end": encode(decision.slot_end),
            "rate_p_per_kwh": decision.rate_p_per_kwh,
            "detail": decision.detail,
        }
        for decision in tuple(decisions)[-DECISIONS_SHOWN:]
    ]
