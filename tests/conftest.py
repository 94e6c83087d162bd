"""Fixtures of all tests inside Home Assistant."""

import pytest

# Found by Home Assistant's loader only if imported before it looks.
import custom_components.smart_battery_scheduler  # noqa: F401

from .cloud.fixtures import cloud, scenario
from .wire import session, wire

__all__ = ["cloud", "scenario", "session", "wire"]


@pytest.fixture(autouse=True)
def custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration, in every test."""
