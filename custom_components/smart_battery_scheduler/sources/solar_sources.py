"""Builds the solar source that a config entry names.

``entry.data["solar"]`` holds ``source`` and what that source needs: ``api_key``, ``resource_ids``
or ``entries``. An entry without it has what its roof planes say, by Open-Meteo.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
import json
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..common.service_urls import FORECAST_SOLAR, OPEN_METEO, SOLCAST, endpoint
from ..const import (
    CONF_API_KEY,
    CONF_AZIMUTH,
    CONF_DECLINATION,
    CONF_ENTRIES,
    CONF_INVERTER,
    CONF_INVERTER_KW,
    CONF_LOSSES_PERCENT,
    CONF_PEAK_KW,
    CONF_RESOURCE_IDS,
    CONF_SOLAR,
    CONF_SOURCE,
    DOMAIN,
    SOLAR_FORECAST_SOLAR,
    SOLAR_KNOWN,
    SOLAR_NONE,
    SOLAR_OPEN_METEO,
    SOLAR_SOLCAST,
    SUBENTRY_ROOF_PLANE,
)
from ..solar.forecast_solar import ForecastSolar
from ..solar.model import DEFAULT_LOSSES_PERCENT, RoofPlane, SolarSource
from ..solar.open_meteo import OpenMeteo
from ..solar.open_meteo_past import PAST_BASE_URL, OpenMeteoPast
from ..solar.pv import SLOT_HOURS
from ..solar.requests import RoofClient
from ..solar.solcast import BASE_URL as SOLCAST_URL, DailyCalls, KeyBudget, Solcast
from .known_forecasts import KnownForecasts

NEVER = datetime.min.replace(tzinfo=UTC)
# One budget per key and process: two homes, a reload or a config flow get no calls of their own.
SOLCAST_BUDGETS: HassKey[dict[str, KeyBudget]] = HassKey(f"{DOMAIN}_solcast_budgets")

# Those that are given the panels, each with the variable that may name a stand-in.
ROOF_CLIENTS: dict[str, tuple[type[RoofClient], str]] = {
    SOLAR_OPEN_METEO: (OpenMeteo, OPEN_METEO),
    SOLAR_FORECAST_SOLAR: (ForecastSolar, FORECAST_SOLAR),
}


def plane_of(data: Mapping[str, Any]) -> RoofPlane:
    """A roof plane as its form describes it."""
    return RoofPlane(
        declination_degrees=data[CONF_DECLINATION],
        azimuth_degrees=data[CONF_AZIMUTH],
        peak_kw=data[CONF_PEAK_KW],
        inverter_kw=data.get(CONF_INVERTER_KW),
        inverter=data.get(CONF_INVERTER),
        efficiency=1.0 - data.get(CONF_LOSSES_PERCENT, DEFAULT_LOSSES_PERCENT) / 100.0,
    )


def planes_of(entry: ConfigEntry) -> list[RoofPlane]:
    """The entry's roof planes."""
    return [
        plane_of(subentry.data)
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_ROOF_PLANE
    ]


def most_kwh_of(entry: ConfigEntry) -> float | None:
    """What the inverters let through in a half-hour; None if one of them is not known."""
    limits: dict[str | int, float | None] = {}
    for index, plane in enumerate(planes_of(entry)):
        limits.setdefault(plane.inverter or index, plane.inverter_kw)
    known = [limit for limit in limits.values() if limit is not None]
    return sum(known) * SLOT_HOURS if known and len(known) == len(limits) else None


def made_for(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """A name for the entry's source and roof, without a secret and without the place in clear."""
    settings = {
        key: value
        for key, value in entry.data.get(CONF_SOLAR, {}).items()
        if key in (CONF_SOURCE, CONF_RESOURCE_IDS, CONF_ENTRIES)
    }
    planes = sorted(repr(plane) for plane in planes_of(entry))
    place = (round(hass.config.latitude, 3), round(hass.config.longitude, 3))
    text = json.dumps([settings, planes, place], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def solar_source(
    hass: HomeAssistant, entry: ConfigEntry, calls: DailyCalls | None = None
) -> SolarSource | None:
    """The entry's source; None where there is nothing to ask or nobody to ask it of."""
    return build(hass, entry.data.get(CONF_SOLAR, {}), planes_of(entry), calls)


def build(
    hass: HomeAssistant,
    settings: Mapping[str, Any],
    planes: Sequence[RoofPlane],
    calls: DailyCalls | None = None,
) -> SolarSource | None:
    """A source by its settings; one that needs planes and has none is None."""
    kind = settings.get(CONF_SOURCE, SOLAR_OPEN_METEO)
    if kind == SOLAR_KNOWN:
        return KnownForecasts(hass, settings[CONF_ENTRIES])
    if kind == SOLAR_SOLCAST:
        return solcast(hass, settings[CONF_API_KEY], settings[CONF_RESOURCE_IDS], calls)
    if kind == SOLAR_NONE or not planes:
        return None
    api_key = settings.get(CONF_API_KEY)
    client, variable = ROOF_CLIENTS[kind]
    return client(
        async_get_clientsession(hass),
        hass.config.latitude,
        hass.config.longitude,
        planes,
        api_key=api_key,
        base_url=endpoint(variable, client.real_url_for(api_key)),
        clock=dt_util.utcnow,
    )


def uses_open_meteo(entry: ConfigEntry) -> bool:
    """Whether the entry's roof is forecast by Open-Meteo."""
    source = entry.data.get(CONF_SOLAR, {}).get(CONF_SOURCE, SOLAR_OPEN_METEO)
    return source == SOLAR_OPEN_METEO and bool(planes_of(entry))


def archived_forecast(
    hass: HomeAssistant, entry: ConfigEntry, first: date, last: date
) -> OpenMeteoPast | None:
    """Past forecasts of the entry's roof; None where the source has no archive."""
    if not uses_open_meteo(entry):
        return None
    return OpenMeteoPast(
        async_get_clientsession(hass),
        hass.config.latitude,
        hass.config.longitude,
        planes_of(entry),
        first=first,
        last=last,
        base_url=endpoint(OPEN_METEO, PAST_BASE_URL),
        clock=dt_util.utcnow,
    )


def solcast(
    hass: HomeAssistant,
    api_key: str,
    resource_ids: Sequence[str],
    calls: DailyCalls | None = None,
) -> Solcast:
    """Solcast for some rooftop sites; ``calls`` are those the day has had."""
    budgets = hass.data.setdefault(SOLCAST_BUDGETS, {})
    budget = budgets.setdefault(
        sha256(api_key.encode()).hexdigest(), KeyBudget(DailyCalls(day=NEVER))
    )
    return Solcast(
        async_get_clientsession(hass),
        api_key,
        resource_ids,
        calls=calls,
        budget=budget,
        base_url=endpoint(SOLCAST, SOLCAST_URL),
        clock=dt_util.utcnow,
    )
