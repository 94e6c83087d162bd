"""Solar forecasts that Home Assistant's Energy dashboard knows already, from other integrations.

The hook is Home Assistant's own: an integration's ``energy`` platform gives ``wh_hours`` for one of
its config entries. A forecast that is not there now raises an error. A stamp begins its time by
the hook's convention; integrations that put the end there are recognised by energy
before sunrise or after sunset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.websocket_api import async_get_energy_platforms
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION, SUN_EVENT_SUNRISE, SUN_EVENT_SUNSET
from homeassistant.core import HomeAssistant
from homeassistant.helpers.sun import get_astral_event_date
from homeassistant.util import dt as dt_util

from ..common.poll_interval import PollInterval
from ..const import DOMAIN
from ..solar.model import SolarForecast, SolarRequestError, SolarUnreachableError
from ..solar.wh_hours import energies, labels_are_ends, with_spread

# The other integration makes the requests; reading its forecast is free. At start it may not be ready yet.
POLL_INTERVAL = PollInterval(
    every=timedelta(minutes=30), jitter=timedelta(minutes=1), retry=timedelta(minutes=1)
)
LABELS_END_DOMAIN = "forecast_solar"
LABELS_BEGIN_SINCE = (2026, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownForecast:
    """A forecast by the config entry that makes it; ``in_dashboard`` if the owner uses it there."""

    entry_id: str
    title: str
    in_dashboard: bool


async def async_known_forecasts(hass: HomeAssistant) -> tuple[KnownForecast, ...]:
    """All there are but our own; those of the Energy dashboard first."""
    if "energy" not in hass.config.components:
        return ()
    platforms = await async_get_energy_platforms(hass)
    chosen = await _dashboard_entries(hass)
    found = [
        KnownForecast(
            entry_id=entry.entry_id, title=entry.title, in_dashboard=entry.entry_id in chosen
        )
        for domain in platforms
        if domain != DOMAIN
        for entry in hass.config_entries.async_entries(
            domain, include_ignore=False, include_disabled=False
        )
    ]
    return tuple(sorted(found, key=lambda known: (not known.in_dashboard, known.title)))


async def _dashboard_entries(hass: HomeAssistant) -> set[str]:
    manager = await async_get_manager(hass)
    sources = manager.data["energy_sources"] if manager.data else []
    return {
        entry_id
        for source in sources
        if source["type"] == "solar"
        for entry_id in source.get("config_entry_solar_forecast") or ()
    }


class KnownForecasts:
    """The forecasts of some config entries, added up. ``fetch`` raises a SolarError."""

    poll_interval = POLL_INTERVAL

    def __init__(self, hass: HomeAssistant, entry_ids: Sequence[str]) -> None:
        """Read these entries' forecasts."""
        self._hass = hass
        self._entry_ids = tuple(entry_ids)

    async def fetch(self) -> SolarForecast:
        """All together, where all of them have a forecast: half a roof is not the roof."""
        parts = [await self._energies(entry_id) for entry_id in self._entry_ids]
        common = set.intersection(*(set(part) for part in parts)) if parts else set()
        kwh = {start: sum(part[start] for part in parts) for start in sorted(common)}
        return with_spread(kwh, dt_util.utcnow())

    async def _energies(self, entry_id: str) -> dict[datetime, float]:
        entry = self._hass.config_entries.async_get_entry(entry_id)
        if entry is None:
            raise SolarRequestError("the integration that made the forecast was removed")
        if entry.state is not ConfigEntryState.LOADED:
            raise SolarUnreachableError(f"{entry.title} is not running")
        platforms = await async_get_energy_platforms(self._hass)
        platform = platforms.get(entry.domain)
        forecast = await platform(self._hass, entry_id) if platform else None
        if forecast is None:
            raise SolarUnreachableError(f"{entry.title} has no forecast at present")
        hours = forecast.get("wh_hours")
        return energies(hours, labels_end=self._labels_end(entry.domain, hours))

    def _labels_end(self, domain: str, hours: object) -> bool:
        if domain == LABELS_END_DOMAIN:
            return (MAJOR_VERSION, MINOR_VERSION) < LABELS_BEGIN_SINCE
        return labels_are_ends(hours, self._daylight) or False

    def _daylight(self, day: date) -> tuple[datetime, datetime] | None:
        rise, sets = (
            get_astral_event_date(self._hass, event, day)
            for event in (SUN_EVENT_SUNRISE, SUN_EVENT_SUNSET)
        )
        return None if rise is None or sets is None else (rise, sets)
