"""A power setpoint that lasts some seconds and must be renewed: the rules of its lease.

The small protocol beside ``Powerwall``, and the rules of a lease over it. A setpoint changes no
setting: when nobody renews it the gateway is its own master again. It also overrides the backup
reserve and the export rule (reported for a Powerwall 2), so what those protect is kept here.

Signs as everywhere: battery power is negative while charging. Pure but for the protocol.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from .base import ExportRule, Islanding, PowerwallError, PowerwallState

# The longest time that a setpoint goes on after Home Assistant has stopped.
LONGEST_LEASE = timedelta(seconds=120)
# Before the end of a command is known: no first lease reaches further past it than this.
FIRST_LEASE = timedelta(seconds=60)
# Past the command's end a lease may last so long: its end comes by a release, not by the clock.
PAST_THE_END = timedelta(seconds=60)
# Readings come every 30 s; a lease is renewed with each, and at the latest every 45 s.
RENEWED_AFTER = timedelta(seconds=25)
# Powers that were measured longer ago say nothing about now.
STALE_AFTER = timedelta(seconds=150)
# 60 A at 230 V, the smallest usual main fuse: house and charge together stay below it.
MOST_IMPORT_W = 13_800.0
# Below this a charge is not worth its standby losses; a battery that refuses even that is left alone.
LEAST_CHARGE_W = 500.0
# "Out of range" steps the power down by this factor.
STEP_DOWN = 0.8
# Meters show so much at night; clouds move so much from one reading to the next.
DARK_W, MARGIN_W = 50.0, 1000.0
# Above this level a charge tapers and may not take all solar power.
NEARLY_FULL_PERCENT = 95.0


class SetpointRangeError(PowerwallError):
    """The gateway does not take a power so high."""


class SetpointAbsentError(PowerwallError):
    """No gateway can be reached now: this command needs another charge method."""


class SetpointUnsupportedError(SetpointAbsentError):
    """The gateway's firmware has no setpoints: another charge method is needed permanently."""


class PowerSetpoint(Protocol):
    """Holds a power and releases it. Every method raises a PowerwallError when it fails."""

    @property
    def is_available(self) -> bool:
        """Whether asking is worth a try."""
        ...

    async def hold_power(self, power_w: int, seconds: int) -> None:
        """Hold this power at the battery from now on; replaces what was asked before.

        Raises SetpointRangeError or SetpointAbsentError, or another PowerwallError.
        """
        ...

    async def release(self) -> None:
        """Let the battery go back to its own settings at once."""
        ...


class Verb(Enum):
    """What a lease is for. Neither draws the battery down."""

    CHARGE = "charge"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What is held, since when and until when at the latest.

    ``is_first``: the command's end was not known yet, so that it is shorter than it may be.
    """

    verb: Verb
    power_w: int
    renewed_at: datetime
    ends_at: datetime
    is_first: bool = False

    def is_in_force(self, now: datetime) -> bool:
        """Whether the gateway still holds it, for all we know."""
        return now < self.ends_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return self.is_first or now - self.renewed_at >= RENEWED_AFTER


def lease_s(now: datetime, command_ends_at: datetime | None) -> int:
    """How many seconds to ask for; 0 when the command is over."""
    if command_ends_at is None:
        return int(FIRST_LEASE.total_seconds())
    longest = min(LONGEST_LEASE, command_ends_at + PAST_THE_END - now)
    return 0 if command_ends_at <= now else int(longest.total_seconds())


def forbids(verb: Verb, reading: PowerwallState, now: datetime, most_charge_w: float) -> str | None:
    """Why no power may be held by what this reading shows, or None.

    Unknown values are a reason: a setpoint overrides the gateway's own protection.
    """
    measured_at = reading.measured_at or reading.read_at
    if now - measured_at > STALE_AFTER:
        return "the reading is old"
    if reading.islanding is not Islanding.ON_GRID:
        return "the home is not known to be on the grid"
    if reading.storm_watch_active or reading.grid_services_active:
        return "somebody else has the battery"
    if reading.soc_percent is None:
        return "the charge level is not known"
    if reading.house_power_w is None or reading.solar_power_w is None:
        return "house or solar power is not known"
    if not _keeps_solar_home(verb, reading, most_charge_w):
        return "solar power might be exported, which the owner does not allow"
    return None


def _keeps_solar_home(verb: Verb, reading: PowerwallState, most_charge_w: float) -> bool:
    """Whether the export rule is kept until the next reading: a setpoint ignores it.

    Where solar power may not be exported a charge has to take all of it, whatever the load does.
    """
    solar_w, level = reading.solar_power_w or 0.0, reading.soc_percent or 0.0
    may_export = reading.settings.export_rule in (ExportRule.SOLAR_ONLY, ExportRule.EVERYTHING)
    if may_export or solar_w <= DARK_W:
        return True
    charge_w = min(most_charge_w, MOST_IMPORT_W)
    return verb is Verb.CHARGE and level < NEARLY_FULL_PERCENT and charge_w >= solar_w + MARGIN_W


def power_to_hold_w(verb: Verb, reading: PowerwallState, most_charge_w: float) -> int:
    """The power for this verb now, in W, never above 0: a lease does not discharge.

    A charge takes what battery and main fuse allow; a hold takes only the solar surplus.
    """
    house_w, solar_w = reading.house_power_w or 0.0, reading.solar_power_w or 0.0
    surplus_w = max(solar_w - house_w, 0.0)
    if verb is Verb.HOLD:
        return -round(min(surplus_w, most_charge_w))
    return -round(max(min(most_charge_w, MOST_IMPORT_W - (house_w - solar_w)), 0.0))
