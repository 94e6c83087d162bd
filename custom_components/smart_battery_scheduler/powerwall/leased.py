"""A Powerwall whose fast charge and hold are power setpoints on a lease, not modes that stay.

It stands behind the same protocol as the back end it is built on. A command for backup mode is put
to the gateway as a power setpoint instead: faster, at any level, and ending by itself within two
minutes when Home Assistant stops, with the owner's mode and reserve never touched. While the lease is in force
readings show the mode that was commanded; everything else, and every command that a lease cannot do,
goes to the other back end.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
import logging

from .base import (
    Capabilities,
    OperatingMode,
    Powerwall,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallReplyError,
    PowerwallState,
    Purpose,
    Settings,
)
from .setpoint import (
    LEAST_CHARGE_W,
    STEP_DOWN,
    Lease,
    PowerSetpoint,
    SetpointAbsentError,
    SetpointRangeError,
    SetpointUnsupportedError,
    Verb,
    forbids,
    lease_s,
    power_to_hold_w,
)

_LOGGER = logging.getLogger(__name__)

# Failures in a row after which the gateway is not used for some time: a single one may be a busy gateway.
MOST_FAILURES = 2


class LeasedPowerwall:
    """Another back end, and a setpoint beside it.

    ``enabled`` reads the household's switch; ``most_charge_w`` is the battery's highest charge power.
    """

    def __init__(
        self,
        inner: Powerwall,
        setpoint: PowerSetpoint,
        *,
        clock: Callable[[], datetime],
        enabled: Callable[[], bool],
        most_charge_w: float,
    ) -> None:
        """Nothing is held yet."""
        self._inner = inner
        self._setpoint = setpoint
        self._clock = clock
        self._enabled = enabled
        self._most_charge_w = most_charge_w
        self._lease: Lease | None = None
        self._before = Settings()
        self._commanded = Settings()
        # What was commanded of the other back end instead.
        self._by_mode = Settings()
        self._reading: PowerwallState | None = None
        self._is_supported = True
        self._failures = 0

    def __repr__(self) -> str:
        """As the inner one."""
        return f"<{type(self).__name__} {self._inner!r}>"

    @property
    def capabilities(self) -> Capabilities:
        """Those of the other back end: the power of a setpoint is learned from readings."""
        return self._inner.capabilities

    @property
    def lease(self) -> Lease | None:
        """The lease in force, as far as is known."""
        return self._lease

    async def read(self, purpose: Purpose = Purpose.READ) -> PowerwallState:
        """A reading, with the commanded mode for as long as the lease is in force."""
        reading = await self._inner.read(purpose)
        self._reading = reading
        return replace(reading, settings=self._shown(reading.settings))

    async def write(self, change: Settings, purpose: Purpose = Purpose.COMMAND) -> PowerwallState:
        """Hold a power where backup mode is commanded; everything else goes to the other back end.

        A lease is released before anything else is written.
        """
        reading = self._reading
        verb = None if purpose is Purpose.RESTORE else self._verb(change)
        if verb is None or reading is None or self._forbids(verb, reading) is not None:
            await self._let_go()
            return await self._instead(change, purpose)
        own = reading.settings
        if verb is Verb.CHARGE and own.grid_charging is False:
            await self._inner.write(Settings(grid_charging=True), purpose)
            own = Settings(grid_charging=True).over(own)
        try:
            await self._hold(verb, reading, None)
        except PowerwallError as error:
            absent = isinstance(error, SetpointAbsentError | SetpointRangeError)
            if not absent and self._failures < MOST_FAILURES:
                raise
            _LOGGER.warning("No power setpoint is accepted, so backup mode is used: %s", error)
            return await self._instead(change, purpose)
        self._before, self._commanded, self._by_mode = own, change, Settings()
        return PowerwallState(read_at=self._clock(), settings=change.over(own))

    async def keep(self, change: Settings, ends_at: datetime) -> None:
        """Renew or release the lease by the last reading. Raises a PowerwallError.

        After a restart, what an earlier process commanded is taken up again.
        """
        reading, now = self._reading, self._clock()
        verb = self._verb(change)
        if reading is None or change == self._by_mode:
            return
        if self._commanded.is_empty and not self._takes_up(verb, change, reading):
            return
        reason = "setpoints are off" if verb is None else self._forbids(verb, reading)
        if verb is None or reason is not None:
            if self._lease is not None:
                _LOGGER.info("The held power is let go: %s", reason)
            await self._release()
        elif self._lease is None or self._lease.is_due(now):
            await self._hold(verb, reading, ends_at)

    def _takes_up(self, verb: Verb | None, change: Settings, reading: PowerwallState) -> bool:
        """Whether a command is one that an earlier process held a power for: its mode is not set."""
        if verb is None or reading.settings.operating_mode in (None, OperatingMode.BACKUP):
            return False
        self._before, self._commanded = reading.settings, change
        return True

    async def _instead(self, change: Settings, purpose: Purpose) -> PowerwallState:
        """Write through the other back end; no lease may be in force beside it."""
        self._commanded, self._by_mode = Settings(), change
        return await self._inner.write(change, purpose)

    def _forbids(self, verb: Verb, reading: PowerwallState) -> str | None:
        return forbids(verb, reading, self._clock(), self._most_charge_w)

    def _verb(self, change: Settings) -> Verb | None:
        """A command as a lease; None where it is not one, or where no lease can be used."""
        if not (self._enabled() and self._is_supported and self._setpoint.is_available):
            return None
        if change.operating_mode is not OperatingMode.BACKUP:
            return None
        return Verb.HOLD if change.grid_charging is False else Verb.CHARGE

    async def _hold(self, verb: Verb, reading: PowerwallState, ends_at: datetime | None) -> None:
        """Ask for a power, and for smaller ones while that is out of range."""
        while True:
            now = self._clock()
            seconds = lease_s(now, ends_at)
            if seconds <= 0:
                return
            power_w = power_to_hold_w(verb, reading, self._most_charge_w)
            # Even a request that fails may be in force for the time it asks for.
            self._lease = Lease(
                verb=verb,
                power_w=power_w,
                renewed_at=now,
                ends_at=now + timedelta(seconds=seconds),
                is_first=ends_at is None,
            )
            try:
                await self._setpoint.hold_power(power_w, seconds)
            except SetpointRangeError:
                self._most_charge_w *= STEP_DOWN
                if verb is Verb.HOLD or self._most_charge_w < LEAST_CHARGE_W:
                    self._lease = None
                    raise
            except PowerwallConnectionError, PowerwallReplyError:
                self._failures += 1
                raise
            except SetpointAbsentError as error:
                self._lease = None
                self._is_supported = not isinstance(error, SetpointUnsupportedError)
                raise
            else:
                self._failures = 0
                return

    async def _let_go(self) -> None:
        """Release a lease that may be in force, and forget its command. Raises a PowerwallError."""
        await self._release()
        self._commanded = Settings()

    async def _release(self) -> None:
        """Raises a PowerwallError where the release fails: then the lease ends by itself."""
        if self._lease is not None and self._lease.is_in_force(self._clock()):
            await self._setpoint.release()
        self._lease = None

    def _shown(self, own: Settings) -> Settings:
        """The settings with the commanded mode laid over, unless somebody has changed the mode.

        Where nothing is held although it should be, the mode counts as not reported.
        """
        if self._commanded.is_empty:
            return own
        if own.operating_mode is not self._before.operating_mode:
            self._commanded = Settings()
            return own
        if self._lease is None or not self._lease.is_in_force(self._clock()):
            return replace(own, operating_mode=None)
        return self._commanded.over(own)
