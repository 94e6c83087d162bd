"""The judge of readings: what is proof, what is doubt, and what proves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.smart_battery_scheduler.control.evidence import (
    Verdict,
    balanced,
    foreign_changes,
    grid_charging_w,
    judge,
    judge_stopped,
    left_by,
    tells,
)
from custom_components.smart_battery_scheduler.control.model import Way
from custom_components.smart_battery_scheduler.planner.model import Action, Lever
from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallState,
    Settings,
)

RATES_W = {Lever.GENTLE: 1800.0, Lever.FAST: 3300.0}
SELF = OperatingMode.SELF_POWERED
IDLE = PowerwallState(
    read_at=datetime(2026, 1, 14, 2, tzinfo=UTC),
    settings=Settings(),
    charge_level_percent=50.0,
    battery_power_w=0.0,
    solar_power_w=0.0,
    house_power_w=400.0,
    grid_power_w=400.0,
)


def way(reserve: int, lever: Lever | None = None) -> Way:
    """Self-powered with a reserve."""
    settings = Settings(operating_mode=SELF, backup_reserve_percent=reserve)
    return Way(lever=lever, settings=settings, must=settings)


def flowing(
    battery_w: float, *, level: float | None = 50.0, solar_w: float = 0.0
) -> PowerwallState:
    """A balanced reading."""
    return replace(
        IDLE,
        charge_level_percent=level,
        battery_power_w=battery_w,
        solar_power_w=solar_w,
        grid_power_w=400.0 - battery_w - solar_w,
    )


@pytest.mark.parametrize(
    ("action", "how", "target", "reading", "verdict"),
    [
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(-3300), Verdict.SEEN),
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(-1000), Verdict.SEEN),
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(-200), Verdict.NOT_SEEN),
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(-1000, solar_w=1400), Verdict.NOT_SEEN),
        (
            Action.CHARGE,
            way(100, Lever.FAST),
            100,
            replace(IDLE, house_power_w=7000.0, grid_power_w=7000.0),
            Verdict.UNKNOWN,
        ),
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(-400, level=92.0), Verdict.SEEN),
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(-50, level=92.0), Verdict.NOT_SEEN),
        (Action.CHARGE, way(100, Lever.FAST), 100, flowing(0, level=99.8), Verdict.SEEN),
        (Action.CHARGE, way(60, Lever.GENTLE), 60, flowing(0, level=59.6), Verdict.SEEN),
        (Action.CHARGE, way(60, Lever.GENTLE), 60, flowing(-1000, level=None), Verdict.SEEN),
        (Action.HOLD, way(50), None, flowing(0), Verdict.SEEN),
        (Action.HOLD, way(50), None, flowing(400, level=50.9), Verdict.UNKNOWN),
        (Action.HOLD, way(50), None, flowing(400, level=49.0), Verdict.NOT_SEEN),
        (Action.HOLD, way(50), None, flowing(-1500), Verdict.NOT_SEEN),
        (Action.HOLD, way(50), None, flowing(-1500, level=45.0), Verdict.UNKNOWN),
        (Action.HOLD, way(50), None, flowing(-1500, solar_w=1900.0), Verdict.SEEN),
        (Action.USE, way(20), None, flowing(400), Verdict.SEEN),
        (Action.USE, way(20), None, flowing(-1500), Verdict.NOT_SEEN),
        (Action.USE, way(20), None, replace(IDLE, solar_power_w=None), Verdict.NOT_SEEN),
        (Action.USE, way(48), None, flowing(0), Verdict.SEEN),
        (
            Action.USE,
            way(20),
            None,
            replace(IDLE, solar_power_w=None, grid_power_w=None),
            Verdict.UNKNOWN,
        ),
        (Action.HOLD, way(50), None, replace(IDLE, house_power_w=None), Verdict.SEEN),
        (Action.CHARGE, way(100), 100, replace(IDLE, battery_power_w=None), Verdict.UNKNOWN),
        (Action.CHARGE, way(100), 100, replace(IDLE, grid_power_w=5000.0), Verdict.UNKNOWN),
    ],
)
def test_verdict(
    action: Action, how: Way, target: int | None, reading: PowerwallState, verdict: Verdict
) -> None:
    """Each action by the battery's own power."""
    assert judge(action, how, target, reading, RATES_W) is verdict


def test_a_stop_is_seen_when_nothing_flows_from_the_grid() -> None:
    """In the modes in which Tesla decides nothing can be concluded."""
    home = Settings(operating_mode=SELF, backup_reserve_percent=20)
    assert judge_stopped(home, flowing(-3300)) is Verdict.NOT_SEEN
    assert judge_stopped(home, flowing(400)) is Verdict.SEEN
    assert judge_stopped(home, flowing(0)) is Verdict.NOT_SEEN, "idle while the house buys"
    assert judge_stopped(home, flowing(0, level=22.0)) is Verdict.UNKNOWN, "hardly anything left"
    assert judge_stopped(home, flowing(0, level=None)) is Verdict.UNKNOWN
    assert judge_stopped(home, flowing(0, solar_w=400.0)) is Verdict.UNKNOWN, "nothing to serve"
    assert judge_stopped(home, replace(IDLE, grid_power_w=5000.0)) is Verdict.UNKNOWN
    assert judge_stopped(home, replace(IDLE, battery_power_w=None)) is Verdict.UNKNOWN
    derived = replace(flowing(0), grid_power_w=None)
    assert judge_stopped(home, derived) is Verdict.NOT_SEEN
    time_based = replace(home, operating_mode=OperatingMode.TIME_BASED)
    assert judge_stopped(time_based, flowing(-3300)) is Verdict.SEEN


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


def test_what_is_not_reported_is_not_told() -> None:
    """Wrong is told, missing is not."""
    assert tells(Settings(grid_charging=True), Settings(grid_charging=False))
    assert not tells(Settings(grid_charging=True), Settings())


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
def test_a_persons_reserve_is_told_from_the_modes_own(
    mode: OperatingMode | None, reserve: int, changed: int | None
) -> None:
    """Taken for a person's, a reserve of 100 would be put back for good."""
    home = Settings(operating_mode=SELF, backup_reserve_percent=20, grid_charging=False)
    sent = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
    shown = Settings(operating_mode=mode, backup_reserve_percent=reserve, grid_charging=True)
    found = foreign_changes(replace(IDLE, settings=shown), home, (sent,))
    assert found == Settings(backup_reserve_percent=changed)
