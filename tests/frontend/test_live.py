"""What the card is told of orders that are not done, have ended, or have come to their target."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.actions.override_factory import override_of
from custom_components.smart_battery_scheduler.control.model import ControlState, Phase
from custom_components.smart_battery_scheduler.entities.plan_sensors import Status, status_of
from custom_components.smart_battery_scheduler.frontend.live import live_state
from custom_components.smart_battery_scheduler.planner.model import Action, ReadyBy
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.tariff.model import floor_slot
from custom_components.smart_battery_scheduler.text.status import is_charging
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..automations.conftest import NOW, frozen, site

__all__ = ["frozen", "site"]


def now_of(site: Site) -> Any:
    """The part that changes with every reading."""
    return live_state(site, dt_util.utcnow())["now"]


async def ask_for(site: Site, action: Action, target_percent: int | None = None) -> None:
    """An override of an hour."""
    until = dt_util.utcnow() + timedelta(hours=1)
    await site.async_set_override(
        override_of(action, dt_util.utcnow(), until=until, target_percent=target_percent)
    )


async def test_a_charge_that_a_rule_holds_back(site: Site, frozen: FrozenDateTimeFactory) -> None:
    """In the peak nothing is charged, and the card is told the rule."""
    await ask_for(site, Action.CHARGE)
    assert "held_back" not in now_of(site)
    assert now_of(site)["command"]["reached"] is False
    frozen.move_to(NOW + timedelta(hours=20, minutes=10))
    await ask_for(site, Action.CHARGE)
    assert now_of(site)["override"]["action"] == "charge"
    assert now_of(site)["held_back"] == "peak"
    await ask_for(site, Action.HOLD)
    assert "held_back" not in now_of(site)


async def test_an_override_is_over_at_its_end(site: Site, frozen: FrozenDateTimeFactory) -> None:
    """And not only at the next reading."""
    await ask_for(site, Action.USE)
    frozen.tick(timedelta(minutes=61))
    assert site.override is not None
    assert "override" not in now_of(site)


@pytest.mark.parametrize("percent", [50, 100])
async def test_a_charge_at_its_target_holds(site: Site, percent: int) -> None:
    """What rests at its target is not reported as charging, by whichever charge method it rests."""
    await ask_for(site, Action.CHARGE, percent)
    command = site.controller.state.command
    assert command is not None
    seen = replace(
        command, command_status=replace(command.command_status, confirmed_at=dt_util.utcnow())
    )
    site.controller.state = ControlState(phase=Phase.RUNNING, command=seen)
    assert is_charging(site)
    site.controller.state = replace(site.controller.state, completed=command.wanted)
    assert now_of(site)["command"]["reached"] is True
    assert not is_charging(site)
    assert status_of(site) is Status.HOLDING


async def test_without_contact_nobody_knows(site: Site) -> None:
    """What was seen last may be over; what is switched off is off all the same."""
    await ask_for(site, Action.CHARGE)
    command = site.controller.state.command
    assert command is not None
    seen = replace(
        command, command_status=replace(command.command_status, confirmed_at=dt_util.utcnow())
    )
    site.controller.state = ControlState(phase=Phase.RUNNING, command=seen)
    assert status_of(site) is Status.CHARGING
    site.battery.last_update_success = False
    assert not is_charging(site)
    assert status_of(site) is None
    site.orders.preferences = replace(site.preferences, dry_run=True)
    assert status_of(site) is Status.DRY_RUN


async def test_a_charge_in_doubt_is_not_seen(site: Site) -> None:
    """Seen once, but not any more."""
    await ask_for(site, Action.CHARGE)
    command = site.controller.state.command
    assert command is not None
    now = dt_util.utcnow()
    doubted = replace(command.command_status, confirmed_at=now, doubted_at=now)
    site.controller.state = ControlState(
        phase=Phase.RUNNING, command=replace(command, command_status=doubted)
    )
    assert not is_charging(site)


async def test_what_one_listener_cannot_show_stops_nobody(site: Site) -> None:
    """An entity that fails neither keeps the others from showing nor the battery from its command."""
    received: list[None] = []

    @callback
    def fails() -> None:
        raise ValueError("cannot be shown")

    @callback
    def hears() -> None:
        received.append(None)

    unsubscribe = [site.async_add_listener(fails), site.async_add_listener(hears)]
    await ask_for(site, Action.CHARGE)
    assert site.controller.state.command is not None
    assert site.controller.state.command.command_status.accepted_at is not None
    assert received
    for each in unsubscribe:
        each()


async def test_what_was_planned_stands_beside_what_came(
    site: Site, frozen: FrozenDateTimeFactory
) -> None:
    """Of half-hours that are over only; a request to be full once is shown while it is ahead."""
    plan = site.planner.data
    assert plan is not None
    began = floor_slot(dt_util.utcnow())
    site.memory.planned_levels.slot_began(dt_util.utcnow(), plan)
    assert live_state(site, dt_util.utcnow())["planned_levels"] == {}
    frozen.tick(timedelta(minutes=30))
    shown = live_state(site, dt_util.utcnow())["planned_levels"]
    assert shown == {began.isoformat(): round(plan.slots[0].end_percent, 1)}
    at = dt_util.utcnow() + timedelta(hours=5)
    await site.async_be_ready(ReadyBy(at=at, percent=80))
    assert now_of(site)["ready_once"] == {"at": at.isoformat(), "percent": 80}
    frozen.tick(timedelta(hours=6))
    assert "ready_once" not in now_of(site)


async def test_the_export_rate_is_shown_where_there_is_one(site: Site) -> None:
    """By the start of each half-hour, as the import rate is."""
    rates = site.rates.data
    assert rates.exports is not None
    state = live_state(site, dt_util.utcnow())
    first = next(iter(cast(dict[str, Any], state["export_rates"]).items()))
    start = dt_util.parse_datetime(first[0])
    assert start is not None
    found = rates.exports.at(start)
    assert found is not None
    assert first[1]["p_per_kwh"] == found.p_per_kwh
    site.rates.data = replace(rates, exports=None)
    assert "export_rates" not in live_state(site, dt_util.utcnow())
