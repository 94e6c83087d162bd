"""How long is waited, and for what not."""

from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.common.poll_interval import (
    PollInterval,
    is_ahead,
    wait_after_failures,
)

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_moment_that_was_set_by_a_clock_far_ahead_is_not_waited_for() -> None:
    """Only what is ahead by as much as it can have been set, and not what has come."""
    assert is_ahead(NOON + HOUR, NOON, HOUR)
    assert not is_ahead(NOON + HOUR + timedelta(seconds=1), NOON, HOUR)
    assert not is_ahead(NOON, NOON, HOUR)
    assert not is_ahead(None, NOON, HOUR)


def test_waits() -> None:
    """Up to the jitter later; after failures a minute more each time, half an hour at most."""
    poll_interval = PollInterval(every=HOUR, jitter=HOUR)
    assert poll_interval.next_wait(0.5) == 1.5 * HOUR
    assert HOUR <= poll_interval.next_wait() < 2 * HOUR
    assert [wait_after_failures(each) for each in (0, 1, 7, 99)] == [
        timedelta(minutes=minutes) for minutes in (1, 1, 7, 30)
    ]
