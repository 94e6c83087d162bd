"""A power held on a lease, and deaths at every second of it: of one machine, and of two at once.

A machine is one process with its own back end; all of them reach the same gateway and battery.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    OperatingMode,
    Purpose,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.leased import LeasedPowerwall

from .test_leased import CHARGE, HOLD, OWN, START, Bench, custom_integrations

__all__ = ["custom_integrations"]

LEASE_S = 120
SECONDS = range(LEASE_S + 1)
READ_EVERY_S = 30
FLOOR_PERCENT = 20.0
SLOT_S = 1800


@dataclass
class Machine:
    """A process that begins a command at ``begins_s`` and is killed at ``dies_s``.

    ``is_new`` False is one that finds a command in its store and goes on with it.
    """

    change: Settings
    begins_s: int = 0
    dies_s: int = 10**6
    ends_s: int = 10**6
    is_new: bool = True
    powerwall: LeasedPowerwall | None = field(default=None, init=False)

    async def look(self, bench: Bench, second: int) -> None:
        """Read, then command or keep, as the controller does with every reading."""
        if not self.begins_s <= second < self.dies_s or (second - self.begins_s) % READ_EVERY_S:
            return
        is_first, self.powerwall = self.powerwall is None, self.powerwall or bench.fresh()
        await self.powerwall.read()
        if second == self.ends_s:
            await self.powerwall.write(OWN, Purpose.RESTORE)
        elif second < self.ends_s:
            if is_first and self.is_new:
                await self.powerwall.write(self.change)
            await self.powerwall.keep(self.change, START + timedelta(seconds=self.ends_s))


async def live(bench: Bench, machines: list[Machine], until_s: int) -> float:
    """Let the machines live; returns the lowest charge level, percent."""
    lowest = bench.battery.soc_percent
    for second in range(until_s):
        for machine in machines:
            await machine.look(bench, second)
        if second % 10 == 0:
            lowest = min(lowest, bench.battery.soc_percent)
        bench.tick(1)
    return min(lowest, bench.battery.soc_percent)


def let_out_wh(bench: Bench) -> float:
    """What was exported, and what would have been if a setpoint did not heed the export rule, Wh.

    The simulated gateway curtails solar power even while it holds a power; pypowerwall's reports say
    that a real one does not.
    """
    meters = bench.battery.state.meters
    return (meters.exported_kwh + meters.curtailed_kwh) * 1000.0


def is_the_owners(bench: Bench) -> bool:
    """Whether the owner's mode acts: the battery serves the house above its reserve."""
    shown = bench.battery.state.shown
    return shown.operating_mode is OperatingMode.SELF_POWERED and bench.battery_w == pytest.approx(
        bench.house_w
    )


@pytest.mark.parametrize("change", [CHARGE, HOLD], ids=["charge", "hold"])
async def test_killed_at_every_second_the_owner_has_the_battery_in_time(change: Settings) -> None:
    """Two minutes after the death at the latest, and nothing was let out."""
    for dies_s in SECONDS:
        bench = Bench(rule=ExportRule.NEVER)
        await live(bench, [Machine(change, dies_s=dies_s)], dies_s + LEASE_S)
        assert is_the_owners(bench), dies_s
        assert let_out_wh(bench) == 0.0, dies_s


@pytest.mark.parametrize("change", [CHARGE, HOLD], ids=["charge", "hold"])
async def test_killed_at_every_second_nothing_below_the_floor_is_used(change: Settings) -> None:
    """The battery stands at the owner's reserve, the house takes 3 kW: 0 Wh come from it."""
    for dies_s in SECONDS:
        bench = Bench(level=FLOOR_PERCENT, house_w=3000.0)
        lowest = await live(bench, [Machine(change, dies_s=dies_s)], dies_s + LEASE_S)
        assert lowest >= FLOOR_PERCENT - 1e-6, dies_s


async def test_killed_at_every_second_in_the_sun_nothing_is_let_out() -> None:
    """No export is allowed, and the sun grows by as much as may come between two readings."""
    for dies_s in SECONDS:
        bench = Bench(rule=ExportRule.NEVER, available_solar_w=3000.0)
        await live(bench, [Machine(CHARGE, dies_s=dies_s)], dies_s)
        bench.available_solar_w = 4000.0
        bench.battery.state  # noqa: B018 - looking lets time pass
        await live(bench, [], LEASE_S)
        assert let_out_wh(bench) == 0.0, dies_s
        assert bench.battery_w == pytest.approx(-3400.0), dies_s


@pytest.mark.parametrize("down_s", [20, 60])
async def test_killed_and_back_soon_the_slot_is_delivered(down_s: int) -> None:
    """A restart within the lease costs the slot at most 2 % of its 2.5 kWh."""
    # Every third second: each of them is a whole slot.
    for dies_s in SECONDS[::3]:
        bench = Bench()
        machines = [
            Machine(CHARGE, dies_s=dies_s),
            Machine(CHARGE, begins_s=dies_s + down_s, ends_s=SLOT_S, is_new=dies_s == 0),
        ]
        await live(bench, machines, SLOT_S + 1)
        if machines[1].powerwall is not None:
            await machines[1].powerwall.write(OWN, Purpose.RESTORE)
        delivered_kwh = bench.battery.state.meters.charged_kwh
        # Nothing was begun before a death at second 0, so the slot is that much shorter.
        planned_kwh = 5.0 * (SLOT_S - (down_s if dies_s == 0 else 0)) / 3600.0
        assert delivered_kwh == pytest.approx(planned_kwh, rel=0.02), dies_s


@pytest.mark.parametrize("offset_s", [0, 1, 15, 29])
async def test_two_machines_with_one_slot_deliver_it_once(offset_s: int) -> None:
    """Both renew the same power: the slot's energy, not twice that, and the owner's mode after it."""
    bench = Bench()
    machines = [Machine(CHARGE, begins_s=begin, ends_s=SLOT_S) for begin in (0, offset_s)]
    machines[1].ends_s += offset_s
    await live(bench, machines, SLOT_S + LEASE_S)
    delivered_kwh = bench.battery.state.meters.charged_kwh
    assert delivered_kwh == pytest.approx(5.0 * SLOT_S / 3600.0, rel=0.02)
    assert is_the_owners(bench)


@pytest.mark.parametrize("other", [CHARGE, HOLD], ids=["charge", "hold"])
async def test_two_machines_both_killed_leave_the_battery_to_its_owner(other: Settings) -> None:
    """Whoever dies first and whatever they wanted: two minutes after the second death nothing is held."""
    for dies_s in SECONDS:
        bench = Bench(level=FLOOR_PERCENT, house_w=3000.0, rule=ExportRule.NEVER)
        machines = [
            Machine(CHARGE, dies_s=dies_s),
            Machine(other, begins_s=7, dies_s=LEASE_S - dies_s),
        ]
        last_death_s = max(machine.dies_s for machine in machines)
        lowest = await live(bench, machines, last_death_s + LEASE_S)
        assert lowest >= FLOOR_PERCENT - 1e-6, dies_s
        assert let_out_wh(bench) == 0.0, dies_s
        power_w = bench.battery_w
        assert power_w >= 0.0, dies_s
        assert bench.battery.state.shown.operating_mode is OperatingMode.SELF_POWERED, dies_s


async def test_one_of_two_machines_ends_its_slot_and_the_other_goes_on() -> None:
    """A release by one is made good by the other's next renewal, and nothing is drained between."""
    bench = Bench(level=FLOOR_PERCENT, house_w=3000.0)
    machines = [Machine(CHARGE, ends_s=300), Machine(CHARGE, begins_s=10, ends_s=600)]
    lowest = await live(bench, machines, 400)
    assert bench.battery_w == pytest.approx(-5000.0)
    assert lowest >= FLOOR_PERCENT - 1e-6
