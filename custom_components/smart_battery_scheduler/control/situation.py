"""The inputs of a step of control, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..planner.model import ChargeMethod
from ..powerwall.base import PowerwallState, Settings
from .model import ControlState, Decision, DecisionReason, Wanted

# A reading older than this is not used to judge the present.
READING_LIMIT = timedelta(minutes=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things may take before they count as not done.

    ``read_back`` covers the minutes that Tesla may need to reach the gateway (NetZero's issues
    report seconds to a few minutes); it is widened by what a home has shown. ``unreported`` is how long
    readings may leave out the settings in question before they count as not in force. ``confirmed`` is when a
    command that stands is sent once more, ``change`` when another charge method is taken after that: owners
    report gateways 8 to 40 minutes behind the cloud (netzero#238, #336), so it grows with this site's delays.
    """

    read_back: timedelta = timedelta(seconds=210)
    unreported: timedelta = timedelta(minutes=15)
    confirmed: timedelta = timedelta(seconds=180)
    change: timedelta = timedelta(minutes=8)
    settled: timedelta = timedelta(minutes=5)
    suspended: timedelta = timedelta(minutes=30)
    calibration: timedelta = timedelta(hours=2)
    out_of_service: timedelta = timedelta(hours=6)
    late: timedelta = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known at this instant.

    ``reading`` is a fresh reading or None. ``wanted`` has already passed the safety rules; when it
    is None, ``unwanted`` says why. ``rates_w`` is what each charge method usually brings.
    ``is_last_chance``: no further step will follow, so what must be restored cannot wait.
    """

    now: datetime
    reading: PowerwallState | None
    wanted: Wanted | None
    rates_w: Mapping[ChargeMethod, float]
    unwanted: DecisionReason = DecisionReason.OVER
    timing: Timing = field(default_factory=Timing)
    is_last_chance: bool = False

    @property
    def soc_percent(self) -> float | None:
        """The charge level, if a reading has it."""
        return None if self.reading is None else self.reading.soc_percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transition: the new state, the write it asks for, and the lines of the decision log."""

    state: ControlState
    write: Settings | None = None
    decisions: tuple[Decision, ...] = ()
