"""A home's load history inside Home Assistant: which statistics, read when, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
import logging

from sqlalchemy.exc import SQLAlchemyError

from homeassistant.components.energy.data import EnergyPreferences, async_get_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..const import CONF_KIND, DOMAIN, KIND_DEMO
from ..planner.load import Consumption
from .house_load import (
    REMEMBERED,
    Balance,
    LoadFrom,
    LoadSettings,
    halves_of,
    history,
    measured_halves,
)
from .measurements import MeasuredSlot
from .recorder_statistics import Recorded, async_recorded

_LOGGER = logging.getLogger(__name__)

# Rows come late: after each half-hour the last hours are read once more.
OVERLAP = timedelta(hours=3)
# A recorder that migrates its database may keep us waiting; the home is not to wait with us.
LONGEST_READ_S = 20.0
OWN_KEY = "house_power"


async def async_dashboard(hass: HomeAssistant) -> EnergyPreferences | None:
    """The Energy dashboard's configuration; None without one."""
    if "energy" not in hass.config.components:
        return None
    manager = await async_get_manager(hass)
    return manager.data


def dashboard_balance(dashboard: EnergyPreferences | None) -> Balance | None:
    """The house by the dashboard's meters; None unless grid and battery are both there."""
    plus: list[str] = []
    minus: list[str] = []
    kinds = set()
    # The grid first: its meter never sleeps.
    sources = dashboard["energy_sources"] if dashboard else []
    for source in sorted(sources, key=lambda each: each["type"] != "grid"):
        if source["type"] not in ("grid", "solar", "battery"):
            continue
        kinds.add(source["type"])
        if from_id := source.get("stat_energy_from"):
            plus.append(str(from_id))
        if to_id := source.get("stat_energy_to"):
            minus.append(str(to_id))
    complete = {"grid", "battery"} <= kinds and plus
    return Balance(plus=tuple(plus), minus=tuple(minus)) if complete else None


class LoadHistory:
    """What the house used, for as long as is known."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._entry = entry
        self._settings: LoadSettings | None = None
        self._balance: Balance | None = None
        self._own: str | None = None
        self._recorded: dict[str, Recorded] = {}
        self._theirs: dict[datetime, float] = {}
        self._before: dict[datetime, float] = {}
        self._read_at: datetime | None = None
        self._failing = False

    async def async_refresh(self, now: datetime) -> None:
        """Read what is new; everything, if the owner's choice has changed."""
        if self._entry.data[CONF_KIND] == KIND_DEMO:
            # The demo home knows nothing of the house it is shown in.
            return
        settings = LoadSettings.from_options(self._entry.options)
        if settings != self._settings:
            self._settings, self._recorded, self._read_at = settings, {}, None
        self._balance = await self._chosen_balance(settings)
        self._own = self._own_statistic()
        ids = {*settings.cars, *({self._own} if self._own else ())}
        ids |= self._balance.ids if self._balance else set()
        since = now - REMEMBERED
        # A meter that the dashboard names since the last look has a past of its own.
        if self._read_at is not None and ids <= self._recorded.keys():
            since = self._read_at - OVERLAP
        recorded = await self._async_read(ids, since, now)
        if recorded is None:
            return
        for each, newer in recorded.items():
            known = self._recorded.get(each, Recorded())
            self._recorded[each] = known.merged(newer, now - REMEMBERED)
        self._theirs = halves_of(self._balance.of(self._recorded)) if self._balance else {}
        self._before = halves_of(self._recorded.get(self._own or "", Recorded()))
        self._read_at = now

    async def _async_read(
        self, ids: set[str], since: datetime, now: datetime
    ) -> dict[str, Recorded] | None:
        """The statistics; None if the recorder is busy or broken, which must not stop the home."""
        try:
            async with asyncio.timeout(LONGEST_READ_S):
                recorded = await async_recorded(self._hass, ids, since, now)
        except (TimeoutError, SQLAlchemyError) as err:
            if not self._failing:
                _LOGGER.warning(
                    "The recorder does not tell what %s has used: %s",
                    self._entry.title,
                    type(err).__name__,
                )
            self._failing = True
            return None
        self._failing = False
        return recorded

    def history(self, measured: Iterable[MeasuredSlot], now: datetime) -> tuple[Consumption, ...]:
        """Half-hours oldest first, up to the running one."""
        settings = self._settings or LoadSettings()
        ours = measured_halves(measured, now)
        first = [ours, self._theirs]
        if settings.load_from is not LoadFrom.AUTOMATIC:
            first.reverse()
        cars = [self._recorded.get(each, Recorded()) for each in settings.cars]
        return history([*first, self._before], cars, now)

    async def _chosen_balance(self, settings: LoadSettings) -> Balance | None:
        if settings.load_from is LoadFrom.STATISTIC:
            return Balance(plus=(settings.statistic,)) if settings.statistic else None
        return dashboard_balance(await async_dashboard(self._hass))

    def _own_statistic(self) -> str | None:
        """Our own sensor's, which has outlived our store if that was lost."""
        site = self._entry.unique_id or self._entry.entry_id
        registry = er.async_get(self._hass)
        return registry.async_get_entity_id("sensor", DOMAIN, f"{site}_{OWN_KEY}")
