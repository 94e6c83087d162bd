"""The judge of readings: what is proof, what is doubt, and what proves nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.smart_battery_scheduler.control.command_status import (
    Verdict,
    balanced,
    foreign_changes,
    grid_charging_w,
    judge,
    judge_stopped,
    left_by,
    reports,
)
from custom_components.smart_battery_scheduler.control.model import Setpoint
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallState,
    Settings,
)

RATES_W = {ChargeMethod.RESERVE: 1800.0, ChargeMethod.BACKUP: 3300.0}
SELF = OperatingMode.SELF_POWERED
IDLE = PowerwallState(
    read_at=datetime(2026, 1, 14, 2, tzinfo=UTC),
    settings=Settings(),
    soc_percent=50.0,
    battery_power_w=0.0,
    solar_power_w=0.0,
    house_power_w=400.0,
    grid_power_w=400.0,
)


def setpoint(reserve: int, method: ChargeMethod | None = None) -> Setpoint:
    """Self-powered with a reserve."""
    settings = Settings(operating_mode=SELF, backup_reserve_percent=reserve)
    return Setpoint(method=method, settings=settings, must=settings)


def flowing(
    battery_w: float, *, level: float | None = 50.0, solar_w: float = 0.0
) -> PowerwallState:
    """A balanced reading."""
    return replace(
        IDLE,
        soc_percent=level,
        battery_power_w=battery_w,
        solar_power_w=solar_w,
        grid_power_w=400.0 - battery_w - solar_w,
    )


@pytest.mark.parametrize(
    ("action", "how", "target", "reading", "verdict"),
    [
        (Action.CHARGE, setpoint(100, ChargeMethod.BACKUP), 100, flowing(-3300), Verdict.CONFIRMED),
        (Action.CHARGE, setpoint(100, ChargeMethod.BACKUP), 100, flowing(-1000), Verdict.CONFIRMED),
        (
            Action.CHARGE,
            setpoint(100, ChargeMethod.BACKUP),
            100,
            flowing(-200),
            Verdict.NOT_CONFIRMED,
        ),
        (
            Action.CHARGE,
            setpoint(100, ChargeMethod.BACKUP),
            100,
            flowing(-1000, solar_w=1400),
            Verdict.NOT_CONFIRMED,
        ),
        (
            Action.CHARGE,
            setpoint(100, ChargeMethod.BACKUP),
            100,
            replace(IDLE, house_power_w=7000.0, grid_power_w=7000.0),
            Verdict.UNKNOWN,
        ),
        (
            Action.CHARGE,
            setpoint(100, ChargeMethod.BACKUP),
            100,
            flowing(-400, level=92.0),
            Verdict.CONFIRMED,
        ),
        (
            Action.CHARGE,
            setpoint(100, ChargeMethod.BACKUP),
            100,
            flowing(-50, level=92.0),
            Verdict.NOT_CONFIRMED,
        ),
        (
            Action.CHARGE,
            setpoint(100, ChargeMethod.BACKUP),
            100,
            flowing(0, level=99.8),
            Verdict.CONFIRMED,
        ),
        (
            Action.CHARGE,
            setpoint(60, ChargeMethod.RESERVE),
            60,
            flowing(0, level=59.6),
            Verdict.CONFIRMED,
        ),
        (
            Action.CHARGE,
            setpoint(60, ChargeMethod.RESERVE),
            60,
            flowing(-1000, level=None),
            Verdict.CONFIRMED,
        ),
        (Action.HOLD, setpoint(50), None, flowing(0), Verdict.CONFIRMED),
        (Action.HOLD, setpoint(50), None, flowing(400, level=50.9), Verdict.UNKNOWN),
        (Action.HOLD, setpoint(50), None, flowing(400, level=49.0), Verdict.NOT_CONFIRMED),
        (Action.HOLD, setpoint(50), None, flowing(-1500), Verdict.NOT_CONFIRMED),
        (Action.HOLD, setpoint(50), None, flowing(-1500, level=45.0), Verdict.UNKNOWN),
        (Action.HOLD, setpoint(50), None, flowing(-1500, solar_w=1900.0), Verdict.CONFIRMED),
        (Action.USE, setpoint(20), None, flowing(400), Verdict.CONFIRMED),
        (Action.USE, setpoint(20), None, flowing(-1500), Verdict.NOT_CONFIRMED),
        (Action.USE, setpoint(20), None, replace(IDLE, solar_power_w=None), Verdict.NOT_CONFIRMED),
        (Action.USE, setpoint(48), None, flowing(0), Verdict.CONFIRMED),
        (
            Action.USE,
            setpoint(20),
            None,
            replace(IDLE, solar_power_w=None, grid_power_w=None),
            Verdict.UNKNOWN,
        ),
        (Action.HOLD, setpoint(50), None, replace(IDLE, house_power_w=None), Verdict.CONFIRMED),
        (Action.CHARGE, setpoint(100), 100, replace(IDLE, battery_power_w=None), Verdict.UNKNOWN),
        (Action.CHARGE, setpoint(100), 100, replace(IDLE, grid_power_w=5000.0), Verdict.UNKNOWN),
    ],
)
def test_verdict(
    action: Action, how: Setpoint, target: int | None, reading: PowerwallState, verdict: Verdict
) -> None:
    """Each action by the battery's own power."""
    assert judge(action, how, target, reading, RATES_W) is verdict


def test_a_stop_is_seen_when_nothing_flows_from_the_grid() -> None:
    """In the modes in which Tesla decides nothing can be concluded."""
    owner = Settings(operating_mode=SELF, backup_reserve_percent=20)
    assert judge_stopped(owner, flowing(-3300)) is Verdict.NOT_CONFIRMED
    assert judge_stopped(owner, flowing(400)) is Verdict.CONFIRMED
    assert judge_stopped(owner, flowing(0)) is Verdict.NOT_CONFIRMED, "idle while the house buys"
    assert judge_stopped(owner, flowing(0, level=22.0)) is Verdict.UNKNOWN, "hardly anything left"
    assert judge_stopped(owner, flowing(0, level=None)) is Verdict.UNKNOWN
    assert judge_stopped(owner, flowing(0, solar_w=400.0)) is Verdict.UNKNOWN, "nothing to serve"
    assert judge_stopped(owner, replace(IDLE, grid_power_w=5000.0)) is Verdict.UNKNOWN
    assert judge_stopped(owner, replace(IDLE, battery_power_w=None)) is Verdict.UNKNOWN
    derived = replace(flowing(0), grid_power_w=None)
    assert judge_stopped(owner, derived) is Verdict.NOT_CONFIRMED
    time_based = replace(owner, operating_mode=OperatingMode.TIME_BASED)
    assert judge_stopped(time_based, flowing(-3300)) is Verdict.CONFIRMED


def test_gaps_in_a_reading() -> None:
    """What is missing is neither balance nor imbalance, and no flow."""
    assert balanced(replace(IDLE, house_power_w=None))
    assert grid_charging_w(replace(IDLE, solar_power_w=None)) is None


@pytest.mark.parametrize(
    ("written", "shown", "ours"),
    [
        (Settings(operating_mode=SELF, backup_reserve_percent=60), (SELF, 60), True),
        (Settings(operating_mode=SELF, backup_reserve_percent=100), (SELF, 80), True),
        (Settings(operating_mode=SELF, backup_reserve_percent=100), (SELF, 100), True),
        (Settings(operating_mode=SELF, backup_reserve_percent=60), (SELF, 61), False),
        (
            Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True),
            (OperatingMode.BACKUP, 20),
            True,
        ),
    ],
)
def test_a_writes_trace(written: Settings, shown: tuple[OperatingMode, int], ours: bool) -> None:
    """As far as a site takes it: grid charging may be refused, 100 may become 80."""
    mode, reserve = shown
    actual = Settings(operating_mode=mode, backup_reserve_percent=reserve, grid_charging=False)
    assert left_by(written, actual) is ours


def test_unreported_settings_do_not_count_as_reported() -> None:
    """A wrong value is reported, a missing one is not."""
    assert reports(Settings(grid_charging=True), Settings(grid_charging=False))
    assert not reports(Settings(grid_charging=True), Settings())


@pytest.mark.parametrize(
    ("mode", "reserve", "changed"),
    [
        (OperatingMode.BACKUP, 100, None),
        # A word for the mode that we do not know may stand for backup, which shows so.
        (None, 100, None),
        (None, 55, 55),
        (SELF, 100, 100),
    ],
)
def test_a_persons_reserve_differs_from_the_modes_own(
    mode: OperatingMode | None, reserve: int, changed: int | None
) -> None:
    """Taken for a person's, a reserve of 100 would be restored for good."""
    owner = Settings(operating_mode=SELF, backup_reserve_percent=20, grid_charging=False)
    sent = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
    shown = Settings(operating_mode=mode, backup_reserve_percent=reserve, grid_charging=True)
    found = foreign_changes(replace(IDLE, settings=shown), owner, (sent,))
    assert found == Settings(backup_reserve_percent=changed)
