"""The sentences, from plain data."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionReason, SuspensionCause
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.planner.model import Action, Reason, ReasonCode
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings
from custom_components.smart_battery_scheduler.text.speech import (
    Picture,
    because,
    pence,
    say_moment,
    say_next_charge,
    say_status,
    say_why,
)

from ..automations.conftest import NOW, plan_of
from ..languages import ENGLISH
from ..plans import a_plan, a_slot

HOME = Picture(now=NOW, zone=ZoneInfo("Europe/London"), reading=None, plan=None, words=ENGLISH)


def read(level: float | None, power_w: float | None) -> PowerwallState:
    """A reading of the battery."""
    return PowerwallState(
        read_at=NOW,
        settings=Settings(),
        soc_percent=level,
        battery_power_w=power_w,
    )


@pytest.mark.parametrize(
    ("reading", "begin"),
    [
        (None, "I do not know how full the battery is."),
        (read(None, 0.0), "I do not know how full the battery is."),
        (read(62.4, None), "The battery is at 62 percent. "),
        (read(62.4, 30.0), "The battery is at 62 percent and is idle."),
        (read(62.4, -1800.0), "The battery is at 62 percent and is charging at 1.8 kilowatts."),
        (read(62.4, 640.0), "The battery is at 62 percent and is supplying 0.6 kilowatts."),
    ],
)
def test_what_is_measured(reading: PowerwallState | None, begin: str) -> None:
    """What is not known is said to be so."""
    published = say_status(replace(HOME, reading=reading))
    assert published.startswith(begin)
    assert published.endswith("There is no plan yet.")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"dry_run": True}, "This is a dry run: nothing is sent to the battery."),
        ({"scheduler_enabled": False}, "The scheduler is switched off."),
        (
            {"suspension": SuspensionCause.STORM_WATCH},
            "The scheduler is suspended because Storm Watch is active.",
        ),
        (
            {"faulty": True},
            "The battery did not follow its commands, so the scheduler has released it.",
        ),
    ],
)
def test_what_hinders(changes: dict[str, Any], why: str) -> None:
    """A plan that is not acted on is not reported as if it were."""
    site = replace(HOME, plan=plan_of(Action.CHARGE), **changes)
    assert say_why(site) == why
    assert say_next_charge(site) == f"{why} No charge will be started meanwhile."
    assert say_status(site).endswith(why)


ASKED = Override(action=Action.CHARGE, made_at=NOW, until=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("rule", "because_of"),
    [
        (DecisionReason.PEAK, "nothing is charged from the grid in your peak window"),
        (DecisionReason.SESSION, "nothing is charged from the grid in a power-down session"),
        (DecisionReason.PRICE, "the rate of this half-hour is not known, or is above your limit"),
    ],
)
def test_a_charge_that_a_rule_holds_back(rule: DecisionReason, because_of: str) -> None:
    """Neither the plan's nor a person's charge is told as if it ran."""
    site = replace(HOME, plan=plan_of(Action.CHARGE), held_back=rule)
    assert say_status(site).endswith(
        f"The plan is to charge from the grid until 20:30, but {because_of}."
    )
    assert say_why(site) == f"It does not charge because {because_of}."
    assert say_next_charge(site) == f"It does not charge now because {because_of}."
    asked = replace(site, override=ASKED)
    assert say_status(asked).endswith(f"until 21:00 at the latest, but {because_of}.")
    assert say_why(asked) == f"It does not charge because {because_of}."


def test_without_contact() -> None:
    """What was read last is told as that, with its time."""
    reading = replace(read(62.4, -1800.0), read_at=NOW - timedelta(hours=3))
    published = say_status(replace(HOME, reading=reading, in_contact=False))
    assert published.startswith(
        "There is no contact with the battery; it was at 62 percent at 17:00. "
    )


def test_the_next_charge_of_a_scheduler_that_is_off() -> None:
    """After what was asked for nothing is started, whatever the plan would do."""
    plan = plan_of(Action.HOLD, Action.HOLD, Action.CHARGE)
    asked = replace(ASKED, action=Action.HOLD)
    site = replace(HOME, plan=plan, override=asked, scheduler_enabled=False)
    assert say_next_charge(site) == "The scheduler is switched off. No charge will be started."
    charging = replace(site, plan=plan_of(Action.CHARGE), override=ASKED)
    assert say_next_charge(charging).startswith("It is due to charge now, until 20:30")


def test_an_override_that_ends_tomorrow() -> None:
    """A time of day alone would be heard as one that is past."""
    asked = replace(ASKED, until=NOW + timedelta(hours=23))
    site = replace(HOME, override=asked)
    assert say_status(site).endswith("until tomorrow at 19:00 at the latest.")
    assert say_why(site).endswith("the plan resumes tomorrow at 19:00 at the latest.")


def test_without_a_plan() -> None:
    """Nothing is made up."""
    assert say_why(HOME) == "There is no plan yet."
    assert say_next_charge(HOME) == "There is no plan yet."


def test_a_charge_that_runs() -> None:
    """By its end; an estimated rate as one, an unknown one not at all."""
    slot = a_slot(NOW, Action.CHARGE, rate_is_estimate=True)
    site = replace(HOME, plan=a_plan(slot))
    assert say_next_charge(site) == (
        "It is due to charge now, until 20:30, at an estimated 9.8 pence."
    )
    unknown = replace(HOME, plan=a_plan(replace(slot, import_p_per_kwh=None)))
    assert say_next_charge(unknown) == "It is due to charge now, until 20:30."


@pytest.mark.parametrize("code", list(ReasonCode))
@pytest.mark.parametrize("numbers", [{}, {"rate_p_per_kwh": 9.8, "saves_p_per_kwh": 24.1}])
def test_every_reason_has_words(code: ReasonCode, numbers: dict[str, float]) -> None:
    """With figures where there are any, and as a clause."""
    published = because(Reason(code=code, numbers=numbers, at=NOW if numbers else None), HOME)
    assert published
    assert not published.endswith(".")
    assert "None" not in published


@pytest.mark.parametrize(
    ("rate", "said"), [(9.84, "9.8 pence"), (-2.0, "minus 2.0 pence"), (None, "an unknown rate")]
)
def test_rates(rate: float | None, said: str) -> None:
    """As one says them."""
    assert pence(rate, ENGLISH) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (1, "at 21:00"),
        (6, "tomorrow at 02:00"),
        (-24, "yesterday at 20:00"),
        (48, "on Sunday at 20:00"),
    ],
)
def test_moments(hours: int, said: str) -> None:
    """By the day it is."""
    assert say_moment(NOW + timedelta(hours=hours), HOME) == said
