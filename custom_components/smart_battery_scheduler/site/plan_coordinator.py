"""Holds the plan in force."""

import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..planner.model import Plan

_LOGGER = logging.getLogger(__name__)


class PlanCoordinator(DataUpdateCoordinator[Plan | None]):
    """Holds the plan in force; it is given plans, it fetches nothing."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Begin without a plan."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} plan",
            update_interval=None,
            always_update=False,
        )
        self.data = None
