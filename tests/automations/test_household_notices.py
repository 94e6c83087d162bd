"""Messages to the phones that were chosen, without a blueprint."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError


@pytest.fixture
def told(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Phone and message of each that was sent; one phone is gone."""
    sent: list[tuple[str, str]] = []

    async def send(call: ServiceCall) -> None:
        """Send."""
        if call.data["entity_id"] == "notify.gone":
            raise HomeAssistantError("it is gone")
        sent.append((call.data["entity_id"], call.data["message"]))

    hass.services.async_register("notify", "send_message", send)
    return sent


async def choose(hass: HomeAssistant, site: Site, **options: object) -> None:
    """As on the options page."""
    hass.config_entries.async_update_entry(site.entry, options={**site.entry.options, **options})
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_failures_go_to_the_chosen_phones_once_per_cause(
    hass: HomeAssistant, site: Site, told: list[tuple[str, str]]
) -> None:
    """Skipped charges too; what goes on, or went well, is no news; a lost phone keeps nobody else from hearing."""
    failed = {"reason": "not_seen", "start": "2026-11-20T20:00:00+00:00"}
    site.events.publish(SiteEvent.CHARGE_FAILED, {**failed, "is_news": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told == [], "nobody was chosen"
    await choose(hass, site, notify_entities=["notify.gone", "notify.phone"])
    site.events.publish(SiteEvent.CHARGE_FAILED, {**failed, "is_news": True})
    site.events.publish(SiteEvent.CHARGE_FAILED, {**failed, "is_news": False})
    site.events.publish(SiteEvent.CHARGE_SKIPPED, {"reason": "missed", "is_news": True})
    site.events.publish(SiteEvent.CHARGE_STARTED, {"is_news": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [phone for phone, _ in told] == ["notify.phone"] * 2
    assert told[0][1].startswith("The charge of 20:00 failed")
    assert "skipped" in told[1][1]


async def test_the_evenings_three_lines(
    hass: HomeAssistant, site: Site, told: list[tuple[str, str]], frozen: FrozenDateTimeFactory
) -> None:
    """Once, at the time that was chosen; none if they are not wanted."""
    await choose(hass, site, notify_entities=["notify.phone"], daily_digest=False)

    async def an_hour_passes() -> None:
        """Minute by minute."""
        for _ in range(60):
            frozen.tick(timedelta(minutes=1))
            async_fire_time_changed(hass)
            await hass.async_block_till_done()

    await choose(hass, site, daily_digest=True, digest_time="20:30:00")
    await an_hour_passes()
    await hass.async_block_till_done(wait_background_tasks=True)
    ((phone, message),) = told
    assert phone == "notify.phone"
    assert len(message.splitlines()) == 3
    await choose(hass, site, daily_digest=False, digest_time="21:30:00")
    await an_hour_passes()
    assert len(told) == 1
