"""Sites that do otherwise than they are told, or take less than they are asked: what control makes of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.control.ceiling import (
    likely_full_percent,
    with_ceiling,
)
from custom_components.smart_battery_scheduler.control.detours import (
    in_parts,
    to_owner_settings,
    to_setpoint,
    varied,
)
from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    DecisionKind,
    DecisionReason,
    Flat,
    Phase,
)
from custom_components.smart_battery_scheduler.control.refusals import differently, parts_of
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware
from custom_components.smart_battery_scheduler.powerwall.simulated import Delivery

from .stage import START, Stage, charge, want

HOUR = timedelta(hours=1)
OWNER = Settings(
    operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20, grid_charging=False
)
BACKUP_CHARGE = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
# Grid charging cannot be switched on, and backup mode charges all the same.
CHARGES_BY_MODE = Hardware(grid_charging_permitted=False, backup_always_charges=True)


def one_behind() -> Callable[[Settings], Delivery]:
    """A gateway that hears a write only with the next one (alandtse#1171)."""
    withheld = Settings()

    def deliver(change: Settings) -> Delivery:
        nonlocal withheld
        obeyed, withheld = withheld, change
        return Delivery(shown=change, obeyed=obeyed)

    return deliver


async def test_an_inflow_is_the_charge_although_the_switch_stays_off() -> None:
    """Neither sent again nor given up: what flows in is the proof."""
    stage = Stage(hardware=CHARGES_BY_MODE, wanted=charge(START + HOUR))
    await stage.run(20)
    assert stage.phase() is Phase.RUNNING
    assert len(stage.writes) == 1
    assert stage.published(DecisionKind.FAILED) == []
    assert stage.state.charges_in_backup


async def test_where_backup_mode_charges_nothing_is_held_by_it() -> None:
    """Known from a charge: a hold at 90 % stands at the highest reserve there is."""
    stage = Stage(hardware=CHARGES_BY_MODE, level=90.0, house_w=800.0)
    stage.state = replace(stage.state, charges_in_backup=True)
    stage.wanted = want(Action.HOLD, START + HOUR)
    await stage.run(5)
    assert stage.writes[0][1].operating_mode is OperatingMode.SELF_POWERED
    assert stage.shown.backup_reserve_percent == 80


@pytest.mark.parametrize(("forbidden", "within_minutes"), [(True, 5), (False, 12)])
async def test_a_hold_whose_mode_charges_is_left_soon(
    forbidden: bool, within_minutes: float
) -> None:
    """At once where charging is forbidden, else when sending it again has not helped; and that is learned."""
    stage = Stage(hardware=CHARGES_BY_MODE, level=85.0, house_w=800.0)
    stage.wanted = want(Action.HOLD, START + HOUR, grid_charge_forbidden=forbidden)
    await stage.run(within_minutes)
    assert stage.shown.operating_mode is OperatingMode.SELF_POWERED
    assert stage.state.charges_in_backup


async def test_a_hold_that_has_no_higher_reserve_is_no_calibration() -> None:
    """The battery obeys the highest reserve there is, and serves the house down to it: nothing is suspended."""
    stage = Stage(hardware=CHARGES_BY_MODE, level=95.0, house_w=800.0)
    stage.state = replace(stage.state, charges_in_backup=True)
    stage.wanted = want(Action.HOLD, START + 2 * HOUR)
    await stage.run(25)
    assert stage.state.suspension is None
    assert stage.published(DecisionKind.SUSPENDED) == []
    assert stage.shown.backup_reserve_percent == 80


async def test_a_gateway_one_write_behind_charges_by_the_last_method_left() -> None:
    """The same order once more, varied by a reserve that backup mode does not heed, brings it there."""
    stage = Stage(wanted=charge(START + HOUR), house_w=800.0)
    resting = ((ChargeMethod.RESERVE, START + 6 * HOUR),)
    stage.state = replace(stage.state, out_of_service=resting)
    stage.powerwall.deliver = one_behind()
    await stage.run(12)
    assert stage.phase() is Phase.RUNNING
    assert stage.powerwall.state.obeyed.operating_mode is OperatingMode.BACKUP
    assert stage.writes[-1][1] == replace(BACKUP_CHARGE, backup_reserve_percent=19)


async def test_a_refused_variation_is_not_repeated() -> None:
    """The reserve may be what is refused: the order goes out plain once more."""
    stage = Stage(wanted=charge(START + HOUR), house_w=800.0)
    resting = ((ChargeMethod.RESERVE, START + 6 * HOUR),)
    stage.state = replace(stage.state, out_of_service=resting)
    stage.powerwall.deliver = lambda change: Delivery(shown=change, obeyed=Settings())
    stage.refuses = lambda settings: settings.backup_reserve_percent == 19
    await stage.run(12)
    bodies = [settings for _, settings in stage.writes]
    assert bodies.count(replace(BACKUP_CHARGE, backup_reserve_percent=19)) == 1
    assert bodies[-1] == BACKUP_CHARGE


async def test_what_every_method_refuses_is_tried_now_and_then() -> None:
    """Whatever is ordered meanwhile: a try at once for each order, and one in a quarter of an hour."""
    stage = Stage(house_w=800.0)
    stage.refuses = lambda _: True
    for half_hour in range(8):
        end = START + (half_hour + 1) * HOUR / 2
        stage.wanted = charge(end, target_percent=60 + half_hour)
        await stage.run(30)
    assert len(stage.writes) <= 8 * 4
    assert stage.state.refusals > 8
    stage.refuses = lambda _: False
    stage.wanted = charge(stage.now + HOUR)
    await stage.run(16)
    assert stage.state.refusals == 0


async def test_a_stop_refused_as_a_whole_and_not_followed_goes_round_in_parts() -> None:
    """Every field stands in the cloud, none was heard: each is sent over another value, alone."""
    stage = Stage(wanted=charge(START + HOUR), house_w=800.0)
    await stage.until(Phase.RUNNING)
    stage.refuses = lambda settings: settings.backup_reserve_percent is not None
    stage.powerwall.deliver = lambda change: Delivery(shown=change, obeyed=Settings())
    stage.wanted = None
    begun = len(stage.writes)
    await stage.run(45)
    refused = [body for _, body in stage.writes[begun:] if body.backup_reserve_percent is not None]
    assert len(refused) <= 6
    stage.powerwall.deliver = lambda change: Delivery(shown=change, obeyed=change)
    await stage.run(20)
    assert stage.powerwall.state.obeyed.grid_charging is False
    assert stage.powerwall.state.obeyed.operating_mode is OperatingMode.SELF_POWERED


async def test_a_battery_full_before_its_charge_begins_is_found_to_be() -> None:
    """At 98.2 % nothing flows in and the level is flat: complete after ten minutes, no try lost."""
    stage = Stage(level=98.2, hardware=Hardware(full_percent=98.2), house_w=800.0)
    stage.wanted = charge(START + HOUR)
    await stage.run(20)
    assert stage.published(DecisionKind.FAILED) == []
    assert stage.published(DecisionKind.COMPLETED) == [DecisionReason.TARGET_REACHED]
    assert len(stage.writes) == 1


def test_a_level_that_stands_still_may_be_full() -> None:
    """The watchdog waits for the ten minutes that tell."""
    state = ControlState(flat=Flat(percent=88.0, since=START))
    assert likely_full_percent(state, START) == 88.0
    assert likely_full_percent(ControlState(), START) == 100.0
    known = replace(state, full=Flat(percent=86.0, since=START))
    assert likely_full_percent(known, START) == 86.0


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (
            OWNER,
            (
                Settings(operating_mode=OperatingMode.BACKUP),
                Settings(operating_mode=OperatingMode.SELF_POWERED),
                Settings(grid_charging=True),
                Settings(grid_charging=False),
            ),
        ),
        (
            replace(OWNER, operating_mode=OperatingMode.TIME_BASED),
            (
                Settings(operating_mode=OperatingMode.SELF_POWERED),
                Settings(operating_mode=OperatingMode.TIME_BASED),
            ),
        ),
        (Settings(backup_reserve_percent=20), ()),
    ],
)
def test_detours_in_parts(owner: Settings, expected: tuple[Settings, ...]) -> None:
    """Each field over another value; nothing that is not reported is written."""
    assert in_parts(owner) == expected


@pytest.mark.parametrize(("reserve", "other"), [(20, 19), (0, 1), (100, 80), (None, None)])
def test_a_variation_has_another_reserve(reserve: int | None, other: int | None) -> None:
    """One below, where that exists; unreported, none."""
    owner = replace(OWNER, backup_reserve_percent=reserve)
    assert varied(owner, BACKUP_CHARGE) == replace(BACKUP_CHARGE, backup_reserve_percent=other)


def test_a_detour_leads_over_what_was_not_sent_too_where_nothing_is_known() -> None:
    """All fields differ if none is known to have been sent, and those alone that were."""
    everything = to_owner_settings(OWNER, ())
    assert {each.operating_mode for each in everything} == {
        OperatingMode.BACKUP,
        OperatingMode.SELF_POWERED,
    }
    assert everything[-1].grid_charging is True
    by_reserve = to_owner_settings(OWNER, (Settings(backup_reserve_percent=60),))
    assert by_reserve == (replace(OWNER, backup_reserve_percent=19),)
    modeless = to_owner_settings(Settings(backup_reserve_percent=20), (BACKUP_CHARGE,))
    assert modeless == (Settings(backup_reserve_percent=19),)


def test_a_detour_to_a_setpoint_is_the_owners_own() -> None:
    """Of its fields only."""
    assert to_setpoint(OWNER, BACKUP_CHARGE) == Settings(
        operating_mode=OperatingMode.SELF_POWERED, grid_charging=False
    )


def test_parts_of_the_owners_settings() -> None:
    """What ends a charge comes first; what stands already is left out."""
    assert parts_of(OWNER, None)[0] == Settings(grid_charging=False)
    assert parts_of(OWNER, replace(OWNER, backup_reserve_percent=60)) == (
        Settings(backup_reserve_percent=20),
    )


def test_a_reading_without_level_or_power_says_nothing_of_where_it_is_full() -> None:
    """The state stays as it is, and a flat level is forgotten where the power is not known."""
    stage = Stage(level=90.0)
    reading = stage.powerwall.reading()
    flat = ControlState(flat=Flat(percent=90.0, since=START))
    assert with_ceiling(flat, replace(reading, soc_percent=None)) == flat
    assert with_ceiling(flat, replace(reading, battery_power_w=None)).flat is None


def test_a_refusal_outside_of_commands_and_restores_changes_nothing() -> None:
    """Nothing is being written then."""
    stage = Stage()
    assert differently(stage.state, stage.situation()) == stage.state
