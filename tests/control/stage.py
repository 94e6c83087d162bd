"""A small stage for the pure judgement: a simulated Powerwall, a clock, and what is wanted."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.control import machine
from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    Phase,
    Wanted,
)
from custom_components.smart_battery_scheduler.control.situation import Situation, Step, Timing
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    SimulatedPowerwall,
    SimulatedState,
)

START = datetime(2026, 1, 14, 2, 0, tzinfo=UTC)
RATES_W = {ChargeMethod.RESERVE: 1800.0, ChargeMethod.BACKUP: 3300.0}


def charge(
    ends_at: datetime, *, method: ChargeMethod = ChargeMethod.BACKUP, target_percent: int = 100
) -> Wanted:
    """A manual slot to charge until a time."""
    return Wanted(
        action=Action.CHARGE,
        slot_start=START,
        ends_at=ends_at,
        method=method,
        target_percent=target_percent,
    )


def want(action: Action, ends_at: datetime, **more: object) -> Wanted:
    """Another request."""
    return replace(
        Wanted(action=action, slot_start=START, ends_at=ends_at),
        **more,  # type: ignore[arg-type]  # fields of Wanted by name
    )


@dataclass
class Stage:
    """Lets time pass: a reading every half-minute, and moves until the judgement is still."""

    level: float = 50.0
    house_w: float = 400.0
    available_solar_w: float = 0.0
    hardware: Hardware = field(default_factory=Hardware)
    timing: Timing = field(default_factory=Timing)
    now: datetime = START
    state: ControlState = field(default_factory=ControlState)
    wanted: Wanted | None = None
    unwanted: DecisionReason = DecisionReason.OVER
    decisions: list[Decision] = field(default_factory=list)
    writes: list[tuple[datetime, Settings]] = field(default_factory=list)
    looks: int = 0
    readings_arrive: bool = True
    writes_arrive: bool = True
    refuses: Callable[[Settings], bool] = lambda _: False
    distort: Callable[[PowerwallState], PowerwallState] | None = None

    def __post_init__(self) -> None:
        """Set up the battery in its owner settings."""
        self.powerwall = SimulatedPowerwall(
            SimulatedState.new(self.now, hardware=self.hardware, soc_percent=self.level),
            clock=lambda: self.now,
            house_w=lambda _: self.house_w,
            available_solar_w=lambda _: self.available_solar_w,
            hardware=self.hardware,
        )
        self.owner = self.powerwall.state.shown

    @property
    def shown(self) -> Settings:
        """The settings the Powerwall shows now."""
        return self.powerwall.state.shown

    def phase(self) -> Phase:
        """Where the judgement stands."""
        return self.state.phase

    def situation(self) -> Situation:
        """What the judgement is shown."""
        reading = self.powerwall.reading()
        if self.distort is not None:
            reading = self.distort(reading)
        # A look takes time: what is judged by the clock must come to rest all the same.
        self.looks += 1
        return Situation(
            now=self.now + timedelta(microseconds=self.looks),
            reading=reading if self.readings_arrive else None,
            wanted=self.wanted,
            unwanted=self.unwanted,
            rates_w=RATES_W,
            timing=self.timing,
        )

    async def look(self) -> None:
        """One reading, and the moves that follow."""
        for _ in range(12):
            before = self.state
            step = machine.step(before, self.situation())
            self._adopt(step)
            if step.write is None:
                if self.state == before:
                    return
                continue
            sent_at = self.now
            self.writes.append((sent_at, step.write))
            if not self.writes_arrive or self.refuses(step.write):
                self._adopt(machine.write_failed(self.state, self.situation(), "no answer"))
                return
            await self.powerwall.write(step.write)
            self._adopt(machine.written(self.state, self.situation(), sent_at))
        raise AssertionError("the judgement does not come to rest")

    async def run(self, minutes: float, *, every_s: float = 30) -> None:
        """Let time pass with regular readings."""
        end = self.now + timedelta(minutes=minutes)
        while self.now < end:
            self.now = min(end, self.now + timedelta(seconds=every_s))
            await self.look()

    async def until(self, phase: Phase, *, minutes: float = 60) -> None:
        """Let time pass until a phase is reached."""
        end = self.now + timedelta(minutes=minutes)
        while self.phase() is not phase:
            assert self.now < end, f"still {self.phase()} after {minutes} min"
            await self.run(0.5)

    def published(self, kind: DecisionKind) -> list[DecisionReason]:
        """The reasons of all decisions of one kind."""
        return [decision.reason for decision in self.decisions if decision.kind is kind]

    def _adopt(self, step: Step) -> None:
        self.state = step.state
        self.decisions.extend(step.decisions)
