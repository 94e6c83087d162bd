"""The blueprints, imported and run as automations against recorded notifications."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

from .conftest import NOW, device_id_of, plan_of

FOLDER = Path(__file__).parents[2] / "docs" / "blueprints"
AUTOMATED = pytest.mark.usefixtures("installed")
BLUEPRINTS = sorted((FOLDER / "automation" / "smart_battery_scheduler").glob("*.yaml"))
TAPPED = "mobile_app_notification_action"


@pytest.fixture
async def installed(
    hass: HomeAssistant, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[None]:
    """The blueprints where an import puts them."""
    config = tmp_path / "config"
    await hass.async_add_executor_job(shutil.copytree, FOLDER, config / "blueprints")
    monkeypatch.setattr(hass.config, "config_dir", str(config))
    yield
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all", "stop_actions": True}, blocking=True
    )
    await hass.async_block_till_done()


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    blueprint = {"path": f"smart_battery_scheduler/{name}.yaml", "input": inputs}
    assert await async_setup_component(
        hass,
        "automation",
        {"automation": {"id": name, "alias": name, "use_blueprint": blueprint}},
    )
    await hass.async_block_till_done()
    state = hass.states.get(f"automation.{name}")
    assert state is not None
    assert state.state == "on"


async def at_eight(hass: HomeAssistant, frozen: FrozenDateTimeFactory) -> None:
    """Let it be eight in the evening."""
    frozen.move_to(NOW)
    async_fire_time_changed(hass, NOW)
    await hass.async_block_till_done()


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_it_can_be_imported(path: Path) -> None:
    """Valid, for the oldest release supported, and linked to where it lies."""
    blueprint = Blueprint(
        yaml_util.load_yaml_dict(path), expected_domain="automation", schema=BLUEPRINT_SCHEMA
    )
    head = blueprint.metadata
    assert head["homeassistant"]["min_version"] == "2026.10.0"
    assert str(head["source_url"]).endswith(
        f"/blob/main/docs/blueprints/automation/smart_battery_scheduler/{path.name}"
    )


def messages(calls: list[ServiceCall]) -> list[tuple[str, str]]:
    """Title and text of what was sent."""
    return [(call.data["title"], call.data["message"]) for call in calls]


@AUTOMATED
async def test_failures_at_once(hass: HomeAssistant, site: Site) -> None:
    """What was chosen, once per cause."""
    sent = async_mock_service(hass, "notify", "send_message")
    await use(hass, "failures", recipients=["notify.phone", "notify.tablet"])
    publish = site.events.publish
    failed = {"reason": "not_seen", "start": NOW.isoformat()}
    publish(SiteEvent.CHARGE_FAILED, {**failed, "is_news": True})
    publish(SiteEvent.CONTROL_SUSPENDED, {"reason": "calibration", "is_news": False})
    publish(SiteEvent.CHARGE_FAILED, {**failed, "is_news": False})
    publish(SiteEvent.CHARGE_SKIPPED, {"reason": "price", "is_news": True})
    publish(SiteEvent.CHARGE_COMPLETED, {"is_news": True})
    await hass.async_block_till_done()
    assert messages(sent) == [
        (
            "Demo home",
            "The charge of 20:00 failed: the settings are in force, but the battery did not charge.",
        )
    ]
    assert sent[0].data["entity_id"] == ["notify.phone", "notify.tablet"]


@AUTOMATED
async def test_failures_without_a_phone(hass: HomeAssistant, site: Site) -> None:
    """They appear in Home Assistant, and further actions are done."""
    shown = async_mock_service(hass, "persistent_notification", "create")
    done = async_mock_service(hass, "light", "turn_on")
    await use(
        hass,
        "failures",
        moments=["charge_skipped"],
        then_do=[{"action": "light.turn_on", "data": {"profile": "{{ message }}"}}],
    )
    site.events.publish(SiteEvent.CHARGE_FAILED, {"reason": "not_seen", "is_news": True})
    site.events.publish(SiteEvent.CHARGE_SKIPPED, {"reason": "peak", "is_news": True})
    await hass.async_block_till_done()
    message = "The charge was skipped: these are peak hours."
    assert messages(shown) == [("Demo home", message)]
    assert [call.data["profile"] for call in done] == [message]


@AUTOMATED
async def test_the_daily_digest(
    hass: HomeAssistant, site: Site, other_site: Site, frozen: FrozenDateTimeFactory
) -> None:
    """Three lines of the chosen home, once a day."""
    sent = async_mock_service(hass, "notify", "send_message")
    frozen.move_to(NOW - timedelta(minutes=5))
    await use(
        hass, "daily_digest", home=device_id_of(hass, other_site), recipients=["notify.phone"]
    )
    await at_eight(hass, frozen)
    ((title, message),) = messages(sent)
    assert title == "Other home"
    assert [line.split(":")[0] for line in message.splitlines()] == ["Next", "Plan", "Yesterday"]


@AUTOMATED
async def test_the_digest_without_a_phone(
    hass: HomeAssistant, site: Site, frozen: FrozenDateTimeFactory
) -> None:
    """It appears in Home Assistant."""
    shown = async_mock_service(hass, "persistent_notification", "create")
    frozen.move_to(NOW - timedelta(minutes=5))
    await use(hass, "daily_digest", home=device_id_of(hass, site))
    await at_eight(hass, frozen)
    assert len(shown) == 1


@pytest.fixture
async def phone(hass: HomeAssistant) -> str:
    """The device of a phone with the companion app, registered as the app does."""
    entry = MockConfigEntry(
        domain="mobile_app",
        title="Phone",
        data={
            "app_data": {"push_token": "TOKEN", "push_url": "https://push.invalid/send"},
            "app_id": "io.homeassistant.test",
            "app_name": "Companion",
            "app_version": "1",
            "device_id": "phone",
            "device_name": "Phone",
            "manufacturer": "Somebody",
            "model": "Phone 1",
            "os_name": "Linux",
            "os_version": "1",
            "supports_encryption": False,
            "user_id": "nobody",
            "webhook_id": "phone_webhook",
        },
        source="registration",
    )
    entry.add_to_hass(hass)
    assert await async_setup_component(hass, "mobile_app", {})
    await hass.async_block_till_done()
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return device.id


@pytest.fixture
async def asked(
    hass: HomeAssistant, installed: None, site: Site, phone: str, frozen: FrozenDateTimeFactory
) -> ServiceCall:
    """The question about tonight, as it was sent to the phone; its run waits for an answer."""
    sent: asyncio.Future[ServiceCall] = hass.loop.create_future()
    hass.services.async_register(
        "notify", "mobile_app_phone", callback(lambda call: sent.set_result(call))
    )
    frozen.move_to(NOW - timedelta(minutes=5))
    site.planner.async_set_updated_data(plan_of(*[Action.USE] * 6, Action.CHARGE, Action.HOLD))
    await use(hass, "ask_before_charging", home=device_id_of(hass, site), phone=phone)
    frozen.move_to(NOW)
    async_fire_time_changed(hass, NOW)
    return await sent


async def tap(hass: HomeAssistant, action: str) -> None:
    """Tap a button of the message, as the app reports it, and let the run that follows end."""
    hass.bus.async_fire(TAPPED, {"action": action})
    await hass.async_block_till_done()


@AUTOMATED
async def test_the_question(asked: ServiceCall) -> None:
    """With three buttons that are new in every run."""
    call = asked
    assert call.data["title"] == "Demo home"
    assert call.data["message"].startswith("Next: charge 23:00–23:30")
    buttons = call.data["data"]["actions"]
    assert [button["title"] for button in buttons] == ["Skip tonight", "Charge now", "Keep"]
    assert len({button["action"] for button in buttons}) == 3


def button(asked: ServiceCall, title: str) -> str:
    """The action string of a button."""
    (found,) = (each["action"] for each in asked.data["data"]["actions"] if each["title"] == title)
    action: str = found
    return action


@AUTOMATED
async def test_skip_tonight(hass: HomeAssistant, site: Site, asked: ServiceCall) -> None:
    """No charge until the morning; other nights are as ever."""
    await tap(hass, button(asked, "Skip tonight"))
    (slot,) = site.manual.slots
    assert slot.blocked
    assert slot.start == NOW
    assert slot.end == datetime(2026, 11, 21, 7, tzinfo=UTC)
    assert site.override is None


@AUTOMATED
async def test_charge_now(hass: HomeAssistant, site: Site, asked: ServiceCall) -> None:
    """An override with an end."""
    await tap(hass, button(asked, "Charge now"))
    assert site.override is not None
    assert site.override.action is Action.CHARGE
    assert not site.manual.slots


@AUTOMATED
async def test_keep(hass: HomeAssistant, site: Site, asked: ServiceCall) -> None:
    """Nothing is done."""
    await tap(hass, button(asked, "Keep"))
    assert site.override is None
    assert not site.manual.slots


@AUTOMATED
async def test_an_old_message(hass: HomeAssistant, site: Site, asked: ServiceCall) -> None:
    """Its buttons do nothing, and the new ones still work."""
    hass.bus.async_fire(TAPPED, {"action": "CHARGE_of_an_old_message"})
    await tap(hass, button(asked, "Skip tonight"))
    assert site.override is None
    assert len(site.manual.slots) == 1


@AUTOMATED
async def test_no_answer(
    hass: HomeAssistant, site: Site, asked: ServiceCall, frozen: FrozenDateTimeFactory
) -> None:
    """Keeps the plan, and a late answer does nothing."""
    frozen.tick(timedelta(hours=9))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    await tap(hass, button(asked, "Charge now"))
    assert site.override is None


@AUTOMATED
@pytest.mark.parametrize("why", ["no charge", "switched off"])
async def test_no_question(
    hass: HomeAssistant, site: Site, phone: str, frozen: FrozenDateTimeFactory, why: str
) -> None:
    """Where there is nothing to ask."""
    sent = async_mock_service(hass, "notify", "mobile_app_phone")
    if why == "switched off":
        await site.async_prefer(scheduler_enabled=False)
        await hass.async_block_till_done()
    frozen.move_to(NOW - timedelta(minutes=5))
    await use(hass, "ask_before_charging", home=device_id_of(hass, site), phone=phone)
    charges = [Action.CHARGE] if why == "switched off" else []
    site.planner.async_set_updated_data(plan_of(Action.USE, *charges, Action.USE))
    await at_eight(hass, frozen)
    assert not sent
