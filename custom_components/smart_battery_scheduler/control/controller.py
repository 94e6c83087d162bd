"""Plan to commands to evidence: the only module that writes to a battery.

The judgement is in ``control``; here are the clock, the lock, the store and the write. A move is
stored before its write leaves, so that a kill at any instant leaves behind what must be undone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import logging
import random

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..planner.model import Action, ChargeMethod
from ..powerwall.base import (
    Powerwall,
    PowerwallAuthError,
    PowerwallBudgetError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallState,
    Purpose,
    Settings,
)
from . import machine
from .model import ControlState, Decision, DecisionReason, Phase, Wanted
from .situation import Situation, Step, Timing

_LOGGER = logging.getLogger(__name__)

# A reading older than this is not a reading.
READING_LIMIT = timedelta(minutes=6)
# More moves than this in one look would be a loop, not control.
MOST_TRANSITIONS = 12

QUICK = timedelta(seconds=30)
WATCHFUL = timedelta(seconds=60)
CALM = timedelta(seconds=120)
IDLE = timedelta(seconds=180)
# Refused so often in a row, it is no hiccup: a person is asked for another token.
REFUSALS_UNTIL_REAUTH = 3
# Our own budget holds a write back for no longer than its window: that is no failure.
LONGEST_HOLD_S = 60.0
# A minute of fast charging is about half a percent: closer to its target it is watched.
NEAR_TARGET_PERCENT = 3.0

type Judged = tuple[Wanted | None, DecisionReason]


class Controller:
    """Keeps the battery doing what is wanted, and proves it.

    ``wanted`` says what the plan, a pin or an override asks for now, after the hard rules.
    ``rates_w`` is what each lever usually brings on this home. ``save`` stores the state at once.
    ``publish`` receives every decision. ``before_wake`` is awaited before a look that the clock asks for.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        powerwall: Powerwall,
        state: ControlState,
        *,
        wanted: Callable[[datetime], Judged],
        rates_w: Callable[[], Mapping[ChargeMethod, float]],
        timing: Callable[[], Timing],
        save: Callable[[ControlState], Awaitable[None]],
        publish: Callable[[Decision], None],
        auth_failed: Callable[[], None],
        before_wake: Callable[[], Awaitable[None]],
    ) -> None:
        """Start from a stored state; nothing is written before a first reading came."""
        self.state = state
        self._hass = hass
        self._powerwall = powerwall
        self._wanted = wanted
        self._rates_w = rates_w
        self._timing = timing
        self._save = save
        self._publish = publish
        self._auth_failed = auth_failed
        self._before_wake = before_wake
        self._reading: PowerwallState | None = None
        self._lock = asyncio.Lock()
        self._released: DecisionReason | None = None
        self._unsub_wake: CALLBACK_TYPE | None = None
        self._listeners: list[CALLBACK_TYPE] = []

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Be told whenever the state changes."""
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
        """Whether a running charge nears its end, or what was seen is not seen any more."""
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
        await self.async_tick()

    async def async_tick(self) -> None:
        """Look at what is wanted and what is there, and do what follows."""
        async with self._lock:
            if self._reading is None:
                return
            await self._judge_until_still()
            self._schedule_wake()

    async def async_set_owner_settings(self, change: Settings) -> bool:
        """Take settings a person chose through us as the home settings; False if none are known."""
        return await self._on_a_persons_word(
            lambda state, at: machine.set_owner_settings(state, at, change), needs_reading=True
        )

    async def async_resume(self) -> None:
        """The user's word: go on at once, whatever stopped us."""
        await self._on_a_persons_word(machine.resume)

    async def async_release(self, reason: DecisionReason) -> bool:
        """Put the home settings back and do nothing more; True if that was at least accepted.

        Until it is read back the intent stays stored, whatever becomes of us.
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
            failed = machine.write_failed(
                self.state, self._situation(), str(err), wait_s, random.random()
            )
            await self._adopt(failed)
            refused = isinstance(err, PowerwallAuthError)
            if refused and self.state.failures >= REFUSALS_UNTIL_REAUTH:
                self._auth_failed()
            return False
        await self._adopt(machine.written(self.state, self._situation(), sent_at))
        return True

    async def _adopt(self, step: Step) -> None:
        if step.state != self.state:
            before, self.state = self.state, step.state
            if step.state.must_be_stored(before):
                await self._save(step.state)
            for listener in tuple(self._listeners):
                listener()
        for decision in step.decisions:
            self._publish(decision)

    def _situation(self) -> Situation:
        now = dt_util.utcnow()
        wanted, unwanted = self._wanted(now)
        if self._released is not None:
            wanted, unwanted = None, self._released
        return Situation(
            now=now,
            reading=_usable(self._reading, now),
            wanted=wanted,
            unwanted=unwanted,
            rates_w=self._rates_w(),
            timing=self._timing(),
            is_last_chance=self._released is not None,
        )

    def _schedule_wake(self) -> None:
        self._cancel_wake()
        moment = machine.wake_at(self.state)
        # A home that has been let go must not write behind the back of the next one.
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
            await self._before_wake()
        finally:
            await self.async_tick()


def _usable(reading: PowerwallState | None, now: datetime) -> PowerwallState | None:
    """The reading, unless it is too old."""
    return None if reading is None or now - reading.read_at > READING_LIMIT else reading
