"""What control knows of a command, as plain data."""

from datetime import UTC, datetime

from custom_components.smart_battery_scheduler.control.model import CommandStatus
from custom_components.smart_battery_scheduler.site.control_as_dict import command_status_as_dict

SENT = datetime(2026, 1, 14, 2, 0, tzinfo=UTC)


def test_the_status_of_a_command_is_iso_times_and_a_power() -> None:
    """What has not come is null; the keys are public."""
    status = CommandStatus(sent_at=SENT, confirmed_w=-3300.0)
    assert command_status_as_dict(status) == {
        "sent_at": "2026-01-14T02:00:00+00:00",
        "accepted_at": None,
        "read_back_at": None,
        "seen_at": None,
        "seen_w": -3300.0,
        "doubted_at": None,
    }


def test_no_command_has_no_status() -> None:
    """Nothing is in force."""
    assert command_status_as_dict(None) is None
