"""Fixtures of homes on an Octopus account."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant

from ..cloud.server import Cloud
from ..cloud.world import ACCOUNT_NUMBER, API_KEY
from ..days.conftest import calm, frozen
from ..days.stage import EXPORT_TARIFF, IMPORT_TARIFF, Day, point_to, site_entry

__all__ = ["calm", "frozen"]


@pytest.fixture
def day(
    frozen: FrozenDateTimeFactory,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> Day:
    """A home on an account; nothing is set up yet."""
    point_to(cloud, monkeypatch)
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    tariff = {
        "api_key": API_KEY,
        "account_number": ACCOUNT_NUMBER,
        "property": None,
        "import_tariff": IMPORT_TARIFF,
        "export_tariff": EXPORT_TARIFF,
    }
    hass.config_entries.async_update_entry(entry, data={**entry.data, "tariff": tariff})
    # Asyncio's debug mode takes the stack of every callback: a third of a day's time.
    hass.loop.set_debug(False)
    return Day(hass, frozen, cloud, entry, hass_storage)
