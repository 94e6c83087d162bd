"""What the supplier and the grid do besides rates: sessions, carbon, the car on the drive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .car import Car
from .carbon import CarbonForecast, CarbonIntensity
from .carbon_coordinator import CarbonCoordinator
from .coordinator import RateSource
from .planner.model import Session
from .preferences import Preferences
from .rate_sources import AccountSource
from .sessions_ahead import Sessions, SessionWindow
from .tariff.account import Property

if TYPE_CHECKING:
    from .home import SmartBatteryConfigEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplySources:
    """Where such facts come from; None where a home has no such source."""

    carbon: CarbonIntensity | None = None


class Supply:
    """These facts of one home. ``changed`` is called when a plan should look at them anew."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartBatteryConfigEntry,
        sources: SupplySources,
        manual: Iterable[SessionWindow],
        changed: Callable[[], None],
    ) -> None:
        """Nothing is fetched yet."""
        self._changed = changed
        self._stops: list[CALLBACK_TYPE] = []
        self.sessions = Sessions(manual, changed)
        self.car = Car(hass, changed)
        self.carbon = (
            CarbonCoordinator(hass, entry, sources.carbon) if sources.carbon is not None else None
        )

    @callback
    def async_start(self, preferences: Preferences) -> CALLBACK_TYPE:
        """Fetch and watch from now on, in the background; the returned call ends that."""
        self.prefer(preferences)
        if self.carbon is not None:
            self._stops.append(self.carbon.async_add_listener(self._changed))
            self.carbon.begin()
        return self._stop

    @callback
    def prefer(self, preferences: Preferences) -> None:
        """Go by these preferences."""
        self.car.watch(preferences.car_charging_entity)
        if self.carbon is not None:
            self.carbon.enable(preferences.carbon_forecast)

    def session_at(self, now: datetime) -> Session | None:
        """The session in force."""
        return self.sessions.at(now)

    @property
    def carbon_forecast(self) -> CarbonForecast | None:
        """The last forecast, if there is one."""
        return self.carbon.data if self.carbon is not None else None

    @staticmethod
    def account_home(source: RateSource) -> Property | None:
        """Where the home was last found on its account; no address is kept."""
        home = source.home if isinstance(source, AccountSource) else None
        return None if home is None else replace(home, label="", postcode=None)

    def _stop(self) -> None:
        self.car.stop()
        for stop in self._stops:
            stop()
