"""What a maintainer needs to see, without what would tell who or where the home is.

``plan_inputs`` is what the last plan was made from, as ``codec`` writes it: decoded, the planner
makes the same plan of it again.
"""

from __future__ import annotations

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .common.serialisation import Json, encode
from .const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_POSTCODE,
    CONF_PROPERTY,
    CONF_RESOURCE_IDS,
    CONF_SITE_ID,
    CONF_TOKEN,
)
from .site.forecast_report import forecasts_as_dict
from .site.planner_inputs import SiteSnapshot, plan_inputs
from .site.site import Site, SmartBatteryConfigEntry

TO_REDACT = frozenset(
    {
        CONF_ACCOUNT_NUMBER,
        CONF_API_KEY,
        CONF_POSTCODE,
        CONF_PROPERTY,
        CONF_RESOURCE_IDS,
        CONF_SITE_ID,
        CONF_TOKEN,
        "latitude",
        "longitude",
        "mpan",
        "serial_number",
        "title",
        "unique_id",
    }
)
# Enough for what led to a report, little enough to read.
DECISIONS = 200


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry
) -> dict[str, Any]:
    """All that is known of one home, from memory: nothing is fetched."""
    site = entry.runtime_data
    snapshot = site.planned_from
    planned = (
        None if snapshot is None else await hass.async_add_executor_job(_encoded_inputs, snapshot)
    )
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "sources": {name: _health(each) for name, each in _coordinators(site).items()},
        "supply_troubles": sorted(problem.value for problem in site.grid_events.problems),
        "reading": encode(site.battery.data),
        "override": encode(site.override),
        "learned": encode(site.learned),
        "control": encode(site.controller.state),
        "decisions": encode(site.decision_log.decisions[-DECISIONS:]),
        "forecasts": forecasts_as_dict(site, dt_util.utcnow()),
        "plan": encode(site.planner.data),
        "plan_inputs": planned,
    }


def _encoded_inputs(snapshot: SiteSnapshot) -> Json:
    return encode(plan_inputs(snapshot))


@callback
def _coordinators(site: Site) -> dict[str, DataUpdateCoordinator[Any]]:
    found: dict[str, DataUpdateCoordinator[Any] | None] = {
        "battery": site.battery,
        "rates": site.rates,
        "solar": site.solar,
        "carbon": site.grid_events.carbon,
    }
    return {name: each for name, each in found.items() if each is not None}


def _health(coordinator: DataUpdateCoordinator[Any]) -> dict[str, Json]:
    """Whether the last fetch succeeded; of an error only its kind, for texts may quote."""
    error, every = coordinator.last_exception, coordinator.update_interval
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": type(error).__name__ if error is not None else None,
        "update_interval_s": every.total_seconds() if every is not None else None,
    }
