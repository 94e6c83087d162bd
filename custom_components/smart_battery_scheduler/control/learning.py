"""What this home's charge methods really do: rate, latency and taper, learned from proven charges."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import sqrt

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import PowerwallState
from .command_status import TAPER_FROM_PERCENT, balanced, grid_charging_w, inflow_since
from .model import Command, ControlState, OrderedCharge
from .situation import Timing

# Old experience fades: a new sample never weighs less than one in this many.
MEMORY = 60
ENOUGH_SAMPLES = 5
# Charging slows near full; below this level a charge method shows its own rate.
FULL_RATE_BELOW_PERCENT = 78.0
TAPERED_FROM_PERCENT = 90.0
TAPERED_MEAN_PERCENT = 95.0
LEAST_TAPER = 0.1
# A learned rate outside these shares of the usual one is a mistake, not a battery.
# (One unit of six up, or four units entered where one inverter stands before four packs.)
LEAST_SHARE, MOST_SHARE = 0.1, 3.0
LONGEST_READ_BACK = timedelta(minutes=7)
# The delay varies from command to command.
MARGIN = 1.25
LONGEST_CHANGE = timedelta(minutes=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """A fading mean with its spread."""

    mean: float = 0.0
    variance: float = 0.0
    count: int = 0

    def with_sample(self, value: float) -> Average:
        """One more sample."""
        count = self.count + 1
        weight = 1.0 / min(count, MEMORY)
        off = value - self.mean
        return Average(
            mean=self.mean + weight * off,
            variance=(1.0 - weight) * (self.variance + weight * off * off),
            count=count,
        )

    @property
    def is_known(self) -> bool:
        """True once there are enough samples to rely on."""
        return self.count >= ENOUGH_SAMPLES

    @property
    def spread(self) -> float:
        """The standard deviation."""
        return sqrt(self.variance)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRecord:
    """One charge method: W from the grid, share left near full, seconds until read back and confirmed."""

    rate_w: Average = field(default_factory=Average)
    read_back_s: Average = field(default_factory=Average)
    tapered_share: Average = field(default_factory=Average)
    seen_s: Average = field(default_factory=Average)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is known of both charge methods."""

    by_reserve: MethodRecord = field(default_factory=MethodRecord)
    by_backup: MethodRecord = field(default_factory=MethodRecord)

    def of(self, method: ChargeMethod) -> MethodRecord:
        """What is known of one charge method."""
        return self.by_backup if method is ChargeMethod.BACKUP else self.by_reserve

    def rates_w(self, usual_w: Mapping[ChargeMethod, float]) -> dict[ChargeMethod, float]:
        """The rate to count on: learned where known, else the usual one."""
        return {method: self._rate_w(method, usual) for method, usual in usual_w.items()}

    def _rate_w(self, method: ChargeMethod, usual_w: float) -> float:
        learned = self.of(method).rate_w
        if not learned.is_known:
            return usual_w
        return min(max(learned.mean, LEAST_SHARE * usual_w), MOST_SHARE * usual_w)

    def timing(self) -> Timing:
        """How long to wait: at least the usual, longer where this home has shown to be slower."""
        timing = Timing()
        for method in ChargeMethod:
            latency = self.of(method).read_back_s
            if latency.is_known:
                slow = timedelta(seconds=latency.mean + 3 * latency.spread)
                read_back = min(max(timing.read_back, slow), LONGEST_READ_BACK)
                timing = replace(timing, read_back=read_back)
            delay = self.of(method).seen_s
            # Waiting costs little, so that a single late command is enough to widen the limit.
            late = timedelta(seconds=(delay.mean + 2 * delay.spread) * MARGIN)
            change = min(max(timing.change, late), LONGEST_CHANGE)
            timing = replace(timing, change=change)
        return timing

    def after(self, before: ControlState, now: ControlState, reading: PowerwallState) -> Learned:
        """What one more reading has shown, from the states of control before and after it."""
        learned, ordered = self, before.ordered
        if ordered is not None and now.ordered is None and inflow_since(ordered, reading):
            learned = learned.from_inflow(ordered, reading)
        command, earlier = now.command, before.command
        if command is None:
            return learned
        learned = learned.from_charging(command, reading)
        known_before = earlier is not None and earlier.command_status.read_back_at is not None
        if command.command_status.read_back_at is None or known_before:
            return learned
        return learned.from_read_back(command)

    def from_inflow(self, ordered: OrderedCharge, reading: PowerwallState) -> Learned:
        """The first inflow after an order, whatever has become of its command meanwhile."""
        seconds = (reading.read_at - ordered.at).total_seconds()
        record = self.of(ordered.method)
        return self._with(
            ordered.method, replace(record, seen_s=record.seen_s.with_sample(seconds))
        )

    def taper(self) -> tuple[float, float] | None:
        """From which level grid charging slows, and to what share of its rate at 100 %.

        The share is learned between 90 and 100 %, so at 95 % on average; a straight line from
        80 % is drawn through it. None while it is not known.
        """
        shares = [self.of(method).tapered_share for method in ChargeMethod]
        share = max(shares, key=lambda average: average.count)
        if not share.is_known:
            return None
        setpoint = (TAPERED_MEAN_PERCENT - TAPER_FROM_PERCENT) / (100.0 - TAPER_FROM_PERCENT)
        return TAPER_FROM_PERCENT, min(max(1.0 - (1.0 - share.mean) / setpoint, LEAST_TAPER), 1.0)

    def _with(self, method: ChargeMethod, record: MethodRecord) -> Learned:
        if method is ChargeMethod.BACKUP:
            return replace(self, by_backup=record)
        return replace(self, by_reserve=record)

    def from_read_back(self, command: Command) -> Learned:
        """A command has just been read back."""
        command_status, method = command.command_status, command.current.method
        if method is None or command_status.read_back_at is None or command_status.sent_at is None:
            return self
        seconds = (command_status.read_back_at - command_status.sent_at).total_seconds()
        record = self.of(method)
        return self._with(
            method, replace(record, read_back_s=record.read_back_s.with_sample(seconds))
        )

    def from_charging(self, command: Command, reading: PowerwallState) -> Learned:
        """A reading during a confirmed charge."""
        method, level = command.current.method, reading.soc_percent
        charging_w = grid_charging_w(reading)
        target = command.wanted.target_percent or 100
        if (
            command.wanted.action is not Action.CHARGE
            or command.command_status.confirmed_at is None
            or command.command_status.doubted_at is not None
            or method is None
            or level is None
            or not charging_w
            or level >= target - 1.0
            or not balanced(reading)
        ):
            return self
        record = self.of(method)
        if level < FULL_RATE_BELOW_PERCENT:
            record = replace(record, rate_w=record.rate_w.with_sample(charging_w))
        elif level >= TAPERED_FROM_PERCENT and record.rate_w.is_known:
            share = min(1.0, charging_w / record.rate_w.mean)
            record = replace(record, tapered_share=record.tapered_share.with_sample(share))
        return self._with(method, record)
