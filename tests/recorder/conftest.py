"""Fixtures of the tests with a real recorder."""

import pytest


@pytest.fixture(autouse=True)
def custom_integrations(recorder_mock: object, enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration; the recorder wants to be there first."""
