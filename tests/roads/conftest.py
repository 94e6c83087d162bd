"""Core's own Tesla integrations, set up by their own code, with only their HTTP answered here."""

from collections.abc import AsyncIterator
from datetime import timedelta

import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..cloud.server import Cloud
from ..days.conftest import calm, day, frozen
from ..days.stage import Day
from .fake_tesla import SCOPES, FakeTesla, serving

__all__ = ["calm", "day", "frozen"]


@pytest.fixture
def with_solar() -> bool:
    """Whether the site has panels; parametrize a test with it to have none."""
    return True


@pytest.fixture
async def tesla(
    cloud: Cloud, with_solar: bool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeTesla]:
    """Tesla's cloud in front of the world's battery; the libraries' addresses point to it."""
    # Installed for these tests only, at the version that the oldest supported release pins.
    from tesla_fleet_api.const import SERVERS  # noqa: PLC0415
    from tesla_fleet_api.tessie import Tessie  # noqa: PLC0415

    async with serving(FakeTesla(cloud.world, with_solar=with_solar)) as fake:
        monkeypatch.setitem(SERVERS, "eu", fake.url)
        monkeypatch.setattr(Tessie, "server", fake.url)
        yield fake


async def _fleet_entry(hass: HomeAssistant) -> MockConfigEntry:
    """As its flow makes it: a token of Tesla's, and the person's own application."""
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(
        hass, "tesla_fleet", ClientCredential("client", "not a secret", "Fake"), "tesla_fleet"
    )
    claims = {"sub": "fake-user", "aud": [], "scp": SCOPES, "ou_code": "EU"}
    expires_at = (dt_util.utcnow() + timedelta(days=300)).timestamp()
    return MockConfigEntry(
        domain="tesla_fleet",
        title="Tesla",
        unique_id="fake-user",
        data={
            "auth_implementation": "tesla_fleet",
            "token": {
                "access_token": jwt.encode(claims, key="", algorithm="none"),
                "refresh_token": "fake",
                "expires_at": expires_at,
            },
        },
    )


@pytest.fixture(params=["tesla_fleet", "tessie"])
async def integration(
    request: pytest.FixtureRequest, hass: HomeAssistant, day: Day, tesla: FakeTesla
) -> str:
    """One of core's integrations, set up and running."""
    domain: str = request.param
    # What a person can update an entity with; core's bootstrap sets it up before anything else.
    assert await async_setup_component(hass, "homeassistant", {})
    if domain == "tesla_fleet":
        entry = await _fleet_entry(hass)
    else:
        entry = MockConfigEntry(domain=domain, data={"access_token": "fake"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await day.settle()
    assert entry.state is ConfigEntryState.LOADED
    return domain
