"""Where requests go: nobody but the services, or a stand-in on this very machine."""

import pytest

from custom_components.smart_battery_scheduler.common.service_urls import NETZERO, endpoint

REAL = "https://service.test/api"


@pytest.mark.parametrize(
    "other", ["http://127.0.0.1:8123", "http://localhost:80/sub", "http://[::1]:9"]
)
def test_a_stand_in_on_loopback_is_taken(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """As development does."""
    monkeypatch.setenv(NETZERO, other)
    assert endpoint(NETZERO, REAL) == other


@pytest.mark.parametrize(
    "other",
    [
        "",
        "nonsense",
        "https://collector.test",
        "http://localhost.collector.test",
        "http://127.0.0.1@collector.test",
        "http://192.168.1.2",
        "http://[::1",
    ],
)
def test_tokens_cannot_be_sent_elsewhere(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """Whatever the environment says."""
    monkeypatch.setenv(NETZERO, other)
    assert endpoint(NETZERO, REAL) == REAL
