"""The watchdog: from intent and readings alone, which promise is being broken now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionReason, Wanted
from custom_components.smart_battery_scheduler.control.watchdog import (
    PATIENCE,
    Breach,
    Intent,
    Watch,
    intent_of,
    judge,
    published,
    unpublished,
    watched,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallState,
    Settings,
)

NOON = datetime(2026, 1, 14, 16, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OWNER = Settings(
    operating_mode=OperatingMode.SELF_POWERED,
    backup_reserve_percent=20,
    grid_charging=False,
    export_rule=ExportRule.SOLAR_ONLY,
)
NOTHING = Intent(floor_percent=20, export_rule=ExportRule.SOLAR_ONLY)
PEAK = replace(NOTHING, grid_charge_forbidden=True)
USE = replace(PEAK, action=Action.USE)
HOLD = replace(NOTHING, action=Action.HOLD)
CHARGE = replace(NOTHING, action=Action.CHARGE, target_percent=90.0)


def reading(
    battery_w: float | None,
    *,
    level: float | None = 58.0,
    available_solar_w: float = 0.0,
    at: datetime = NOON,
) -> PowerwallState:
    """A balanced reading of a house that takes 800 W."""
    return PowerwallState(
        read_at=at,
        settings=OWNER,
        soc_percent=level,
        battery_power_w=battery_w,
        solar_power_w=available_solar_w,
        house_power_w=800.0,
        grid_power_w=None if battery_w is None else 800.0 - battery_w - available_solar_w,
    )


@pytest.mark.parametrize(
    ("breach", "intent", "seen", "expected"),
    [
        (Breach.CHARGES_WHEN_FORBIDDEN, PEAK, reading(-3300), True),
        (Breach.CHARGES_WHEN_FORBIDDEN, PEAK, reading(-3300, level=15.0), True),
        (Breach.CHARGES_WHEN_FORBIDDEN, PEAK, reading(-900, available_solar_w=1700.0), False),
        (Breach.CHARGES_WHEN_FORBIDDEN, PEAK, reading(800), False),
        (Breach.CHARGES_WHEN_FORBIDDEN, PEAK, reading(None), None),
        (Breach.CHARGES_WHEN_FORBIDDEN, NOTHING, reading(-3300), False),
        (
            Breach.CHARGES_WHEN_FORBIDDEN,
            replace(PEAK, charges_itself=True),
            reading(-3300),
            False,
        ),
        (Breach.CHARGES_UNASKED, NOTHING, reading(-3300), True),
        (Breach.CHARGES_UNASKED, HOLD, reading(-1700), True),
        (Breach.CHARGES_UNASKED, NOTHING, reading(-1700, level=15.0), None),
        (Breach.CHARGES_UNASKED, CHARGE, reading(-3300), False),
        (Breach.CHARGES_UNASKED, replace(NOTHING, charges_itself=True), reading(-3300), False),
        (Breach.DOES_NOT_CHARGE, CHARGE, reading(0), True),
        (Breach.DOES_NOT_CHARGE, CHARGE, reading(-400), False),
        (Breach.DOES_NOT_CHARGE, CHARGE, reading(0, level=89.5), False),
        (Breach.DOES_NOT_CHARGE, CHARGE, reading(0, level=None), None),
        (Breach.DOES_NOT_CHARGE, NOTHING, reading(0), False),
        (
            Breach.DOES_NOT_CHARGE,
            CHARGE,
            replace(reading(0), house_power_w=7000.0, grid_power_w=7000.0),
            None,
        ),
        (Breach.DOES_NOT_SERVE, USE, reading(0), True),
        (Breach.DOES_NOT_SERVE, NOTHING, reading(0), True),
        (Breach.DOES_NOT_SERVE, USE, reading(800), False),
        (Breach.DOES_NOT_SERVE, USE, reading(0, level=21.0), None),
        (Breach.DOES_NOT_SERVE, USE, reading(0, available_solar_w=800.0), None),
        (Breach.DOES_NOT_SERVE, HOLD, reading(0), False),
        (Breach.DOES_NOT_SERVE, CHARGE, reading(0), False),
        (Breach.BELOW_FLOOR, HOLD, reading(800, level=55.0), True),
        (Breach.BELOW_FLOOR, HOLD, reading(800, level=57.5), False),
        (Breach.BELOW_FLOOR, USE, reading(800, level=17.0), True),
        (Breach.BELOW_FLOOR, USE, reading(0, level=17.0), False),
        (Breach.BELOW_FLOOR, USE, reading(None, level=17.0), None),
        (Breach.EXPORTS, USE, reading(4000), True),
        (Breach.EXPORTS, USE, reading(0, available_solar_w=4000.0), False),
        (Breach.EXPORTS, replace(USE, export_rule=ExportRule.EVERYTHING), reading(4000), False),
        (Breach.EXPORTS, replace(USE, export_rule=None), reading(4000), False),
        (Breach.EXPORTS, USE, reading(None), None),
        (Breach.DOES_NOT_SERVE, USE, replace(reading(0), grid_power_w=5000.0), None),
    ],
)
def test_each_promise_by_one_reading(
    breach: Breach, intent: Intent, seen: PowerwallState, expected: bool | None
) -> None:
    """Broken, kept, or not to be told from this reading."""
    assert judge(breach, intent, 58.0, seen) is expected


def test_a_lasting_breach_is_published_once_within_a_quarter_of_an_hour() -> None:
    """Readings come every three minutes at the slowest."""
    watch, lines = Watch(), []
    for minute in range(0, 60, 3):
        watch = watched(watch, USE, reading(0, at=NOON + minute * MINUTE))
        lines += [(minute, breach) for breach in unpublished(watch)]
        watch = published(watch)
    ((minute, breach),) = lines
    assert breach is Breach.DOES_NOT_SERVE
    assert minute < 15
    assert watch.lasting() == {Breach.DOES_NOT_SERVE}


def test_a_breach_mended_in_time_is_not_published_and_one_that_is_over_is_forgotten() -> None:
    """A command needs some minutes; the notice leaves with the first reading that is as it should be."""
    watch = Watch()
    for minute in (0, 3, 6):
        watch = watched(watch, CHARGE, reading(0, at=NOON + minute * MINUTE))
    assert not watch.lasting()
    watch = watched(watch, CHARGE, reading(0, at=NOON + PATIENCE))
    assert watch.lasting() == {Breach.DOES_NOT_CHARGE}
    watch = watched(watch, CHARGE, reading(-3300, at=NOON + 10 * MINUTE))
    assert not watch.broken


def test_a_home_known_to_be_late_is_waited_for() -> None:
    """Its charges begin late each night: that is no news. Its stops are another matter."""
    late = timedelta(minutes=30)
    watch = watched(Watch(), CHARGE, reading(0), late)
    watch = watched(watch, CHARGE, reading(0, at=NOON + 12 * MINUTE), late)
    assert not watch.lasting()
    watch = watched(watch, CHARGE, reading(0, at=NOON + 24 * MINUTE), late)
    watch = watched(watch, CHARGE, reading(0, at=NOON + 31 * MINUTE), late)
    assert watch.lasting() == {Breach.DOES_NOT_CHARGE}
    watch = watched(Watch(), USE, reading(0), late)
    watch = watched(watch, USE, reading(0, at=NOON + 9 * MINUTE), late)
    assert watch.lasting() == {Breach.DOES_NOT_SERVE}


def test_a_reading_that_cannot_tell_takes_nothing_back_for_a_while() -> None:
    """Then it does: nobody knows any more."""
    watch = watched(Watch(), USE, reading(0))
    watch = watched(watch, USE, reading(0, at=NOON + PATIENCE))
    watch = watched(watch, USE, reading(None, at=NOON + 12 * MINUTE))
    assert watch.lasting()
    watch = watched(watch, USE, reading(None, at=NOON + 30 * MINUTE))
    assert not watch.lasting()


def test_the_edge_of_a_half_hour_and_other_words_for_the_same_start_no_new_patience() -> None:
    """From use to nothing wanted the house is to be served all the same; a charge is another thing."""
    watch = watched(Watch(), USE, reading(0))
    watch = watched(watch, NOTHING, reading(0, at=NOON + PATIENCE))
    assert watch.lasting() == {Breach.DOES_NOT_SERVE}
    watch = watched(watch, CHARGE, reading(0, at=NOON + 9 * MINUTE))
    assert not watch.lasting()


@pytest.mark.parametrize(
    "seen",
    [
        replace(reading(0), islanding=Islanding.OFF_GRID),
        replace(reading(0), storm_watch_active=True),
    ],
)
def test_nothing_is_promised_while_the_battery_belongs_to_others(seen: PowerwallState) -> None:
    """Off the grid, in Storm Watch, and where nothing is meant."""
    watch = watched(Watch(), USE, reading(0))
    assert watched(watch, USE, seen) == Watch()
    assert watched(watch, None, reading(0)) == Watch()


def test_intent_from_what_is_wanted_and_the_owners_settings() -> None:
    """Without a want the owner's settings are what is meant."""
    meant = intent_of(None, DecisionReason.PEAK, OWNER, 100.0)
    assert meant == PEAK
    owner = replace(OWNER, operating_mode=OperatingMode.TIME_BASED)
    assert intent_of(None, DecisionReason.OVER, owner, 100.0).charges_itself
    wanted = Wanted(action=Action.USE, slot_start=NOON, ends_at=NOON, target_percent=35)
    assert intent_of(wanted, DecisionReason.OVER, OWNER, 100.0).floor_percent == 35
    wanted = replace(wanted, action=Action.CHARGE, target_percent=None)
    charge = intent_of(wanted, DecisionReason.OVER, OWNER, 98.0)
    assert (charge.floor_percent, charge.target_percent) == (20, 98.0)


def test_a_hold_is_promised_no_higher_than_it_can_be_asked_for() -> None:
    """Without the grid-charging switch there is no backup mode: above 80 % nothing holds."""
    wanted = Wanted(action=Action.HOLD, slot_start=NOON, ends_at=NOON + timedelta(hours=1))
    no_switch = intent_of(wanted, DecisionReason.OVER, replace(OWNER, grid_charging=None), 100.0)
    with_switch = intent_of(wanted, DecisionReason.OVER, OWNER, 100.0)
    at_85, at_77 = reading(800, level=85.0), reading(800, level=77.0)
    assert judge(Breach.BELOW_FLOOR, with_switch, 90.0, at_85)
    assert judge(Breach.BELOW_FLOOR, no_switch, 90.0, at_85) is False
    assert judge(Breach.BELOW_FLOOR, no_switch, 90.0, at_77)
