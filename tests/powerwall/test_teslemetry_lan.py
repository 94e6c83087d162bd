"""Watts through Teslemetry's actions: asked of the right device, refusals told apart."""

from collections.abc import Iterator

import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    PowerwallConnectionError,
    PowerwallError,
    PowerwallReplyError,
)
from custom_components.smart_battery_scheduler.powerwall.setpoint import (
    SetpointAbsentError,
    SetpointRangeError,
    SetpointUnsupportedError,
)
from custom_components.smart_battery_scheduler.powerwall.teslemetry_lan import TeslemetryLan
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .teslemetry_site import SITE_ID, TeslemetrySite


@pytest.fixture
def site(hass: HomeAssistant, request: pytest.FixtureRequest) -> Iterator[TeslemetrySite]:
    """Paired and loaded, unless a test's parameter says otherwise."""
    site = TeslemetrySite(hass, **getattr(request, "param", {}))
    yield site
    site.unload()


async def test_a_power_is_asked_of_the_sites_device(
    hass: HomeAssistant, site: TeslemetrySite
) -> None:
    """Negative charges, as with us; letting go names the device only."""
    lan = TeslemetryLan(hass, SITE_ID)
    assert lan.is_available
    await lan.hold_power(-5000, 120)
    await lan.release()
    assert site.calls == [
        ("dispatch_battery_power", {"device_id": site.device_id, "power": -5000, "duration": 120}),
        ("resume_battery_operation", {"device_id": site.device_id}),
    ]


@pytest.mark.parametrize(
    ("site", "missing"),
    [
        ({"paired": False}, "pairing"),
        ({"loaded": False}, "entry"),
        ({}, "action"),
        ({}, "site"),
    ],
    indirect=["site"],
)
async def test_without_any_of_its_parts_it_is_not_to_be_had(
    hass: HomeAssistant, site: TeslemetrySite, missing: str
) -> None:
    """Two actions, a loaded entry, and a gateway paired for this site."""
    if missing == "action":
        hass.services.async_remove("teslemetry", "resume_battery_operation")
    lan = TeslemetryLan(hass, "4711" if missing == "site" else SITE_ID)
    assert not lan.is_available
    if missing in ("entry", "site"):
        with pytest.raises(SetpointAbsentError):
            await lan.hold_power(0, 60)
        assert site.calls == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            HomeAssistantError(translation_key="local_command_out_of_range"),
            SetpointRangeError,
        ),
        (
            HomeAssistantError(translation_key="local_command_not_supported"),
            SetpointUnsupportedError,
        ),
        (HomeAssistantError(translation_key="local_command_failed"), PowerwallReplyError),
        (ServiceValidationError(translation_key="no_local_powerwall"), SetpointAbsentError),
        (TimeoutError(), PowerwallConnectionError),
        (KeyError(SITE_ID), PowerwallReplyError),
    ],
)
async def test_each_refusal_is_distinguished_and_names_no_site(
    hass: HomeAssistant, site: TeslemetrySite, error: Exception, expected: type[PowerwallError]
) -> None:
    """Keys as core's ``teslemetry/helpers.py`` and ``services.py`` raise them."""
    site.error = error
    with pytest.raises(expected) as caught:
        await TeslemetryLan(hass, SITE_ID).hold_power(-5000, 120)
    assert type(caught.value) is expected
    assert SITE_ID not in str(caught.value)
