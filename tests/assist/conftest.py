"""Fixtures of a demo home, and Assist with the sentences of this repository."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.actions.voice import install
from custom_components.smart_battery_scheduler.planner.model import Action, Plan, Reason, ReasonCode
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from ..automations.conftest import NOW, frozen, other_site, site
from ..plans import a_plan, a_slot

__all__ = ["frozen", "other_site", "site"]

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
async def assist(
    hass: HomeAssistant, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assist with the sentence file where its instructions say."""
    config = tmp_path / "config"
    await hass.async_add_executor_job(install, config / "custom_sentences", False)
    monkeypatch.setattr(hass.config, "config_dir", str(config))
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()


async def say(hass: HomeAssistant, text: str, language: str = "en") -> str:
    """Say something to Assist through the action, and return what it answers."""
    reply = await hass.services.async_call(
        "conversation",
        "process",
        {"text": text, "language": language},
        blocking=True,
        return_response=True,
    )
    assert reply is not None
    response: Any = reply["response"]
    speech: str = response["speech"]["plain"]["speech"]
    return speech


def a_night_plan() -> Plan:
    """Use until 22:00, charge for an hour, hold till morning."""
    expensive = Reason(
        code=ReasonCode.CHEAPER_THAN_LATER,
        numbers={"rate_p_per_kwh": 9.8, "saves_p_per_kwh": 24.1},
        at=NOW + timedelta(hours=21, minutes=30),
    )
    actions = [Action.USE] * 4 + [Action.CHARGE] * 2 + [Action.HOLD] * 8
    return a_plan(
        *(
            a_slot(
                NOW + HALF_HOUR * i,
                action,
                target_percent=100 if action is Action.CHARGE else None,
                end_percent=80.0,
                reason=expensive if action is Action.CHARGE else Reason(code=ReasonCode.USE_NOW),
            )
            for i, action in enumerate(actions)
        )
    )


@pytest.fixture
def night(site: Site) -> Site:
    """The home with that plan."""
    site.planner.async_set_updated_data(a_night_plan())
    return site
