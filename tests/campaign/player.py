"""Plays a story: a home in Home Assistant over the fake cloud, and a witness who sees the truth."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from custom_components.smart_battery_scheduler.control.model import Decision
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances, flows
from custom_components.smart_battery_scheduler.powerwall.simulated import Delivery, after_a_while
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.config_entries import ConfigEntryState
from homeassistant.util import dt as dt_util

from ..cloud.faults import Fault
from ..cloud.quirks import Quirks
from ..days.stage import Day
from .sampling import take_sample
from .story import READ, WRITE, Event, Kind, Story
from .truth import Sample, Theirs

OVERRIDE_LASTS = timedelta(minutes=90)
# After the last fault: back-off, a stood-back calibration and an ignored write must all be over.
LONGEST_AFTERMATH = timedelta(hours=5)
QUIET_FOR = timedelta(minutes=25)
RIVAL_LASTS, RIVAL_EVERY = timedelta(hours=2), timedelta(minutes=3)
SAMPLED_EVERY = timedelta(seconds=20)
# Less than meters show.
UNSEEN_W = 150.0
PASSING_QUIRKS = (
    "gateway_loses_share",
    "gateway_behind_s",
    "gateway_one_behind",
    "gateway_hears_only_changes",
    "replica_share",
    "refusals",
    "others_per_minute",
)
MODES = {"self_powered": OperatingMode.SELF_POWERED, "time_based": OperatingMode.TIME_BASED}
NOTHING = Settings()


@dataclass
class Witness:
    """What was really so, step by step, and everything that was told."""

    samples: list[Sample] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    lives: list[datetime] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Rival:
    """Another automation that sets the reserve again and again (netzero#81, #261)."""

    until: datetime | None = None
    reserve: int = 100
    next_at: datetime | None = None

    def is_at_work(self, now: datetime) -> bool:
        """Whether it insists at present."""
        return self.until is not None and now < self.until

    def change(self, now: datetime, shown: Settings) -> Settings | None:
        """What it sets now, if it does."""
        if not self.is_at_work(now):
            return None
        if self.next_at is not None and now < self.next_at:
            return None
        self.next_at = now + RIVAL_EVERY
        if shown.backup_reserve_percent == self.reserve:
            return None
        return Settings(backup_reserve_percent=self.reserve)


class Player:
    """Moves the clock through a story. ``theirs`` is what the user's settings ought to be."""

    def __init__(self, day: Day, story: Story) -> None:
        """Dress the world up for the story; nothing is set up yet."""
        self.day = day
        self.story = story
        self.witness = Witness()
        self._random = Random(story.seed)
        world = day.cloud.world
        world.live_every = timedelta(seconds=story.live_every_s)
        world.meter_noise_w = story.noise_w
        self._courier = after_a_while(
            story.seed,
            timedelta(seconds=story.shortest_delay_s),
            timedelta(seconds=story.longest_delay_s),
        )
        world.deliver = self._courier
        world.quirks = story.quirks
        self.theirs = Theirs(world.powerwall.state.shown, story.quirks)
        self._rival = Rival()
        self.rivalries: list[tuple[datetime, datetime, int]] = []
        self._alive = False
        self._away_until: datetime | None = None

    # --- the day ---------------------------------------------------------------------------

    async def play(self) -> None:
        """The whole day, and the time after it in which all must come right."""
        start = dt_util.utcnow()
        await self.begin()
        for event in self.story.events:
            await self.run_until(start + event.after)
            await self._happen(event)
        await self.run_until(start + timedelta(hours=24))
        await self.aftermath()

    async def begin(self) -> None:
        """Set the home up."""
        await self._come_up()

    async def aftermath(self) -> None:
        """Nothing goes wrong any more and nothing is wanted."""
        world = self.day.cloud.world
        self.day.cloud.faults.clear()
        world.deliver = self._courier
        world.powerwall.meet(Circumstances())
        # What is shown stays as bent as it was: that is this home's nature.
        world.quirks = replace(
            world.quirks,
            **{name: getattr(Quirks(), name) for name in PASSING_QUIRKS},
        )
        await self._come_up()
        if not await self._comes_up_by_itself():
            self.witness.wrong.append(f"the home stays down ({self.day.entry.state})")
            return
        await self._within(self.day.site.async_prefer(scheduler_enabled=False))
        await self._away_from_override()
        end, well_since = dt_util.utcnow() + LONGEST_AFTERMATH, None
        while (now := dt_util.utcnow()) < end:
            await self.run_until(now + timedelta(minutes=5))
            well = self.day.site.controller.state.owner is None and not self.strays()
            well_since = (well_since or now) if well else None
            if well_since is not None and now - well_since >= QUIET_FOR:
                return

    async def _comes_up_by_itself(self) -> bool:
        end = dt_util.utcnow() + LONGEST_AFTERMATH
        while not self._alive and dt_util.utcnow() < end:
            await self.run_until(dt_util.utcnow() + timedelta(minutes=1))
        return self._alive

    async def _away_from_override(self) -> None:
        if self.day.site.override is not None:
            await self._within(self.day.site.async_set_override(None))

    # --- time ------------------------------------------------------------------------------

    async def run_until(self, when: datetime) -> None:
        """Let time pass, looking at everything on the way."""
        while (now := dt_util.utcnow()) < when:
            if not self._alive and self._away_until is not None and now >= self._away_until:
                await self._come_up()
            self._let_the_rival_act(now)
            self.day.freezer.tick(min(self.day.to_next_timer(), when - now))
            self.day.fire(self.day.hass)
            await self._settle()
            self._greet()
            self._note()

    async def _settle(self) -> None:
        await self.day.settle_patiently()

    def _note(self) -> None:
        """Look behind the scenes."""
        now = dt_util.utcnow()
        shown = self.day.cloud.world.powerwall.reading().settings
        self.theirs.watch(shown, now, self.day.cloud.requests)
        samples = self.witness.samples
        if samples and samples[-1].alive is self._alive and now - samples[-1].at < SAMPLED_EVERY:
            return
        self.witness.samples.append(
            take_sample(
                self.day.hass,
                self.day.cloud,
                self.day.site if self._alive else None,
                self.theirs,
                now,
                foreign=self._rival.is_at_work(now),
            )
        )

    def strays(self) -> str | None:
        """How what stands differs from the user's own settings; None if it does not.

        The gateway's settings are the true ones. Where they differ and the battery does all the same
        what it would do under the user's, no reading can show it.
        """
        powerwall = self.day.cloud.world.powerwall
        state = powerwall.state
        if not self.theirs.stand(state.shown):
            return f"the cloud shows {state.shown}, right: {self.theirs}"
        if self.theirs.stand(state.obeyed):
            return None
        now = dt_util.utcnow()
        house_w, available_solar_w = (
            self.day.cloud.world.house_w(now),
            self.day.cloud.world.available_solar_w(now),
        )

        def power_w(settings: Settings) -> float:
            return flows(
                powerwall.hardware,
                settings,
                state.circumstances,
                state.stored_kwh,
                house_w,
                available_solar_w,
            ).battery_w

        is_w = power_w(state.obeyed)
        if any(abs(is_w - power_w(each)) < UNSEEN_W for each in self.theirs.possible()):
            return None
        return f"the gateway acts on {state.obeyed}, right: {self.theirs}"

    def _let_the_rival_act(self, now: datetime) -> None:
        change = self._rival.change(now, self.day.shown)
        if change is not None:
            self._set_in_app(change, now)

    def _set_in_app(self, change: Settings, now: datetime) -> None:
        before, change = self.day.shown, self.day.cloud.world.powerwall.hardware.settable(change)
        self.day.cloud.world.powerwall.set_in_app(change)
        self.theirs.set_in_app(change, now, before, self._may_be_our_own(change))

    def _may_be_our_own(self, change: Settings) -> bool:
        """Whether a reserve is one that we have written too: it looks like our own write that came late.

        To take it for a person's would make a late write of ours the owner's own setting.
        """
        reserve = change.backup_reserve_percent
        if reserve is None:
            return False
        bodies = (request.body for request in self.day.cloud.requests.writes)
        return any(
            isinstance(body, dict) and body.get("backup_reserve_percent") == reserve
            for body in bodies
        )

    # --- events ------------------------------------------------------------------------

    async def _happen(self, event: Event) -> None:
        world, day = self.day.cloud.world, self.day
        match event.kind:
            case Kind.FAULT:
                assert event.fault is not None
                day.cloud.faults.add(
                    event.fault, *event.endpoints, times=event.times, detail=event.detail
                )
            case Kind.CLEAR:
                assert event.fault is not None
                day.cloud.faults.clear(event.fault)
            case Kind.OUTAGE:
                world.powerwall.meet(Circumstances(on_grid=False))
            case Kind.STORM:
                world.powerwall.meet(Circumstances(storm_watch=True))
            case Kind.FORCED:
                world.powerwall.meet(Circumstances(forced_battery_w=event.number))
            case Kind.COLD:
                world.powerwall.meet(Circumstances(charge_limit_w=event.number))
            case Kind.RIVAL:
                now = dt_util.utcnow()
                asked = Settings(backup_reserve_percent=round(event.number))
                reserve = world.powerwall.hardware.settable(asked).backup_reserve_percent
                assert reserve is not None
                self._rival = Rival(until=now + RIVAL_LASTS, reserve=reserve)
                if not self._may_be_our_own(Settings(backup_reserve_percent=reserve)):
                    self.rivalries.append((now, now + RIVAL_LASTS, self._rival.reserve))
            case Kind.CALM:
                world.powerwall.meet(Circumstances())
            case Kind.APP:
                assert event.change is not None
                self._set_in_app(event.change, dt_util.utcnow())
            case _:
                if self._alive:
                    await self._happen_inside(event)

    async def _happen_inside(self, event: Event) -> None:
        site, now = self.day.site, dt_util.utcnow()
        match event.kind:
            case Kind.THROUGH_US:
                change = Settings(operating_mode=MODES[event.word])
                if await self._within(site.async_set_powerwall(change)):
                    self.theirs.set_through_us(change)
            case Kind.OVERRIDE:
                override = None
                if event.word != "automatic":
                    override = Override(
                        action=Action(event.word), until=now + OVERRIDE_LASTS, made_at=now
                    )
                await self._within(site.async_set_override(override))
            case Kind.SCHEDULER:
                await self._within(site.async_prefer(scheduler_enabled=event.number > 0))
            case Kind.CEILING:
                await self._within(site.async_prefer(price_ceiling_p_per_kwh=event.number))
            case Kind.POWER_DOWN:
                start = now + timedelta(hours=1)
                end = start + timedelta(hours=event.number)
                await self._within(site.sessions.async_add(SessionKind.POWER_DOWN, start, end))
            case Kind.RELOAD | Kind.STOP_START:
                await self._go_down(event.away)
                if event.kind is Kind.RELOAD:
                    await self._come_up()
            case Kind.KILL:
                await self._kill(event.away, dict(self.day.storage))
            case Kind.KILL_BEFORE_WRITE | Kind.KILL_AFTER_WRITE:
                await self._kill_at_write(event)
        await self._settle()

    async def _within[T](self, status: Coroutine[Any, Any, T]) -> T:
        """Await something that may have to wait for a time-out."""
        task = asyncio.create_task(status)
        self.day.hass.async_create_task(_wait_for(task), eager_start=False)
        await self._settle()
        return task.result()

    async def _come_up(self) -> None:
        """Start the home; if that fails, Home Assistant tries again by itself."""
        self._away_until = None
        if self.day.entry.state is ConfigEntryState.NOT_LOADED:
            setting_up = self.day.hass.config_entries.async_setup(self.day.entry.entry_id)
            await self._within(setting_up)
        self._greet()

    def _greet(self) -> None:
        """Listen to a home that has just come up."""
        if self._alive or not self.day.is_loaded():
            return
        self.day.adopt()
        self._alive = True
        self.witness.lives.append(dt_util.utcnow())
        self.day.site.decision_log.async_add_listener(self.witness.decisions.append)

    async def _go_down(self, away: timedelta) -> None:
        await self._within(self.day.hass.config_entries.async_unload(self.day.entry.entry_id))
        self._alive = False
        self._away_until = dt_util.utcnow() + away

    async def _kill(self, away: timedelta, stored: dict[str, object]) -> None:
        """End the process: what was stored then is all that is left, and nothing gets out."""
        armed = list(self.day.cloud.faults)
        self.day.cloud.faults.clear()
        self.day.cloud.faults.add(Fault.UNAVAILABLE, READ, WRITE)
        requests = len(self.day.cloud.requests)
        await self._go_down(away)
        self.day.cloud.requests.forget_after(requests)
        self.day.cloud.faults.clear()
        for rule in armed:
            self.day.cloud.faults.add(
                rule.fault, rule.endpoint, times=rule.times, detail=rule.detail
            )
        self.day.storage.clear()
        self.day.storage.update(stored)

    async def _kill_at_write(self, event: Event) -> None:
        """At the next write: before it has any effect, or after it but before the reply."""
        world, stored = self.day.cloud.world, dict[str, object]()
        before = event.kind is Kind.KILL_BEFORE_WRITE

        def deliver(change: Settings) -> Delivery:
            if not stored:
                stored.update(dict(self.day.storage))
                self.day.cloud.faults.add(Fault.UNAVAILABLE, READ, WRITE)
                if before:
                    return Delivery(shown=NOTHING, obeyed=NOTHING)
                return self._courier(change)
            return Delivery(shown=NOTHING, obeyed=NOTHING)

        world.deliver = deliver
        end = dt_util.utcnow() + timedelta(hours=2)
        while not stored and dt_util.utcnow() < end and self._alive:
            await self.run_until(dt_util.utcnow() + timedelta(minutes=1))
        world.deliver = self._courier
        if stored:
            self.day.cloud.faults.clear(Fault.UNAVAILABLE)
            await self._kill(event.away, stored)


async def _wait_for(task: asyncio.Task[Any]) -> None:
    await asyncio.wait({task})
