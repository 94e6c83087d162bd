"""Asks Octopus' GraphQL API one thing again and again; a failure keeps the last answer."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..common.poll_interval import PollInterval, wait_after_failures
from ..const import DOMAIN
from ..tariff.errors import TariffAuthError, TariffError, TariffRateLimitError
from ..tariff.kraken_errors import FeatureGoneError

_LOGGER = logging.getLogger(__name__)

# A query that the API has switched off, or does not allow this key, is tried again at this interval.
GONE_WAIT = timedelta(hours=24)
REFUSED_WAIT = timedelta(hours=6)


class KrakenCoordinator[T](DataUpdateCoordinator[T]):
    """``problem`` is the last failure, None while all is well."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        name: str,
        poll_interval: PollInterval,
        ask: Callable[[], Awaitable[T]],
        nothing: T,
    ) -> None:
        """``ask`` raises a TariffError; ``nothing`` is what is known before the first answer."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} {name}",
            update_interval=poll_interval.every,
            always_update=False,
        )
        self.data = nothing
        self.problem: TariffError | None = None
        self._poll_interval = poll_interval
        self._ask = ask
        self._failures = 0

    async def _async_update_data(self) -> T:
        try:
            answer = await self._ask()
        except TariffError as err:
            self.problem = err
            self._failures += 1
            self.update_interval = self._wait_after(err)
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="octopus_unreachable",
                translation_placeholders={"reason": str(err)},
                retry_after=err.retry_after_s if isinstance(err, TariffRateLimitError) else None,
            ) from err
        self.problem, self._failures = None, 0
        self.update_interval = self._poll_interval.next_wait()
        return answer

    def _wait_after(self, err: TariffError) -> timedelta:
        match err:
            case FeatureGoneError():
                return GONE_WAIT
            case TariffAuthError():
                return REFUSED_WAIT
            case _:
                return max(wait_after_failures(self._failures), self._poll_interval.every)
