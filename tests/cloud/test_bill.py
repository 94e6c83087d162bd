"""A whole day at the simulated home, with and without an eye on the price."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.simulated import SimulatedPowerwall

from .bill import Bill
from .rates import SLOT, agile_p
from .world import REGION, SCENARIOS, World

BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
SELF_POWERED = Settings(operating_mode=OperatingMode.SELF_POWERED, grid_charging=False)


class Day:
    """A world whose clock is moved by hand."""

    def __init__(self, name: str) -> None:
        """At the scenario's start."""
        self.now = SCENARIOS[name].start
        self.world = World(SCENARIOS[name], lambda: self.now)

    async def live(self, powerwall: SimulatedPowerwall, cheap: set[datetime]) -> float:
        """24 hours; charge fast in the cheap half-hours. Returns the cost in pence."""
        start = self.now = self.world.scenario.start
        bill = Bill(self.world, powerwall)
        for _ in range(48):
            await powerwall.write(BACKUP if self.now in cheap else SELF_POWERED)
            self.now += SLOT
            bill.note()
        assert self.now == start + timedelta(hours=24)
        return bill.cost_p


@pytest.mark.parametrize("name", ["winter", "sunny", "negative", "spike"])
async def test_charging_when_it_is_cheap_pays(name: str) -> None:
    """Less what is left in the battery, at the day's mean price."""
    day = Day(name)
    start, shape = day.world.scenario.start, day.world.scenario.day
    slots = [start + index * SLOT for index in range(48)]
    prices = {slot: agile_p(slot, shape, REGION) for slot in slots}
    cheap = set(sorted(slots, key=lambda slot: prices[slot])[:6])
    idle = day.world.baseline()
    idle_cost_p = await day.live(idle, set())
    day.now = start
    busy = day.world.baseline()
    busy_cost_p = await day.live(busy, cheap)
    left_kwh = busy.state.stored_kwh - idle.state.stored_kwh
    value_p = left_kwh * sum(prices.values()) / 48
    assert busy_cost_p - value_p < idle_cost_p - 2


def test_a_half_hour_that_went_by_unnoted_is_noticed() -> None:
    """It could not be priced."""
    day = Day("winter")
    bill = Bill(day.world, day.world.powerwall)
    day.now += timedelta(hours=1)
    with pytest.raises(ValueError, match="unnoted"):
        bill.note()


def test_the_baseline_has_the_same_home() -> None:
    """Same house, same sun; its own battery and settings."""
    day = Day("sunny")
    baseline = day.world.baseline(
        Settings(backup_reserve_percent=60).over(day.world.scenario.settings)
    )
    day.now = datetime(2026, 6, 17, 11, tzinfo=UTC)
    one, other = day.world.powerwall.reading(), baseline.reading()
    assert one.solar_power_w == other.solar_power_w
    assert one.house_power_w == other.house_power_w
    assert other.settings.backup_reserve_percent == 60
