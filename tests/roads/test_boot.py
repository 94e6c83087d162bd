"""Home Assistant starts: this integration may be set up before the one whose entities it needs."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode
from custom_components.smart_battery_scheduler.powerwall.tesla_entities import INTEGRATIONS
from custom_components.smart_battery_scheduler.sources.late_integrations import WAITING
from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.util import dt as dt_util

from ..days.stage import Day
from ..scenarios.conftest import Script, script
from .fake_tesla import FakeTesla
from .test_core_integrations import HOUR, stands, through

__all__ = ["script"]

MINUTE = timedelta(minutes=1)
COMMANDS = ("operation", "backup", "grid_import_export")


def notices(hass: HomeAssistant) -> Mapping[str, object]:
    """What a person would see of us: repair notices and notifications."""
    issues = ir.async_get(hass).issues
    return {
        **{issue_id: issue for (domain, issue_id), issue in issues.items() if domain == DOMAIN},
        **_async_get_or_create_notifications(hass),
    }


def theirs(day: Day, integration: str) -> str:
    """The entry of the Tesla integration."""
    return day.hass.config_entries.async_entries(integration)[0].entry_id


async def charging(day: Day, integration: str, script: Script) -> None:
    """A charge that runs through an integration."""
    through(day, integration)
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(0.2)
    assert stands(day, Phase.RUNNING)


async def killed(day: Day, tesla: FakeTesla, integration: str) -> None:
    """The process is gone: only what was stored remains, and entities of the registry."""
    stored = deepcopy(day.storage)
    tesla.refuse.update(dict.fromkeys(COMMANDS, 500))
    for entry_id in (day.entry.entry_id, theirs(day, integration)):
        assert await day.hass.config_entries.async_unload(entry_id)
    await day.settle()
    day.storage.clear()
    day.storage.update(stored)
    tesla.refuse.clear()
    tesla.written.clear()
    day.hass.set_state(CoreState.starting)


async def comes_up_within(day: Day, longest: timedelta) -> None:
    """Let time pass in seconds until the home is there."""
    end = dt_util.utcnow() + longest
    while not day.is_loaded():
        assert dt_util.utcnow() < end, "the home did not come up"
        await day.run(3 / 3600)
    day.adopt()


async def goes_on(day: Day, tesla: FakeTesla) -> None:
    """The charge that was in force is taken up: nothing is restored, ordered or written anew."""
    assert day.shown.operating_mode is OperatingMode.BACKUP
    await day.run(0.1)
    assert stands(day, Phase.RUNNING)
    assert not tesla.written
    kinds = [decision.kind for decision in day.decisions]
    assert kinds.count(DecisionKind.STARTED) == 1
    assert DecisionKind.RESTORED not in kinds and DecisionKind.FAILED not in kinds


async def test_ours_starts_first_and_comes_up_after_theirs(
    day: Day, tesla: FakeTesla, integration: str, script: Script
) -> None:
    """Not ready with a reason, no notice, and up within a minute, before Home Assistant has started."""
    own = day.shown
    await charging(day, integration, script)
    await killed(day, tesla, integration)
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_RETRY
    assert day.entry.error_reason_translation_key == "powerwall_absent"
    name = INTEGRATIONS[integration].name
    assert day.entry.error_reason_translation_placeholders == {"name": name}
    message = async_get_exception_message(DOMAIN, "powerwall_absent", {"name": name})
    assert message == f"{name} does not show the Powerwall's readings yet"
    await day.run(0.1)
    assert not day.is_loaded() and not notices(day.hass)
    assert await day.hass.config_entries.async_setup(theirs(day, integration))
    await comes_up_within(day, MINUTE)
    assert day.hass.state is CoreState.starting
    day.hass.set_state(CoreState.running)
    day.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await goes_on(day, tesla)
    assert not notices(day.hass)
    await day.run(0.75)
    assert stands(day, Phase.IDLE)
    assert day.shown == own


async def test_theirs_is_loaded_and_shows_nothing_for_long(
    day: Day, tesla: FakeTesla, integration: str, script: Script
) -> None:
    """After some minutes Home Assistant tries only every 80 s; the entities' return is noticed sooner."""
    await charging(day, integration, script)
    await killed(day, tesla, integration)
    day.hass.set_state(CoreState.running)
    assert await day.hass.config_entries.async_setup(theirs(day, integration))
    await day.settle()
    tesla.refuse["live_status"] = 500
    # Until its next poll theirs shows the old figures.
    await day.run(0.03)
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_RETRY
    await day.run(0.1)
    assert day.entry.state is ConfigEntryState.SETUP_RETRY and not notices(day.hass)
    tesla.refuse.clear()
    back = await shown_again(day, integration)
    await comes_up_within(day, back + MINUTE / 4 - dt_util.utcnow())
    await goes_on(day, tesla)
    assert not notices(day.hass)


async def shown_again(day: Day, integration: str) -> datetime:
    """Let time pass until theirs shows the battery's power."""
    while not any(
        state.state not in ("unavailable", "unknown")
        for state in day.hass.states.async_all("sensor")
        if state.entity_id.endswith("_battery_power")
    ):
        await day.run(1 / 3600)
    return dt_util.utcnow()


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_nothing_is_asked_of_entities_that_are_not_there(
    day: Day, tesla: FakeTesla, integration: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant would warn of each."""
    await waiting(day, integration)
    assert "Forced update failed" not in caplog.text
    assert not tesla.written


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_a_home_that_is_disabled_while_it_waits_stays_down(
    day: Day, tesla: FakeTesla, integration: str
) -> None:
    """What waits for the entities ends with them, and sets nothing up."""
    await waiting(day, integration)
    user = ConfigEntryDisabler.USER
    await day.hass.config_entries.async_set_disabled_by(day.entry.entry_id, user)
    assert await day.hass.config_entries.async_setup(theirs(day, integration))
    await day.run(1 / 60)
    assert day.entry.state is ConfigEntryState.NOT_LOADED
    assert not day.hass.data[WAITING]


@pytest.mark.parametrize("integration", ["tessie"], indirect=True)
async def test_a_home_that_is_removed_while_it_waits_leaves_nothing(
    day: Day, tesla: FakeTesla, integration: str
) -> None:
    """No listener stays."""
    await waiting(day, integration)
    assert day.hass.data[WAITING]
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    assert not day.hass.data[WAITING]


async def waiting(day: Day, integration: str) -> None:
    """A home that is set up while theirs is not."""
    through(day, integration)
    assert await day.hass.config_entries.async_unload(theirs(day, integration))
    await day.start()
    assert day.entry.state is ConfigEntryState.SETUP_RETRY
