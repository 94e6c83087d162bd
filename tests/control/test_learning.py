"""What a home's charge methods are taken to do after what they have shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.control.learning import (
    ENOUGH_SAMPLES,
    LONGEST_READ_BACK,
    Average,
    Learned,
    MethodRecord,
)
from custom_components.smart_battery_scheduler.control.model import (
    Command,
    CommandStatus,
    ControlState,
    Wanted,
)
from custom_components.smart_battery_scheduler.control.setpoints import setpoints_for
from custom_components.smart_battery_scheduler.control.situation import Timing
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings
from custom_components.smart_battery_scheduler.site.battery_model import battery_of, method_rates_w

NOW = datetime(2026, 1, 14, 2, tzinfo=UTC)


def command(
    method: ChargeMethod = ChargeMethod.BACKUP, *, action: Action = Action.CHARGE
) -> Command:
    """A proven charge."""
    wanted = Wanted(action=action, slot_start=NOW, ends_at=NOW + timedelta(hours=1), method=method)
    setpoints = setpoints_for(
        wanted, Settings(backup_reserve_percent=20, grid_charging=False), 50.0
    )
    return Command(
        wanted=wanted,
        setpoints=setpoints,
        begun_at=NOW,
        command_status=CommandStatus(sent_at=NOW, confirmed_at=NOW),
    )


def reading(level: float, charging_w: float, *, solar_w: float = 0.0) -> PowerwallState:
    """A balanced reading of a charge beside a house of 400 W."""
    return PowerwallState(
        read_at=NOW,
        settings=Settings(),
        soc_percent=level,
        battery_power_w=-charging_w,
        solar_power_w=solar_w,
        house_power_w=400.0,
        grid_power_w=400.0 + charging_w - solar_w,
    )


def learned_from(*readings: PowerwallState, times: int = ENOUGH_SAMPLES) -> Learned:
    """After so many of each."""
    learned = Learned()
    for each in readings:
        for _ in range(times):
            learned = learned.from_charging(command(), each)
    return learned


def test_the_rate_counts_after_some_samples() -> None:
    """One reading is an accident; five are a rate."""
    few, enough = learned_from(reading(50, 2600), times=4), learned_from(reading(50, 2600))
    assert method_rates_w(1, few)[ChargeMethod.BACKUP] == 3300.0
    assert method_rates_w(1, enough)[ChargeMethod.BACKUP] == pytest.approx(2600.0)
    assert method_rates_w(1, enough)[ChargeMethod.RESERVE] == 1800.0


def test_solar_power_is_not_learned_as_a_methods_rate() -> None:
    """Only what comes from the grid is learned."""
    learned = learned_from(reading(50, 3600, solar_w=1000.0))
    assert learned.by_backup.rate_w.mean == pytest.approx(3000.0)


@pytest.mark.parametrize("absurd_w", [20.0, 40_000.0])
def test_absurd_rates_are_bounded(absurd_w: float) -> None:
    """A learned rate stays within reach of the usual one."""
    learned = Learned(by_backup=MethodRecord(rate_w=Average(mean=absurd_w, count=50)))
    assert 0.1 * 3300 <= method_rates_w(1, learned)[ChargeMethod.BACKUP] <= 3 * 3300


@pytest.mark.parametrize(
    "unfit",
    [
        (command(action=Action.HOLD), reading(50, 3000)),
        (replace(command(), command_status=CommandStatus()), reading(50, 3000)),
        (
            replace(command(), command_status=CommandStatus(confirmed_at=NOW, doubted_at=NOW)),
            reading(50, 3000),
        ),
        (command(), replace(reading(50, 3000), soc_percent=None)),
        (command(), replace(reading(50, 3000), battery_power_w=None)),
        (command(), replace(reading(50, 3000), grid_power_w=9_000.0)),
        (command(), reading(99.5, 3000)),
        (command(), reading(85, 3000)),
    ],
)
def test_nothing_is_learned_from_what_proves_nothing(
    unfit: tuple[Command, PowerwallState],
) -> None:
    """Other actions, unseen charges, readings with gaps or contradictions, the taper's beginning."""
    assert Learned().from_charging(*unfit) == Learned()


def test_taper_is_learned_near_full_and_planned_with() -> None:
    """Half the rate at 95 % on average is a third of it at 100 %."""
    learned = learned_from(reading(50, 3000), reading(95, 1500))
    assert learned.by_backup.tapered_share.mean == pytest.approx(0.5)
    assert learned.taper() == pytest.approx((80.0, 1.0 - 0.5 / 0.75))
    battery = battery_of(1, learned, ControlState(), NOW, None)
    assert battery.taper_from_percent == 80.0
    assert battery.capacity_kwh == 13.5


def test_a_method_out_of_service_is_not_planned_with() -> None:
    """Until its time is over."""
    control = ControlState(out_of_service=((ChargeMethod.BACKUP, NOW + timedelta(hours=1)),))
    now = [method.method for method in battery_of(1, Learned(), control, NOW, 13.0).methods]
    later = battery_of(1, Learned(), control, NOW + timedelta(hours=2), 13.0).methods
    assert now == [ChargeMethod.RESERVE]
    assert len(later) == 2


def test_a_slow_home_is_waited_for_but_not_for_ever() -> None:
    """The wait grows with what was seen, up to a bound."""
    learned = Learned()
    assert learned.timing() == Timing()
    for seconds in (300, 320, 280, 310, 290, 2000):
        command_status = CommandStatus(sent_at=NOW, read_back_at=NOW + timedelta(seconds=seconds))
        learned = learned.from_read_back(replace(command(), command_status=command_status))
    assert learned.timing().read_back == LONGEST_READ_BACK
    assert learned.from_read_back(replace(command(), command_status=CommandStatus())) == learned


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=200))
def test_the_average_stays_within_its_samples(samples: list[float]) -> None:
    """Whatever the order: between least and most, and a spread that is a number."""
    average = Average()
    for sample in samples:
        average = average.with_sample(sample)
    assert min(samples) - 1e-6 <= average.mean <= max(samples) + 1e-6
    assert average.spread >= 0.0
    assert average.count == len(samples)
