"""A home's load history inside Home Assistant: which statistics, read when, put together."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
import logging

from homeassistant.components.energy.data import EnergyPreferences, async_get_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import SUN_EVENT_SUNRISE, SUN_EVENT_SUNSET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.sun import get_astral_event_date

from ..const import CONF_KIND, DOMAIN, KIND_DEMO, MARKET_TIME_ZONE
from ..planner.load import Consumption, forecast_load
from .house_load import (
    REMEMBERED,
    Balance,
    IsDark,
    LoadFrom,
    LoadSettings,
    halves_of,
    history,
    measured_halves,
)
from .load_quality import ExpectedLoad, LoadQualityRecord
from .measurements import MeasuredSlot
from .recorder_statistics import RECORDER_ERRORS, Recorded, async_recorded

_LOGGER = logging.getLogger(__name__)

# Rows come late, and a value after a gap belongs to the gap: the last day is read once more.
OVERLAP = timedelta(hours=24)
# A recorder that migrates its database answers late; the site's start does not wait longer than this.
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
    plus: dict[str, list[str]] = {"grid": [], "solar": [], "battery": []}
    minus: list[str] = []
    for source in dashboard["energy_sources"] if dashboard else []:
        if source["type"] not in plus:
            continue
        if from_id := source.get("stat_energy_from"):
            plus[source["type"]].append(str(from_id))
        if to_id := source.get("stat_energy_to"):
            minus.append(str(to_id))
    if not plus["grid"] or not plus["battery"]:
        return None
    return Balance(
        plus=(*plus["grid"], *plus["solar"], *plus["battery"]),
        minus=tuple(minus),
        solar_meters=tuple(plus["solar"]),
        registers=tuple(plus["grid"]) if len(plus["grid"]) > 1 else (),
    )


class Darkness:
    """Whether the sun is down over a whole stretch of time, at Home Assistant's place."""

    def __init__(self, hass: HomeAssistant) -> None:
        """No day is looked up yet."""
        self._hass = hass
        self._days: dict[date, tuple[datetime, datetime] | None] = {}

    def __call__(self, start: datetime, length: timedelta) -> bool:
        """Look at the days around it, each of which is looked up once.

        Where the sun does not rise or set on one of them, as beyond the polar circle, it is not dark.
        """
        around = [self._light(start.date() + timedelta(days=day)) for day in (-1, 0, 1)]
        return all(
            light is not None and (start + length <= light[0] or light[1] <= start)
            for light in around
        )

    def _light(self, day: date) -> tuple[datetime, datetime] | None:
        if day not in self._days:
            rise, sunset = (
                get_astral_event_date(self._hass, event, day)
                for event in (SUN_EVENT_SUNRISE, SUN_EVENT_SUNSET)
            )
            self._days[day] = None if rise is None or sunset is None else (rise, sunset)
        return self._days[day]


def _house_of(
    balance: Balance | None, recorded: Mapping[str, Recorded], is_dark: IsDark
) -> dict[datetime, float]:
    return halves_of(balance.of(recorded, is_dark)) if balance else {}


class LoadHistory:
    """What the house used, for as long as is known."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        noted: Iterable[ExpectedLoad] = (),
    ) -> None:
        """Know nothing yet but what was ``noted`` of the forecast."""
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
        self.record = LoadQualityRecord(noted)
        self._darkness = Darkness(hass)

    async def async_refresh(self, now: datetime) -> None:
        """Read what is new; everything, if the owner's choice has changed."""
        if self._entry.data[CONF_KIND] == KIND_DEMO:
            # The demo home does not use the recorder of the real house.
            return
        settings = LoadSettings.from_options(self._entry.options)
        if settings != self._settings:
            self._settings, self._recorded, self._read_at = settings, {}, None
        self._balance = await self._chosen_balance(settings)
        self._own = self._own_statistic()
        ids = {*settings.cars, *({self._own} if self._own else ())}
        ids |= self._balance.ids if self._balance else set()
        since = now - REMEMBERED
        # A meter that the dashboard names since the last reading has a past of its own, and so has one
        # whose rows were renamed meanwhile. After a clock that was ahead, the last reading lies in the future.
        with_rows = {each for each, rows in self._recorded.items() if rows.hours or rows.halves}
        if self._read_at is not None and self._read_at <= now and ids <= with_rows:
            since = self._read_at - OVERLAP
        recorded = await self._async_read(ids, since, now)
        if recorded is None:
            return
        for each, newer in recorded.items():
            known = self._recorded.get(each, Recorded())
            self._recorded[each] = known.merged(newer, now - REMEMBERED)
        # Sunrise and sunset of sixty days take a small board some time.
        self._theirs = await self._hass.async_add_executor_job(
            _house_of, self._balance, dict(self._recorded), self._darkness
        )
        self._before = halves_of(self._recorded.get(self._own or "", Recorded()))
        self._read_at = now

    async def _async_read(
        self, ids: set[str], since: datetime, now: datetime
    ) -> dict[str, Recorded] | None:
        """The statistics; None if the recorder is busy or fails: the site runs without them."""
        try:
            async with asyncio.timeout(LONGEST_READ_S):
                resting = self._balance.registers if self._balance else ()
                recorded = await async_recorded(self._hass, ids, since, now, resting)
        except RECORDER_ERRORS as err:
            if not self._failing:
                _LOGGER.warning(
                    "The recorder cannot say what %s has used: %s",
                    self._entry.title,
                    type(err).__name__,
                )
            self._failing = True
            return None
        self._failing = False
        return recorded

    async def async_judge(
        self, measured: Iterable[MeasuredSlot], now: datetime, annual_kwh: float
    ) -> None:
        """Note the day's forecast when a day begins; compare what was noted with the measurements."""
        history, due = self.history(measured, now), self.record.due(now)
        await self._hass.async_add_executor_job(self.record.judge, history)
        if due:
            spreads = await self._hass.async_add_executor_job(
                partial(
                    forecast_load,
                    history,
                    due,
                    now=now,
                    zone=MARKET_TIME_ZONE,
                    annual_kwh=annual_kwh,
                )
            )
            self.record.note(due, spreads)

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
        """Our own sensor's statistics, which remain if our store was lost."""
        site = self._entry.unique_id or self._entry.entry_id
        registry = er.async_get(self._hass)
        return registry.async_get_entity_id("sensor", DOMAIN, f"{site}_{OWN_KEY}")
