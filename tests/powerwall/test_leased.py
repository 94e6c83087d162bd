"""A power held on a lease: never past its time, never below what is protected, gone when we are."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallState,
    Purpose,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.leased import LeasedPowerwall
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances, Hardware
from custom_components.smart_battery_scheduler.powerwall.setpoint import (
    LONGEST_LEASE,
    PAST_THE_END,
    SetpointAbsentError,
    SetpointRangeError,
    SetpointUnsupportedError,
    Verb,
    forbids,
    lease_s,
    power_to_hold_w,
)
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    SELF_POWERED_AT_20,
    SimulatedPowerwall,
    SimulatedSetpoint,
    SimulatedState,
)

START = datetime(2026, 11, 26, 2, tzinfo=UTC)
CHARGE = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
HOLD = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=False)
OWN = replace(SELF_POWERED_AT_20, export_rule=None)


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


@dataclass
class Lan:
    """The simulated gateway, and what goes wrong on the way to it.

    ``errors`` are raised by the next calls, each before or after it was done. Refusals as core's
    ``teslemetry/helpers.py`` tells them; lost replies and 429s from aiopowerwall's README.
    """

    inside: SimulatedSetpoint
    errors: list[tuple[PowerwallError, bool]] = field(default_factory=list)
    is_available: bool = True
    asked: list[tuple[int, int] | None] = field(default_factory=list)

    async def hold_power(self, power_w: int, seconds: int) -> None:
        """Pass it on, or not."""
        self.asked.append((power_w, seconds))
        await self._do(self.inside.hold_power(power_w, seconds))

    async def release(self) -> None:
        """Pass it on, or not."""
        self.asked.append(None)
        await self._do(self.inside.release())

    async def _do(self, call: Coroutine[Any, Any, None]) -> None:
        error, is_done = self.errors.pop(0) if self.errors else (None, True)
        if is_done:
            await call
        else:
            call.close()
        if error is not None:
            raise error


class Bench:
    """A battery, a lease over it, and a clock."""

    def __init__(
        self,
        *,
        level: float = 50.0,
        house_w: float = 600.0,
        available_solar_w: float = 0.0,
        rule: ExportRule = ExportRule.SOLAR_ONLY,
        units: int = 1,
        own: Settings = SELF_POWERED_AT_20,
    ) -> None:
        """At rest, with the owner's settings."""
        self.now = START
        self.house_w, self.available_solar_w = house_w, available_solar_w
        hardware = Hardware(units=units)
        self.battery = SimulatedPowerwall(
            SimulatedState.new(
                START,
                hardware=hardware,
                soc_percent=level,
                settings=replace(own, export_rule=rule),
            ),
            clock=lambda: self.now,
            house_w=lambda _: self.house_w,
            available_solar_w=lambda _: self.available_solar_w,
            hardware=hardware,
        )
        self.lan = Lan(SimulatedSetpoint(self.battery))
        self.enabled = True
        self.powerwall = self.fresh()

    def fresh(self) -> LeasedPowerwall:
        """The back end of a new process."""
        return LeasedPowerwall(
            self.battery,
            self.lan,
            clock=lambda: self.now,
            enabled=lambda: self.enabled,
            most_charge_w=5000.0 * self.battery.hardware.units,
        )

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    async def begin(self, change: Settings = CHARGE) -> None:
        """Read, then command, as the controller does."""
        await self.powerwall.read()
        await self.powerwall.write(change)

    async def live(self, seconds: int, change: Settings = CHARGE, ends_s: float = 1e6) -> None:
        """Read and keep every 30 s."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.tick(min(30.0, (end - self.now).total_seconds()))
            await self.powerwall.read()
            await self.powerwall.keep(change, START + timedelta(seconds=ends_s))

    @property
    def battery_w(self) -> float:
        """The battery's power now."""
        power_w = self.battery.reading().battery_power_w
        assert power_w is not None
        return power_w


async def test_a_charge_is_the_batterys_most_and_touches_neither_mode_nor_reserve() -> None:
    """5 kW instead of 3.3; the commanded mode is shown for as long as the power is held."""
    bench = Bench()
    await bench.begin()
    bench.tick(5)
    assert bench.battery_w == pytest.approx(-5000.0)
    shown = (await bench.powerwall.read()).settings
    assert shown.operating_mode is OperatingMode.BACKUP
    assert shown.grid_charging is True
    assert bench.battery.state.shown.operating_mode is OperatingMode.SELF_POWERED
    assert bench.battery.state.shown.backup_reserve_percent == 20


async def test_a_hold_is_0_w_at_any_level_and_takes_the_sun() -> None:
    """The house draws from the grid; what the sun has over charges."""
    bench = Bench(level=87.0)
    await bench.begin(HOLD)
    bench.tick(5)
    assert bench.battery_w == 0.0
    bench.available_solar_w = 2600.0
    await bench.live(60, HOLD)
    bench.tick(5)
    assert bench.battery_w == pytest.approx(-2000.0)


async def test_putting_back_lets_go_at_once() -> None:
    """Within the ramp, before anything is written."""
    bench = Bench()
    await bench.begin()
    await bench.live(300)
    await bench.powerwall.write(OWN, Purpose.RESTORE)
    assert bench.lan.asked[-1] is None
    bench.tick(5)
    assert bench.battery_w == pytest.approx(600.0)
    assert (await bench.powerwall.read()).settings == SELF_POWERED_AT_20


@pytest.mark.parametrize("second", range(0, 130, 7))
async def test_killed_at_any_second_the_owner_has_the_battery_within_two_minutes(
    second: int,
) -> None:
    """Nobody renews: the dead man's switch that backup mode lacks."""
    bench = Bench()
    await bench.begin()
    await bench.live(second)
    bench.tick(LONGEST_LEASE.total_seconds() + 1)
    assert bench.battery_w == pytest.approx(600.0)
    assert bench.battery.state.shown.operating_mode is OperatingMode.SELF_POWERED


async def test_no_lease_reaches_further_than_a_minute_past_the_commands_end() -> None:
    """Nor is one renewed after it."""
    bench = Bench()
    await bench.begin()
    for _ in range(60):
        await bench.live(10, ends_s=400.0)
        lease = bench.powerwall.lease
        assert lease is not None
        assert lease.ends_at <= START + timedelta(seconds=400.0) + PAST_THE_END
    bench.tick(61)
    assert bench.battery_w == pytest.approx(600.0)


async def test_a_lost_reply_and_busy_gateways_do_not_break_a_charge() -> None:
    """Two minutes bear two failures; nothing is written by the other road."""
    bench = Bench()
    await bench.begin()
    await bench.live(120)
    busy = PowerwallConnectionError("429")
    bench.lan.errors = [(busy, False), (PowerwallConnectionError("lost"), True)]
    for _ in range(2):
        with pytest.raises(PowerwallConnectionError):
            await bench.live(30)
    await bench.live(60)
    bench.tick(1)
    assert bench.battery_w == pytest.approx(-5000.0)
    assert not bench.lan.errors


async def test_a_lease_that_ran_out_shows_no_mode() -> None:
    """Neither ours nor a stranger's: the command is sent again, by this way or another."""
    bench = Bench()
    await bench.begin()
    bench.tick(200)
    assert (await bench.powerwall.read()).settings.operating_mode is None


async def test_out_of_range_steps_down() -> None:
    """Three units may have 15 kW; a gateway that takes 10 gets what it takes."""
    bench = Bench(units=3, house_w=-2000.0)
    await bench.begin()
    accepted_w = [power for call in bench.lan.asked if call for power in call[:1]]
    assert accepted_w[0] < -10_000
    assert -10_000 <= accepted_w[-1] < -7_000
    bench.tick(5)
    assert bench.battery_w == pytest.approx(accepted_w[-1])


@pytest.mark.parametrize(
    ("error", "for_good"),
    [
        (SetpointUnsupportedError("firmware"), True),
        (SetpointAbsentError("not paired"), False),
    ],
)
async def test_where_no_setpoint_is_to_be_had_the_mode_is_set(
    error: PowerwallError, for_good: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """And it is said; a gateway that knows none is not asked again."""
    bench = Bench()
    bench.lan.errors = [(error, False)]
    await bench.begin()
    assert bench.battery.state.shown.operating_mode is OperatingMode.BACKUP
    assert "backup mode is used" in caplog.text
    await bench.live(120)
    assert len(bench.lan.asked) == 1
    await bench.powerwall.write(OWN, Purpose.RESTORE)
    await bench.begin()
    assert len(bench.lan.asked) == (1 if for_good else 2)


async def test_a_battery_that_takes_no_power_at_all_gets_the_mode() -> None:
    """After steps down to nothing."""
    bench = Bench()
    bench.lan.errors = [(SetpointRangeError("no"), False)] * 20
    await bench.begin()
    assert bench.battery.state.shown.operating_mode is OperatingMode.BACKUP
    assert bench.powerwall.lease is None


@pytest.mark.parametrize(
    "circumstances",
    [
        Circumstances(on_grid=False),
        Circumstances(storm_watch=True),
        Circumstances(grid_services=True),
    ],
)
async def test_whoever_outranks_us_gets_the_battery_at_the_next_reading(
    circumstances: Circumstances,
) -> None:
    """Before the controller has even judged."""
    bench = Bench()
    await bench.begin()
    await bench.live(90)
    bench.battery.meet(circumstances)
    await bench.live(30)
    assert bench.powerwall.lease is None
    assert bench.lan.asked[-1] is None


@pytest.mark.parametrize(
    "missing",
    [
        {"soc_percent": None},
        {"house_power_w": None},
        {"solar_power_w": None},
        {"islanding": None},
        {"measured_at": START - timedelta(minutes=4)},
    ],
)
def test_unknown_is_a_reason_to_hold_nothing(missing: dict[str, Any]) -> None:
    """Whoever overrides the gateway has to know where it stands."""
    known = PowerwallState(
        read_at=START,
        settings=SELF_POWERED_AT_20,
        soc_percent=50.0,
        house_power_w=500.0,
        solar_power_w=0.0,
        islanding=Islanding.ON_GRID,
    )
    assert forbids(Verb.CHARGE, known, START, 5000.0) is None
    assert forbids(Verb.CHARGE, replace(known, **missing), START, 5000.0) is not None


async def test_a_change_in_the_app_is_shown_as_it_is() -> None:
    """The controller must see it to step back."""
    bench = Bench()
    await bench.begin()
    await bench.live(60)
    bench.battery.set_in_app(Settings(operating_mode=OperatingMode.TIME_BASED))
    shown = (await bench.powerwall.read()).settings
    assert shown.operating_mode is OperatingMode.TIME_BASED


async def test_a_restart_takes_the_charge_up_again() -> None:
    """From what the controller stored, with the first reading."""
    bench = Bench()
    await bench.begin()
    await bench.live(300)
    bench.powerwall = bench.fresh()
    bench.tick(100)
    await bench.live(60)
    assert bench.battery_w == pytest.approx(-5000.0)
    assert (await bench.powerwall.read()).settings.operating_mode is OperatingMode.BACKUP


async def test_switched_off_in_the_middle_it_lets_go() -> None:
    """And the next command is the mode's."""
    bench = Bench()
    await bench.begin()
    bench.enabled = False
    await bench.live(30)
    assert bench.powerwall.lease is None
    await bench.powerwall.write(CHARGE)
    assert bench.battery.state.shown.operating_mode is OperatingMode.BACKUP


async def test_the_owners_own_backup_mode_is_restored_as_a_mode() -> None:
    """It is not a command of ours."""
    own = replace(SELF_POWERED_AT_20, operating_mode=OperatingMode.BACKUP)
    bench = Bench(own=own)
    await bench.begin(Settings(operating_mode=OperatingMode.SELF_POWERED))
    await bench.powerwall.write(own, Purpose.RESTORE)
    assert bench.battery.state.shown.operating_mode is OperatingMode.BACKUP
    assert bench.lan.asked == []


async def test_grid_charging_is_allowed_first_where_the_owner_has_not() -> None:
    """It is not known whether a gateway charges without it; it is restored with the rest."""
    bench = Bench(own=replace(SELF_POWERED_AT_20, grid_charging=False))
    await bench.begin()
    assert bench.battery.state.shown.grid_charging is True
    await bench.powerwall.write(OWN, Purpose.RESTORE)
    assert bench.battery.state.shown.grid_charging is False


def test_house_and_charge_stay_below_the_main_fuse() -> None:
    """60 A at 230 V, the car in the house's power included."""
    reading = PowerwallState(
        read_at=START, settings=Settings(), house_power_w=11_000.0, solar_power_w=0.0
    )
    assert power_to_hold_w(Verb.CHARGE, reading, 15_000.0) == -2800
    heavy = replace(reading, house_power_w=20_000.0)
    assert power_to_hold_w(Verb.CHARGE, heavy, 15_000.0) == 0


@given(now_s=st.floats(-500, 500))
def test_no_lease_is_longer_than_two_minutes(now_s: float) -> None:
    """Nor reaches a minute past the end, nor begins after it."""
    now = START + timedelta(seconds=now_s)
    seconds = lease_s(now, START)
    assert 0 <= seconds <= 120
    if seconds:
        assert now + timedelta(seconds=seconds) <= START + PAST_THE_END
        assert now < START


@settings(max_examples=60, deadline=None)
@given(
    level=st.floats(0, 100),
    verb=st.sampled_from([CHARGE, HOLD]),
    rule=st.sampled_from(list(ExportRule)),
    weather=st.lists(st.tuples(st.floats(50, 6000), st.floats(0, 7000)), min_size=1, max_size=12),
    dies_after=st.integers(0, 12),
)
def test_whatever_happens_nothing_is_drained_and_no_rule_broken(
    level: float,
    verb: Settings,
    rule: ExportRule,
    weather: list[tuple[float, float]],
    dies_after: int,
) -> None:
    """0 Wh out of the battery while a power is held; 0 Wh of it exported; the owner's mode at the end."""

    async def lived() -> None:
        bench = Bench(level=level, rule=rule)
        await bench.begin(verb)
        for index, (house_w, available_solar_w) in enumerate(weather):
            bench.house_w, bench.available_solar_w = house_w, available_solar_w
            if index < dies_after:
                await bench.live(30, verb)
            else:
                bench.tick(30)
            bench.tick(5)
            lease = bench.powerwall.lease
            if index < dies_after and lease is not None and lease.is_in_force(bench.now):
                before = bench.battery.state.meters
                bench.tick(1)
                after = bench.battery.state.meters
                assert after.discharged_kwh == before.discharged_kwh
                if rule is ExportRule.NEVER:
                    assert after.exported_kwh == before.exported_kwh
        bench.tick(121)
        bench.battery.state  # noqa: B018 - looking lets time pass
        assert (
            bench.battery.state.dispatch is None or bench.battery.state.dispatch.until <= bench.now
        )

    asyncio.run(lived())


async def test_a_gateway_that_fails_twice_is_not_waited_for() -> None:
    """Once may be a busy moment: that is tried again; then the mode is set."""
    bench = Bench()
    bench.lan.errors = [(PowerwallConnectionError("429"), False)] * 2
    with pytest.raises(PowerwallConnectionError):
        await bench.begin()
    assert bench.battery.state.shown == replace(SELF_POWERED_AT_20, grid_charging=True)
    await bench.begin()
    assert bench.battery.state.shown.operating_mode is OperatingMode.BACKUP
