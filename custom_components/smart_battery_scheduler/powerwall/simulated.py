"""A Powerwall that lives in memory: for the demo home, dry trials and tests.

It implements the same protocol as the real one and is advanced only when read: from its last
instant to now, in steps of at most a minute (longer only after a long pause, so that catching up
stays cheap). Between a write and its effect lie the same two stages as with a real one: the
cloud shows the new settings, and the gateway acts on them; either may be late or never come.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from .base import (
    Capabilities,
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallReplyError,
    PowerwallState,
    Purpose,
    Settings,
)
from .physics import Circumstances, Flows, Hardware, Meters, advance, flows
from .setpoint import SetpointRangeError

STEP = timedelta(minutes=1)
# A setpoint is reached, and a release felt, within this (aiopowerwall's README: 3 to 4 s).
RAMP = timedelta(seconds=4)
# Two days minute by minute cost some tens of milliseconds; a longer pause takes longer steps.
MOST_STEPS = 2880

SELF_POWERED_AT_20 = Settings(
    operating_mode=OperatingMode.SELF_POWERED,
    backup_reserve_percent=20,
    grid_charging=False,
    export_rule=ExportRule.SOLAR_ONLY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How an accepted write is delivered.

    ``shown`` is the part that later readings show, ``delay`` after the write; ``obeyed`` the part
    the battery acts on, ``behind`` so much later still.
    """

    shown: Settings
    obeyed: Settings
    delay: timedelta = timedelta()
    behind: timedelta = timedelta()


type Courier = Callable[[Settings], Delivery]


def at_once(change: Settings) -> Delivery:
    """Deliver a change whole and without delay."""
    return Delivery(shown=change, obeyed=change)


def after_a_while(seed: int, shortest: timedelta, longest: timedelta) -> Courier:
    """A courier that delivers everything, each time after a random delay within bounds."""
    random = Random(seed)

    def deliver(change: Settings) -> Delivery:
        delay = shortest + random.random() * (longest - shortest)
        return Delivery(shown=change, obeyed=change, delay=delay)

    return deliver


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A write on its way to the gateway."""

    due: datetime
    shown: Settings
    obeyed: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A power that is held for a while, whatever the settings say.

    It is reached at ``acts_from``; until then the battery goes on with ``before_w``, or by itself.
    """

    power_w: float
    acts_from: datetime
    until: datetime
    before_w: float | None = None

    def power_at(self, when: datetime) -> float | None:
        """The power that is held at an instant; None where the battery follows its settings."""
        if when >= self.until:
            return None
        return self.before_w if when < self.acts_from else self.power_w


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedState:
    """Everything that changes: enough to go on after a restart.

    ``shown`` are the settings a reading reports, ``obeyed`` those the battery acts on.
    """

    at: datetime
    stored_kwh: float
    shown: Settings
    obeyed: Settings
    pending: tuple[Pending, ...] = ()
    circumstances: Circumstances = field(default_factory=Circumstances)
    meters: Meters = field(default_factory=Meters)
    dispatch: Dispatch | None = None

    @classmethod
    def new(
        cls,
        at: datetime,
        *,
        hardware: Hardware,
        soc_percent: float = 50.0,
        settings: Settings = SELF_POWERED_AT_20,
    ) -> SimulatedState:
        """A battery at rest with settings in force."""
        stored_kwh = hardware.capacity_kwh * soc_percent / 100.0
        return cls(at=at, stored_kwh=stored_kwh, shown=settings, obeyed=settings)


class SimulatedPowerwall:
    """The back end over the simulated physics.

    ``house_w`` and ``sun_w`` give the house's demand and the solar power at an instant; they are
    asked for whole minutes, so that looking often or seldom gives the same day. ``deliver``
    decides what becomes of writes and may be exchanged at any time.
    """

    def __init__(
        self,
        state: SimulatedState,
        *,
        clock: Callable[[], datetime],
        house_w: Callable[[datetime], float],
        available_solar_w: Callable[[datetime], float],
        hardware: Hardware,
        deliver: Courier = at_once,
        free_reading_every: timedelta | None = None,
    ) -> None:
        """Go on from a state; time up to now passes at the first reading.

        ``free_reading_every``: as the capability of that name.
        """
        self._free_reading_every = free_reading_every
        self.hardware = hardware
        self.deliver = deliver
        self._state = _arrive(state, state.at)
        self._clock = clock
        self._house_w = house_w
        self._available_solar_w = available_solar_w

    @property
    def capabilities(self) -> Capabilities:
        """As a cloud's: settings in one write."""
        return Capabilities(name="Demo", free_reading_every=self._free_reading_every)

    async def read(self, purpose: Purpose = Purpose.READ) -> PowerwallState:
        """The settings shown and the powers now."""
        return self.reading()

    async def write(self, change: Settings, purpose: Purpose = Purpose.COMMAND) -> PowerwallState:
        """Accept a change. The reply shows it in force, delivered or not."""
        reserve = change.backup_reserve_percent
        if reserve is not None and not 0 <= reserve <= 100:
            raise PowerwallReplyError("refused: the reserve must be within 0-100")
        accepted = self.hardware.settable(change)
        now = self.state
        delivery = self.deliver(self._permitted(accepted))
        pending = _in_order((*now.pending, *_on_its_way(delivery, now.at)))
        self._state = _arrive(replace(now, pending=pending), now.at)
        reading = self.reading()
        return replace(reading, settings=accepted.over(reading.settings))

    async def keep(self, change: Settings, ends_at: datetime) -> None:
        """Nothing to do: what was written stays."""

    def dispatch(self, power_w: float, seconds: float) -> None:
        """Hold a power for so long; replaces the power and the time of one before."""
        state = self.state
        until = state.at + timedelta(seconds=seconds)
        before_w = None if state.dispatch is None else state.dispatch.power_at(state.at)
        acts_from = state.at if before_w == power_w else state.at + RAMP
        held = Dispatch(power_w=power_w, acts_from=acts_from, until=until, before_w=before_w)
        self._state = replace(state, dispatch=held)

    def resume(self) -> None:
        """Let the battery go back to its settings within the ramp."""
        state = self.state
        if state.dispatch is not None:
            until = min(state.dispatch.until, state.at + RAMP)
            self._state = replace(state, dispatch=replace(state.dispatch, until=until))

    @property
    def state(self) -> SimulatedState:
        """The state now; the call advances the simulation."""
        self._state = self._passed(self._state, self._clock())
        return self._state

    @property
    def soc_percent(self) -> float:
        """The charge level now."""
        return self.state.stored_kwh / self.hardware.capacity_kwh * 100.0

    def reading(self) -> PowerwallState:
        """What a reading shows now."""
        state = self.state
        now = self._flows(state)
        off_grid = not state.circumstances.on_grid
        return PowerwallState(
            read_at=state.at,
            measured_at=state.at,
            settings=self.hardware.reported(state.shown),
            soc_percent=self.soc_percent,
            battery_power_w=now.battery_w,
            solar_power_w=now.solar_w,
            house_power_w=now.house_w,
            grid_power_w=now.grid_w,
            islanding=Islanding.OFF_GRID if off_grid else Islanding.ON_GRID,
            storm_watch_active=state.circumstances.storm_watch,
            grid_services_active=state.circumstances.grid_services,
            capacity_kwh=self.hardware.capacity_kwh,
        )

    def set_in_app(self, change: Settings) -> None:
        """A person changes settings in the Tesla app: at once, past every courier."""
        state, change = self.state, self.hardware.settable(change)
        self._state = replace(
            state, shown=change.over(state.shown), obeyed=change.over(state.obeyed)
        )

    def meet(self, circumstances: Circumstances) -> None:
        """Let something happen to the battery from now on."""
        self._state = replace(self.state, circumstances=circumstances)

    def set_soc(self, percent: float) -> None:
        """Set the stored energy at once, for tests and demonstrations."""
        stored_kwh = self.hardware.capacity_kwh * percent / 100.0
        self._state = replace(self.state, stored_kwh=stored_kwh)

    def _permitted(self, change: Settings) -> Settings:
        if self.hardware.grid_charging_permitted or not change.grid_charging:
            return change
        return replace(change, grid_charging=None)

    def _flows(self, state: SimulatedState) -> Flows:
        return flows(
            self.hardware,
            state.obeyed,
            _held(state),
            state.stored_kwh,
            self._house_w(_floor_minute(state.at)),
            self._available_solar_w(_floor_minute(state.at)),
        )

    def _passed(self, state: SimulatedState, now: datetime) -> SimulatedState:
        if now < state.at:
            # The system's clock was set back; waiting for it to catch up would freeze the home.
            return replace(state, at=now)
        step = max(STEP, _whole_minutes((now - state.at) / MOST_STEPS))
        while state.at < now:
            due = (*(item.due for item in state.pending), *_turns(state))
            end = min([now, _floor_minute(state.at) + step, *due])
            state = _arrive(self._lived(state, end), end)
        return state

    def _lived(self, state: SimulatedState, end: datetime) -> SimulatedState:
        stored_kwh, meters = advance(
            self.hardware,
            state.obeyed,
            _held(state),
            state.stored_kwh,
            state.meters,
            self._house_w(_floor_minute(state.at)),
            self._available_solar_w(_floor_minute(state.at)),
            (end - state.at).total_seconds(),
        )
        return replace(state, at=end, stored_kwh=stored_kwh, meters=meters)


class SimulatedSetpoint:
    """The gateway's LAN as it is simulated: it refuses a power above its most."""

    is_available = True

    def __init__(self, powerwall: SimulatedPowerwall, most_w: float = 10_000.0) -> None:
        """Over one simulated battery."""
        self._powerwall = powerwall
        self._most_w = most_w

    async def hold_power(self, power_w: int, seconds: int) -> None:
        """Hold a power. Raises SetpointRangeError."""
        if abs(power_w) > self._most_w:
            raise SetpointRangeError(f"more than {self._most_w:.0f} W")
        self._powerwall.dispatch(power_w, seconds)

    async def release(self) -> None:
        """Let go."""
        self._powerwall.resume()


def _held(state: SimulatedState) -> Circumstances:
    """The circumstances with a dispatched power; calibration and others' services outrank it."""
    power_w = None if state.dispatch is None else state.dispatch.power_at(state.at)
    if power_w is None or state.circumstances.forced_battery_w is not None:
        return state.circumstances
    return replace(state.circumstances, forced_battery_w=power_w)


def _turns(state: SimulatedState) -> tuple[datetime, ...]:
    """When a dispatched power changes by itself."""
    held = state.dispatch
    return () if held is None else tuple(t for t in (held.acts_from, held.until) if t > state.at)


def _on_its_way(delivery: Delivery, at: datetime) -> tuple[Pending, ...]:
    due, nothing = at + delivery.delay, Settings()
    if delivery.behind <= timedelta():
        return (Pending(due=due, shown=delivery.shown, obeyed=delivery.obeyed),)
    return (
        Pending(due=due, shown=delivery.shown, obeyed=nothing),
        Pending(due=due + delivery.behind, shown=nothing, obeyed=delivery.obeyed),
    )


def _in_order(pending: Iterable[Pending]) -> tuple[Pending, ...]:
    return tuple(sorted(pending, key=lambda item: item.due))


def _arrive(state: SimulatedState, at: datetime) -> SimulatedState:
    """Let the writes that are due reach the gateway."""
    if not state.pending or state.pending[0].due > at:
        return state
    first, *rest = state.pending
    arrived = replace(
        state,
        shown=first.shown.over(state.shown),
        obeyed=first.obeyed.over(state.obeyed),
        pending=tuple(rest),
    )
    return _arrive(arrived, at)


def _floor_minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def _whole_minutes(span: timedelta) -> timedelta:
    """Rounded up."""
    return -(-span // STEP) * STEP
