"""Set up, unload, reload, remove, restart, power cut: the battery never stays commanded."""

from datetime import timedelta

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    Phase,
)
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler
from homeassistant.helpers import issue_registry as ir

from ..cloud.faults import Endpoint, Fault
from .stage import Day

OVERRIDE = "select.home_battery_override"


async def charging(day: Day) -> Settings:
    """Charge by override, until it is seen; returns the owner settings from before."""
    before = day.shown
    await day.choose(OVERRIDE, "charge")
    await day.run(0.1)
    assert day.phase is Phase.RUNNING
    assert day.shown != before
    return before


async def come_back(day: Day) -> None:
    """Start again hours later, the override long over, the scheduler off."""
    day.freezer.tick(timedelta(hours=5))
    await day.start(scheduler_enabled=False)
    await day.run(0.2)


async def test_unload_puts_the_settings_back(day: Day) -> None:
    """Unloading ends the command; the next start confirms it and has nothing to undo."""
    await day.start()
    before = await charging(day)
    assert await day.hass.config_entries.async_unload(day.entry.entry_id)
    assert day.shown == before
    assert DecisionKind.STOPPED in {decision.kind for decision in day.decisions[-3:]}
    day.cloud.requests.clear()
    await come_back(day)
    assert DecisionKind.RESTORED in {decision.kind for decision in day.decisions[-3:]}
    assert not day.cloud.requests.writes


async def test_reload_takes_the_charge_up_again(day: Day) -> None:
    """An override outlives a reload."""
    await day.start()
    before = await charging(day)
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    day.adopt()
    await day.run(0.1)
    assert day.phase is Phase.RUNNING
    await day.choose(OVERRIDE, "automatic")
    await day.run(0.2)
    assert day.site.controller.state.owner is None or day.shown != before


async def test_removal_puts_the_settings_back(day: Day, hass_storage: dict[str, object]) -> None:
    """Nothing of ours stays on the Powerwall, nor in the store."""
    await day.start()
    before = await charging(day)
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    await day.settle()
    assert day.shown == before
    assert not [key for key in hass_storage if key.startswith(DOMAIN)]


async def test_disabling_without_the_cloud_says_what_to_set_until_it_is_restored(
    day: Day,
) -> None:
    """Nobody knows when it runs again; when it does, the notice goes and the settings come back."""
    await day.start()
    before = await charging(day)
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_WRITE)
    entries, entry_id = day.hass.config_entries, day.entry.entry_id
    await entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    await day.settle()
    issues = ir.async_get(day.hass)
    assert issues.async_get_issue(DOMAIN, f"{entry_id}_not_restored") is not None
    day.cloud.faults.clear()
    await entries.async_set_disabled_by(entry_id, None)
    await day.choose(OVERRIDE, "automatic")
    await day.run(0.2)
    assert day.shown == before
    assert issues.async_get_issue(DOMAIN, f"{entry_id}_not_restored") is None


async def test_removal_without_the_cloud_says_what_to_set(day: Day) -> None:
    """If NetZero is away at that moment, a person is told the settings by name."""
    await day.start()
    await charging(day)
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    await day.hass.config_entries.async_remove(day.entry.entry_id)
    await day.settle()
    issue = ir.async_get(day.hass).async_get_issue(DOMAIN, f"{day.entry.entry_id}_not_restored")
    assert issue is not None
    assert issue.translation_placeholders == {
        "home": "Home battery",
        "name": "NetZero",
        "mode": "Self-Powered",
        "reserve": "20 %",
        "grid_charging": "off",
    }


async def test_power_cut_in_mid_charge(day: Day) -> None:
    """After a cut the first thing is a reading; then the charge goes on or is undone."""
    await day.start()
    before = await charging(day)
    await day.power_cut()
    day.cloud.requests.clear()
    await come_back(day)
    assert next(iter(day.cloud.requests)).method == "GET"
    assert day.shown == before
    assert day.site.controller.state.owner is None


async def test_stop_with_the_cloud_away_is_made_good_later(day: Day) -> None:
    """The intent is stored; the next start with a reachable cloud puts the settings back."""
    await day.start()
    before = await charging(day)
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE)
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    assert day.shown != before
    day.cloud.faults.clear()
    await come_back(day)
    assert day.shown == before


async def test_home_assistant_stopping_puts_the_settings_back(day: Day) -> None:
    """In a shutdown job, while requests still work."""
    await day.start()
    before = await charging(day)
    await day.hass.async_stop(force=True)
    assert day.shown == before
    assert DecisionReason.SHUTDOWN in {decision.reason for decision in day.decisions}


async def test_cloud_away_at_set_up_is_retried(day: Day) -> None:
    """No reading, no home: Home Assistant tries again by itself."""
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.start()
    assert not day.is_loaded()
    day.cloud.faults.clear()
    await day.run(0.1)
    assert day.is_loaded()


async def test_preferences_change_without_a_reload(day: Day) -> None:
    """A switch acts at once, on the same home."""
    await day.start()
    before = await charging(day)
    await day.choose(OVERRIDE, "automatic")
    await day.act("switch", "turn_on", entity_id="switch.home_battery_dry_run")
    await day.run(0.2)
    assert day.entry.options["dry_run"] is True
    assert day.entry.runtime_data is day.site
    assert day.shown == before


async def test_token_revoked_asks_for_a_new_one(day: Day) -> None:
    """A 403 starts the reauthentication flow, once."""
    await day.start()
    day.cloud.faults.add(Fault.FORBIDDEN, Endpoint.NETZERO_READ)
    await day.run(0.5)
    flows = day.hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    day.cloud.faults.clear()
    result = await day.hass.config_entries.flow.async_configure(
        flows[0]["flow_id"], {"token": day.cloud.world.token}
    )
    assert result["reason"] == "reauth_successful"
    await day.settle()
    assert day.is_loaded()
    assert day.entry.runtime_data.battery.last_update_success


async def test_operating_mode_is_pushed_and_verified(day: Day) -> None:
    """What a person sets here is written, read back, and the home setting from then on."""
    await day.start(scheduler_enabled=False)
    await day.choose("select.home_battery_operating_mode", "time_based")
    await day.run(0.1)
    assert day.shown.operating_mode is OperatingMode.TIME_BASED
    state = day.hass.states.get("select.home_battery_operating_mode")
    assert state is not None and state.state == "time_based"
    assert day.site.controller.state.owner is None


async def test_a_refusal_that_was_a_hiccup_is_forgotten(day: Day) -> None:
    """Reading goes on while a person is asked, and once it works again nobody is asked any more."""
    await day.start()
    day.cloud.faults.add(Fault.FORBIDDEN, Endpoint.NETZERO_READ, times=5)
    await day.run(0.25)
    assert day.hass.config_entries.flow.async_progress()
    await day.run(0.6)
    assert day.site.battery.last_update_success
    assert not day.hass.config_entries.flow.async_progress()


async def test_a_cloud_that_fails_is_asked_ever_less_often(day: Day) -> None:
    """Down for two hours: hardly more than a request in four minutes."""
    await day.start()
    day.cloud.faults.add(Fault.UNAVAILABLE, Endpoint.NETZERO_READ)
    await day.choose(OVERRIDE, "charge")
    day.cloud.requests.clear()
    await day.run(2)
    assert len(day.cloud.requests.to(Endpoint.NETZERO_READ)) <= 36
