"""The home's past half-hours: the supplier's meters, our own readings, the Energy dashboard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_ACCOUNT_NUMBER, CONF_API_KEY, CONF_PROPERTY, CONF_TARIFF
from ..history.backtest.meters import MeterSource, PastMeters, measured_source, put_together
from ..history.house_load import halves_of
from ..history.load_history import async_dashboard
from ..history.measurements import MeasuredSlot
from ..history.recorder_statistics import Recorded, async_recorded
from ..tariff.agreement_rates import address_of
from ..tariff.consumption import metered_kwh
from ..tariff.errors import TariffError
from ..tariff.model import floor_slot
from .supplier import octopus

type Ids = Mapping[str, Sequence[str]]


async def async_past_meters(
    hass: HomeAssistant,
    entry: ConfigEntry,
    measured: Iterable[MeasuredSlot],
    since: datetime,
    now: datetime,
) -> PastMeters:
    """All half-hours since then, each kind of energy from the best source that has it.

    A source that does not answer is named as failed, and the others make do.
    """
    ours, loads = measured_source(measured)
    failed: tuple[str, ...] = ()
    try:
        supplier = await _async_supplier(hass, entry, since, now)
    except TariffError:
        supplier, failed = None, ("octopus",)
    dashboard = await _async_dashboard(hass, since, now)
    sources = [each for each in (supplier, ours, dashboard) if each is not None]
    until = floor_slot(now)
    found = await hass.async_add_executor_job(put_together, sources, loads, since, until)
    return replace(found, failed=failed)


async def _async_supplier(
    hass: HomeAssistant, entry: ConfigEntry, since: datetime, now: datetime
) -> MeterSource | None:
    """Both meters of the Octopus account; None without an account. Raises a TariffError."""
    settings = entry.data.get(CONF_TARIFF) or {}
    key, number = settings.get(CONF_API_KEY), settings.get(CONF_ACCOUNT_NUMBER)
    if not key or not number:
        return None
    client = octopus(hass, key)
    address = address_of(await client.account(number), settings.get(CONF_PROPERTY), now)
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
    """Several meters of one kind; a half-hour that one of them lacks is not known."""
    series = [halves_of(recorded.get(each, Recorded())) for each in ids]
    if not series:
        return {}
    common = set(series[0]).intersection(*series[1:])
    return {start: sum(each[start] for each in series) for start in common}
