"""Requests for single times: repeating, contradicting, refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.control.model import DecisionReason, Source
from custom_components.smart_battery_scheduler.control.rules import Moment, Override, wanted_now
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.site.manual_slots import (
    MOST_SLOTS,
    ManualSlot,
    ManualSlotError,
    ManualSlots,
    Problem,
    Repeat,
    forced_within,
    is_blocked,
)

from ..plans import a_plan, a_slot

NOW = datetime(2026, 3, 27, 12, 10, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)


@pytest.fixture
def changes() -> list[None]:
    """Changes."""
    return []


@pytest.fixture
def slots(changes: list[None]) -> ManualSlots:
    """Slots."""
    return ManualSlots((), lambda: changes.append(None))


def at(hour: int, minute: int = 0, day: int = 28) -> datetime:
    """At."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_forced_and_blocked_slots_hold_for_the_half_hours_they_touch(
    slots: ManualSlots, changes: list[None]
) -> None:
    """A pin and a blocked slot hold for the half hours they touch."""
    slots.add(at(2), at(3), Action.CHARGE, now=NOW)
    slots.add(at(4), at(5), None, now=NOW)
    assert forced_within(slots.slots, at(2, 30), at(3)) is Action.CHARGE
    assert forced_within(slots.slots, at(3), at(3, 30)) is None
    assert forced_within(slots.slots, at(1, 30), at(2)) is None
    assert is_blocked(slots.slots, at(4, 30), at(5))
    assert not is_blocked(slots.slots, at(5), at(5, 30))
    assert slots.forced_at(at(2, 59)) is Action.CHARGE
    assert slots.blocked_at(at(4))
    assert not slots.blocked_at(at(3))
    assert len(changes) == 2


def test_a_daily_manual_slot_keeps_its_local_time_over_the_clock_change(slots: ManualSlots) -> None:
    """A daily request keeps its local time over the clock change."""
    slot = slots.add(at(2), at(3), Action.HOLD, Repeat.DAILY, now=NOW)
    # Summer time begins on 29 March 2026 at 01:00 UTC: 02:00 local is then 01:00 UTC.
    assert list(slot.occurrences(at(0, day=28), at(0, day=31))) == [
        (at(2), at(3)),
        (at(1, day=29), at(2, day=29)),
        (at(1, day=30), at(2, day=30)),
    ]


@pytest.mark.parametrize(
    ("start", "end", "there"),
    [
        # 01:00 to 02:00 is left out on 29 March 2026.
        ((1, 0), (2, 0), None),
        ((1, 0), (1, 30), None),
        ((1, 30), (2, 0), None),
        ((1, 30), (2, 30), ((1, 0), (1, 30))),
        ((0, 30), (1, 30), ((0, 30), (1, 0))),
        ((0, 30), (3, 0), ((0, 30), (2, 0))),
    ],
)
def test_a_daily_manual_slot_in_the_hour_that_is_left_out(
    slots: ManualSlots,
    start: tuple[int, int],
    end: tuple[int, int],
    there: tuple[tuple[int, int], tuple[int, int]] | None,
) -> None:
    """What of it is on the clock that night, and nothing else."""
    slot = slots.add(at(*start), at(*end), Action.CHARGE, Repeat.DAILY, now=NOW)
    night = list(slot.occurrences(at(0, day=29), at(12, day=29)))
    expected = [(at(*there[0], day=29), at(*there[1], day=29))] if there else []
    assert night == expected


@given(
    first=st.sampled_from([datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)]),
    begin=st.integers(0, 47),
    length=st.integers(1, 48),
    repeat=st.sampled_from([Repeat.DAILY, Repeat.WEEKLY]),
)
def test_every_time_of_a_manual_slot_is_a_time(
    first: datetime, begin: int, length: int, repeat: Repeat
) -> None:
    """It begins before it ends, on half-hours, over both changes of the clocks."""
    start = first + begin * HALF_HOUR
    slot = ManualSlot(
        id="x", start=start, end=start + length * HALF_HOUR, action=Action.USE, repeat=repeat
    )
    times = list(slot.occurrences(first, first + timedelta(days=280)))
    assert len(times) >= 280 // 7 - 1
    for since, until in times:
        assert since < until <= since + (length + 2) * HALF_HOUR
        assert since.minute in (0, 30)
        assert until.minute in (0, 30)


def test_a_weekly_manual_slot_comes_after_seven_days_only(slots: ManualSlots) -> None:
    """A weekly request comes after seven days only."""
    slot = slots.add(at(20, day=27), at(21, day=27), None, Repeat.WEEKLY, now=NOW)
    assert not slot.covers(at(20), at(21))
    week_later = datetime(2026, 4, 3, 19, tzinfo=UTC)
    assert slot.covers(week_later, week_later + HALF_HOUR)
    assert not slot.covers(week_later - HALF_HOUR, week_later)
    assert not slot.is_over(week_later + timedelta(days=400))


def test_a_manual_slot_over_midnight_covers_both_sides(slots: ManualSlots) -> None:
    """A daily slot from 23:00 to 01:00 covers the end of one day and the start of the next."""
    slot = slots.add(at(23), at(1, day=29), Action.CHARGE, Repeat.DAILY, now=NOW)
    assert slot.covers(at(23, 30, day=30), at(23, 59, day=30))
    assert slot.covers(at(23, 30, day=30) + HALF_HOUR, at(23, 30, day=30) + 2 * HALF_HOUR)


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        (at(2, 10), at(3), Problem.NOT_ON_HALF_HOUR),
        (at(2), at(3, 1), Problem.NOT_ON_HALF_HOUR),
        (at(3), at(3), Problem.ENDS_BEFORE_START),
        (at(3), at(2), Problem.ENDS_BEFORE_START),
        (at(3), at(3, 30, day=29), Problem.TOO_LONG),
        (at(11, 30, day=27), at(12, day=27), Problem.IN_THE_PAST),
        (at(11, 30, day=27), at(13, day=27), Problem.IN_THE_PAST),
        (at(3) + timedelta(days=400), at(4) + timedelta(days=400), Problem.TOO_FAR),
    ],
)
def test_times_that_make_no_sense_are_refused_and_change_nothing(
    slots: ManualSlots, changes: list[None], start: datetime, end: datetime, problem: Problem
) -> None:
    """Each with its problem; no slot is added and nobody is called."""
    with pytest.raises(ManualSlotError) as caught:
        slots.add(start, end, Action.CHARGE, now=NOW)
    assert caught.value.problem is problem
    assert slots.slots == ()
    assert changes == []


def test_the_running_half_hour_is_not_the_past(slots: ManualSlots) -> None:
    """A slot that has begun can still be forced."""
    slots.add(at(12, day=27), at(12, 30, day=27), Action.CHARGE, now=NOW)
    assert slots.forced_at(NOW) is Action.CHARGE


@pytest.mark.parametrize(
    ("first", "second", "contradicts"),
    [
        (Action.CHARGE, None, True),
        (None, Action.CHARGE, True),
        (Action.CHARGE, Action.HOLD, True),
        (Action.USE, Action.HOLD, True),
        (Action.HOLD, None, False),
        (None, Action.USE, False),
        (None, None, False),
        (Action.CHARGE, Action.CHARGE, False),
    ],
)
@pytest.mark.parametrize("repeats", [(Repeat.NEVER, Repeat.NEVER), (Repeat.DAILY, Repeat.WEEKLY)])
def test_only_manual_slots_that_cannot_both_be_kept_are_refused(
    slots: ManualSlots,
    first: Action | None,
    second: Action | None,
    contradicts: bool,
    repeats: tuple[Repeat, Repeat],
) -> None:
    """Only requests that cannot both be kept are refused."""
    kept = slots.add(at(2), at(4), first, repeats[0], now=NOW)
    if not contradicts:
        slots.add(at(3), at(5), second, repeats[1], now=NOW)
        assert len(slots.slots) == 2
        return
    with pytest.raises(ManualSlotError) as caught:
        slots.add(at(3), at(5), second, repeats[1], now=NOW)
    assert caught.value.problem is Problem.CONTRADICTS
    assert caught.value.other == kept


def test_a_later_single_manual_slot_contradicts_a_daily_one(slots: ManualSlots) -> None:
    """A later single request contradicts a daily one."""
    slots.add(at(2), at(4), None, Repeat.DAILY, now=NOW)
    with pytest.raises(ManualSlotError):
        slots.add(at(1, day=30), at(1, 30, day=30), Action.CHARGE, now=NOW)
    slots.add(at(4, day=30), at(5, day=30), Action.CHARGE, now=NOW)


def test_removing_calls_back_and_an_unknown_id_does_not(
    slots: ManualSlots, changes: list[None]
) -> None:
    """The callback is called for the slot that existed only."""
    slot = slots.add(at(2), at(4), None, now=NOW)
    assert not slots.remove("nothing")
    assert len(changes) == 1
    assert slots.remove(slot.id)
    assert slots.slots == ()
    assert len(changes) == 2


def test_what_is_over_is_forgotten_when_the_next_comes(slots: ManualSlots) -> None:
    """All but the last twenty: the store does not grow."""
    for hour in range(24):
        start = at(hour, day=29)
        slots.add(start, start + HALF_HOUR, None, now=NOW)
    slots.add(at(2, day=31), at(4, day=31), Action.CHARGE, now=at(1, day=31))
    known = [slot.start for slot in slots.slots]
    assert known == [*(at(hour, day=29) for hour in range(3, 24)), at(2, day=31)]


def test_a_clock_far_ahead_for_minutes_forgets_no_slot(slots: ManualSlots) -> None:
    """One that is added meanwhile drops none that only seems to be over."""
    asked = slots.add(at(2, day=30), at(4, day=30), Action.CHARGE, now=NOW)
    ahead = NOW.replace(year=2037, minute=0)
    slots.add(ahead, ahead + HOUR, None, now=ahead)
    assert asked in slots.slots
    assert slots.forced_at(at(3, day=30)) is Action.CHARGE


def test_manual_slots_are_limited_in_number() -> None:
    """There is an end to requests."""
    many = [
        ManualSlot(id=str(n), start=at(2), end=at(3), action=Action.CHARGE)
        for n in range(MOST_SLOTS)
    ]
    with pytest.raises(ManualSlotError) as caught:
        ManualSlots(many, lambda: None).add(at(2), at(3), Action.CHARGE, now=NOW)
    assert caught.value.problem is Problem.TOO_MANY


@given(
    start=st.integers(0, 48 * 14),
    halves=st.integers(1, 48),
    asked=st.integers(0, 48 * 400),
    repeat=st.sampled_from(Repeat),
)
def test_a_manual_slot_covers_an_instant_exactly_if_an_occurrence_does(
    start: int, halves: int, asked: int, repeat: Repeat
) -> None:
    """The quick check agrees with the list of occurrences."""
    first = at(0) + start * HALF_HOUR
    slot = ManualSlot(
        id="x", start=first, end=first + halves * HALF_HOUR, blocked=True, repeat=repeat
    )
    when = at(0) + asked * HALF_HOUR
    every = slot.occurrences(at(0), at(0) + timedelta(days=420))
    assert slot.covers(when, when + HALF_HOUR) == any(
        s < when + HALF_HOUR and when < e for s, e in every
    )


def test_control_keeps_a_ban_that_came_after_the_plan() -> None:
    """Control keeps a blocked slot that came after the plan."""
    plan = a_plan(a_slot(at(2), Action.CHARGE, method=ChargeMethod.BACKUP, target_percent=80))
    moment = Moment(
        now=at(2),
        scheduler_enabled=True,
        dry_run=False,
        in_peak=False,
        rate_p_per_kwh=30.0,
        price_ceiling_p_per_kwh=20.0,
    )
    assert wanted_now(plan, moment) == (None, DecisionReason.PRICE)
    is_forced, _ = wanted_now(plan, replace(moment, is_forced=True))
    assert is_forced is not None
    assert is_forced.source is Source.FORCED
    blocked = replace(moment, rate_p_per_kwh=1.0, charge_blocked=True)
    assert wanted_now(plan, blocked) == (None, DecisionReason.DELETED)
    asked = Override(action=Action.CHARGE, made_at=at(2), until=at(4), target_percent=80)
    overridden, _ = wanted_now(plan, replace(blocked, override=asked))
    assert overridden is not None
    assert overridden.source is Source.OVERRIDE
