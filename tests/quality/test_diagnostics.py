"""Diagnostics are enough to make the last plan again, and say nothing of who or where."""

import json

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode
from custom_components.smart_battery_scheduler.diagnostics import async_get_config_entry_diagnostics
from custom_components.smart_battery_scheduler.planner.model import PlanInputs
from custom_components.smart_battery_scheduler.planner.optimiser import plan
from homeassistant.helpers.json import json_dumps

from ..cloud.faults import Endpoint, Fault
from ..cloud.world import ACCOUNT_NUMBER, IMPORT_MPAN, METER_SERIAL
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


async def test_a_home_that_cannot_start_has_diagnostics_too(day: Day) -> None:
    """Least of all then may they fail."""
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.start()
    assert not day.is_loaded()
    published = json.loads(
        json_dumps(await async_get_config_entry_diagnostics(day.hass, day.entry))
    )
    assert published["state"] == "setup_retry"
    assert published["entry"]["data"]["token"] == "**REDACTED**"


async def test_a_part_that_fails_leaves_the_others(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names its error."""
    await day.start()
    with monkeypatch.context() as broken:
        broken.setattr(day.site, "decision_log", None)
        published = await async_get_config_entry_diagnostics(day.hass, day.entry)
    assert published["decisions"] == {"failed": "AttributeError"}
    assert published["plan"]["slots"]


async def test_no_meter_is_identified_by_the_id_of_an_entity(
    day: Day, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the diagnostics nor in the log: other integrations build their ids of meter numbers."""
    meter = f"{METER_SERIAL.lower()}_{IMPORT_MPAN}"
    rates = f"event.octopus_energy_electricity_{meter}_current_day_rates"
    tariff = {"rate_entities": [rates], "account_number": ACCOUNT_NUMBER}
    options = {"load_statistic": f"octopus_energy:electricity_{meter}_consumption"}
    day.hass.config_entries.async_update_entry(
        day.entry, data={**day.entry.data, "tariff": tariff}, options=options
    )
    await day.start()
    published = json_dumps(await async_get_config_entry_diagnostics(day.hass, day.entry))
    ours = [record.getMessage() for record in caplog.records if "smart_battery" in record.name]
    for text in (published, *ours):
        assert METER_SERIAL.lower() not in text.lower()
        assert IMPORT_MPAN not in text
        assert ACCOUNT_NUMBER not in text
    assert "event.octopus_energy_electricity_#_#_current_day_rates" in published
