"""Fixtures of the campaign: the day of a seed."""

from dataclasses import replace
from datetime import timedelta
import logging
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant

from ..cloud.clock import utc_now
from ..cloud.server import running
from ..cloud.world import SCENARIOS, World
from ..days.stage import Day, point_to, site_entry
from .player import Player
from .quick import QuickClock, fire_due_timers, keep_stores_in_memory, seed_chance, work_at_once
from .remembering import RememberingEncode
from .story import Story, random_story
from .wild import WildPlanner

PLANNED_EVERY = timedelta(minutes=30)


@pytest.fixture
def story(seed: int) -> Story:
    """What happens on the day of this seed."""
    return random_story(seed)


@pytest.fixture
def clock(story: Story, monkeypatch: pytest.MonkeyPatch) -> QuickClock:
    """The clock at the story's beginning, before Home Assistant and the cloud start."""
    clock = QuickClock(SCENARIOS[story.scenario].start)
    clock.install(monkeypatch)
    seed_chance(story.seed)
    return clock


@pytest.fixture
async def player(
    clock: QuickClock,
    socket_enabled: None,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    story: Story,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Any:
    """The story's world and home; nothing has begun yet."""
    # Asyncio finds every jump of the clock slow, and its debug mode takes most of the time.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    caplog.set_level(logging.WARNING)
    hass.loop.set_debug(False)
    # Entities only read, and showing every change would take a third of the time.
    monkeypatch.setattr("custom_components.smart_battery_scheduler.PLATFORMS", [])
    monkeypatch.setattr(
        "custom_components.smart_battery_scheduler.site.storage.encode", RememberingEncode()
    )
    # At every half-hour's edge and on news: a plan is made of most of a planned day's time.
    monkeypatch.setattr(
        "custom_components.smart_battery_scheduler.site.replanner.REPLAN_AFTER", PLANNED_EVERY
    )
    if story.wild:
        monkeypatch.setattr(
            "custom_components.smart_battery_scheduler.site.replanner.make_plan",
            WildPlanner(story.seed),
        )
    scenario = replace(
        SCENARIOS[story.scenario],
        hardware=story.hardware,
        soc_percent=story.soc_percent,
    )
    # Undone before the harness takes its own stores away.
    with pytest.MonkeyPatch.context() as quick:
        work_at_once(quick, hass)
        keep_stores_in_memory(quick, hass_storage)
        async with running(World(scenario, utc_now)) as cloud:
            point_to(cloud, monkeypatch)
            entry = site_entry(cloud, units=story.entered_units)
            entry.add_to_hass(hass)
            seed_chance(story.seed)
            yield Player(
                Day(
                    hass,
                    cast(FrozenDateTimeFactory, clock),
                    cloud,
                    entry,
                    hass_storage,
                    fire_due_timers,
                ),
                story,
            )
