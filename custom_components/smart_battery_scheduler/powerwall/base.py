"""What can move a battery: one protocol, whatever stands behind it.

Signs are the back ends' own: battery power is negative while charging, grid power is positive
while importing, so that load = solar + battery + grid.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

# Refusals in a row after which a person is asked for a new token: single ones pass by themselves.
REFUSALS_UNTIL_REAUTH = 3


class OperatingMode(StrEnum):
    """Tesla's operating modes, by their wire names."""

    SELF_POWERED = "self_consumption"
    TIME_BASED = "autonomous"
    BACKUP = "backup"


class ExportRule(StrEnum):
    """What may be sent to the grid, by Tesla's wire names."""

    NEVER = "never"
    SOLAR_ONLY = "pv_only"
    EVERYTHING = "battery_ok"


class Islanding(StrEnum):
    """Whether the home stands on the grid."""

    ON_GRID = "on_grid"
    OFF_GRID = "off_grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings that can be read and written.

    Read: ``None`` is "not reported". Written: ``None`` is "leave as it is".
    """

    operating_mode: OperatingMode | None = None
    backup_reserve_percent: int | None = None
    grid_charging: bool | None = None
    export_rule: ExportRule | None = None

    def over(self, below: Settings) -> Settings:
        """These settings laid over others: ours where given, theirs elsewhere."""
        return replace(
            below,
            **{
                item.name: value
                for item in fields(self)
                if (value := getattr(self, item.name)) is not None
            },
        )

    @property
    def is_empty(self) -> bool:
        """True when nothing is given."""
        return all(getattr(self, item.name) is None for item in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerwallState:
    """One reading. Every value may be missing; a missing value is ``None``.

    ``read_at`` is our clock when the reply arrived; ``measured_at`` is the reading's own stamp by
    our clock, which may be older. ``clock_ahead`` is how far the back end's clock is ahead of ours
    (negative: behind), None while they agree or nobody knows.
    """

    read_at: datetime
    settings: Settings
    measured_at: datetime | None = None
    soc_percent: float | None = None
    battery_power_w: float | None = None
    solar_power_w: float | None = None
    house_power_w: float | None = None
    grid_power_w: float | None = None
    islanding: Islanding | None = None
    storm_watch_active: bool | None = None
    grid_services_active: bool | None = None
    capacity_kwh: float | None = None
    clock_ahead: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a back end can do. Callers ask this and never which back end it is.

    ``name``: whose service it is, as people know it. ``free_reading_every``: readings cost no
    request of a budget, so the battery is read at least this often; None where they do.
    """

    name: str
    free_reading_every: timedelta | None = None


class PowerwallError(Exception):
    """The back end did not do what was asked."""


class PowerwallAuthError(PowerwallError):
    """Token or site refused, or consent withdrawn: a person must act."""


class PowerwallConnectionError(PowerwallError):
    """Not reached, timed out, or failing on its side: worth another try."""


class PowerwallAbsentError(PowerwallConnectionError):
    """What stands between us and the battery has not started, or shows nothing yet."""


class PowerwallReplyError(PowerwallError):
    """Answered with something that cannot be understood."""


class PowerwallRateLimitError(PowerwallError):
    """Asked too often; ``retry_after_s`` says how long to wait."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep the wait."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class PowerwallBudgetError(PowerwallRateLimitError):
    """Our own budget held the request back: nothing was sent, and the back end has not failed."""


class Purpose(StrEnum):
    """What a request is for, which is its priority: restoring the owner settings comes first.

    A person's wait counts as a command, be it for a write or for a first reading.
    """

    READ = "read"
    COMMAND = "command"
    RESTORE = "restore"


class Powerwall(Protocol):
    """A back end. Every method raises a PowerwallError when it fails."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, as far as it knows by now."""
        ...

    async def read(self, purpose: Purpose = Purpose.READ) -> PowerwallState:
        """The settings and powers now."""
        ...

    async def write(self, change: Settings, purpose: Purpose = Purpose.COMMAND) -> PowerwallState:
        """Ask for a change; returns what the back end says it accepted.

        Where that takes several requests, what draws less from the grid goes first, and a failure
        in between leaves a state that draws no more from the grid than the old or the new settings.
        """
        ...

    async def keep(self, change: Settings, ends_at: datetime) -> None:
        """Called with every reading while a command is in force: go on with it until ``ends_at``.

        Only a back end whose commands end by themselves has something to do.
        """
        ...
