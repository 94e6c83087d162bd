"""What this home's levers really do: rate, latency and taper, learned from proven charges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import sqrt

from ..planner.model import Action, Lever
from ..powerwall.base import PowerwallState
from .evidence import TAPER_FROM_PERCENT, balanced, grid_charging_w, inflow_since
from .model import Command, ControlState, OrderedCharge
from .situation import Timing

# Old experience fades: a new sample never weighs less than one in this many.
MEMORY = 60
ENOUGH_SAMPLES = 5
# Charging slows near full; below this level a lever shows its own rate.
FULL_RATE_BELOW_PERCENT = 78.0
TAPERED_FROM_PERCENT = 90.0
TAPERED_MEAN_PERCENT = 95.0
LEAST_TAPER = 0.1
# A learned rate outside these shares of the usual one is a mistake, not a battery.
# (One unit of six up, or four units entered where one inverter stands before four packs.)
LEAST_SHARE, MOST_SHARE = 0.1, 3.0
LONGEST_READ_BACK = timedelta(minutes=7)
# A gateway is not always equally late.
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
class LeverFacts:
    """One lever: W from the grid, share left near full, seconds until read back and until seen."""

    rate_w: Average = field(default_factory=Average)
    read_back_s: Average = field(default_factory=Average)
    tapered_share: Average = field(default_factory=Average)
    seen_s: Average = field(default_factory=Average)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is known of both levers."""

    gentle: LeverFacts = field(default_factory=LeverFacts)
    fast: LeverFacts = field(default_factory=LeverFacts)

    def of(self, lever: Lever) -> LeverFacts:
        """One lever's facts."""
        return self.fast if lever is Lever.FAST else self.gentle

    def rates_w(self, usual_w: Mapping[Lever, float]) -> dict[Lever, float]:
        """The rate to count on: learned where known, else the usual one."""
        return {lever: self._rate_w(lever, usual) for lever, usual in usual_w.items()}

    def _rate_w(self, lever: Lever, usual_w: float) -> float:
        learned = self.of(lever).rate_w
        if not learned.is_known:
            return usual_w
        return min(max(learned.mean, LEAST_SHARE * usual_w), MOST_SHARE * usual_w)

    def timing(self) -> Timing:
        """How long to wait: at least the usual, longer where this home has shown to be slower."""
        timing = Timing()
        for lever in Lever:
            latency = self.of(lever).read_back_s
            if latency.is_known:
                slow = timedelta(seconds=latency.mean + 3 * latency.spread)
                read_back = min(max(timing.read_back, slow), LONGEST_READ_BACK)
                timing = replace(timing, read_back=read_back)
            delay = self.of(lever).seen_s
            # Patience is cheap: one late night is enough to learn it.
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
        known_before = earlier is not None and earlier.evidence.read_back_at is not None
        if command.evidence.read_back_at is None or known_before:
            return learned
        return learned.from_read_back(command)

    def from_inflow(self, ordered: OrderedCharge, reading: PowerwallState) -> Learned:
        """The first inflow after an order, whatever has become of its command meanwhile."""
        seconds = (reading.read_at - ordered.at).total_seconds()
        facts = self.of(ordered.lever)
        return self._with(ordered.lever, replace(facts, seen_s=facts.seen_s.with_sample(seconds)))

    def taper(self) -> tuple[float, float] | None:
        """From which level grid charging slows, and to what share of its rate at 100 %.

        The share is learned between 90 and 100 %, so at 95 % on average; a straight line from
        80 % is drawn through it. None while it is not known.
        """
        shares = [self.of(lever).tapered_share for lever in Lever]
        share = max(shares, key=lambda average: average.count)
        if not share.is_known:
            return None
        way = (TAPERED_MEAN_PERCENT - TAPER_FROM_PERCENT) / (100.0 - TAPER_FROM_PERCENT)
        return TAPER_FROM_PERCENT, min(max(1.0 - (1.0 - share.mean) / way, LEAST_TAPER), 1.0)

    def _with(self, lever: Lever, facts: LeverFacts) -> Learned:
        if lever is Lever.FAST:
            return replace(self, fast=facts)
        return replace(self, gentle=facts)

    def from_read_back(self, command: Command) -> Learned:
        """A command has just been read back."""
        evidence, lever = command.evidence, command.current.lever
        if lever is None or evidence.read_back_at is None or evidence.sent_at is None:
            return self
        seconds = (evidence.read_back_at - evidence.sent_at).total_seconds()
        facts = self.of(lever)
        return self._with(lever, replace(facts, read_back_s=facts.read_back_s.with_sample(seconds)))

    def from_charging(self, command: Command, reading: PowerwallState) -> Learned:
        """A reading while a charge is running and was seen."""
        lever, level = command.current.lever, reading.charge_level_percent
        charging_w = grid_charging_w(reading)
        target = command.wanted.target_percent or 100
        if (
            command.wanted.action is not Action.CHARGE
            or command.evidence.seen_at is None
            or command.evidence.doubted_at is not None
            or lever is None
            or level is None
            or not charging_w
            or level >= target - 1.0
            or not balanced(reading)
        ):
            return self
        facts = self.of(lever)
        if level < FULL_RATE_BELOW_PERCENT:
            facts = replace(facts, rate_w=facts.rate_w.with_sample(charging_w))
        elif level >= TAPERED_FROM_PERCENT and facts.rate_w.is_known:
            share = min(1.0, charging_w / facts.rate_w.mean)
            facts = replace(facts, tapered_share=facts.tapered_share.with_sample(share))
        return self._with(lever, facts)
