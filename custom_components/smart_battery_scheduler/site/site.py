"""One site at run time: its parts, and how data become a plan, a command and its confirmation."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..control.ceiling import full_percent
from ..control.controller import Controller
from ..control.learning import Learned
from ..control.model import ControlState, Decision, DecisionReason, Judged
from ..control.rules import Override
from ..control.situation import Timing
from ..events.event_bus import async_fire_order
from ..history.measurements import KEPT
from ..planner.model import Battery, ChargeMethod, Plan, ReadyBy
from ..powerwall.base import Settings
from ..sources.battery_coordinator import BatteryCoordinator
from ..sources.build import Sources
from ..sources.rates_coordinator import Rates, RatesCoordinator
from .backtest import Backtest
from .backtest_inputs import BacktestSnapshot
from .battery_model import battery_of, method_rates_w
from .grid_events import GridEvents
from .manual_slots import ManualSlots
from .memory import SiteMemory
from .orders import Orders
from .planner_inputs import SiteSnapshot
from .preferences import Preferences
from .publisher import Publisher
from .records import Records
from .replanner import Replanner
from .solar_forecast import SiteSolar
from .storage import SiteStorage
from .wanted import wanted_at

_LOGGER = logging.getLogger(__name__)

type SmartBatteryConfigEntry = ConfigEntry[Site]

LONGEST_WAIT_FOR_SOURCES_S = 40.0
# Home Assistant gives all shutdown jobs of all integrations 20 s, and a request of ours may take 25.
SHUTDOWN_S = 15.0
NOT_RESTORED = "The Powerwall's own settings could not be restored; %s does so when it runs again"


class Site:
    """One site: its sources, its plan, its controller and its memory.

    Data flow one way: sources (``battery``, ``rates``, ``solar``, ``grid_events``, ``manual``) and
    ``orders`` -> ``snapshot`` -> ``planner`` -> ``wanted_at`` -> ``controller`` -> decisions ->
    ``publisher`` -> entities, which read and never write.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartBatteryConfigEntry,
        sources: Sources,
        storage: SiteStorage,
        control: ControlState,
        records: Records,
    ) -> None:
        """Put the parts together; nothing is fetched yet."""
        self.hass = hass
        self.entry = entry
        self.units = sources.units
        self._storage = storage
        self._simulated = sources.simulated
        self.orders = Orders(
            preferences=Preferences.from_options(entry.options),
            override=records.override,
            ready_once=records.ready_once,
            ended_late=records.override_ended_late,
        )
        self.publisher = Publisher(hass, entry.entry_id, records.decisions)
        self.controller = Controller(hass, sources.powerwall, control, self)
        # A site with a past reads anew: its last reading may be older than its last write.
        is_new = control == ControlState() and records == Records()
        self.battery = BatteryCoordinator(
            hass,
            entry,
            sources.powerwall,
            self.controller.poll_interval,
            at_hand=sources.just_read if is_new else None,
            has_run=not is_new,
        )
        kept = Rates(imports=records.import_rates, exports=records.export_rates)
        self.rates = RatesCoordinator(hass, entry, sources.rates, kept, KEPT)
        self._look_at_rates()
        self.solar_forecast = SiteSolar.of(hass, entry, sources.solar, sources.roof, records.solar)
        self.solar = self.solar_forecast.coordinator
        self.memory = SiteMemory(hass, entry, records, sources.past, self.solar_forecast)
        self.grid_events = GridEvents(
            hass,
            entry,
            sources.grid_events,
            records.manual_sessions,
            self._grid_events_changed,
            self.rates,
            self.publisher.events,
        )
        self.sessions = self.grid_events.sessions
        self.manual = ManualSlots(records.manual_slots, self._grid_events_changed)
        self.replanner = Replanner(hass, entry, self.snapshot, self._async_planned)
        self.planner = self.replanner.coordinator
        self.backtest = Backtest(hass, entry, self._backtest_snapshot)
        # What entities and actions read, by the names they know it by.
        self.events = self.publisher.events
        self.decision_log = self.publisher.decision_log
        self.measurements = self.memory.measurements
        self.accuracy = self.memory.accuracy
        self.savings = self.memory.savings
        self.plan_outcomes = self.memory.plan_outcomes
        self.load_history = self.memory.load_history
        self.async_add_listener = self.publisher.async_add_listener
        self.async_replan = self.replanner.async_replan

    # --- life ------------------------------------------------------------------------------

    async def async_start(self) -> None:
        """Fetch, plan and begin to act. Raises ConfigEntryNotReady without a first reading."""
        await self.battery.async_config_entry_first_refresh()
        await self._async_wait_for_sources()
        now = dt_util.utcnow()
        await self.grid_events.async_look_at_people(now)
        await self.memory.async_begin(now, self.battery.data, self.preferences.annual_load_kwh)
        self._override_follows_clock()
        await self.replanner.async_replan_now()
        self._listen()
        await self.controller.async_observe(self.battery.data)
        self.battery.poll_soon()
        await self.backtest.async_begin()

    async def _async_wait_for_sources(self) -> None:
        """Rates and solar, not awaited: a service that does not answer must not delay control."""
        coordinators: list[DataUpdateCoordinator[Any]] = [self.rates]
        if self.solar is not None:
            coordinators.append(self.solar)
        fetching = {
            self.entry.async_create_background_task(
                self.hass, coordinator.async_refresh(), f"first {coordinator.name}"
            )
            for coordinator in coordinators
        }
        await asyncio.wait(fetching, timeout=LONGEST_WAIT_FOR_SOURCES_S)

    def _listen(self) -> None:
        on_unload = self.entry.async_on_unload
        on_unload(self.battery.async_add_listener(self._reading_came))
        self._look_at_rates()
        on_unload(self.rates.async_add_listener(self._look_at_rates))
        on_unload(self.rates.async_add_listener(self._inputs_changed))
        if self.solar is not None:
            on_unload(self.solar.async_add_listener(self._inputs_changed))
        on_unload(self.planner.async_add_listener(self.publisher.notify))
        on_unload(self.grid_events.async_start(self.preferences))
        on_unload(self.controller.async_add_listener(self.publisher.notify))
        on_unload(self.controller.async_add_listener(self.battery.poll_soon))
        on_unload(async_track_utc_time_change(self.hass, self._slot_edge, minute=[0, 30], second=0))
        restore = HassJob(self._async_shut_down, "restore the owner settings")
        on_unload(self.hass.async_add_shutdown_job(restore))
        on_unload(self.replanner.shutdown)

    async def async_stop(self, reason: DecisionReason) -> bool:
        """Restore the owner settings and store everything; False if the cloud did not take them."""
        is_restored = await self.controller.async_release(reason)
        if not is_restored:
            _LOGGER.warning(NOT_RESTORED, self.entry.title)
        await self.async_remember()
        # A task that ends late, such as a reading, must not write a file again after its removal.
        await self._storage.async_close()
        return is_restored

    async def async_give_up(self) -> None:
        """Setting up has failed: leave nothing running. Before a first reading there is nothing."""
        if self.battery.data is not None:
            await self.async_stop(DecisionReason.ERROR)

    async def _async_shut_down(self) -> None:
        """Restore in the time that everybody has together; what is cut off is done at the next start."""
        try:
            async with asyncio.timeout(SHUTDOWN_S):
                await self.controller.async_release(DecisionReason.SHUTDOWN)
        except TimeoutError:
            _LOGGER.warning(NOT_RESTORED, self.entry.title)
        self._save_soon()

    # --- what people ask -------------------------------------------------------------------

    @property
    def preferences(self) -> Preferences:
        """The settings of this integration, as the entry's options have them."""
        return self.orders.preferences

    @property
    def override(self) -> Override | None:
        """What a person has ordered for now."""
        return self.orders.override

    @property
    def ready_once(self) -> ReadyBy | None:
        """The charge level that is asked for at one time, once."""
        return self.orders.ready_once

    async def async_prefer(self, **changes: bool | float | str) -> None:
        """Change preferences: written to the entry's options, the only place they live."""
        options = {**self.entry.options, **changes}
        self.hass.config_entries.async_update_entry(self.entry, options=options)

    async def async_options_changed(self) -> None:
        """Take over changed preferences: act on them at once, plan by them next."""
        self.orders.preferences = Preferences.from_options(self.entry.options)
        self.grid_events.prefer(self.preferences)
        self.publisher.notify()
        await self.controller.async_tick()
        await self.grid_events.async_catch_up()
        await self._async_look_at_house(dt_util.utcnow())
        await self.async_replan()

    async def async_set_override(self, override: Override | None) -> None:
        """Begin or end an override."""
        self.orders.order(override)
        async_fire_order(self.hass, self.entry, override)
        self.publisher.notify()
        await self.async_remember()
        if override is None:
            await self.async_replan()
        await self.controller.async_tick()
        if override is not None:
            await self.async_replan()

    async def async_resume(self) -> None:
        """Back to the plan at once: without an override, and over whatever stopped control."""
        self.orders.order(None)
        async_fire_order(self.hass, self.entry, None)
        self.publisher.notify()
        await self.async_replan()
        await self.controller.async_resume()
        await self.async_remember()

    async def async_be_ready(self, ready_once: ReadyBy | None) -> None:
        """Ask for a charge level at one time, once, or take that back; plans by it at once."""
        self.orders.ready_once = ready_once
        self.publisher.notify()
        await self.async_remember()
        await self.async_replan()

    async def async_set_powerwall(self, change: Settings) -> bool:
        """Set the Powerwall's own settings; False if nothing is known of them yet."""
        return await self.controller.async_set_owner_settings(change)

    async def async_forget_methods(self) -> None:
        """Forget what was learned of the charge methods, and plan by the usual figures again."""
        self.memory.forget_charge_methods()
        self._save_soon()
        self.publisher.notify()
        await self.async_replan()

    # --- planning --------------------------------------------------------------------------

    @property
    def planned_from(self) -> SiteSnapshot | None:
        """What the plan in force was made from."""
        return self.replanner.planned_from

    def snapshot(self) -> SiteSnapshot | None:
        """All that a plan is made from now; None while the state of charge is not known."""
        reading = self.battery.data
        if reading is None or reading.soc_percent is None:
            return None
        now = dt_util.utcnow()
        return SiteSnapshot(
            now=now,
            soc_percent=reading.soc_percent,
            battery=self._battery(now),
            full_percent=full_percent(self.controller.state, now),
            preferences=self.preferences,
            reserve_percent=self._own_reserve_percent(),
            imports=self.rates.data.imports,
            published=self.rates.published.imports,
            exports=self.rates.data.exports,
            solar=self.solar_forecast.forecast,
            history=self.load_history.history(self.measurements.slots, now),
            load_widths=self.load_history.record.widths,
            household=self.grid_events.household.household(now),
            running=self._running_plan(),
            ready_once=self.ready_once,
            override=self.override,
            sessions=self.sessions.known,
            manual=self.manual.slots,
            carbon=self.grid_events.carbon_forecast,
            car_charging=self.grid_events.ev_charging.charging,
            car_planned=self.grid_events.car_planned(now),
        )

    def _running_plan(self) -> Plan | None:
        """The plan in force as the one to keep, unless people have asked for something else since."""
        made_from = self.planned_from
        if made_from is None or made_from.manual != self.manual.slots:
            return None
        return self.planner.data if made_from.override == self.override else None

    def _battery(self, now: datetime) -> Battery:
        capacity_kwh = self.battery.data.capacity_kwh
        return battery_of(self.units, self.learned, self.controller.state, now, capacity_kwh)

    def _backtest_snapshot(self) -> BacktestSnapshot:
        now = dt_util.utcnow()
        return BacktestSnapshot(
            preferences=self.preferences,
            battery=self._battery(now),
            units=self.units,
            reserve_percent=self._own_reserve_percent(),
            measured=self.measurements.slots,
            history=self.load_history.history(self.measurements.slots, now),
            rates=self.rates.source,
        )

    def _own_reserve_percent(self) -> int:
        settings = self.controller.owner_settings
        return (settings.backup_reserve_percent if settings else None) or 0

    async def _async_planned(self, before: Plan | None, plan: Plan) -> None:
        """A plan has come into force: act on it."""
        self.publisher.of_plan(before, plan)
        if (kept := self.memory.missed_charges.kept(dt_util.utcnow(), plan)) is not None:
            self.publish(kept)
        await self.controller.async_tick()
        self._look_for_missed_charges()

    # --- the controller's host ---------------------------------------------------------------

    @property
    def learned(self) -> Learned:
        """What this site's charge methods have shown to do."""
        return self.memory.learned

    def wanted_at(self, now: datetime) -> Judged:
        """What should be in force now, or None and why nothing should."""
        return wanted_at(
            now, self.planner.data, self.orders, self.rates.data, self.manual, self.grid_events
        )

    def rates_w(self) -> Mapping[ChargeMethod, float]:
        """What each charge method brings here, in W."""
        return method_rates_w(self.units, self.learned)

    def timing(self) -> Timing:
        """How long this site may take."""
        return self.learned.timing()

    async def async_save_control(self, state: ControlState) -> None:
        """Store the state of control at once."""
        await self._storage.async_save_control(state)

    @callback
    def publish(self, decision: Decision) -> None:
        """Log a decision and publish what it means."""
        self.publisher.of_decision(decision, self.controller.state)
        self._save_soon()

    @callback
    def token_refused(self) -> None:
        """Ask a person for another token."""
        self.entry.async_start_reauth(self.hass)

    async def async_before_wake(self) -> None:
        """Plan anew before an override's end is acted on: the old plan counts on it."""
        if self._override_follows_clock():
            await self.async_replan()

    # --- what happens ----------------------------------------------------------------------

    @callback
    def _reading_came(self) -> None:
        self.publisher.notify()
        if not self.battery.last_update_success:
            return
        self.measurements.observe(self.battery.data)
        self.entry.async_create_background_task(
            self.hass, self._async_act_on_reading(), "act on a Powerwall reading"
        )

    async def _async_act_on_reading(self) -> None:
        reading, before = self.battery.data, self.controller.state
        await self.controller.async_observe(reading)
        self._look_for_missed_charges()
        self.memory.learn_charging(before, self.controller.state, reading)
        ended = self._override_follows_clock()
        self.battery.poll_soon()
        method_lost = self.controller.state.out_of_service != before.out_of_service
        is_due = self.replanner.is_due(dt_util.utcnow(), self.battery.data.soc_percent)
        if ended or method_lost or is_due:
            await self.async_replan()

    @callback
    def _look_at_rates(self) -> None:
        self.publisher.of_rates(self.rates.data.imports, dt_util.utcnow())

    @callback
    def _inputs_changed(self) -> None:
        self.publisher.notify()
        self._save_soon()
        self.entry.async_create_background_task(
            self.hass, self.async_replan(), "plan on new inputs"
        )

    @callback
    def _grid_events_changed(self) -> None:
        self.publisher.notify()
        self.entry.async_create_background_task(
            self.hass, self._async_follow_grid_events(), "follow a session or the car"
        )

    async def _async_follow_grid_events(self) -> None:
        await self.controller.async_tick()
        await self.async_replan()

    async def _slot_edge(self, now: datetime) -> None:
        self.memory.slot_began(
            now,
            self.planner.data,
            self.rates.data,
            self._battery(now),
            self._own_reserve_percent(),
        )
        self._save_soon()
        # Entities show the new half-hour at once: a write that follows may take half a minute.
        self.publisher.notify()
        await self.controller.async_tick()
        self._look_for_missed_charges()
        self._override_follows_clock()
        await self._async_look_at_house(now)
        await self.async_replan()

    async def _async_look_at_house(self, now: datetime) -> None:
        await self.grid_events.async_look_at_people(now)
        await self.memory.async_look_at_house(now, self.preferences.annual_load_kwh)

    def _override_follows_clock(self) -> bool:
        """End an override at its target or its end, or go on with it; True if that was due."""
        changed = self.orders.follow_clock(dt_util.utcnow(), self.controller.state.completed)
        if changed:
            self._save_soon()
            self.publisher.notify()
        return changed

    def _look_for_missed_charges(self) -> None:
        now = dt_util.utcnow()
        missed = self.memory.missed_charges.look(
            now, self.planner.data, self.wanted_at(now), self.controller.state, self.battery.data
        )
        if missed is not None:
            self.publish(missed)

    # --- what is stored --------------------------------------------------------------------

    async def async_remember(self) -> None:
        """Store what people asked for now: it must not be lost with the power."""
        await self._storage.async_save_records(self._records())

    def _save_soon(self) -> None:
        self._storage.async_save_records_soon(self._records())

    def _records(self) -> Records:
        return Records(
            import_rates=self.rates.published.imports,
            export_rates=self.rates.published.exports,
            measured=self.measurements.slots,
            totals=self.measurements.totals,
            decisions=self.decision_log.decisions,
            override=self.override,
            override_ended_late=self.orders.ended_late,
            ready_once=self.ready_once,
            learned=self.learned,
            solar=self.solar_forecast.memory,
            accuracy=self.accuracy.memory,
            planned_levels=self.memory.planned_levels.memory,
            load_expected=self.load_history.record.noted,
            savings=self.savings.memory,
            plan_outcome=self.plan_outcomes.memory,
            manual_sessions=self.sessions.manual,
            manual_slots=self.manual.slots,
            account_address=self.grid_events.account_address,
            tariff_mark=self.grid_events.tariff_mark,
            simulated=None if self._simulated is None else self._simulated.state,
        )
