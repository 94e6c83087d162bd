"""Six hours of car charging from noon to noon, and nothing for a car that stands idle.

The rule in Octopus' words: springfall2008/batpred#4248. What goes wrong without it: batpred#4950,
#4516, #5065, HomeAssistant-OctopusEnergy#1708, netzero-labs/netzero#390.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.tariff.car_allowance import (
    ALLOWANCE,
    Charges,
    earned,
    within_allowance,
)
from custom_components.smart_battery_scheduler.tariff.codes import TariffCode
from custom_components.smart_battery_scheduler.tariff.dispatches import (
    IN_PROGRESS,
    Dispatch,
    Dispatches,
    with_dispatches,
)
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable

from .bodies import HALF_HOUR

NINE_PM = datetime(2026, 11, 20, 21, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def charge(start: datetime, hours: float, *, cheap: bool = True, counts: bool = True) -> Dispatch:
    """Charging of the car."""
    return Dispatch(start=start, end=start + timedelta(hours=hours), is_cheap=cheap, counts=counts)


def night_tariff() -> RateTable:
    """Two days of 6.9 p from 23:30 to 05:30 and 30.4 p else."""
    start = datetime(2026, 11, 20, tzinfo=UTC)
    slots = [start + index * HALF_HOUR for index in range(96)]
    return RateTable(tuple(Rate(at, at + HALF_HOUR, 6.9 if is_night(at) else 30.4) for at in slots))


def is_night(at: datetime) -> bool:
    """Whether the house has the low rate without any car."""
    return not 5.5 <= at.hour + at.minute / 60 < 23.5


def cheap_count(cars: list[Dispatches], now: datetime, *started: Dispatch) -> int:
    """How many half-hours from 21:00 to 15:00 are cheap."""
    table = with_dispatches(night_tariff(), earned(cars, started, now))
    end = NINE_PM + timedelta(hours=18)
    return sum(rate.p_per_kwh == 6.9 for rate in table.between(NINE_PM, end))


def test_a_clock_far_ahead_for_minutes_forgets_no_charge_that_was_seen() -> None:
    """The half-hours in which the car has charged stay cheap, and count against the allowance."""
    charges = Charges()
    car = Dispatches(planned=(charge(NINE_PM, 1),), state=IN_PROGRESS)
    charges.cheap([car], NINE_PM, has_allowance=True, car_is_idle=False)
    for days in (4000, 0):
        now = NINE_PM + timedelta(days=days) + 2 * HOUR
        cheap = charges.cheap([], now, has_allowance=True, car_is_idle=False)
    assert [each.start for each in cheap] == [NINE_PM]


def test_a_dispatch_from_21_to_15_makes_17_half_hours_cheap_not_36() -> None:
    """Five before the night and the night's twelve; the allowance is used up at 03:00."""
    ev_charging = Dispatches(planned=(charge(NINE_PM, 18),), state=IN_PROGRESS)
    assert cheap_count([ev_charging], NINE_PM + timedelta(minutes=5)) == 17


@pytest.mark.parametrize(
    "state", ["SMART_CONTROL_CAPABLE", "SMART_CONTROL_NOT_AVAILABLE", "BOOSTING", None]
)
def test_a_planned_dispatch_with_an_idle_car_makes_nothing_cheap(state: str | None) -> None:
    """Plugged in is not charging: the half-hour is billed at the day's rate."""
    ev_charging = Dispatches(planned=(charge(NINE_PM, 2),), state=state)
    assert cheap_count([ev_charging], NINE_PM + timedelta(minutes=5)) == 12


def test_a_dispatch_that_is_only_to_come_makes_nothing_cheap_yet() -> None:
    """Though the car charges now: between them lies a gap, and plans change."""
    ev_charging = Dispatches(
        planned=(charge(NINE_PM, 0.5), charge(NINE_PM + 1.5 * HOUR, 0.5)), state=IN_PROGRESS
    )
    assert cheap_count([ev_charging], NINE_PM + timedelta(minutes=5)) == 13
    assert cheap_count([ev_charging], NINE_PM - HOUR) == 12


def test_a_charge_in_pieces_is_one_charge() -> None:
    """The API lists half-hours that follow on each other."""
    pieces = tuple(charge(NINE_PM + index * HALF_HOUR, 0.5) for index in range(4))
    ev_charging = Dispatches(planned=pieces, state=IN_PROGRESS)
    assert cheap_count([ev_charging], NINE_PM + timedelta(minutes=5)) == 16


def test_a_half_hour_in_which_the_car_charged_stays_cheap_to_its_end() -> None:
    """The whole half-hour is billed so, even if the car stopped after a minute (BD's FAQ)."""
    ev_charging = Dispatches(state="SMART_CONTROL_CAPABLE")
    begun = charge(NINE_PM, 0.25)
    assert cheap_count([ev_charging], NINE_PM + timedelta(minutes=20), begun) == 13


def test_the_allowance_begins_anew_at_noon_local() -> None:
    """In summer that is 11:00 UTC."""
    noon = datetime(2026, 7, 1, 12, tzinfo=MARKET_TIME_ZONE).astimezone(UTC)
    found = within_allowance([charge(noon - 8 * HOUR, 16)])
    assert found == {
        *(noon - 8 * HOUR + index * HALF_HOUR for index in range(12)),
        *(noon + index * HALF_HOUR for index in range(12)),
    }


def test_charging_in_the_night_uses_up_the_allowance() -> None:
    """Six hours by night leave none for the morning."""
    night = charge(NINE_PM + 2.5 * HOUR, 6, cheap=False)
    morning = charge(NINE_PM + 10 * HOUR, 1)
    ev_charging = Dispatches(planned=(morning,), completed=(night,), state=IN_PROGRESS)
    assert cheap_count([ev_charging], morning.start + timedelta(minutes=5)) == 12


def test_a_boost_uses_up_no_allowance_and_earns_nothing() -> None:
    """It is the owner's own charge, at the day's rate."""
    boost = charge(NOON, 7, cheap=False, counts=False)
    ev_charging = Dispatches(planned=(charge(NINE_PM, 1),), completed=(boost,), state=IN_PROGRESS)
    assert cheap_count([ev_charging], NINE_PM + timedelta(minutes=5)) == 14


def test_a_dispatch_that_is_listed_twice_counts_once() -> None:
    """Planned, seen and completed are the same charge."""
    done = charge(NINE_PM - 3 * HOUR, 3, cheap=False)
    ev_charging = Dispatches(
        planned=(charge(NINE_PM, 2.5),), completed=(done, done), state=IN_PROGRESS
    )
    assert cheap_count([ev_charging, ev_charging], NINE_PM + timedelta(minutes=5), done) == 17


@given(
    st.lists(
        st.tuples(st.integers(0, 60 * 40), st.integers(1, 600)).map(
            lambda span: charge(NOON + timedelta(minutes=span[0]), span[1] / 60)
        ),
        max_size=6,
    )
)
def test_no_day_ever_has_more_than_six_hours(charges: list[Dispatch]) -> None:
    """Noon to noon, however the charging is cut."""
    within = within_allowance(charges)
    minute = timedelta(minutes=1)
    charged = {
        each.start + index * minute
        for each in charges
        for index in range((each.end - each.start) // minute)
    }
    used = [at for at in charged if at.replace(minute=at.minute // 30 * 30) in within]
    for day in range(3):
        start = NOON + timedelta(days=day)
        of_day = [at for at in used if start <= at < start + 24 * HOUR]
        assert len(of_day) * minute <= ALLOWANCE


@pytest.mark.parametrize(
    ("code", "has_allowance"),
    [
        ("E-1R-IOG-SMB-VAR-24-10-29-H", True),
        ("E-1R-IOG-SMB-TOU-25-12-12-C", True),
        ("E-1R-IOG-NEW-27-01-01-C", True),
        ("E-1R-IOG-KDP-VAR-25-04-10-C", False),
        ("E-1R-INTELLI-VAR-24-10-29-C", False),
        ("E-1R-GO-VAR-22-10-14-C", False),
    ],
)
def test_older_products_have_no_allowance(code: str, has_allowance: bool) -> None:
    """They stay as they are; what is not known yet is taken for a new one."""
    assert TariffCode.parse(code).has_car_allowance is has_allowance
