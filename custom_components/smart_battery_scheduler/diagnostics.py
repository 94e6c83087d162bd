"""What a maintainer needs to see, without what would show who or where the household is.

``plan_inputs`` is what the last plan was made from, encoded by ``serialisation``: decoded, the planner
makes the same plan of it again.
"""

from collections.abc import Callable, Mapping
import logging
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .common.redaction import without
from .common.serialisation import Json, encode
from .const import (
    CONF_ACCOUNT_NUMBER,
    CONF_API_KEY,
    CONF_EXPORT_ACCOUNT,
    CONF_EXPORT_PROPERTY,
    CONF_IMPORT_MPAN,
    CONF_KIND,
    CONF_POSTCODE,
    CONF_PROPERTY,
    CONF_RESOURCE_IDS,
    CONF_SITE_ID,
    CONF_TARIFF,
    CONF_TOKEN,
    KIND_DEMO,
)
from .site.forecast_report import forecasts_as_dict
from .site.planner_inputs import SiteSnapshot, plan_inputs
from .site.site import Site, SmartBatteryConfigEntry

_LOGGER = logging.getLogger(__name__)

TO_REDACT = frozenset(
    {
        CONF_ACCOUNT_NUMBER,
        CONF_API_KEY,
        CONF_POSTCODE,
        CONF_EXPORT_ACCOUNT,
        CONF_EXPORT_PROPERTY,
        CONF_IMPORT_MPAN,
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
    """All that is known of one home, from memory: nothing is fetched.

    Of an entry that is not loaded, the entry and its state. A part that fails names its error.
    """
    secrets = _secrets(entry)
    report: dict[str, Any] = {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "state": entry.state.value,
    }
    if entry.state is ConfigEntryState.LOADED:
        site = entry.runtime_data
        report |= {name: _part(name, part, site) for name, part in PARTS.items()}
        report["plan_inputs"] = await hass.async_add_executor_job(
            _part, "plan_inputs", _encoded_inputs, site.planned_from
        )
    cleaned: dict[str, Any] = without(report, secrets)
    return cleaned


def _part[T](name: str, part: Callable[[T], Any], of: T) -> Any:
    """One part, which must not take the others with it: the report is asked for when things fail."""
    try:
        return part(of)
    except Exception as err:
        _LOGGER.exception("The diagnostics have no %s", name)
        return {"failed": type(err).__name__}


def _secrets(entry: SmartBatteryConfigEntry) -> tuple[str, ...]:
    """What identifies the household or its place, to be removed wherever it occurs."""
    tariff = entry.data.get(CONF_TARIFF, {})
    known = (
        *(entry.data.get(key) for key in (CONF_TOKEN, CONF_SITE_ID)),
        *(tariff.get(key) for key in (CONF_ACCOUNT_NUMBER, CONF_API_KEY, CONF_POSTCODE)),
        entry.unique_id if entry.data.get(CONF_KIND) != KIND_DEMO else None,
    )
    return tuple(str(secret) for secret in known if secret)


def _encoded_inputs(snapshot: SiteSnapshot | None) -> Json:
    return None if snapshot is None else encode(plan_inputs(snapshot))


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


PARTS: Mapping[str, Callable[[Site], Any]] = {
    "sources": lambda site: {name: _health(each) for name, each in _coordinators(site).items()},
    "supply_troubles": lambda site: sorted(problem.value for problem in site.grid_events.problems),
    "reading": lambda site: encode(site.battery.data),
    "override": lambda site: encode(site.override),
    "learned": lambda site: encode(site.learned),
    "control": lambda site: encode(site.controller.state),
    "decisions": lambda site: encode(site.decision_log.decisions[-DECISIONS:]),
    "forecasts": lambda site: forecasts_as_dict(site, dt_util.utcnow()),
    "plan": lambda site: encode(site.planner.data),
}
