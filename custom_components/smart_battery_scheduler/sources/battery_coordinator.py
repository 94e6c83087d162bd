"""Reads the Powerwall, as often as the controller needs to know."""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..control.situation import READING_LIMIT
from ..powerwall.base import (
    Powerwall,
    PowerwallAbsentError,
    PowerwallAuthError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallState,
    Purpose,
)
from ..powerwall.plausibility import Believed, judged
from .poll_schedule import PollSchedule
from .token_refusals import Refusal, TokenRefusals

_LOGGER = logging.getLogger(__name__)

# A reading whose own stamp lags further behind than this is of the past: the Powerwall itself is
# out of reach of Tesla's cloud, which goes on showing the last known values.
STAMP_LIMIT = timedelta(minutes=10)
# A reading taken during set-up stands in for the first one for this long.
FRESH = timedelta(seconds=60)
# The step of the reauthentication flow that asks for NetZero's token.
REAUTH_STEP = "reauth_confirm"


class BatteryCoordinator(DataUpdateCoordinator[PowerwallState]):
    """Reads one Powerwall; its poll schedule decides when."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        powerwall: Powerwall,
        poll_interval: Callable[[datetime], timedelta],
        *,
        at_hand: PowerwallState | None = None,
        has_run: bool = False,
    ) -> None:
        """Read through ``powerwall``; ``poll_interval`` says how soon again.

        A reading ``at_hand`` that is still fresh saves the first request. ``has_run``: token and
        site were right before.
        """
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} battery",
            update_interval=timedelta(minutes=2),
        )
        self._powerwall = powerwall
        self._wanted_interval = poll_interval
        self._schedule = PollSchedule(self._poll_interval)
        self._token = TokenRefusals(has_worked=has_run)
        self._has_read = False
        self._at_hand = at_hand
        self._believed = Believed()

    @property
    def missing(self) -> tuple[str, ...]:
        """Values that no reading has reported for an hour and without which nothing can be bought."""
        return self._believed.missing

    def _poll_interval(self, now: datetime) -> timedelta:
        """As the controller needs it; where readings cost nothing, at least as often as they change."""
        free_every = self._powerwall.capabilities.free_reading_every
        wanted = self._wanted_interval(now)
        return wanted if free_every is None else min(wanted, free_every)

    async def _async_update_data(self) -> PowerwallState:
        self._schedule.begin()
        try:
            reading = await self._async_read()
        except UpdateFailed as err:
            self._schedule.failed(dt_util.utcnow(), err.retry_after)
            raise
        else:
            self._schedule.succeeded()
            self._close_question()
            self._has_read = True
            return reading
        finally:
            self.update_interval = self._schedule.arrange(dt_util.utcnow())

    async def _async_read(self) -> PowerwallState:
        reading = self._still_fresh() or await self._async_ask()
        measured_at = reading.measured_at or reading.read_at
        if reading.read_at - measured_at > STAMP_LIMIT:
            raise self._unreachable(f"its last reading is of {measured_at:%Y-%m-%d %H:%M} UTC")
        return self._plausible(reading)

    def _plausible(self, reading: PowerwallState) -> PowerwallState:
        """The plausible part of a reading; an older one than the last leaves that in place."""
        if reading is self.data:
            return reading
        outcome = judged(self._believed, reading)
        self._believed = outcome.believed
        return outcome.reading or self.data

    @property
    def back_end_name(self) -> str:
        """Whose service the battery is reached by, as people know it."""
        return self._powerwall.capabilities.name

    @property
    def _named(self) -> dict[str, str]:
        """The placeholder of messages that name the service."""
        return {"name": self.back_end_name}

    def _asked_to_wait(self, error: PowerwallRateLimitError) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="powerwall_rate_limit",
            translation_placeholders=self._named,
            retry_after=error.retry_after_s,
        )

    @staticmethod
    def _unreachable(reason: str) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="powerwall_unreachable",
            translation_placeholders={"reason": reason},
        )

    async def _async_ask(self) -> PowerwallState:
        try:
            # Nothing can be restored, and no site set up, before the first reading.
            return await self._powerwall.read(Purpose.READ if self._has_read else Purpose.RESTORE)
        except PowerwallAuthError as err:
            raise self._refused() from err
        except PowerwallRateLimitError as err:
            # Something more urgent, or another client, has used up the requests; the last reading is still
            # the newest there can be, unless it is old or reading fails just now: then this is no success.
            if not self.last_update_success or not self._is_young(self.data):
                raise self._asked_to_wait(err) from err
            self._schedule.hold(dt_util.utcnow(), err.retry_after_s)
            return self.data
        except PowerwallAbsentError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="powerwall_absent",
                translation_placeholders=self._named,
            ) from err
        except PowerwallError as err:
            raise self._unreachable(str(err)) from err

    def _still_fresh(self) -> PowerwallState | None:
        """The reading at hand, once."""
        reading, self._at_hand = self._at_hand, None
        if reading is None or dt_util.utcnow() - reading.read_at > FRESH:
            return None
        return reading

    @staticmethod
    def _is_young(reading: PowerwallState | None) -> bool:
        return reading is not None and dt_util.utcnow() - reading.read_at <= READING_LIMIT

    def _refused(self) -> Exception:
        """What a refusal is raised as.

        ``ConfigEntryAuthFailed`` would end the reading for good, with a command in force or
        settings to be restored: it is for a token that has never worked.
        """
        refusal = self._token.refused()
        if refusal is Refusal.SETUP_FAILED:
            return ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key="powerwall_auth",
                translation_placeholders=self._named,
            )
        if refusal is Refusal.ASK:
            self.config_entry.async_start_reauth(self.hass)
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="powerwall_auth",
            translation_placeholders=self._named,
        )

    def _close_question(self) -> None:
        """The token works: a request for a new one is withdrawn."""
        if self._token.accepted():
            for flow in self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                if flow["step_id"] == REAUTH_STEP:
                    self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def poll_soon(self) -> None:
        """Read sooner than was arranged if there is more to prove by now, as after an order."""
        wait = self._schedule.sooner(dt_util.utcnow())
        if wait is not None:
            self.update_interval = wait
            self._schedule_refresh()
