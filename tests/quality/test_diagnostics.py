"""Diagnostics are enough to make the last plan again, and say nothing of who or where."""

from __future__ import annotations

import json

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode
from custom_components.smart_battery_scheduler.diagnostics import async_get_config_entry_diagnostics
from custom_components.smart_battery_scheduler.planner.model import PlanInputs
from custom_components.smart_battery_scheduler.planner.optimiser import plan
from homeassistant.helpers.json import json_dumps

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .secrets import SECRETS


async def test_the_last_plan_can_be_made_again(day: Day) -> None:
    """What a maintainer gets, through JSON, plans to the very same plan."""
    await day.start()
    await day.run(hours=1.5)
    published = json.loads(
        json_dumps(await async_get_config_entry_diagnostics(day.hass, day.entry))
    )
    inputs = decode(PlanInputs, published["plan_inputs"])
    assert plan(inputs) == day.site.planner.data
    assert published["plan"]["made_at"] == inputs.now.isoformat()
    assert published["forecasts"]["house"]["half_hours_known"] > 0


@pytest.mark.parametrize(
    ("endpoint", "source"), [(Endpoint.NETZERO_READ, "battery"), (Endpoint.RATES, "rates")]
)
async def test_a_failing_source_is_shown(day: Day, endpoint: Endpoint, source: str) -> None:
    """Which source is down, by the kind of its error."""
    await day.start()
    assert (await async_get_config_entry_diagnostics(day.hass, day.entry))["sources"][source][
        "last_update_success"
    ]
    day.cloud.faults.add(Fault.UNAVAILABLE, endpoint)
    coordinator = day.site.battery if source == "battery" else day.site.rates
    await coordinator.async_refresh()
    published = await async_get_config_entry_diagnostics(day.hass, day.entry)
    assert published["sources"][source]["last_update_success"] is False
    assert published["sources"][source]["last_error"] == "UpdateFailed"


async def test_no_secret_leaves_the_house(day: Day) -> None:
    """No key, number or place of the home, wherever it may have got to."""
    await day.start()
    await day.run(hours=1)
    published = json_dumps(await async_get_config_entry_diagnostics(day.hass, day.entry))
    assert [secret for secret in SECRETS if secret in published] == []
    assert "**REDACTED**" in published
