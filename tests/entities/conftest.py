"""A home for the tests of its surface."""

from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.site import replanner
from custom_components.smart_battery_scheduler.site.planner_inputs import make_plan
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity

from ..days.conftest import calm, day, frozen
from ..days.stage import Day

__all__ = ["Ask", "calm", "day", "frozen", "site"]


class Ask:
    """Calls the integration's actions as an automation would."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Call them here."""
        self._hass = hass

    async def __call__(self, name: str, /, context: Context | None = None, **data: object) -> None:
        """Ask for something."""
        await self._hass.services.async_call(DOMAIN, name, data, blocking=True, context=context)
        await self._hass.async_block_till_done(wait_background_tasks=True)

    async def answer(self, name: str, /, **data: object) -> Mapping[str, Any]:
        """Ask for an answer."""
        response = await self._hass.services.async_call(
            DOMAIN, name, data, blocking=True, return_response=True
        )
        assert response is not None
        return response


@pytest.fixture
def ask(hass: HomeAssistant) -> Ask:
    """The integration's actions."""
    return Ask(hass)


@pytest.fixture
def enabled() -> Iterator[None]:
    """Let entities that are disabled at first be enabled."""
    with patch.object(Entity, "entity_registry_enabled_default", True):
        yield


@pytest.fixture
async def site(day: Day) -> Day:
    """A home that runs."""
    await day.start()
    return day


def entity_id(hass: HomeAssistant, platform: str, day: Day, key: str) -> str:
    """An entity by its key; one that is disabled by default is enabled by the caller."""
    found = er.async_get(hass).async_get_entity_id(
        platform, "smart_battery_scheduler", f"{day.entry.unique_id}_{key}"
    )
    assert found is not None
    return found


@pytest.fixture
def plans() -> Iterator[list[None]]:
    """One for each plan made."""
    made: list[None] = []

    def counted(snapshot: Any) -> Any:
        """Counted."""
        made.append(None)
        return make_plan(snapshot)

    with patch.object(replanner, "make_plan", counted):
        yield made
