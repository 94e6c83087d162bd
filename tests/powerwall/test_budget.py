"""The request budget."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    PowerwallBudgetError,
    PowerwallRateLimitError,
    Purpose,
)
from custom_components.smart_battery_scheduler.powerwall.budget import RequestBudget

START = datetime(2026, 1, 14, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(("purpose", "most"), [(Purpose.READ, 2), (Purpose.COMMAND, 3)])
def test_requests_are_left_for_what_is_more_urgent(purpose: Purpose, most: int) -> None:
    """Readings leave one for a command and one for a restore, commands the last for a restore."""
    budget = RequestBudget()
    for number in range(most):
        budget.spend(at(10 * number), purpose)
    with pytest.raises(PowerwallBudgetError) as caught:
        budget.spend(at(25), purpose)
    assert caught.value.retry_after_s == 35
    budget.spend(at(25), Purpose.RESTORE)
    # The first one has left the window, but as many as before are still in it.
    assert budget.wait(at(60), purpose) == timedelta(seconds=10)
    budget.spend(at(70), purpose)


def test_no_reading_keeps_a_person_waiting() -> None:
    """However often is read: an order goes at once, and so does the stop right after it."""
    budget = RequestBudget()
    for seconds in range(0, 120, 5):
        if not budget.wait(at(seconds), Purpose.READ):
            budget.spend(at(seconds), Purpose.READ)
    budget.spend(at(120), Purpose.COMMAND)
    budget.spend(at(121), Purpose.RESTORE)


def test_the_fifth_write_waits() -> None:
    """Writes may use all four."""
    budget = RequestBudget()
    for seconds in range(4):
        budget.spend(at(seconds), Purpose.RESTORE)
    with pytest.raises(PowerwallRateLimitError) as caught:
        budget.spend(at(4), Purpose.RESTORE)
    assert caught.value.retry_after_s == 56
    budget.spend(at(60), Purpose.RESTORE)


def test_quiet_holds_for_reads_and_writes() -> None:
    """Until it is over."""
    budget = RequestBudget()
    budget.back_off(at(37))
    assert budget.wait(at(7), Purpose.RESTORE) == timedelta(seconds=30)
    with pytest.raises(PowerwallRateLimitError):
        budget.spend(at(36.9), Purpose.READ)
    budget.spend(at(37), Purpose.READ)


@pytest.mark.parametrize("purpose", [Purpose.COMMAND, Purpose.RESTORE])
def test_while_a_write_waits_no_reading_is_sent(purpose: Purpose) -> None:
    """netzero#340: another client eats the limit, and our readings ate what it left."""
    budget = RequestBudget()
    budget.spend(at(0), purpose)
    budget.refused(at(60), purpose)
    for seconds in (59, 60, 90, 300):
        assert budget.wait(at(seconds), Purpose.READ) > timedelta()
    assert budget.wait(at(60), purpose) == timedelta()
    budget.spend(at(61), purpose)
    assert budget.wait(at(61), Purpose.READ) == timedelta()


def test_a_write_that_our_own_limit_holds_back_goes_before_any_reading() -> None:
    """As one that the other side has refused."""
    budget = RequestBudget()
    for seconds in range(3):
        budget.spend(at(seconds), Purpose.COMMAND)
    with pytest.raises(PowerwallBudgetError):
        budget.spend(at(3), Purpose.COMMAND)
    assert budget.wait(at(65), Purpose.READ) > timedelta()
    budget.spend(at(65), Purpose.COMMAND)
    assert budget.wait(at(66), Purpose.READ) == timedelta()


def test_a_write_that_never_comes_does_not_stop_the_readings_for_good() -> None:
    """What it was for may be over."""
    budget = RequestBudget()
    budget.refused(at(30), Purpose.COMMAND)
    assert budget.wait(at(30 + 299), Purpose.READ) > timedelta()
    assert budget.wait(at(30 + 300), Purpose.READ) == timedelta()


def test_a_refused_reading_holds_no_other_back() -> None:
    """Longer than it was asked to."""
    budget = RequestBudget()
    budget.refused(at(30), Purpose.READ)
    assert budget.wait(at(30), Purpose.READ) == timedelta()


def test_the_last_request_that_is_left_is_for_a_write() -> None:
    """The limit is shared: a reading leaves it alone until the limit is renewed."""
    budget = RequestBudget()
    budget.left(1, at(40))
    assert budget.wait(at(10), Purpose.READ) == timedelta(seconds=30)
    assert budget.wait(at(10), Purpose.COMMAND) == timedelta()
    budget.left(0, at(50))
    assert budget.wait(at(10), Purpose.RESTORE) == timedelta(seconds=40)


def test_with_enough_left_nobody_waits() -> None:
    """Two are enough."""
    budget = RequestBudget()
    budget.left(2, at(40))
    assert budget.wait(at(10), Purpose.READ) == timedelta()


def test_a_refused_request_costs_nothing() -> None:
    """Asking in vain does not prolong the wait."""
    budget = RequestBudget()
    for seconds in range(2):
        budget.spend(at(seconds), Purpose.READ)
    for seconds in range(10, 50):
        with pytest.raises(PowerwallRateLimitError):
            budget.spend(at(seconds), Purpose.READ)
    budget.spend(at(60), Purpose.READ)


def test_a_clock_set_back_locks_nobody_out() -> None:
    """At worst one window is waited for."""
    budget = RequestBudget()
    for seconds in range(4):
        budget.spend(at(3600 + seconds), Purpose.RESTORE)
    assert budget.wait(at(0), Purpose.RESTORE) <= timedelta(seconds=60)


@given(
    requests=st.lists(
        st.tuples(st.floats(0, 40), st.sampled_from(Purpose), st.booleans()),
        min_size=1,
        max_size=60,
    )
)
def test_no_minute_ever_holds_more_than_four(
    requests: list[tuple[float, Purpose, bool]],
) -> None:
    """Whatever is asked, in whatever order; and a wait that was kept is enough."""
    budget, now, sent = RequestBudget(), START, list[tuple[datetime, Purpose]]()
    for gap, purpose, patient in requests:
        now += timedelta(seconds=gap)
        if patient:
            now += budget.wait(now, purpose)
        try:
            budget.spend(now, purpose)
        except PowerwallBudgetError:
            assert not patient
            continue
        sent.append((now, purpose))
    for begin, _ in sent:
        minute = [what for moment, what in sent if begin <= moment < begin + timedelta(minutes=1)]
        assert len(minute) <= 4
        assert minute.count(Purpose.READ) <= 2
        assert len(minute) - minute.count(Purpose.RESTORE) <= 3
