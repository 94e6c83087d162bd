"""The Home: what one config entry owns at run time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN, MARKET_TIME_ZONE
from ..control.controller import Controller, Judged
from ..control.learning import Learned
from ..control.model import ControlState, Decision, DecisionReason
from ..control.rules import Moment, Override, wanted_now
from ..events.site_events import SiteEvents
from ..history.accuracy import Accuracy
from ..history.decision_log import DecisionLog
from ..history.load_history import LoadHistory
from ..history.measurements import KEPT, MeasuredSlot, Measurements
from ..history.missed_charges import MissedCharges
from ..history.savings import Savings
from ..planner.model import Battery, Plan, ReadyBy
from ..powerwall.base import Powerwall, PowerwallState, Settings
from ..powerwall.simulated import SimulatedPowerwall
from ..solar.model import SolarSource
from ..sources.coordinators import (
    BatteryCoordinator,
    PlanCoordinator,
    Rates,
    RatesCoordinator,
    RateSource,
)
from .battery_model import battery_of, method_rates_w
from .grid_events import GridEvents, GridEventSources
from .manual_slots import ManualSlots
from .planner_inputs import SiteSnapshot, make_plan
from .preferences import Preferences
from .solar_forecast import Roof, SiteSolar
from .storage import Records, SiteStorage

_LOGGER = logging.getLogger(__name__)

type SmartBatteryConfigEntry = ConfigEntry[Site]

# A new plan is due when the present one is this old or the battery is this far from it.
REPLAN_AFTER = timedelta(minutes=10)
OFF_PLAN_PERCENT = 3.0
REPLAN_COOLDOWN_S = 2.0
LONGEST_WAIT_FOR_SOURCES_S = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a home's facts come from and what moves its battery.

    ``units`` is the number of Powerwalls. ``past`` are half-hours known from elsewhere.
    ``just_read`` is what setting the home up has read of the Powerwall.
    """

    powerwall: Powerwall
    rates: RateSource
    solar: SolarSource | None
    units: int
    past: Sequence[MeasuredSlot] = ()
    roof: Roof = field(default_factory=Roof)
    grid_events: GridEventSources = field(default_factory=GridEventSources)
    just_read: PowerwallState | None = None


class Site:
    """One home: its sources, its plan, its controller and its memory."""

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
        self.preferences = Preferences.from_options(entry.options)
        self.events = SiteEvents(hass, entry.entry_id)
        self.override = records.override
        self.ready_once = records.ready_once
        self.learned = records.learned
        self.measurements = Measurements(records.measured, records.totals)
        self.measurements.adopt(sources.past)
        self.accuracy = Accuracy(records.accuracy, self.measurements)
        self.savings = Savings(records.savings, self.measurements)
        self.decision_log = DecisionLog(records.decisions)
        self._storage = storage
        self._powerwall = sources.powerwall
        self.controller = Controller(
            hass,
            sources.powerwall,
            control,
            wanted=self.judged,
            rates_w=lambda: method_rates_w(self.units, self.learned),
            timing=lambda: self.learned.timing(),
            save=storage.async_save_control,
            publish=self._publish,
            before_wake=self._async_end_override,
            auth_failed=lambda: entry.async_start_reauth(hass),
        )
        # A home with a past reads anew: its last reading may be older than its last write.
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
        self.sun = SiteSolar.of(hass, entry, sources.solar, sources.roof, records.sun)
        self.solar = self.sun.coordinator
        self.grid_events = GridEvents(
            hass,
            entry,
            sources.grid_events,
            records.manual_sessions,
            self._grid_events_changed,
            self.rates,
            self.events,
        )
        self.sessions = self.grid_events.sessions
        self.manual = ManualSlots(records.manual_slots, self._grid_events_changed)
        self.load_history = LoadHistory(hass, entry)
        self.planner = PlanCoordinator(hass, entry)
        self.planned_from: SiteSnapshot | None = None
        self._missed_charges = MissedCharges()
        # One listener that fails must neither silence the others nor stop control.
        self._updated: SignalType[()] = SignalType(f"{DOMAIN}_news_{entry.entry_id}")
        self._stop_edges: CALLBACK_TYPE = lambda: None
        self._replanning = Debouncer(
            hass,
            _LOGGER,
            cooldown=REPLAN_COOLDOWN_S,
            immediate=True,
            function=self._async_replan,
        )

    # --- life ------------------------------------------------------------------------------

    async def async_start(self) -> None:
        """Fetch, plan and begin to act. Raises ConfigEntryNotReady without a first reading."""
        await self.battery.async_config_entry_first_refresh()
        await self._async_wait_for_sources()
        self.measurements.observe(self.battery.data)
        await self.load_history.async_refresh(dt_util.utcnow())
        self.sun.look_back(dt_util.utcnow(), self.measurements)
        await self._async_replan()
        self._listen()
        await self.controller.async_observe(self.battery.data)
        self.battery.poll_soon()

    async def _async_wait_for_sources(self) -> None:
        """Rates and sun; silent services must not keep the battery waiting to be reconciled."""
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
        on_unload(self.planner.async_add_listener(self._changed))
        on_unload(self.grid_events.async_start(self.preferences))
        on_unload(self.controller.async_add_listener(self._changed))
        on_unload(self.controller.async_add_listener(self.battery.poll_soon))
        on_unload(async_track_utc_time_change(self.hass, self._slot_edge, minute=[0, 30], second=0))
        restore = HassJob(self._async_shut_down, "put the home settings back")
        on_unload(self.hass.async_add_shutdown_job(restore))
        on_unload(self._replanning.async_shutdown)

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Be told of anything new: a reading, rates, a plan, a command, an override."""
        return async_dispatcher_connect(self.hass, self._updated, listener)

    @callback
    def _changed(self) -> None:
        async_dispatcher_send(self.hass, self._updated)

    async def async_stop(self, reason: DecisionReason) -> bool:
        """Put the home settings back and store everything; False if the cloud did not take them."""
        self._stop_edges()
        is_restored = await self.controller.async_release(reason)
        if not is_restored:
            _LOGGER.warning(
                "The Powerwall's own settings could not be put back now; "
                "this is done when %s runs again",
                self.entry.title,
            )
        await self.async_remember()
        return is_restored

    async def _async_shut_down(self) -> None:
        await self.async_stop(DecisionReason.SHUTDOWN)

    # --- wishes ----------------------------------------------------------------------------

    async def async_prefer(self, **changes: bool | float | str) -> None:
        """Change preferences: written to the entry's options, the only place they live."""
        options = {**self.entry.options, **changes}
        self.hass.config_entries.async_update_entry(self.entry, options=options)

    async def async_options_changed(self) -> None:
        """Take over changed preferences: act on them at once, plan by them next."""
        self.preferences = Preferences.from_options(self.entry.options)
        self.grid_events.prefer(self.preferences)
        self._changed()
        await self.controller.async_tick()
        await self.grid_events.async_catch_up()
        await self.load_history.async_refresh(dt_util.utcnow())
        await self.async_replan()

    async def async_set_override(self, override: Override | None) -> None:
        """Begin or end an override."""
        self.override = override
        await self.async_remember()
        if override is None:
            await self.async_replan()
        await self.controller.async_tick()
        self._changed()
        if override is not None:
            await self.async_replan()

    async def async_resume(self) -> None:
        """Back to the plan at once: without an override, and over whatever stopped control."""
        self.override = None
        await self.async_replan()
        await self.controller.async_resume()
        await self.async_remember()
        self._changed()

    async def async_remember(self) -> None:
        """Store what people asked for now: it must not be lost with the power."""
        await self._storage.async_save_records(self._records())

    async def async_be_ready(self, ready_once: ReadyBy | None) -> None:
        """Ask for a charge level at one time, once, or take that back; plans by it at once."""
        self.ready_once = ready_once
        self._changed()
        await self.async_remember()
        await self.async_replan()

    async def async_set_powerwall(self, change: Settings) -> bool:
        """Set the Powerwall's own settings; False if nothing is known of them yet."""
        return await self.controller.async_set_owner_settings(change)

    async def async_forget_methods(self) -> None:
        """Forget what was learned of the levers, and plan by the usual figures again."""
        self.learned = Learned()
        self._save_soon()
        self._changed()
        await self.async_replan()

    # --- planning --------------------------------------------------------------------------

    async def async_replan(self) -> None:
        """Plan again soon; many calls in a row make one plan."""
        await self._replanning.async_call()

    async def _async_replan(self) -> None:
        snapshot = self.snapshot()
        if snapshot is None:
            return
        plan = await self.hass.async_add_executor_job(make_plan, snapshot)
        self.planned_from = snapshot
        self.events.of_plan(self.planner.data, plan)
        self.planner.async_set_updated_data(plan)
        self._publish_if(self._missed_charges.kept(snapshot.now, plan))
        await self.controller.async_tick()
        self._look_for_missed_charges()

    def snapshot(self) -> SiteSnapshot | None:
        """All that a plan is made from now; None while the charge level is not known."""
        reading = self.battery.data
        if reading is None or reading.soc_percent is None:
            return None
        now = dt_util.utcnow()
        return SiteSnapshot(
            now=now,
            soc_percent=reading.soc_percent,
            battery=self._battery(now),
            preferences=self.preferences,
            reserve_percent=self._own_reserve_percent(),
            imports=self.rates.data.imports,
            exports=self.rates.data.exports,
            solar=self.sun.forecast,
            history=self.load_history.history(self.measurements.slots, now),
            running=self._running_plan(),
            ready_once=self.ready_once,
            override=self.override,
            sessions=self.sessions.known,
            manual=self.manual.slots,
            carbon=self.grid_events.carbon_forecast,
            car_charging=self.grid_events.ev_charging.charging,
        )

    def _running_plan(self) -> Plan | None:
        """The plan in force, unless people ask for something else since: it must not last by habit."""
        made_from = self.planned_from
        if made_from is None or made_from.manual != self.manual.slots:
            return None
        return self.planner.data if made_from.override == self.override else None

    def _battery(self, now: datetime) -> Battery:
        capacity_kwh = self.battery.data.capacity_kwh
        return battery_of(self.units, self.learned, self.controller.state, now, capacity_kwh)

    def _own_reserve_percent(self) -> int:
        settings = self.controller.owner_settings
        return (settings.backup_reserve_percent if settings else None) or 0

    # --- control ---------------------------------------------------------------------------

    def judged(self, now: datetime) -> Judged:
        """What should be in force now, or None and why nothing should."""
        rate = self.rates.data.imports.at(now)
        local = now.astimezone(MARKET_TIME_ZONE).time()
        return wanted_now(
            self.planner.data,
            Moment(
                now=now,
                scheduler_enabled=self.preferences.scheduler_enabled,
                dry_run=self.preferences.dry_run,
                in_peak=self.preferences.in_peak(local),
                rate_p_per_kwh=rate.p_per_kwh if rate else None,
                price_ceiling_p_per_kwh=self.preferences.price_ceiling_p_per_kwh,
                session=self.sessions.at(now),
                override=self.override,
                is_forced=self.manual.forced_at(now) is not None,
                charge_blocked=self.manual.blocked_at(now),
                car_charging=self.grid_events.ev_charging.charging,
            ),
        )

    @callback
    def _reading_came(self) -> None:
        self._changed()
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
        self._learn(before, reading)
        ended = self._end_finished_override()
        self.battery.poll_soon()
        method_lost = self.controller.state.out_of_service != before.out_of_service
        if ended or method_lost or self._plan_is_due():
            await self.async_replan()

    def _plan_is_due(self) -> bool:
        plan, now = self.planner.data, dt_util.utcnow()
        if plan is None or now - plan.made_at >= REPLAN_AFTER:
            return True
        slot, level = plan.slot_at(now), self.battery.data.soc_percent
        if slot is None or level is None:
            return True
        through = (now - slot.start) / (slot.end - slot.start)
        expected = slot.start_percent + through * (slot.end_percent - slot.start_percent)
        return abs(level - expected) > OFF_PLAN_PERCENT

    @callback
    def _look_at_rates(self) -> None:
        self.events.of_rates(self.rates.data.imports, dt_util.utcnow())

    @callback
    def _inputs_changed(self) -> None:
        self._changed()
        self._save_soon()
        self.entry.async_create_background_task(self.hass, self.async_replan(), "plan on new facts")

    @callback
    def _grid_events_changed(self) -> None:
        self._changed()
        self.entry.async_create_background_task(
            self.hass, self._async_follow_grid_events(), "follow a session or the car"
        )

    async def _async_follow_grid_events(self) -> None:
        await self.controller.async_tick()
        await self.async_replan()

    async def _slot_edge(self, now: datetime) -> None:
        self.sun.slot_began(now, self.measurements)
        self.accuracy.slot_began(now, self.planner.data, self.sun.forecast)
        rates, floor = self.rates.data, self._own_reserve_percent()
        self.savings.slot_began(now, rates.imports, rates.exports, self._battery(now), floor)
        self.savings.expect(now, self.planner.data)
        self._save_soon()
        await self.controller.async_tick()
        self._look_for_missed_charges()
        self._end_finished_override()
        self._changed()
        await self.load_history.async_refresh(now)
        await self.async_replan()

    async def _async_end_override(self) -> None:
        """Plan anew before an override's end is acted on: the old plan counts on it."""
        if self._end_finished_override():
            await self.async_replan()

    def _end_finished_override(self) -> bool:
        """Forget an override that has reached its target or its end; True if it was there."""
        override = self.override
        if override is None:
            return False
        completed = self.controller.state.completed
        reached = completed is not None and completed.slot_start == override.made_at
        if reached or dt_util.utcnow() >= override.until:
            self.override = None
            self._save_soon()
            self._changed()
        return self.override is None

    def _learn(self, before: ControlState, reading: PowerwallState) -> None:
        command, earlier = self.controller.state.command, before.command
        if command is None:
            return
        self.learned = self.learned.from_charging(command, reading)
        known_before = earlier is not None and earlier.command_status.read_back_at is not None
        if command.command_status.read_back_at is not None and not known_before:
            self.learned = self.learned.from_read_back(command)

    # --- memory ----------------------------------------------------------------------------

    @callback
    def _publish(self, decision: Decision) -> None:
        self.decision_log.add(decision)
        self.events.of_decision(decision, self.controller.state)
        self._save_soon()

    def _publish_if(self, decision: Decision | None) -> None:
        if decision is not None:
            self._publish(decision)

    def _look_for_missed_charges(self) -> None:
        now = dt_util.utcnow()
        control, reading = self.controller.state, self.battery.data
        self._publish_if(
            self._missed_charges.look(now, self.planner.data, self.judged(now), control, reading)
        )

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
            ready_once=self.ready_once,
            learned=self.learned,
            sun=self.sun.memory,
            accuracy=self.accuracy.memory,
            savings=self.savings.memory,
            manual_sessions=self.sessions.manual,
            manual_slots=self.manual.slots,
            account_address=self.grid_events.account_address,
            tariff_mark=self.grid_events.tariff_mark,
            simulated=self._powerwall.state
            if isinstance(self._powerwall, SimulatedPowerwall)
            else None,
        )
