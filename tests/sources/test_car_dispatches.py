"""The car's dispatches of an account in a whole home, and what they make cheap."""

from datetime import datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.tariff.model import Rate
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.octopus import account_body
from ..days.stage import Day
from .test_account_rates import LONG_AGO
from .test_octopus_account import EVENING, HOUR, INTELLIGENT, NOON, asked_again, feed

NEW_GO = (("E-1R-IOG-SMB-VAR-24-10-29-C", LONG_AGO, None),)


async def test_dispatches_make_half_hours_cheap_and_changes_are_followed(day: Day) -> None:
    """The whole half-hours that a dispatch touches, at the night's rate; a boost is not cheap."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    octoplus.dispatches = [
        (NOON + timedelta(minutes=10), NOON + timedelta(minutes=40), "SMART"),
        (NOON + 3 * HOUR, NOON + 4 * HOUR, "BOOST"),
    ]
    await day.start()
    night = day.site.rates.data.imports.at(NOON.replace(hour=1))
    assert night is not None

    def cheap() -> list[bool]:
        rates = [day.site.rates.data.imports.at(NOON + index * HOUR / 2) for index in range(8)]
        return [rate is not None and rate.p_per_kwh == night.p_per_kwh for rate in rates]

    assert cheap() == [True, True, False, False, False, False, False, False]
    published = day.site.rates.published.imports.at(NOON)
    assert published is not None
    assert published.p_per_kwh > night.p_per_kwh
    octoplus.dispatches = []
    await asked_again(day)
    assert not any(cheap())


async def dispatches_that_cannot_be_told(day: Day) -> Rate | None:
    """Start with a dispatch in the evening that is told once; returns the day's rate for then."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    octoplus.dispatches = [(EVENING, EVENING + HOUR, "SMART")]
    await day.start()
    octoplus.errors["Dispatches"] = "KT-CT-4340"
    return day.site.rates.published.imports.at(EVENING)


async def test_dispatches_that_cannot_be_read_keep_the_last(day: Day) -> None:
    """KT-CT-4340 is no news."""
    expensive = await dispatches_that_cannot_be_told(day)
    await asked_again(day, HOUR / 4)
    assert day.site.rates.data.imports.at(EVENING) != expensive


async def test_dispatches_that_cannot_be_read_for_long_are_not_bought_by(day: Day) -> None:
    """A car that was unplugged is answered so too: its plan would be paid for at the day's rate."""
    expensive = await dispatches_that_cannot_be_told(day)
    for _ in range(3):
        await asked_again(day, HOUR / 4)
    assert day.site.rates.data.imports.at(EVENING) == expensive
    day.cloud.world.octoplus.errors.clear()
    await asked_again(day, HOUR / 4)
    assert day.site.rates.data.imports.at(EVENING) != expensive


async def test_a_car_that_cannot_be_read_hides_no_other_cars_dispatches(day: Day) -> None:
    """Each is asked about by itself."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One", "car-2": "Two"}
    await day.start()
    expensive = day.site.rates.published.imports.at(EVENING)
    del octoplus.cars["car-1"]
    octoplus.dispatches = [(EVENING, EVENING + HOUR, "SMART")]
    await asked_again(day)
    assert day.site.rates.data.imports.at(EVENING) != expensive


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR_PAGE, Fault.DISCONNECT, Fault.FORBIDDEN_PAGE, Fault.RATE_LIMITED]
)
async def test_any_failure_ends_the_belief_in_dispatches_after_half_an_hour(
    day: Day, fault: Fault
) -> None:
    """Not one error code only: a plan of which nothing is heard may be withdrawn."""
    expensive = await dispatches_that_cannot_be_told(day)
    day.cloud.world.octoplus.errors.clear()
    day.cloud.faults.add(fault, Endpoint.GRAPHQL)
    await day.stride(0.4)
    assert day.site.rates.data.imports.at(EVENING) != expensive
    await day.stride(0.2)
    assert day.site.rates.data.imports.at(EVENING) == expensive
    day.cloud.faults.clear(fault)
    await asked_again(day)
    assert day.site.rates.data.imports.at(EVENING) != expensive


async def test_one_entry_without_times_hides_no_other(day: Day) -> None:
    """Nulls among the planned ones."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    octoplus.odd_dispatches = [{"start": None, "end": None, "type": "SMART"}, None]
    octoplus.dispatches = [(EVENING, EVENING + HOUR, "SMART")]
    await day.start()
    assert day.site.rates.data.imports.at(EVENING) != day.site.rates.published.imports.at(EVENING)
    assert feed(day).dispatches.last_update_success


async def test_a_first_car_is_noticed_with_the_next_question(day: Day) -> None:
    """Not after the six hours for which known cars are kept."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.dispatches = [(EVENING, EVENING + HOUR, "SMART")]
    await day.start()
    expensive = day.site.rates.data.imports.at(EVENING)
    assert expensive == day.site.rates.published.imports.at(EVENING)
    octoplus.cars = {"car-1": "One"}
    await asked_again(day, HOUR / 12)
    assert day.site.rates.data.imports.at(EVENING) != expensive


async def test_a_car_that_takes_anothers_place_is_noticed_within_two_questions(day: Day) -> None:
    """The old one cannot be told any more."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    await day.start()
    octoplus.cars = {"car-2": "Two"}
    octoplus.dispatches = [(EVENING, EVENING + HOUR, "SMART")]
    expensive = day.site.rates.data.imports.at(EVENING)
    for _ in range(2):
        await asked_again(day, HOUR / 12)
    assert day.site.rates.data.imports.at(EVENING) != expensive


async def test_completed_boosts_are_not_cheap(day: Day) -> None:
    """Completed dispatches do not say what set them off: only what was planned counts (BD's FAQ)."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    now = dt_util.utcnow()
    octoplus.completed = [(now - 2 * HOUR, now - HOUR)]
    await day.start()
    assert day.site.rates.data.imports == day.site.rates.published.imports


# --- a tariff with an allowance for the car -----------------------------------------------------


def is_cheap(day: Day, when: datetime) -> bool:
    """Whether the house buys at the night's rate then."""
    rate = day.site.rates.data.imports.at(when)
    assert rate is not None
    return rate.p_per_kwh == pytest.approx(6.5714 * 1.05)


async def car_at_noon(day: Day, state: str, **preferences: object) -> None:
    """A new Intelligent Go home at five past noon; a dispatch from noon to two."""
    day.cloud.octopus.account = account_body(NEW_GO, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars, octoplus.car_state = {"car-1": "One"}, state
    octoplus.dispatches = [(NOON, NOON + 2 * HOUR, "SMART")]
    day.freezer.move_to(NOON + timedelta(minutes=5))
    await day.start(**preferences)


async def test_a_charging_car_makes_its_dispatch_cheap_until_it_stops(day: Day) -> None:
    """And the half-hour in which it stopped stays so."""
    await car_at_noon(day, "SMART_CONTROL_IN_PROGRESS")
    assert [is_cheap(day, NOON + index * HOUR / 2) for index in range(5)] == [True] * 4 + [False]
    day.cloud.world.octoplus.car_state = "SMART_CONTROL_CAPABLE"
    await asked_again(day, timedelta(minutes=5))
    assert [is_cheap(day, NOON + index * HOUR / 2) for index in range(3)] == [True, False, False]


@pytest.mark.parametrize("state", ["SMART_CONTROL_CAPABLE", "SMART_CONTROL_OFF", "BOOSTING"])
async def test_a_planned_dispatch_with_a_car_that_is_connected_only_changes_nothing(
    day: Day, state: str
) -> None:
    """Seen: the rate became 6.9 p and the Powerwall charged at 30 p."""
    await car_at_noon(day, state)
    assert not is_cheap(day, NOON)
    assert day.site.rates.data.imports == day.site.rates.published.imports


async def test_a_car_that_the_house_sees_idle_makes_nothing_cheap(day: Day) -> None:
    """Octopus calls a charge under way that is only scheduled; the owner's charger knows better."""
    day.hass.states.async_set("binary_sensor.charger", "off")
    await car_at_noon(day, "SMART_CONTROL_IN_PROGRESS", car_charging_entity="binary_sensor.charger")
    assert not is_cheap(day, NOON)
    day.hass.states.async_set("binary_sensor.charger", "on")
    await day.settle()
    assert is_cheap(day, NOON)
    assert is_cheap(day, NOON + HOUR)
    day.hass.states.async_set("binary_sensor.charger", "off")
    await day.settle()
    assert is_cheap(day, NOON), "a half-hour that has begun so is billed so"
    assert not is_cheap(day, NOON + HOUR)


async def test_no_dispatches_are_asked_for_without_an_intelligent_tariff(day: Day) -> None:
    """Others have none."""
    await day.start()
    asked = [str(each.body) for each in day.cloud.requests if each.endpoint is Endpoint.GRAPHQL]
    assert not [each for each in asked if "Devices" in each or "Dispatches" in each]


async def test_a_clock_far_ahead_for_minutes_leaves_no_belief_behind(day: Day) -> None:
    """What was told by it is believed no longer than anything else, when it is right again."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus, now = day.cloud.world.octoplus, dt_util.utcnow()
    octoplus.cars = {"car-1": "One"}
    octoplus.dispatches = [(EVENING, EVENING + HOUR, "SMART")]
    await day.start()
    expensive = day.site.rates.published.imports.at(EVENING)
    day.freezer.move_to(now + timedelta(days=4000))
    await asked_again(day)
    octoplus.errors["Dispatches"] = "KT-CT-4340"
    day.freezer.move_to(now + timedelta(minutes=50))
    await asked_again(day)
    assert day.site.rates.data.imports.at(EVENING) == expensive
    octoplus.errors.clear()
    await asked_again(day)
    assert day.site.rates.data.imports.at(EVENING) != expensive
