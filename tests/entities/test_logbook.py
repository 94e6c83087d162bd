"""The logbook's lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from custom_components.smart_battery_scheduler.logbook import async_describe_events
from homeassistant.core import Event, HomeAssistant


def test_a_line_is_a_sentence_about_a_home(hass: HomeAssistant) -> None:
    """A line is a sentence about a home."""
    described: dict[str, Callable[[Event], dict[str, str]]] = {}

    def describe(domain: str, event_type: str, line: Callable[[Event], dict[str, str]]) -> None:
        """Describe."""
        assert domain == "smart_battery_scheduler"
        described[event_type] = line

    async_describe_events(hass, describe)
    data: dict[str, Any] = {
        "name": "Home battery",
        "happening": "charge_completed",
        "data": {"charge_level_percent": 80.2},
    }
    line = described["smart_battery_scheduler_activity"]
    assert line(Event("smart_battery_scheduler_activity", data)) == {
        "name": "Home battery",
        "message": "The charge is done at 80 %.",
    }
    data["name"] = None
    assert line(Event("x", data))["name"] == "Smart Battery Scheduler"
