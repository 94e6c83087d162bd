"""Keeps the solar forecast: asked for as often as its source allows."""

from datetime import timedelta
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..solar.model import (
    SolarAuthError,
    SolarError,
    SolarForecast,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSource,
)

_LOGGER = logging.getLogger(__name__)


class SolarCoordinator(DataUpdateCoordinator[SolarForecast | None]):
    """Asks for the solar forecast as often as its source allows; keeps the last good one.

    A source that refuses needs a person: a repair notice says so until it answers again.
    """

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        source: SolarSource,
        kept: SolarForecast | None = None,
    ) -> None:
        """Fetch from ``source``, unless what was ``kept`` over a restart is fresh enough."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} solar forecast",
            update_interval=source.poll_interval.every,
        )
        self.data = kept
        self.source = source
        self._may_keep = kept is not None
        self._issue_id = f"{entry.entry_id}_solar_refused"
        entry.async_on_unload(lambda: ir.async_delete_issue(hass, DOMAIN, self._issue_id))

    async def _async_update_data(self) -> SolarForecast:
        poll_interval = self.source.poll_interval
        self.update_interval = poll_interval.next_wait()
        if self._may_keep and self.data is not None:
            self._may_keep = False
            age = dt_util.utcnow() - self.data.made_at
            if timedelta(0) <= age < poll_interval.every:
                self.update_interval -= age
                return self.data
        try:
            forecast = await self.source.fetch()
            if not forecast.slots:
                raise SolarReplyError("no half-hour is forecast")
        except SolarRateLimitError as err:
            raise self._failure(err, err.retry_after_s) from err
        except (SolarAuthError, SolarRequestError) as err:
            self._ask_for_help(err)
            raise self._failure(err) from err
        except SolarError as err:
            self.update_interval = min(poll_interval.retry, poll_interval.every)
            raise self._failure(err) from err
        ir.async_delete_issue(self.hass, DOMAIN, self._issue_id)
        return forecast

    def _failure(self, err: SolarError, retry_after_s: float | None = None) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="solar_unreachable",
            translation_placeholders={"reason": str(err)},
            retry_after=retry_after_s,
        )

    def _ask_for_help(self, err: SolarError) -> None:
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="solar_key_refused"
            if isinstance(err, SolarAuthError)
            else "solar_refused",
            translation_placeholders={"home": self.config_entry.title},
        )
