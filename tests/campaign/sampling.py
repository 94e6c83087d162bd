"""Looking behind the scenes: one instant of the truth, and what the home made of it."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from custom_components.smart_battery_scheduler.const import DOMAIN, MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod, Session
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Flows, flows
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..cloud.faults import Fault
from ..cloud.server import Cloud
from .story import READ, WRITE
from .truth import Sample, Theirs

# Faults of readings that say so themselves; under the others readings tell something that is not.
OPEN_FAULTS = frozenset(
    {
        Fault.TIMEOUT,
        Fault.DISCONNECT,
        Fault.CUT_SHORT,
        Fault.FORBIDDEN,
        Fault.FORBIDDEN_PAGE,
        Fault.RATE_LIMITED,
        Fault.SERVER_ERROR_PAGE,
        Fault.UNAVAILABLE,
        Fault.PAGE,
        Fault.EMPTY,
        Fault.UNROUNDED,
    }
)


def take_sample(
    hass: HomeAssistant,
    cloud: Cloud,
    site: Site | None,
    theirs: Theirs,
    now: datetime,
    *,
    foreign: bool,
) -> Sample:
    """The truth now; ``site`` is None while it is not set up, ``foreign`` while a rival is at work."""
    powerwall = cloud.world.powerwall
    state = powerwall.state
    house_w, available_solar_w = cloud.world.house_w(now), cloud.world.available_solar_w(now)

    def under(settings: Settings) -> Flows:
        return flows(
            powerwall.hardware,
            settings,
            state.circumstances,
            state.stored_kwh,
            house_w,
            available_solar_w,
        )

    def from_grid_w(there: Flows) -> float:
        return max(0.0, -there.battery_w - max(0.0, available_solar_w - house_w))

    there = under(state.obeyed)
    home = _of_home(site, now)
    home["floor_percent"] = max(home["floor_percent"], theirs.reserve_percent)
    by_theirs = [under(each) for each in theirs.possible()]
    forced = state.circumstances.forced_battery_w is not None
    return Sample(
        at=now,
        from_grid_w=from_grid_w(there),
        from_grid_by_theirs_w=max(map(from_grid_w, by_theirs)),
        serves_by_theirs_w=min(each.battery_w for each in by_theirs),
        battery_w=there.battery_w,
        level=powerwall.soc_percent,
        full_percent=powerwall.hardware.full_percent,
        shown=state.shown,
        house_w=house_w,
        available_solar_w=available_solar_w,
        on_grid=state.circumstances.on_grid,
        storm=state.circumstances.storm_watch,
        forced=forced,
        disturbed=site is None or forced or bool(state.pending) or _is_armed(cloud),
        hidden=_is_hidden(cloud),
        foreign=foreign,
        alive=site is not None,
        notices=_notices(hass),
        refused=_is_refused(cloud),
        apart=replace(state.shown, export_rule=None) != replace(state.obeyed, export_rule=None),
        charging_permitted=powerwall.hardware.grid_charging_permitted,
        **home,
    )


def _is_armed(cloud: Cloud) -> bool:
    """Whether anything keeps us at this moment from knowing or changing the truth."""
    return any(rule.endpoint in (READ, WRITE) for rule in cloud.faults)


def _is_hidden(cloud: Cloud) -> bool:
    return any(rule.endpoint is READ and rule.fault not in OPEN_FAULTS for rule in cloud.faults)


def _is_refused(cloud: Cloud) -> bool:
    last = cloud.requests.last(WRITE)
    return last is not None and last.status != HTTPStatus.OK


def _notices(hass: HomeAssistant) -> frozenset[str]:
    return frozenset(
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    )


def _of_home(site: Site | None, now: datetime) -> dict[str, Any]:
    """What the home wants and knows; where there is none, nothing."""
    in_peak = 16 <= now.astimezone(MARKET_TIME_ZONE).hour < 19
    if site is None:
        return {
            "power_down": False,
            "override": False,
            "ceiling_p": None,
            "rate_p": None,
            "suspended": False,
            "forbidden": in_peak,
            "wanted": None,
            "by_backup": False,
            "target_percent": 100.0,
            "floor_percent": 0.0,
        }
    wanted, _ = site.wanted_at(now)
    power_down = site.sessions.at(now) is Session.POWER_DOWN
    rate = site.rates.data.imports.at(now)
    return {
        "power_down": power_down,
        "override": site.override is not None,
        "ceiling_p": site.preferences.price_ceiling_p_per_kwh,
        "rate_p": None if rate is None else rate.p_per_kwh,
        "suspended": site.controller.state.suspension is not None,
        "forbidden": in_peak or power_down,
        "wanted": None if wanted is None else wanted.action,
        "by_backup": wanted is not None and wanted.method is ChargeMethod.BACKUP,
        "target_percent": 100.0 if wanted is None else float(wanted.target_percent or 100),
        "charge_patience": site.timing().change,
        "floor_percent": 0.0 if wanted is None else float(wanted.target_percent or 0),
    }
