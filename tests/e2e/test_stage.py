"""The judge of logs must be able to find a line guilty."""

import pytest

from .stage import complaints

LINE = "2026-11-21 05:46:45.480 {level} (MainThread) [{logger}] {message}"


@pytest.mark.parametrize(
    ("level", "logger", "message"),
    [
        ("ERROR", "homeassistant.setup", "Setup failed for 'analytics'"),
        ("CRITICAL", "homeassistant.core", "Out of memory"),
        ("ERROR", "homeassistant", "Error doing job: ValueError exception in shielded future"),
        (
            "WARNING",
            "homeassistant.util.loop",
            "Detected blocking call to open by custom integration 'smart_battery_scheduler'",
        ),
        ("WARNING", "custom_components.smart_battery_scheduler.site.site", "no rates"),
    ],
)
def test_a_complaint_is_found(level: str, logger: str, message: str) -> None:
    """Errors of anything, and warnings about us."""
    line = LINE.format(level=level, logger=logger, message=message)
    assert complaints(f"{line}\n  more of it\n") == [line]


@pytest.mark.parametrize(
    ("level", "logger", "message"),
    [
        ("WARNING", "homeassistant.bootstrap", "Skipping pip installation"),
        (
            "WARNING",
            "homeassistant.loader",
            "The custom integration smart_battery_scheduler, which has not been tested by Home Assistant.",
        ),
        (
            "ERROR",
            "homeassistant",
            "Error doing job: ClientConnectionResetError exception in shielded future (task: None)",
        ),
        ("DEBUG", "custom_components.smart_battery_scheduler.site.site", "an ERROR that is none"),
    ],
)
def test_the_rest_is_not(level: str, logger: str, message: str) -> None:
    """What is always said, pages that leave, warnings about others, and words inside a message."""
    assert complaints(LINE.format(level=level, logger=logger, message=message)) == []
