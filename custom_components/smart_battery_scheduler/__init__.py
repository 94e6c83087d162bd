"""Smart Battery Scheduler: buys electricity for a Tesla Powerwall when it is cheap and clean."""

from dataclasses import replace
import logging

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, issue_registry as ir
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .const import CONF_KIND, DOMAIN, KIND_DEMO
from .control.interruptions import is_doubtful_owner
from .control.model import ControlState, DecisionReason
from .events.event_bus import async_setup_event_bus
from .frontend.backtest_csv import async_setup_backtest_csv
from .frontend.card import async_setup_card
from .frontend.dashboard_panel import async_entry_updated, async_show_dashboard
from .frontend.websocket_api import async_setup_websocket_api
from .powerwall.base import PowerwallError, Purpose, Settings
from .problems.household_notices import HouseholdNotices
from .problems.issues import Issues, by_hand, in_force
from .problems.lost_entities import LostEntityIssues
from .problems.supply_issues import SupplyIssues
from .site.backtest import async_remove_backtest
from .site.reload import Watch
from .site.site import Site, SmartBatteryConfigEntry
from .site.storage import SiteStorage
from .sources.build import build_sources, powerwall_of
from .sources.chosen_entities import async_follow, async_track_renames
from .sources.late_integrations import async_retry_when_shown, async_stop_waiting
from .sources.supplier import tariff_mark
from .text.sentences import async_load_sentences, sentences_of

_LOGGER = logging.getLogger(__name__)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register what exists once, however many homes there are."""
    await async_load_sentences(hass)
    async_setup_actions(hass)
    async_setup_event_bus(hass)
    async_setup_websocket_api(hass)
    async_setup_backtest_csv(hass)
    await async_setup_card(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> bool:
    """Set up one home."""
    # At once: with the cloud down the home comes later, and its page says so.
    async_show_dashboard(hass)
    async_follow(hass, entry)
    async_stop_waiting(hass, entry)
    watch = Watch(entry)
    storage = SiteStorage(hass, entry.entry_id)
    loaded = await storage.async_load()
    records = loaded.records.of_tariff(tariff_mark(entry))
    sources = await build_sources(hass, entry, records.remembered)
    site = Site(hass, entry, sources, storage, loaded.control, records)
    try:
        await _async_start(hass, entry, site)
        entry.runtime_data = site
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        _attach(hass, entry, site, watch)
    # Of being cancelled too; everything is raised again.
    except BaseException:
        # What set-up has started must be stopped: a failed entry is not unloaded.
        await site.async_give_up()
        raise
    # Options that were changed during the awaits above.
    await watch.async_entry_updated(hass, entry)
    return True


async def _async_start(hass: HomeAssistant, entry: SmartBatteryConfigEntry, site: Site) -> None:
    """Raises ConfigEntryNotReady without a first reading."""
    try:
        await site.async_start()
    except ConfigEntryNotReady:
        async_retry_when_shown(hass, entry)
        raise


def _attach(hass: HomeAssistant, entry: SmartBatteryConfigEntry, site: Site, watch: Watch) -> None:
    """Notices and listeners of a home that has started."""
    # The running site restores what could not be restored before.
    ir.async_delete_issue(hass, DOMAIN, _not_restored(entry))
    entry.async_on_unload(Issues(site).async_start())
    entry.async_on_unload(HouseholdNotices(site).async_start())
    entry.async_on_unload(SupplyIssues(site).async_start())
    entry.async_on_unload(LostEntityIssues(site).async_start())
    entry.async_on_unload(entry.add_update_listener(watch.async_entry_updated))
    entry.async_on_unload(entry.add_update_listener(async_entry_updated))
    entry.async_on_unload(async_track_renames(hass, entry))


async def async_unload_entry(hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> bool:
    """Take the entities away, then put the owner settings back.

    In this order: where the entities cannot go the entry stays loaded, and its home has to go on.
    """
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    site = entry.runtime_data
    is_restored = await site.async_stop(DecisionReason.SWITCHED_OFF)
    if not is_restored and entry.disabled_by is not None:
        # It may be disabled for long.
        settings = site.controller.owner_settings or Settings()
        _raise_what_to_set(hass, entry, settings, site.battery.back_end_name)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: SmartBatteryConfigEntry) -> None:
    """Restore what an earlier run may have left on the Powerwall, then forget everything."""
    async_show_dashboard(hass)
    async_stop_waiting(hass, entry)
    storage = SiteStorage(hass, entry.entry_id)
    control = (await storage.async_load()).control
    restore = control.restore
    accepted = restore is not None and restore.command_status.accepted_at is not None
    if control.owner is not None and not accepted and entry.data[CONF_KIND] != KIND_DEMO:
        await _async_restore(hass, entry, control.owner.settings)
    elif control.owner is None and entry.data[CONF_KIND] != KIND_DEMO:
        await _async_ask_whose_settings_stand(hass, entry, control)
    await storage.async_remove()
    await async_remove_backtest(hass, entry.entry_id)


async def _async_restore(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry, settings: Settings
) -> None:
    """One last try without a home; if it fails, say what a person has to set by hand."""
    powerwall = powerwall_of(hass, entry.data)
    try:
        await powerwall.write(settings, Purpose.RESTORE)
    except PowerwallError as err:
        _LOGGER.warning("The Powerwall's own settings could not be restored: %s", err)
        _raise_what_to_set(hass, entry, settings, powerwall.capabilities.name)
    else:
        ir.async_delete_issue(hass, DOMAIN, _not_restored(entry))


async def _async_ask_whose_settings_stand(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry, control: ControlState
) -> None:
    """Say so if a charge may be left in force of which no record is left: nobody looks after it any more."""
    shown = Settings()
    try:
        shown = (await powerwall_of(hass, entry.data).read(Purpose.RESTORE)).settings
    except PowerwallError as err:
        _LOGGER.info("The Powerwall could not be read at the removal of its home: %s", err)
    if not is_doubtful_owner(control, replace(shown, export_rule=None)):
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{entry.entry_id}_removed_owner_unknown",
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="removed_owner_unknown",
        translation_placeholders={
            "home": entry.title,
            "in_force": in_force(shown, sentences_of(hass)),
        },
    )


def _raise_what_to_set(
    hass: HomeAssistant, entry: SmartBatteryConfigEntry, settings: Settings, name: str
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _not_restored(entry),
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="not_restored",
        translation_placeholders={
            "home": entry.title,
            "name": name,
            **by_hand(settings, sentences_of(hass)),
        },
    )


def _not_restored(entry: SmartBatteryConfigEntry) -> str:
    return f"{entry.entry_id}_not_restored"
