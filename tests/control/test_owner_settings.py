"""No sequence of restarts, failures and user changes loses the owner settings."""

import asyncio
from dataclasses import replace
from datetime import timedelta
import json

from hypothesis import example, given, settings, strategies as st

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.control.model import ControlState
from custom_components.smart_battery_scheduler.planner.model import Action, ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    Courier,
    Delivery,
    after_a_while,
    at_once,
)

from .stage import Stage, charge, want

NOTHING = Settings()
HOURS = timedelta(hours=3)


def _lost(_: Settings) -> Delivery:
    return Delivery(shown=NOTHING, obeyed=NOTHING)


def _shown_only(change: Settings) -> Delivery:
    return Delivery(shown=change, obeyed=NOTHING)


COURIERS: dict[str, Courier] = {
    "at_once": at_once,
    "late": after_a_while(7, timedelta(seconds=5), timedelta(seconds=180)),
    "lost": _lost,
    "shown_only": _shown_only,
}

# Values that none of our commands ever writes, so that whose they are is beyond doubt.
USERS_CHANGES = (
    Settings(operating_mode=OperatingMode.TIME_BASED),
    Settings(backup_reserve_percent=33),
    Settings(backup_reserve_percent=7, operating_mode=OperatingMode.TIME_BASED),
)

EVENTS = st.one_of(
    st.tuples(st.just("courier"), st.sampled_from(sorted(COURIERS))),
    st.tuples(st.just("readings"), st.booleans()),
    st.tuples(st.just("writes"), st.booleans()),
    st.tuples(st.just("outage"), st.booleans()),
    st.tuples(st.just("storm"), st.booleans()),
    st.tuples(st.just("app"), st.sampled_from(USERS_CHANGES)),
    st.tuples(st.just("restart"), st.booleans()),
    st.tuples(st.just("level"), st.sampled_from([5.0, 40.0, 79.0, 85.0, 99.0])),
    st.tuples(
        st.just("want"),
        st.sampled_from(["fast", "fast 70", "gentle", "gentle 60", "hold", "use", "nothing"]),
    ),
)


def _wish(stage: Stage, name: str) -> None:
    ends_at = stage.now + HOURS
    match name.split():
        case ["fast"]:
            stage.wanted = charge(ends_at)
        case ["fast", target]:
            stage.wanted = charge(ends_at, target_percent=int(target))
        case ["gentle"]:
            stage.wanted = charge(ends_at, method=ChargeMethod.RESERVE)
        case ["gentle", target]:
            stage.wanted = charge(ends_at, method=ChargeMethod.RESERVE, target_percent=int(target))
        case ["nothing"]:
            stage.wanted = None
        case [action]:
            stage.wanted = want(Action(action), ends_at)


def _happen(stage: Stage, event: tuple[str, object]) -> None:
    match event:
        case ("courier", str(name)):
            stage.powerwall.deliver = COURIERS[name]
        case ("readings", bool(arrive)):
            stage.readings_arrive = arrive
        case ("writes", bool(arrive)):
            stage.writes_arrive = arrive
        case ("outage", bool(out)):
            stage.powerwall.meet(Circumstances(on_grid=not out))
        case ("storm", bool(storm)):
            stage.powerwall.meet(Circumstances(storm_watch=storm))
        case ("level", float(level)):
            stage.powerwall.set_soc(level)
        case ("restart", bool()):
            stored = json.loads(json.dumps(encode(stage.state)))
            stage.state = decode(ControlState, stored)
        case ("want", str(name)):
            _wish(stage, name)


async def _all_well(stage: Stage, minutes: float) -> None:
    stage.powerwall.deliver = at_once
    stage.readings_arrive = stage.writes_arrive = True
    stage.powerwall.meet(Circumstances())
    await stage.run(minutes)


async def _story(events: list[tuple[tuple[str, object], int]]) -> None:
    stage = Stage()
    owner = stage.owner
    await stage.look()
    for event, minutes in events:
        if event[0] == "app":
            # A write on its way would overwrite the person's change: let it arrive first.
            await _all_well(stage, 20)
            assert isinstance(event[1], Settings)
            owner = event[1].over(owner)
            stage.powerwall.set_in_app(event[1])
            # Nor may one leave before a reading has shown the change: nobody could know of it.
            await stage.look()
            await stage.run(5)
        else:
            _happen(stage, event)
            await stage.run(minutes)
    stage.wanted = None
    await _all_well(stage, 150)
    assert stage.state.owner is None
    assert stage.shown == replace(owner, export_rule=stage.owner.export_rule)


@settings(max_examples=300, deadline=None)
# The change comes in the very reading that would have a command sent again.
@example([(("want", "hold"), 1), (("level", 5.0), 1), (("app", USERS_CHANGES[2]), 1)])
# So many refused holds, each at another level, that the charge before them was forgotten.
@example(
    [
        (("want", "fast"), 3),
        (("writes", False), 1),
        (("want", "hold"), 11),
        (("courier", "at_once"), 25),
        (("outage", True), 20),
    ]
)
@given(st.lists(st.tuples(EVENTS, st.integers(1, 25)), max_size=14))
def test_home_settings_always_come_back(events: list[tuple[tuple[str, object], int]]) -> None:
    """Whatever happens in between: once all is well and nothing is wanted, they stand again."""
    asyncio.run(_story(events))
