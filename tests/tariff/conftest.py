"""Fixtures of the tariff tests."""

from datetime import UTC, datetime

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.tariff.octopus_graphql import OctopusGraphQL
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest

from ..clock import Clock
from ..wire import Wire
from .bodies import API_KEY
from .kraken import ACCOUNTS, NO_SESSIONS, NOW as KRAKEN_NOW, Kraken

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def octopus(session: aiohttp.ClientSession) -> OctopusRest:
    """The client under test, with a key."""
    return OctopusRest(session, API_KEY, clock=lambda: NOW)


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock(KRAKEN_NOW)


@pytest.fixture
def kraken(wire: Wire, clock: Clock) -> Kraken:
    """The GraphQL API; it knows our accounts and no session."""
    found = Kraken(wire, clock)
    found.replies["Accounts"] = ACCOUNTS
    found.replies["Sessions"] = NO_SESSIONS
    return found


@pytest.fixture
def graphql(session: aiohttp.ClientSession, clock: Clock) -> OctopusGraphQL:
    """Its client under test."""
    return OctopusGraphQL(session, API_KEY, clock=clock)
