"""From plan to command to confirmation: the only module that writes to a battery.

The other modules of ``control`` decide; here are the clock, the lock, the store and the write. A state is
stored before its write leaves, so that a kill at any instant leaves behind what must be undone.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import logging
import random
from typing import Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import (
    REFUSALS_UNTIL_REAUTH,
    Powerwall,
    PowerwallAuthError,
    PowerwallBudgetError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallState,
    Purpose,
    Settings,
)
from . import machine, watchdog
from .ceiling import likely_full_percent
from .model import (
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    Judged,
    Phase,
    SuspensionCause,
)
from .situation import READING_LIMIT, Situation, Step, Timing

_LOGGER = logging.getLogger(__name__)

# More transitions than this for one reading can only be a loop.
MOST_TRANSITIONS = 12

QUICK = timedelta(seconds=30)
WATCHFUL = timedelta(seconds=60)
CALM = timedelta(seconds=120)
IDLE = timedelta(seconds=180)
# Our own budget holds a write back for no longer than its window: that is no failure.
LONGEST_HOLD_S = 60.0
# A minute of fast charging is about half a percent: closer to its target it is watched.
NEAR_TARGET_PERCENT = 3.0


class ControllerHost(Protocol):
    """The site that a controller works for: what is wanted, what is learned, who is notified."""

    def wanted_at(self, now: datetime) -> Judged:
        """What the plan, a manual slot or an override asks for now, after the hard rules."""
        ...

    def rates_w(self) -> Mapping[ChargeMethod, float]:
        """What each charge method brings on this site, in W."""
        ...

    def timing(self) -> Timing:
        """How long this site may take before something counts as not done."""
        ...

    async def async_save_control(self, state: ControlState) -> None:
        """Store the state of control at once."""
        ...

    def publish(self, decision: Decision) -> None:
        """Every decision, as it is made."""
        ...

    def token_refused(self) -> None:
        """Writes are refused for want of a valid token."""
        ...

    async def async_before_wake(self) -> None:
        """Awaited before a check that the timer, not a reading, asks for."""
        ...


class Controller:
    """Keeps the battery doing what is wanted, and proves it."""

    def __init__(
        self, hass: HomeAssistant, powerwall: Powerwall, state: ControlState, host: ControllerHost
    ) -> None:
        """Start from a stored state; nothing is written before a first reading has come."""
        self.state = state
        self.watch = watchdog.Watch()
        self._hass = hass
        self._powerwall = powerwall
        self._host = host
        self._reading: PowerwallState | None = None
        self._lock = asyncio.Lock()
        self._released: DecisionReason | None = None
        self._unsub_wake: CALLBACK_TYPE | None = None
        self._listeners: list[CALLBACK_TYPE] = []

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call ``listener`` whenever the state changes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def owner_settings(self) -> Settings | None:
        """The user's own settings, whether or not something of ours is in force."""
        if self.state.owner is not None:
            return self.state.owner.settings
        return None if self._reading is None else self._reading.settings

    def poll_interval(self, now: datetime) -> timedelta:
        """How soon the next reading should come: quickest while something must be proven."""
        match self.state.phase:
            case Phase.COMMANDING | Phase.VERIFYING | Phase.RESTORING:
                return QUICK
            case Phase.RUNNING if self._is_delicate():
                return WATCHFUL
            case _ if self.state.strange_at is not None:
                return QUICK
            case Phase.IDLE:
                return IDLE
            case _:
                return CALM

    def _is_delicate(self) -> bool:
        """Whether a running charge nears its end, or is no longer confirmed by the readings."""
        command, reading = self.state.command, self._reading
        if command is None or command.command_status.doubted_at is not None:
            return True
        level = None if reading is None else reading.soc_percent
        target = command.wanted.target_percent
        if command.wanted.action is not Action.CHARGE or level is None:
            return False
        return level > (100 if target is None else target) - NEAR_TARGET_PERCENT

    async def async_observe(self, reading: PowerwallState) -> None:
        """A new reading has come."""
        self._reading = reading
        await self._async_keep()
        await self.async_tick()
        self._look_for_broken_promises(reading)

    @callback
    def _look_for_broken_promises(self, reading: PowerwallState) -> None:
        """Let the watchdog compare the intent with the readings, independently of the state machine."""
        now = dt_util.utcnow()
        before = self.watch
        intent, patience = self._intent(now, reading), self._host.timing().change
        watch = watchdog.watched(before, intent, reading, patience)
        self.watch = watchdog.published(watch)
        for breach in sorted(watchdog.unpublished(watch)):
            self._host.publish(
                Decision(
                    at=now,
                    kind=DecisionKind.BROKEN,
                    reason=DecisionReason(breach.value),
                    soc_percent=reading.soc_percent,
                    shown=reading.settings,
                )
            )
        if self.watch.lasting() != before.lasting():
            for listener in tuple(self._listeners):
                listener()

    def _intent(self, now: datetime, reading: PowerwallState) -> watchdog.Intent | None:
        """The present intent; None where nothing is promised."""
        wanted, unwanted = self._host.wanted_at(now)
        suspension = self.state.suspension
        if suspension is not None and suspension.cause is not SuspensionCause.CALIBRATION:
            wanted, unwanted = None, DecisionReason(suspension.cause.value)
        is_ours = self.state.owner is not None or machine.is_watched(self.state, now)
        if self._released is not None or (wanted is None and not is_ours):
            return None
        owner = replace(
            self.owner_settings or reading.settings, export_rule=reading.settings.export_rule
        )
        return watchdog.intent_of(wanted, unwanted, owner, likely_full_percent(self.state, now))

    async def _async_keep(self) -> None:
        """Let a command that would end by itself go on; whether it does is judged by its power."""
        async with self._lock:
            command = self.state.command
            if command is None or command.command_status.accepted_at is None or self._released:
                return
            try:
                await self._powerwall.keep(command.current.settings, command.wanted.ends_at)
            except PowerwallError as err:
                _LOGGER.info("A command could not be kept up: %s", err)

    async def async_tick(self) -> None:
        """Compare what is wanted with what is in force, and act on the difference."""
        async with self._lock:
            if self._reading is None:
                return
            await self._judge_until_still()
            self._schedule_wake()

    async def async_set_owner_settings(self, change: Settings) -> bool:
        """Take settings a person chose through us as the owner settings; False if none are known."""
        return await self._on_a_persons_word(
            lambda state, at: machine.set_owner_settings(state, at, change), needs_reading=True
        )

    async def async_resume(self) -> None:
        """Go on at once at a person's request, whatever stopped control."""
        await self._on_a_persons_word(machine.resume)

    async def async_release(self, reason: DecisionReason) -> bool:
        """Restore the owner settings and do nothing more; True if that was at least accepted.

        Until it is read back the intent stays stored, so that a restart goes on with it.
        """
        self._released = reason
        self._cancel_wake()
        async with self._lock:
            if self.state.owner is not None:
                # A failed write held back earlier is tried at once: this is the last chance.
                self.state = replace(self.state, retry_at=None)
                await self._judge_until_still()
        restore = self.state.restore
        return restore is None or restore.command_status.accepted_at is not None

    async def _on_a_persons_word(
        self,
        transition: Callable[[ControlState, Situation], Step],
        *,
        needs_reading: bool = False,
    ) -> bool:
        async with self._lock:
            situation = self._situation()
            if needs_reading and self.state.owner is None and situation.reading is None:
                return False
            await self._adopt(transition(self.state, situation))
            if self._reading is not None:
                await self._judge_until_still()
                self._schedule_wake()
        return True

    async def _judge_until_still(self) -> None:
        for _ in range(MOST_TRANSITIONS):
            before = self.state
            step = machine.step(before, self._situation())
            await self._adopt(step)
            if step.write is not None:
                if not await self._write(step.write):
                    return
            elif self.state == before:
                return
        _LOGGER.error("Control did not come to rest in phase %s", self.state.phase)

    async def _write(self, settings: Settings) -> bool:
        sent_at = dt_util.utcnow()
        restoring = self.state.phase is Phase.RESTORING
        try:
            await self._powerwall.write(settings, Purpose.RESTORE if restoring else Purpose.COMMAND)
        except PowerwallError as err:
            if isinstance(err, PowerwallBudgetError) and err.retry_after_s <= LONGEST_HOLD_S:
                held = machine.write_held(self.state, self._situation(), err.retry_after_s)
                await self._adopt(held)
                return False
            wait_s = err.retry_after_s if isinstance(err, PowerwallRateLimitError) else None
            refused = isinstance(err, PowerwallAuthError)
            failed = machine.write_failed(
                self.state,
                self._situation(),
                str(err),
                wait_s,
                random.random(),
                may_differ=not refused and wait_s is None,
            )
            await self._adopt(failed)
            if refused and self.state.failures >= REFUSALS_UNTIL_REAUTH:
                self._host.token_refused()
            return False
        await self._adopt(machine.written(self.state, self._situation(), sent_at))
        return True

    async def _adopt(self, step: Step) -> None:
        if step.state != self.state:
            before, self.state = self.state, step.state
            if step.state.must_be_stored(before):
                await self._host.async_save_control(step.state)
            for listener in tuple(self._listeners):
                listener()
        for decision in step.decisions:
            self._host.publish(decision)

    def _situation(self) -> Situation:
        now = dt_util.utcnow()
        wanted, unwanted = self._host.wanted_at(now)
        if self._released is not None:
            wanted, unwanted = None, self._released
        return Situation(
            now=now,
            reading=_usable(self._reading, now),
            wanted=wanted,
            unwanted=unwanted,
            rates_w=self._host.rates_w(),
            timing=self._host.timing(),
            is_last_chance=self._released is not None,
        )

    def _schedule_wake(self) -> None:
        self._cancel_wake()
        moment = machine.wake_at(self.state)
        # A site that was unloaded must not write: its successor commands the same battery.
        if moment is None or self._released is not None:
            return
        now = dt_util.utcnow()
        # A moment that is already past waits for a reading, not for the clock.
        self._unsub_wake = async_track_point_in_utc_time(
            self._hass, self._async_wake, moment if moment > now else now + WATCHFUL
        )

    def _cancel_wake(self) -> None:
        if self._unsub_wake is not None:
            self._unsub_wake()
            self._unsub_wake = None

    async def _async_wake(self, now: datetime) -> None:
        self._unsub_wake = None
        try:
            await self._host.async_before_wake()
        finally:
            await self.async_tick()


def _usable(reading: PowerwallState | None, now: datetime) -> PowerwallState | None:
    """The reading, unless it is too old."""
    return None if reading is None or now - reading.read_at > READING_LIMIT else reading
