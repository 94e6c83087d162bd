"""Fixtures of whole days."""

import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant

from ..cloud.server import Cloud
from ..cloud.world import SCENARIOS
from .stage import Day, point_to, site_entry


@pytest.fixture
def frozen(freezer: FrozenDateTimeFactory, scenario: str) -> FrozenDateTimeFactory:
    """The clock at the scenario's beginning, before Home Assistant and the cloud start."""
    freezer.move_to(SCENARIOS[scenario].start)
    return freezer


@pytest.fixture(autouse=True)
def calm() -> None:
    """Asyncio finds every jump of the clock slow."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)


@pytest.fixture
def day(
    frozen: FrozenDateTimeFactory,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> Day:
    """A day that has not begun yet: nothing is set up."""
    point_to(cloud, monkeypatch)
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    # Asyncio's debug mode takes the stack of every callback: a third of a day's time.
    hass.loop.set_debug(False)
    return Day(hass, frozen, cloud, entry, hass_storage)
