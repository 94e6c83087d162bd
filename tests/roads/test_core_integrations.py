"""A Powerwall found, commanded, proven and put back through core's own integrations."""

from __future__ import annotations

from datetime import timedelta

from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode
from custom_components.smart_battery_scheduler.powerwall.home_assistant import (
    KnownSite,
    known_sites,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint
from ..days.stage import Day
from ..scenarios.conftest import Script, script
from .fake_tesla import SITE_NAME, FakeTesla

__all__ = ["script"]

HOUR = timedelta(hours=1)


def through(day: Day, integration: str) -> None:
    """Let the home go by the entities of an integration instead of NetZero."""
    data = {**day.entry.data, "kind": "home_assistant", "integration": integration}
    del data["token"]
    day.hass.config_entries.async_update_entry(day.entry, data=data)


async def test_a_charge_is_found_commanded_seen_and_put_back(
    hass: HomeAssistant, day: Day, tesla: FakeTesla, integration: str, script: Script
) -> None:
    """The whole way, with core's own code between us and Tesla's HTTP."""
    assert known_sites(hass) == (
        KnownSite(integration=integration, site_id=day.cloud.world.site_id, name=SITE_NAME),
    )
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin + HOUR / 2, begin + 3 * HOUR / 2)
    await day.start()
    assert day.is_loaded()
    own = day.home.controller.home_settings
    await day.until(begin + HOUR * 0.75)
    assert day.phase is Phase.RUNNING
    assert day.home.controller.state.command is not None
    evidence = day.home.controller.state.command.evidence
    assert evidence.seen_w is not None and evidence.seen_w < -2500.0
    assert day.shown.operating_mode is OperatingMode.BACKUP
    await day.until(begin + 2 * HOUR)
    assert day.phase is Phase.IDLE
    assert own is not None
    assert day.home.controller.home_settings == own
    assert day.shown.operating_mode is own.operating_mode
    assert day.shown.backup_reserve_percent == own.backup_reserve_percent
    assert day.shown.grid_charging == own.grid_charging
    kinds = [decision.kind for decision in day.decisions]
    assert kinds[:2] == [DecisionKind.STARTED, DecisionKind.SEEN]
    assert kinds[-1] is DecisionKind.RESTORED
    assert DecisionKind.RETRIED not in kinds
    # Nothing went by the other road.
    assert not day.cloud.requests.to(Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    assert [name for name, _ in tesla.written] == [
        "grid_import_export",
        "operation",
        "operation",
        "grid_import_export",
    ]
