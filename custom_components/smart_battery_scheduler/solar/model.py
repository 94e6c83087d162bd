"""The forecast of the roof, whoever made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..common.poll_interval import PollInterval

# Cables, inverter and dirt of a roof whose losses nobody knows.
DEFAULT_LOSSES_PERCENT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RoofPlane:
    """One plane of panels.

    ``azimuth_degrees`` is a compass bearing: 0 north, 90 east, 180 south, 270 west.
    ``declination_degrees`` is the tilt: 0 flat, 90 a wall. ``inverter_kw`` is the AC limit; planes
    that name the same ``inverter`` share one. ``efficiency`` is all that is lost on the way but
    heat: dirt, cables, inverter.
    """

    declination_degrees: float
    azimuth_degrees: float
    peak_kw: float
    inverter_kw: float | None = None
    efficiency: float = 0.88
    inverter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarSlot:
    """Energy of one half-hour in kWh, with the range it should fall in four times of five."""

    mean_kwh: float
    p10_kwh: float
    p50_kwh: float
    p90_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarForecast:
    """Half-hours by their UTC start; hours outside are not forecast."""

    made_at: datetime
    slots: Mapping[datetime, SolarSlot]


class SolarSource(Protocol):
    """A service that forecasts the roof. ``fetch`` raises a SolarError when it cannot."""

    @property
    def poll_interval(self) -> PollInterval:
        """How often it may be asked."""
        ...

    async def fetch(self) -> SolarForecast:
        """The newest forecast, from today's midnight UTC or earlier to at least 48 h ahead."""
        ...


class SolarError(Exception):
    """No forecast could be had."""


class SolarUnreachableError(SolarError):
    """Not reached, timed out, or failing on its side: worth another try."""


class SolarAuthError(SolarError):
    """The key was refused: a person must act."""


class SolarRequestError(SolarError):
    """The place, the plane or the site was refused: a person must act."""


class SolarReplyError(SolarError):
    """Answered with something that cannot be understood."""


def require_mostly_sound(sound: int, rows: int) -> None:
    """Raise SolarReplyError for a reply of which less than half can be understood.

    Single rows that make no sense (a null, an impossible value, a malformed stamp) are left out
    and the rest is used; where most are so, the reply is not a forecast.
    """
    if sound == 0 or 2 * sound < rows:
        raise SolarReplyError(f"of {rows} values in the reply only {sound} can be understood")


class SolarRateLimitError(SolarError):
    """Asked too often; ``retry_after_s`` says how long to wait."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep the wait."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s
