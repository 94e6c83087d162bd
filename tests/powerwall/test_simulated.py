"""The simulated Powerwall behind its protocol: time, delivery of writes, and going on later."""

from datetime import UTC, datetime, timedelta
import json
from time import perf_counter

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    Powerwall,
    PowerwallReplyError,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances, Hardware
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    SELF_POWERED_AT_20,
    Courier,
    Delivery,
    SimulatedPowerwall,
    SimulatedState,
    after_a_while,
    at_once,
)

from ..clock import Clock

START = datetime(2026, 1, 14, tzinfo=UTC)
HARDWARE = Hardware()
BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock(START)


def simulated(
    clock: Clock,
    *,
    level: float = 50.0,
    hardware: Hardware = HARDWARE,
    deliver: Courier = at_once,
    house_w: float = 500.0,
    available_solar_w: float = 0.0,
) -> SimulatedPowerwall:
    """A simulated Powerwall with constant house and sun."""
    return SimulatedPowerwall(
        SimulatedState.new(clock(), hardware=hardware, soc_percent=level),
        clock=clock,
        house_w=lambda _: house_w,
        available_solar_w=lambda _: available_solar_w,
        hardware=hardware,
        deliver=deliver,
    )


async def test_it_is_a_powerwall(clock: Clock) -> None:
    """It fits the protocol, and a reading tells everything."""
    powerwall: Powerwall = simulated(clock)
    clock.tick(minutes=6)
    reading = await powerwall.read()
    assert reading.read_at == reading.measured_at == clock()
    assert reading.settings == SELF_POWERED_AT_20
    assert reading.battery_power_w == 500
    assert reading.house_power_w == 500
    assert reading.grid_power_w == reading.solar_power_w == 0
    assert reading.islanding is Islanding.ON_GRID
    assert reading.storm_watch_active is False
    assert reading.capacity_kwh == 13.5
    # 50 Wh to the house cost 50 / sqrt(0.9) Wh of 13.5 kWh.
    assert reading.soc_percent == pytest.approx(50 - 0.05270463 / 13.5 * 100)


async def test_a_write_is_answered_and_obeyed(clock: Clock) -> None:
    """The reply shows the change; an hour later 3.3 kWh have come in."""
    powerwall = simulated(clock)
    reply = await powerwall.write(BACKUP)
    assert reply.settings == BACKUP.over(SELF_POWERED_AT_20)
    clock.tick(hours=1)
    assert (await powerwall.read()).battery_power_w == -3300
    assert powerwall.state.meters.charged_kwh == pytest.approx(3.3)


async def test_a_write_may_take_its_time(clock: Clock) -> None:
    """Accepted at once, shown and obeyed 90 s later, to the second."""
    powerwall = simulated(
        clock, deliver=lambda change: Delivery(shown=change, obeyed=change, delay=ninety)
    )
    ninety = timedelta(seconds=90)
    reply = await powerwall.write(BACKUP)
    assert reply.settings.operating_mode is OperatingMode.BACKUP
    clock.tick(seconds=89)
    reading = await powerwall.read()
    assert reading.settings == SELF_POWERED_AT_20
    assert reading.battery_power_w == 500
    clock.tick(seconds=1)
    reading = await powerwall.read()
    assert reading.settings == BACKUP.over(SELF_POWERED_AT_20)
    assert reading.battery_power_w == -3300


async def test_delays_are_drawn_within_bounds_and_repeat_with_the_seed() -> None:
    """The same seed gives the same delays."""
    limits = (timedelta(seconds=5), timedelta(seconds=180))
    first, second = after_a_while(7, *limits), after_a_while(7, *limits)
    delays = [first(BACKUP).delay for _ in range(50)]
    assert delays == [second(BACKUP).delay for _ in range(50)]
    assert all(limits[0] <= delay <= limits[1] for delay in delays)
    assert len(set(delays)) == 50


async def test_a_write_may_be_lost(clock: Clock) -> None:
    """Accepted, then never heard of again."""
    powerwall = simulated(clock, deliver=lambda _: Delivery(shown=Settings(), obeyed=Settings()))
    assert (await powerwall.write(BACKUP)).settings.grid_charging is True
    clock.tick(hours=1)
    assert (await powerwall.read()).settings == SELF_POWERED_AT_20


async def test_a_write_may_be_shown_but_not_obeyed(clock: Clock) -> None:
    """The app shows the change, the battery ignores it."""
    powerwall = simulated(clock, deliver=lambda change: Delivery(shown=change, obeyed=Settings()))
    await powerwall.write(BACKUP)
    clock.tick(minutes=10)
    reading = await powerwall.read()
    assert reading.settings == BACKUP.over(SELF_POWERED_AT_20)
    assert reading.battery_power_w == 500


async def test_a_late_write_may_overtake_an_earlier_one(clock: Clock) -> None:
    """Delivery is not in order when delays differ."""
    delays = iter((timedelta(seconds=100), timedelta(seconds=10)))
    powerwall = simulated(
        clock,
        deliver=lambda change: Delivery(shown=change, obeyed=change, delay=next(delays)),
    )
    await powerwall.write(Settings(backup_reserve_percent=30))
    await powerwall.write(Settings(backup_reserve_percent=40))
    clock.tick(seconds=50)
    assert (await powerwall.read()).settings.backup_reserve_percent == 40
    clock.tick(seconds=50)
    assert (await powerwall.read()).settings.backup_reserve_percent == 30


async def test_a_reserve_of_90_becomes_80(clock: Clock) -> None:
    """Already in the reply."""
    powerwall = simulated(clock)
    reply = await powerwall.write(Settings(backup_reserve_percent=90))
    assert reply.settings.backup_reserve_percent == 80
    assert (await powerwall.read()).settings.backup_reserve_percent == 80


@pytest.mark.parametrize("reserve", [-1, 101])
async def test_an_impossible_reserve_is_refused(clock: Clock, reserve: int) -> None:
    """And changes nothing."""
    powerwall = simulated(clock)
    with pytest.raises(PowerwallReplyError):
        await powerwall.write(Settings(backup_reserve_percent=reserve))
    assert (await powerwall.read()).settings == SELF_POWERED_AT_20


async def test_grid_charging_that_is_not_permitted_stays_off(clock: Clock) -> None:
    """The reply says yes, readings say no, and the battery holds in backup mode."""
    powerwall = simulated(clock, hardware=Hardware(grid_charging_permitted=False))
    assert (await powerwall.write(BACKUP)).settings.grid_charging is True
    reading = await powerwall.read()
    assert reading.settings.grid_charging is False
    assert reading.settings.operating_mode is OperatingMode.BACKUP
    assert reading.battery_power_w == 0


async def test_some_sites_report_a_full_reserve_in_backup_mode(clock: Clock) -> None:
    """The mode's own doing; the reserve itself is kept."""
    powerwall = simulated(clock, hardware=Hardware(backup_shows_full_reserve=True))
    await powerwall.write(BACKUP)
    assert (await powerwall.read()).settings.backup_reserve_percent == 100
    await powerwall.write(Settings(operating_mode=OperatingMode.SELF_POWERED))
    assert (await powerwall.read()).settings.backup_reserve_percent == 20


async def test_the_owner_changes_settings_in_the_app(clock: Clock) -> None:
    """At once, past the courier."""
    powerwall = simulated(clock, deliver=lambda _: Delivery(shown=Settings(), obeyed=Settings()))
    powerwall.set_in_app(Settings(export_rule=ExportRule.NEVER, backup_reserve_percent=95))
    reading = await powerwall.read()
    assert reading.settings.export_rule is ExportRule.NEVER
    assert reading.settings.backup_reserve_percent == 80


async def test_circumstances_hold_from_their_instant(clock: Clock) -> None:
    """An hour on the grid, an hour off it."""
    powerwall = simulated(clock, level=20.0)
    clock.tick(hours=1)
    powerwall.meet(Circumstances(on_grid=False))
    assert (await powerwall.read()).islanding is Islanding.OFF_GRID
    clock.tick(hours=1)
    meters = powerwall.state.meters
    assert meters.imported_kwh == pytest.approx(0.5)
    assert meters.discharged_kwh == pytest.approx(0.5)
    powerwall.meet(Circumstances(storm_watch=True))
    reading = await powerwall.read()
    assert reading.storm_watch_active is True
    assert reading.battery_power_w == -3000


async def test_a_level_can_be_set(clock: Clock) -> None:
    """For trials that begin at a certain level."""
    powerwall = simulated(clock)
    powerwall.set_soc(83.0)
    assert powerwall.soc_percent == pytest.approx(83.0)


def busy_house_w(when: datetime) -> float:
    """A load that changes every minute."""
    return 300.0 + 90.0 * (when.minute % 7) + 200.0 * (when.hour % 5)


def broken_sun_w(when: datetime) -> float:
    """Clouds pass every minute."""
    return 4000.0 * (when.minute % 3) / 2 if 8 <= when.hour < 16 else 0.0


@hypothesis_settings(max_examples=40, deadline=None)
@given(looks=st.lists(st.integers(1, 3600), max_size=24), level=st.floats(0, 100))
def test_looking_changes_nothing(looks: list[int], level: float) -> None:
    """Read often or seldom, the day ends the same."""
    clock, unseen_clock = Clock(START), Clock(START)

    def at(its_clock: Clock) -> SimulatedPowerwall:
        return SimulatedPowerwall(
            SimulatedState.new(START, hardware=HARDWARE, soc_percent=level),
            clock=its_clock,
            house_w=busy_house_w,
            available_solar_w=broken_sun_w,
            hardware=HARDWARE,
        )

    seen, unseen = at(clock), at(unseen_clock)
    for seconds in looks:
        clock.tick(seconds=seconds)
        seen.reading()
    clock.now = unseen_clock.now = START + timedelta(hours=24)
    assert seen.state.stored_kwh == pytest.approx(unseen.state.stored_kwh, abs=1e-6)
    assert seen.state.meters.imported_kwh == pytest.approx(
        unseen.state.meters.imported_kwh, abs=1e-6
    )


def test_a_year_of_absence_is_caught_up_cheaply(clock: Clock) -> None:
    """Bounded steps: well under a second, and still balanced."""
    powerwall = SimulatedPowerwall(
        SimulatedState.new(START, hardware=HARDWARE),
        clock=clock,
        house_w=busy_house_w,
        available_solar_w=broken_sun_w,
        hardware=HARDWARE,
    )
    clock.tick(days=365)
    begun = perf_counter()
    meters = powerwall.state.meters
    assert perf_counter() - begun < 2.0
    assert powerwall.state.at == clock()
    assert meters.solar_kwh + meters.imported_kwh + meters.discharged_kwh == pytest.approx(
        meters.house_kwh + meters.exported_kwh + meters.charged_kwh
    )


async def test_a_clock_set_back_does_not_freeze_the_home(clock: Clock) -> None:
    """No time passes backwards; it goes on from the new now."""
    powerwall = simulated(clock)
    clock.tick(hours=-5)
    assert (await powerwall.read()).read_at == clock()
    clock.tick(hours=1)
    assert powerwall.state.meters.discharged_kwh == pytest.approx(0.5)


async def test_it_goes_on_after_a_restart(clock: Clock) -> None:
    """State to JSON and back, a write still on its way."""
    powerwall = simulated(
        clock,
        deliver=lambda change: Delivery(shown=change, obeyed=change, delay=timedelta(seconds=90)),
    )
    powerwall.meet(Circumstances(forced_battery_w=100.0))
    clock.tick(minutes=30)
    await powerwall.write(BACKUP)
    stored = json.loads(json.dumps(encode(powerwall.state)))
    clock.tick(hours=2)
    revived = SimulatedPowerwall(
        decode(SimulatedState, stored),
        clock=clock,
        house_w=lambda _: 500.0,
        available_solar_w=lambda _: 0.0,
        hardware=HARDWARE,
    )
    assert revived.state == powerwall.state
    assert revived.state.shown.operating_mode is OperatingMode.BACKUP


@pytest.mark.parametrize(
    "damage",
    [
        {"stored_kwh": "full"},
        {"at": "yesterday"},
        {"shown": {"operating_mode": "party"}},
        {"pending": [{}]},
        {"meters": None},
    ],
)
def test_a_damaged_store_is_noticed(clock: Clock, damage: dict[str, object]) -> None:
    """Nothing is guessed from it."""
    stored = encode(simulated(clock).state)
    assert isinstance(stored, dict)
    with pytest.raises((TypeError, ValueError)):
        decode(SimulatedState, json.loads(json.dumps({**stored, **damage})))
