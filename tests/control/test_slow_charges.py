"""Slow and late charges: an inflow from the grid that began after the command is the charge."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.learning import Learned
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    OrderedCharge,
    Phase,
)
from custom_components.smart_battery_scheduler.control.situation import Timing
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware
from custom_components.smart_battery_scheduler.powerwall.simulated import Delivery
from custom_components.smart_battery_scheduler.site.battery_model import method_rates_w

from .stage import START, Stage, charge

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class LateGateway:
    """The cloud shows a write at once, the battery hears of it so much later (netzero#238, #336)."""

    def __init__(self, stage: Stage, late: timedelta) -> None:
        """Stand between the stage and its battery."""
        self.copy = stage.owner
        self.late = late
        stage.powerwall.deliver = self.deliver
        stage.distort = self.shown

    def deliver(self, change: Settings) -> Delivery:
        """Late, in order."""
        self.copy = change.over(self.copy)
        return Delivery(shown=change, obeyed=change, delay=self.late)

    def shown(self, reading: PowerwallState) -> PowerwallState:
        """The cloud's own copy."""
        return replace(reading, settings=self.copy)


@pytest.mark.parametrize("share", [0.95, 0.38, 0.15])
async def test_a_charge_at_a_fraction_of_the_usual_rate_is_a_charge(share: float) -> None:
    """A unit down, one inverter before four packs, a cold pack: it is proven, and goes on."""
    hardware = Hardware(unit_backup_charge_w=3300.0 * share)
    stage = Stage(hardware=hardware, wanted=charge(START + HOUR))
    await stage.run(30)
    assert stage.phase() is Phase.RUNNING
    assert stage.published(DecisionKind.FAILED) == []
    assert len(stage.writes) == 1


async def test_the_rate_of_a_slow_home_is_learned_and_planned_by() -> None:
    """Four units as entered, 5 kW as there are (Powerwall-Dashboard#576, #632)."""
    stage = Stage(
        hardware=Hardware(units=4, unit_backup_charge_w=1250.0), wanted=charge(START + HOUR)
    )
    learned = Learned()
    for _ in range(20):
        before = stage.state
        await stage.run(1)
        learned = learned.after(before, stage.state, stage.powerwall.reading())
    assert method_rates_w(4, learned)[ChargeMethod.BACKUP] == pytest.approx(5000.0, rel=0.02)


async def test_an_import_limit_beside_a_car_is_no_disobedience() -> None:
    """Nothing is left for the battery while the car charges; nor does it feed the car."""
    stage = Stage(wanted=charge(START + 3 * HOUR))
    await stage.until(Phase.RUNNING)
    limited = stage.powerwall.hardware
    stage.house_w = 7000.0
    stage.powerwall.hardware = replace(limited, unit_backup_charge_w=0.0)
    await stage.run(60)
    assert stage.phase() is Phase.RUNNING
    assert len(stage.writes) == 1
    stage.powerwall.hardware, stage.house_w = limited, 400.0
    await stage.run(5)
    assert len(stage.writes) == 1


async def nights(late: timedelta, nights: int) -> tuple[list[Stage], Learned]:
    """So many charges of three hours on a site whose gateway is late, each learned from."""
    learned, stages = Learned(), []
    for _ in range(nights):
        stage = Stage(level=30, wanted=charge(START + 3 * HOUR), timing=learned.timing())
        LateGateway(stage, late)
        for _ in range(178):
            before = stage.state
            await stage.run(1)
            learned = learned.after(before, stage.state, stage.powerwall.reading())
        stages.append(stage)
    return stages, learned


@pytest.mark.parametrize("late_min", [8, 20, 40])
async def test_a_late_gateway_is_learned_and_its_backup_method_kept(late_min: int) -> None:
    """From the second night on the charge method is waited for, and no night is called a calibration."""
    (first, *others), learned = await nights(late_min * MINUTE, 3)
    if late_min <= 20:
        assert first.powerwall.soc_percent > 40.0
    assert learned.timing().change > late_min * MINUTE
    for stage in others:
        command = stage.state.command
        assert command is not None and command.current.method is ChargeMethod.BACKUP
        assert stage.published(DecisionKind.SUSPENDED) == []
        assert stage.state.out_of_service == ()
        full_rate = 3.3 * (3 - late_min / 60) / 13.5 * 100
        assert stage.powerwall.soc_percent - 30.0 > 0.8 * min(full_rate, 70.0)


async def test_a_delay_is_learned_even_when_the_command_was_given_up_meanwhile() -> None:
    """The inflow is what counts, not the state that the controller is in."""
    ordered = OrderedCharge(method=ChargeMethod.BACKUP, at=START)
    stage = Stage()
    stage.state = replace(stage.state, ordered=ordered)
    stage.powerwall.meet(replace(stage.powerwall.state.circumstances, forced_battery_w=-3300.0))
    stage.now += 12 * MINUTE
    before = stage.state
    await stage.look()
    learned = Learned().after(before, stage.state, stage.powerwall.reading())
    assert stage.state.ordered is None
    assert learned.by_backup.seen_s.mean == pytest.approx(12 * 60)
    assert learned.timing().change == 15 * MINUTE


async def test_an_inflow_hours_later_is_not_that_charge() -> None:
    """After an hour nothing is awaited any more."""
    stage = Stage()
    stage.state = replace(stage.state, ordered=OrderedCharge(method=ChargeMethod.BACKUP, at=START))
    stage.now += 70 * MINUTE
    before = stage.state
    await stage.look()
    assert stage.state.ordered is None
    assert Learned().after(before, stage.state, stage.powerwall.reading()) == Learned()
    assert Learned().timing() == Timing()
