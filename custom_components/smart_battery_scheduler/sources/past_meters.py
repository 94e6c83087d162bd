"""The home's past half-hours: the supplier's meters, our own readings, the Energy dashboard."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_API_KEY, CONF_TARIFF
from ..history.backtest.meters import MeterSource, PastMeters, measured_source, put_together
from ..history.house_load import halves_of
from ..history.load_history import async_dashboard
from ..history.measurements import MeasuredSlot
from ..history.recorder_statistics import RECORDER_ERRORS, Recorded, async_recorded
from ..tariff.account import Property
from ..tariff.consumption import metered_kwh
from ..tariff.errors import TariffError
from ..tariff.model import floor_slot
from .rate_sources import AccountSource
from .rates_coordinator import RateSource
from .supplier import octopus

_LOGGER = logging.getLogger(__name__)

type Ids = Mapping[str, Sequence[str]]

# A recorder that migrates its database may keep us waiting; the other sources are there.
LONGEST_READ_S = 60.0


async def async_past_meters(
    hass: HomeAssistant,
    entry: ConfigEntry,
    measured: Iterable[MeasuredSlot],
    rates: RateSource,
    since: datetime,
    now: datetime,
) -> PastMeters:
    """All half-hours since then, each kind of energy from the best source that has it.

    A source that does not answer is named as failed, and the others make do. The meters on the
    account are those of the home whose ``rates`` come from there.
    """
    ours, loads = measured_source(measured)
    failed: list[str] = []
    supplier = dashboard = None
    address = rates.address if isinstance(rates, AccountSource) else None
    try:
        supplier = await _async_supplier(hass, entry, address, since, now)
    except TariffError:
        failed.append("octopus")
    try:
        async with asyncio.timeout(LONGEST_READ_S):
            dashboard = await _async_dashboard(hass, since, now)
    except RECORDER_ERRORS as err:
        _LOGGER.warning("The recorder does not tell a replay the past: %s", type(err).__name__)
        failed.append("recorder")
    sources = [each for each in (supplier, ours, dashboard) if each is not None]
    until = floor_slot(now)
    found = await hass.async_add_executor_job(put_together, sources, loads, since, until)
    moved_in_at = address.moved_in_at if address is not None else None
    return replace(found, failed=tuple(failed), moved_in_at=moved_in_at)


async def _async_supplier(
    hass: HomeAssistant,
    entry: ConfigEntry,
    address: Property | None,
    since: datetime,
    now: datetime,
) -> MeterSource | None:
    """Both meters of the Octopus account; None without an account. Raises a TariffError."""
    settings = entry.data.get(CONF_TARIFF) or {}
    key = settings.get(CONF_API_KEY)
    if not key or address is None:
        return None
    client = octopus(hass, key)
    bought, sold = address.import_point(now), address.export_point(now)
    energies = {}
    if bought is not None:
        energies["import"] = await metered_kwh(client, bought, since, now)
    if sold is not None:
        energies["export"] = await metered_kwh(client, sold, since, now)
    return MeterSource(name="octopus", energies=energies)


async def _async_dashboard(
    hass: HomeAssistant, since: datetime, now: datetime
) -> MeterSource | None:
    """The Energy dashboard's statistics; None without a dashboard that has a grid."""
    ids = await _async_ids(hass)
    if not ids["import"]:
        return None
    wanted = {each for group in ids.values() for each in group}
    recorded = await async_recorded(hass, wanted, since, now)
    energies = {kind: _sum(group, recorded) for kind, group in ids.items() if group}
    absent = frozenset(kind for kind in ("pv", "export") if not ids[kind])
    if ids["pv"]:
        # A home with panels and no export meter may export without any measurement.
        absent -= {"export"}
    return MeterSource(name="dashboard", energies=energies, absent=absent)


async def _async_ids(hass: HomeAssistant) -> Ids:
    dashboard = await async_dashboard(hass)
    found: dict[str, list[str]] = {
        kind: [] for kind in ("import", "export", "pv", "battery_in", "battery_out")
    }
    kinds = {
        "grid": ("import", "export"),
        "solar": ("pv", ""),
        "battery": ("battery_out", "battery_in"),
    }
    for source in dashboard["energy_sources"] if dashboard else []:
        gives, takes = kinds.get(source["type"], ("", ""))
        for kind, key in ((gives, "stat_energy_from"), (takes, "stat_energy_to")):
            if kind and (statistic := source.get(key)):
                found[kind].append(str(statistic))
    return found


def _sum(ids: Sequence[str], recorded: Mapping[str, Recorded]) -> dict[datetime, float]:
    """Several meters of one kind, at least one; a half-hour that one of them lacks is not known."""
    series = [halves_of(recorded.get(each, Recorded())) for each in ids]
    common = set(series[0]).intersection(*series[1:])
    return {start: sum(each[start] for each in series) for start in common}
