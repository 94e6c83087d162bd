"""Keeps the carbon forecast of a home; planning goes on without it."""

from datetime import timedelta
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..carbon.client import (
    POLL_INTERVAL,
    CarbonError,
    CarbonForecast,
    CarbonIntensity,
    CarbonRateLimitError,
)
from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)


class CarbonCoordinator(DataUpdateCoordinator[CarbonForecast | None]):
    """Asks about once an hour while it is wanted; a failed question keeps the last answer."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, source: CarbonIntensity) -> None:
        """Nothing is asked yet."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} carbon intensity",
            update_interval=timedelta(hours=1),
            always_update=False,
        )
        self.data = None
        self._source = source
        self._enabled = False
        self._begun = False

    @callback
    def begin(self) -> None:
        """Ask for the first time, in the background."""
        self._begun = True
        if self._enabled:
            self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"first {self.name}"
            )

    @callback
    def enable(self, enabled: bool) -> bool:
        """Whether it is wanted; what is not wanted is not asked for and not shown.

        True if it has to be refreshed for that.
        """
        changed, self._enabled = enabled != self._enabled, enabled
        return changed and self._begun

    async def _async_update_data(self) -> CarbonForecast | None:
        self.update_interval = POLL_INTERVAL.next_wait()
        if not self._enabled:
            return None
        try:
            return await self._source.fetch()
        except CarbonRateLimitError as err:
            raise self._failure(err, err.retry_after_s) from err
        except CarbonError as err:
            self.update_interval = POLL_INTERVAL.retry
            raise self._failure(err) from err

    def _failure(self, err: CarbonError, retry_after_s: float | None = None) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="carbon_unreachable",
            translation_placeholders={"reason": str(err)},
            retry_after=retry_after_s,
        )
