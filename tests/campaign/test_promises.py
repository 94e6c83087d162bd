"""The judges of a day, on days written by hand: they find what is broken, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    Decision,
    DecisionKind,
    DecisionReason,
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware

from .delivery import undelivered
from .promises import Promise, broken_promise, untold, without_cause
from .truth import Sample

START = datetime(2026, 1, 14, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SERVING = Sample(
    at=START,
    from_grid_w=0.0,
    from_grid_by_theirs_w=0.0,
    serves_by_theirs_w=800.0,
    battery_w=800.0,
    level=60.0,
    full_percent=100.0,
    shown=Settings(),
    house_w=800.0,
    available_solar_w=0.0,
    on_grid=True,
    storm=False,
    forced=False,
    disturbed=False,
    hidden=False,
    foreign=False,
    alive=True,
    notices=frozenset(),
    power_down=False,
    override=False,
    ceiling_p=None,
    rate_p=20.0,
    suspended=False,
    forbidden=False,
    wanted=None,
    by_backup=False,
    target_percent=100.0,
    floor_percent=0.0,
)
IDLE = replace(SERVING, battery_w=0.0)
CHARGING = replace(SERVING, battery_w=-3300.0, from_grid_w=3300.0)
TOLD = frozenset({"promise_broken"})
LINE = Decision(
    at=START + 10 * MINUTE, kind=DecisionKind.FAILED, reason=DecisionReason.NOT_READ_BACK
)


def day(*spans: tuple[int, Sample]) -> list[Sample]:
    """Samples of each kind for so many minutes, one after the other."""
    kinds = [sample for minutes, sample in spans for _ in range(minutes)]
    return [replace(sample, at=START + n * MINUTE) for n, sample in enumerate(kinds)]


@pytest.mark.parametrize(
    ("sample", "promise"),
    [
        (SERVING, None),
        (IDLE, Promise.DOES_NOT_SERVE),
        (replace(IDLE, wanted=Action.USE), Promise.DOES_NOT_SERVE),
        (replace(IDLE, wanted=Action.HOLD), None),
        (replace(IDLE, wanted=Action.USE, floor_percent=60.0), None),
        (replace(IDLE, serves_by_theirs_w=0.0), None),
        (CHARGING, Promise.CHARGES_UNASKED),
        (replace(CHARGING, forbidden=True), Promise.CHARGES_WHEN_FORBIDDEN),
        (replace(CHARGING, from_grid_by_theirs_w=1800.0, serves_by_theirs_w=-1800.0), None),
        (replace(CHARGING, wanted=Action.CHARGE), None),
        (replace(IDLE, wanted=Action.CHARGE), Promise.DOES_NOT_CHARGE),
        (replace(IDLE, wanted=Action.CHARGE, target_percent=61.0), None),
        (replace(IDLE, wanted=Action.CHARGE, level=87.0, full_percent=88.0), None),
        (replace(IDLE, alive=False), None),
        (replace(IDLE, on_grid=False), None),
        (replace(CHARGING, storm=True), None),
        (replace(IDLE, suspended=True), None),
    ],
    ids=str,
)
def test_what_is_broken_now(sample: Sample, promise: Promise | None) -> None:
    """By the truth alone."""
    assert broken_promise(sample) is promise


def test_a_quarter_of_an_hour_must_be_in_the_log_and_in_a_notice() -> None:
    """Each for itself."""
    quiet = day((30, IDLE))
    assert len(list(untold(quiet, []))) == 2
    assert [line.rsplit(": ", 1)[1] for line in untold(quiet, [LINE])] == ["no notice"]
    published = day((14, IDLE), (16, replace(IDLE, notices=TOLD)))
    assert list(untold(published, [LINE])) == []
    assert [line.rsplit(": ", 1)[1] for line in untold(published, [])] == ["no line in the log"]


def test_what_is_over_in_time_need_not_be_reported() -> None:
    """Fourteen minutes, twice; and what readings cannot show."""
    assert list(untold(day((14, IDLE), (1, SERVING), (14, IDLE)), [])) == []
    assert list(untold(day((40, replace(IDLE, hidden=True))), [])) == []


def test_a_notice_has_a_cause() -> None:
    """In the hour before it."""
    published = replace(SERVING, notices=TOLD)
    assert len(list(without_cause(day((90, SERVING), (5, published))))) == 1
    assert list(without_cause(day((30, SERVING), (1, IDLE), (50, SERVING), (5, published)))) == []
    disturbed = replace(SERVING, disturbed=True)
    assert list(without_cause(day((1, disturbed), (50, SERVING), (90, published)))) == []


def test_a_charge_must_bring_nine_tenths_of_what_it_could() -> None:
    """By the site's own rate, ceiling and lag, from the level at which it began."""
    hardware = Hardware()
    charging = replace(CHARGING, wanted=Action.CHARGE, by_backup=True, level=20.0)
    slow = replace(charging, battery_w=-1800.0)
    waiting = replace(charging, battery_w=0.0)
    assert list(undelivered(day((120, charging)), hardware, timedelta())) == []
    assert len(list(undelivered(day((120, slow)), hardware, timedelta()))) == 1
    assert (
        list(undelivered(day((120, slow)), Hardware(unit_backup_charge_w=1800.0), timedelta()))
        == []
    )
    late = day((40, waiting), (80, charging))
    assert len(list(undelivered(late, hardware, timedelta()))) == 1
    assert list(undelivered(late, hardware, timedelta(minutes=40))) == []
    full = replace(waiting, level=87.9)
    assert list(undelivered(day((120, full)), Hardware(full_percent=88.0), timedelta())) == []
