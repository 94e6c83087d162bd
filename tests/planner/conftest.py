"""The planner knows nothing of Home Assistant; neither do its tests."""

import pytest


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""
