"""Fixtures of the campaign: the day of a seed."""

from dataclasses import replace
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant

from ..cloud.clock import utc_now
from ..cloud.server import running
from ..cloud.world import SCENARIOS, World
from ..days.stage import Day, point_to, site_entry
from .player import Player
from .remembering import RememberingEncode
from .story import Story, random_story
from .wild import WildPlanner


@pytest.fixture
def story(seed: int) -> Story:
    """What happens on the day of this seed."""
    return random_story(seed)


@pytest.fixture
def frozen(freezer: FrozenDateTimeFactory, story: Story) -> FrozenDateTimeFactory:
    """The clock at the story's beginning, before Home Assistant and the cloud start."""
    freezer.move_to(SCENARIOS[story.scenario].start)
    return freezer


@pytest.fixture
async def player(
    frozen: FrozenDateTimeFactory,
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
    async with running(World(scenario, utc_now)) as cloud:
        point_to(cloud, monkeypatch)
        entry = site_entry(cloud, units=story.entered_units)
        entry.add_to_hass(hass)
        yield Player(Day(hass, frozen, cloud, entry, hass_storage), story)
