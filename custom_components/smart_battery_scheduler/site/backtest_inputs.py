"""What a replay is made from: the site's past, the tariffs of its region, its battery as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_KIND, KIND_DEMO, MARKET_TIME_ZONE
from ..history.backtest.balance import rebuild
from ..history.backtest.compare import Replay, usual_variants
from ..history.backtest.known import KnownThen, spread_of, usual_forecast
from ..history.backtest.model import LivedDay, Past, ReplaySite, Tariff
from ..history.measurements import MeasuredSlot
from ..planner.load import Consumption
from ..planner.model import Battery, ChargeMethod, HouseholdRules, Spread
from ..powerwall.physics import Hardware
from ..solar.model import SolarError
from ..sources.past_meters import async_past_meters
from ..sources.rates_coordinator import RateError, Rates, RateSource
from ..sources.solar_sources import archived_forecast
from ..sources.supplier import async_standing, octopus, region_of
from ..tariff.errors import TariffError
from ..tariff.model import RateTable
from ..tariff.past_tariffs import PastTariff, past_tariffs
from .preferences import Preferences

# The name of the tariff that the home has, whatever it is.
PRESENT = "present"
# Beyond the published rates the planner goes by a week of earlier ones.
RATES_BEFORE = timedelta(days=8)
RATES_AFTER = timedelta(days=2)
USUAL_START_PERCENT = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestSnapshot:
    """What a site knows of itself. ``history`` is the house before and in the time replayed."""

    preferences: Preferences
    battery: Battery
    units: int
    reserve_percent: int
    measured: tuple[MeasuredSlot, ...]
    history: tuple[Consumption, ...]
    rates: RateSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much is asked for: so many days up to yesterday, and whether other tariffs too."""

    days: int
    every_tariff: bool = True


async def async_replay(
    hass: HomeAssistant, entry: ConfigEntry, snapshot: BacktestSnapshot, scope: Scope, now: datetime
) -> Replay:
    """Gather it. What does not answer is named in the result; nothing is raised."""
    today = now.astimezone(MARKET_TIME_ZONE).date()
    since, until = (
        datetime.combine(day, time(), MARKET_TIME_ZONE).astimezone(UTC)
        for day in (today - timedelta(days=scope.days), today)
    )
    meters = await async_past_meters(hass, entry, snapshot.measured, snapshot.rates, since, until)
    asked = [today - timedelta(days=each) for each in range(1, scope.days + 1)]
    moved_in = (
        meters.moved_in_at.astimezone(MARKET_TIME_ZONE).date() if meters.moved_in_at else None
    )
    past = await hass.async_add_executor_job(rebuild, meters.slots, asked, moved_in)
    tariffs, not_had, failed = await _async_tariffs(hass, entry, snapshot, scope, since, now)
    archive, solar_source = await _async_archive(hass, entry, past)
    earlier = tuple(each for each in snapshot.history if each.start < since)

    def solar_with(days: tuple[LivedDay, ...], roof_factor: float) -> Mapping[datetime, Spread]:
        if archive is None:
            return usual_forecast(days)
        return {start: spread_of(each.mean * roof_factor) for start, each in archive.items()}

    known = KnownThen(
        past.days, solar_with(past.days, 1.0), snapshot.preferences.annual_load_kwh, earlier
    )

    site = replay_site(snapshot)
    has_roof = any(slot.pv_kwh for day in past.days for slot in day.slots)
    return Replay(
        past=past,
        tariffs=tariffs,
        site=site,
        known=known,
        known_with=lambda days, roof_factor: known.under(solar_with(days, roof_factor)),
        present=PRESENT,
        variants=usual_variants(site, has_roof=has_roof) if scope.every_tariff else (),
        sources={**meters.sources, "sun_forecast": {solar_source: len(past.days) * 48}},
        not_had=not_had,
        failed=(*meters.failed, *failed),
    )


def replay_site(snapshot: BacktestSnapshot) -> ReplaySite:
    """The battery with what it has learned, and the household's requests."""
    battery, wants, units = snapshot.battery, snapshot.preferences, snapshot.units
    rates_w = {each.method: each.power_w / units for each in battery.methods}
    usual = Hardware()
    return ReplaySite(
        hardware=Hardware(
            units=units,
            unit_capacity_kwh=battery.capacity_kwh / units,
            unit_max_charge_w=battery.max_charge_w / units,
            unit_max_discharge_w=battery.max_discharge_w / units,
            unit_reserve_charge_w=rates_w.get(ChargeMethod.RESERVE, usual.unit_reserve_charge_w),
            unit_backup_charge_w=rates_w.get(ChargeMethod.BACKUP, usual.unit_backup_charge_w),
            round_trip_efficiency=battery.round_trip_efficiency,
            taper_from_percent=battery.taper_from_percent,
            taper_to_fraction=battery.taper_to_fraction,
        ),
        battery=battery,
        rules=HouseholdRules(
            reserve_floor_percent=max(wants.reserve_floor_percent, snapshot.reserve_percent),
            everyday_ceiling_percent=wants.everyday_ceiling_percent,
            wear_p_per_kwh=wants.wear_p_per_kwh,
        ),
        annual_load_kwh=wants.annual_load_kwh,
        peak=(wants.peak_start, wants.peak_end),
        start_percent=max(USUAL_START_PERCENT, snapshot.reserve_percent),
    )


async def _async_tariffs(
    hass: HomeAssistant,
    entry: ConfigEntry,
    snapshot: BacktestSnapshot,
    scope: Scope,
    since: datetime,
    now: datetime,
) -> tuple[tuple[Tariff, ...], tuple[str, ...], tuple[str, ...]]:
    """The present tariff and the region's others; names of those not had; sources that failed."""
    start, end = since - RATES_BEFORE, now + RATES_AFTER
    tariffs: list[Tariff] = []
    not_had: tuple[str, ...] = ()
    failed: list[str] = []
    is_export_paid = True
    try:
        rates = await snapshot.rates.fetch(start, end)
    except RateError:
        failed.append("rates")
    else:
        try:
            standing = await async_standing(hass, entry, start, end)
        except TariffError:
            standing = None
            failed.append("standing_charges")
        tariffs.append(_present(rates, standing))
        is_export_paid = rates.exports is not None
    region = region_of(entry) if entry.data[CONF_KIND] != KIND_DEMO else None
    if region is not None and scope.every_tariff:
        try:
            others, not_had = await past_tariffs(
                octopus(hass), region, start, end, is_export_paid=is_export_paid
            )
        except TariffError:
            failed.append("tariffs")
        else:
            tariffs += [_tariff(each) for each in others]
    return tuple(tariffs), not_had, tuple(failed)


def _present(rates: Rates, standing: RateTable | None) -> Tariff:
    """What the home buys by. Rates that change every half-hour are published day by day."""
    values = [rate.p_per_kwh for rate in rates.imports.rates[-96:]]
    return Tariff(
        name=PRESENT,
        imports=rates.imports,
        exports=rates.exports,
        standing=standing,
        is_day_ahead=len(set(values)) > len(values) / 4,
    )


def _tariff(past: PastTariff) -> Tariff:
    return Tariff(
        name=past.name,
        imports=past.imports,
        exports=past.exports,
        standing=past.standing,
        is_day_ahead=past.is_day_ahead,
    )


async def _async_archive(
    hass: HomeAssistant, entry: ConfigEntry, past: Past
) -> tuple[Mapping[datetime, Spread] | None, str]:
    """The forecasts as they were, and their source; None where there is no archive."""
    if not past.days:
        return None, "none"
    archive = archived_forecast(hass, entry, past.days[0].day, past.days[-1].day)
    if archive is None:
        return None, "measured_with_usual_error"
    try:
        forecast = await archive.fetch()
    except SolarError:
        return None, "measured_with_usual_error"
    slots = forecast.slots.items()
    return {start: spread_of(slot.mean_kwh) for start, slot in slots}, "open_meteo_archive"
