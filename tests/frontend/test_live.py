"""What the card is told of orders that are not done, have ended, or have come to their target."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.actions.override_factory import override_of
from custom_components.smart_battery_scheduler.control.model import ControlState, Phase
from custom_components.smart_battery_scheduler.entities.plan_sensors import Status, status_of
from custom_components.smart_battery_scheduler.frontend.live import live_state
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Home
from custom_components.smart_battery_scheduler.text.status import is_charging
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..automations.conftest import NOW, frozen, home

__all__ = ["frozen", "home"]


def now_of(home: Home) -> Any:
    """The part that changes with every reading."""
    return live_state(home, dt_util.utcnow())["now"]


async def ask_for(home: Home, action: Action, target_percent: int | None = None) -> None:
    """An override of an hour."""
    until = dt_util.utcnow() + timedelta(hours=1)
    await home.async_set_override(
        override_of(action, dt_util.utcnow(), until=until, target_percent=target_percent)
    )


async def test_a_charge_that_a_rule_holds_back(home: Home, frozen: FrozenDateTimeFactory) -> None:
    """In the peak nothing is charged, and the card is told the rule."""
    await ask_for(home, Action.CHARGE)
    assert "held_back" not in now_of(home)
    assert now_of(home)["command"]["reached"] is False
    frozen.move_to(NOW + timedelta(hours=20, minutes=10))
    await ask_for(home, Action.CHARGE)
    assert now_of(home)["override"]["action"] == "charge"
    assert now_of(home)["held_back"] == "peak"
    await ask_for(home, Action.HOLD)
    assert "held_back" not in now_of(home)


async def test_an_override_is_over_at_its_end(home: Home, frozen: FrozenDateTimeFactory) -> None:
    """And not only at the next reading."""
    await ask_for(home, Action.USE)
    frozen.tick(timedelta(minutes=61))
    assert home.override is not None
    assert "override" not in now_of(home)


@pytest.mark.parametrize("percent", [50, 100])
async def test_a_charge_at_its_target_holds(home: Home, percent: int) -> None:
    """What rests at its target is not told as charging, by whichever lever it rests."""
    await ask_for(home, Action.CHARGE, percent)
    command = home.controller.state.command
    assert command is not None
    seen = replace(command, evidence=replace(command.evidence, seen_at=dt_util.utcnow()))
    home.controller.state = ControlState(phase=Phase.RUNNING, command=seen)
    assert is_charging(home)
    home.controller.state = replace(home.controller.state, completed=command.wanted)
    assert now_of(home)["command"]["reached"] is True
    assert not is_charging(home)
    assert status_of(home) is Status.HOLDING


async def test_without_contact_nobody_knows(home: Home) -> None:
    """What was seen last may be over; what is switched off is off all the same."""
    await ask_for(home, Action.CHARGE)
    command = home.controller.state.command
    assert command is not None
    seen = replace(command, evidence=replace(command.evidence, seen_at=dt_util.utcnow()))
    home.controller.state = ControlState(phase=Phase.RUNNING, command=seen)
    assert status_of(home) is Status.CHARGING
    home.battery.last_update_success = False
    assert not is_charging(home)
    assert status_of(home) is None
    home.preferences = replace(home.preferences, dry_run=True)
    assert status_of(home) is Status.DRY_RUN


async def test_a_charge_in_doubt_is_not_seen(home: Home) -> None:
    """Seen once, but not any more."""
    await ask_for(home, Action.CHARGE)
    command = home.controller.state.command
    assert command is not None
    now = dt_util.utcnow()
    doubted = replace(command.evidence, seen_at=now, doubted_at=now)
    home.controller.state = ControlState(
        phase=Phase.RUNNING, command=replace(command, evidence=doubted)
    )
    assert not is_charging(home)


async def test_what_one_listener_cannot_show_stops_nobody(home: Home) -> None:
    """An entity that fails neither keeps the others from showing nor the battery from its command."""
    heard: list[None] = []

    @callback
    def fails() -> None:
        raise ValueError("cannot be shown")

    @callback
    def hears() -> None:
        heard.append(None)

    unsubscribe = [home.async_add_listener(fails), home.async_add_listener(hears)]
    await ask_for(home, Action.CHARGE)
    assert home.controller.state.command is not None
    assert home.controller.state.command.evidence.accepted_at is not None
    assert heard
    for each in unsubscribe:
        each()
