"""Every action with good, bad and hostile input."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

import custom_components.smart_battery_scheduler
from custom_components.smart_battery_scheduler.actions import async_setup_actions
from custom_components.smart_battery_scheduler.actions.answers import TRIABLE
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from custom_components.smart_battery_scheduler.planner.model import Action, Session
from custom_components.smart_battery_scheduler.site.limits import LIMITS
from custom_components.smart_battery_scheduler.site.manual_slots import Problem
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml

from ..days.stage import Day
from ..entities.conftest import Ask

HOUR = timedelta(hours=1)
FOLDER = Path(custom_components.smart_battery_scheduler.__file__).parent


def in_hours(hours: float) -> str:
    """The next whole hour and so many more, as a person's form gives it: local, without zone."""
    now = dt_util.now().replace(minute=0, second=0, microsecond=0, tzinfo=None)
    return (now + timedelta(hours=hours)).isoformat(sep=" ")


async def test_charge_by_device_to_a_target_for_a_while(site: Day, ask: Ask) -> None:
    """The override has the target and the end of the call, and the charge runs within minutes."""
    device = dr.async_entries_for_config_entry(dr.async_get(site.hass), site.entry.entry_id)[0]
    await ask("charge", device_id=device.id, target_percent=80, duration={"hours": 2})
    override = site.site.override
    assert override is not None
    assert (override.action, override.target_percent) == (Action.CHARGE, 80)
    assert override.until == dt_util.utcnow() + 2 * HOUR
    await site.run(0.1)
    assert site.phase is Phase.RUNNING
    await ask("resume")
    await site.run(0.2)
    assert site.site.override is None
    assert DecisionKind.STOPPED in {decision.kind for decision in site.decisions}


@pytest.mark.parametrize("action", ["hold", "use"])
async def test_hold_and_use_until_a_time(site: Day, ask: Ask, action: str) -> None:
    """Both last until the given time and have no target."""
    until = dt_util.utcnow() + 3 * HOUR
    await ask(action, until=until.isoformat())
    override = site.site.override
    assert override is not None
    assert (override.action.value, override.until) == (action, until)
    assert override.target_percent is None


async def test_without_an_end_an_override_lasts_four_hours(site: Day, ask: Ask) -> None:
    """The defaults of Charge now: 100 % and four hours."""
    await ask("charge")
    override = site.site.override
    assert override is not None
    assert (override.target_percent, override.until) == (100, dt_util.utcnow() + 4 * HOUR)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"target_percent": 0}, "out_of_range"),
        ({"target_percent": 101}, "out_of_range"),
        ({"target_percent": 1}, "target_reached_already"),
        ({"duration": {"seconds": 0}}, "end_in_the_past"),
        ({"duration": {"days": 3}}, "end_too_far"),
        ({"duration": {"days": 999999999}}, "end_too_far"),
        ({"until": "2020-01-01 00:00:00"}, "end_in_the_past"),
        ({"until": "2099-01-01 00:00:00"}, "end_too_far"),
        ({"until": "2099-01-01 00:00:00", "duration": {"hours": 1}}, "duration_or_until"),
        ({"config_entry_id": "another"}, "no_such_home"),
        ({"device_id": ["nothing"]}, "no_such_home"),
        ({"entity_id": ["sensor.not_ours"]}, "no_such_home"),
    ],
)
async def test_a_charge_that_makes_no_sense_is_refused_with_the_mend(
    site: Day, ask: Ask, data: dict[str, Any], key: str
) -> None:
    """The error says what to change; no override begins and nothing is written."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask("charge", **data)
    assert caught.value.translation_domain == DOMAIN
    assert caught.value.translation_key == key
    assert site.site.override is None
    assert not site.cloud.requests.writes


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("charge", {"target_percent": float("nan")}),
    ("charge", {"target_percent": float("inf")}),
    ("charge", {"target_percent": "1e999"}),
    ("charge", {"target_percent": True}),
    ("charge", {"target_percent": [80]}),
    ("charge", {"target_percent": "'; DROP TABLE states; --"}),
    ("charge", {"duration": "-01:00"}),
    ("charge", {"until": "tomorrow"}),
    ("charge", {"lever": "fast"}),
    ("hold", {"target_percent": 50}),
    ("use", {"duration": {"hours": "many"}}),
    ("resume", {"unknown": 1}),
    ("add_slot", {"start": "x", "end": "y", "action": "charge"}),
    ("add_slot", {"start": "2026-01-14 10:00:00", "action": "charge"}),
    ("add_slot", {"start": "2026-01-14 10:00", "end": "2026-01-14 11:00", "action": "export"}),
    ("add_slot", {"start": "2026-01-14 10:00", "end": "2026-01-14 11:00", "action": {"a": 1}}),
    ("remove_slot", {}),
    ("remove_slot", {"slot_id": {"$gt": ""}}),
    ("add_session", {"start": "2026-01-14 10:00", "end": "2026-01-14 11:00", "kind": "party"}),
    ("remove_session", {}),
    ("get_plan", {"unknown": 1}),
    ("explain", {"at": 5e99}),
    ("explain", {"action": "dance"}),
    ("get_decisions", {"hours": float("inf")}),
    ("get_decisions", {"kind": "__class__"}),
    ("get_rates", {"start": "../../secrets"}),
    ("what_if", {"battery_kwh": "huge"}),
    ("what_if", {"scheduler_enabled": False}),
    ("get_digest", {"lines": 1000000}),
    ("list_slots", {"limit": -1}),
    ("replan", {"fast": True}),
    ("ready_once", {"at": "2026-01-14 10:00"}),
    ("ready_once", {"target_percent": float("nan"), "at": "2026-01-14 10:00"}),
    ("ready_once", {"target_percent": 80, "at": "by six"}),
    ("cancel_ready_once", {"all": True}),
    ("install_sentences", {"overwrite": "../../x"}),
    ("backtest", {"days": "thirty", "config_entry_id": "x"}),
]


def test_hostility_leaves_no_action_out() -> None:
    """A new action comes with its own."""
    services: Any = parse_yaml((FOLDER / "services.yaml").read_text("utf-8"))
    assert {name for name, _ in HOSTILE} == set(services)


@pytest.mark.parametrize(("action", "data"), HOSTILE)
async def test_hostile_input_does_nothing(
    hass: HomeAssistant, action: str, data: dict[str, Any]
) -> None:
    """The schema refuses it before anything is called."""
    async_setup_actions(hass)
    answers = hass.services.supports_response(DOMAIN, action).value == "only"
    with pytest.raises(vol.Invalid):
        await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=answers)


async def test_a_forced_slot_is_carried_out_and_its_removal_stops_the_charge(
    site: Day, ask: Ask
) -> None:
    """A pin is played and its removal stops the charge."""
    start = dt_util.as_utc(datetime.fromisoformat(in_hours(0)))
    added = await ask.answer("add_slot", start=in_hours(0), end=in_hours(2), action="charge")
    await site.run(0.05)
    slot_id = added["slot"]["slot_id"]
    assert added["slot"]["start"] == start.isoformat()
    plan = site.site.planner.data
    assert plan is not None
    assert {s.action for s in plan.slots if s.end <= start + 2 * HOUR} == {Action.CHARGE}
    await site.run(0.2)
    assert site.phase is Phase.RUNNING
    listed = await ask.answer("list_slots")
    assert [slot["slot_id"] for slot in listed["slots"]] == [slot_id]
    await ask("remove_slot", slot_id=slot_id)
    await ask("add_slot", start=in_hours(0), end=in_hours(2), action="do_not_charge")
    await site.run(0.2)
    command = site.site.controller.state.command
    assert command is None or command.wanted.action is not Action.CHARGE
    assert DecisionKind.STOPPED in {decision.kind for decision in site.decisions}


async def test_a_ban_keeps_the_plan_from_charging(site: Day, ask: Ask) -> None:
    """No slot of the blocked twelve hours is a charge."""
    await ask("add_slot", start=in_hours(0), end=in_hours(12), action="do_not_charge")
    await site.run(0.05)
    plan = site.site.planner.data
    assert plan is not None
    until = dt_util.utcnow() + 12 * HOUR
    assert Action.CHARGE not in {slot.action for slot in plan.slots if slot.end <= until}


async def test_slots_survive_a_power_cut(site: Day, ask: Ask) -> None:
    """They are stored at once, with their repetition."""
    await ask(
        "add_slot", start=in_hours(3), end=in_hours(4), action="do_not_charge", repeat="weekly"
    )
    before = await ask.answer("list_slots")
    await site.power_cut()
    await site.start()
    assert await ask.answer("list_slots") == before
    assert before["slots"][0]["repeat"] == "weekly"


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        (1.1, 2, Problem.NOT_ON_HALF_HOUR),
        (2, 1, Problem.ENDS_BEFORE_START),
        (1, 40, Problem.TOO_LONG),
        (-2, -1, Problem.IN_THE_PAST),
        (9000, 9001, Problem.TOO_FAR),
        (5, 6, Problem.CONTRADICTS),
    ],
)
async def test_slots_that_make_no_sense_are_refused(
    site: Day, ask: Ask, start: float, end: float, problem: Problem
) -> None:
    """Each problem has an error of its own, and the slots stay as they were."""
    await ask("add_slot", start=in_hours(5), end=in_hours(6), action="do_not_charge")
    with pytest.raises(ServiceValidationError) as caught:
        await ask("add_slot", start=in_hours(start), end=in_hours(end), action="charge")
    assert caught.value.translation_key == problem.value
    assert len(site.site.manual.slots) == 1


async def test_ids_that_are_not_known_are_refused(site: Day, ask: Ask) -> None:
    """The error names the id that was given."""
    with pytest.raises(ServiceValidationError, match="x" * 4):
        await ask("remove_slot", slot_id="x" * 4)
    with pytest.raises(ServiceValidationError, match="y" * 4):
        await ask("remove_session", session_id="y" * 4)


async def test_being_ready_once_is_planned_for_shown_and_taken_back(
    site: Day, ask: Ask, hass: HomeAssistant
) -> None:
    """A later request takes the place of an earlier one; it outlives a power cut."""
    await ask("ready_once", target_percent=50, at=in_hours(3))
    await ask("ready_once", target_percent=90, at=in_hours(20))
    await site.run(0.01)
    at = dt_util.as_utc(datetime.fromisoformat(in_hours(20)))
    plan = site.site.planner.data
    assert plan is not None
    ready = plan.slot_at(at)
    assert ready is not None
    assert ready.start_percent >= 89
    published = await ask.answer("get_plan")
    assert published["ready_once"] == {"at": at.isoformat(), "percent": 90}
    assert published["override"] is None
    await site.power_cut()
    await site.start()
    shown = hass.states.get("sensor.home_battery_ready_once")
    assert shown is not None
    assert (datetime.fromisoformat(shown.state), shown.attributes["target_percent"]) == (at, 90)
    events = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": "calendar.home_battery_schedule", "duration": {"hours": 30}},
        blocking=True,
        return_response=True,
    )
    assert "Should be at 90 % (requested)" in str(events)
    for _ in range(2):
        await ask("cancel_ready_once")
        shown = hass.states.get("sensor.home_battery_ready_once")
        assert shown is not None
        assert shown.state == "unknown"
    assert site.site.ready_once is None


@pytest.mark.parametrize(
    ("percent", "hours", "key"),
    [(0, 3, "out_of_range"), (80, -3, "ready_in_the_past"), (80, 24 * 8, "ready_too_far")],
)
async def test_being_ready_at_a_time_that_makes_no_sense_is_refused(
    site: Day, ask: Ask, percent: int, hours: int, key: str
) -> None:
    """With the mend."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask("ready_once", target_percent=percent, at=in_hours(hours))
    assert caught.value.translation_key == key
    assert site.site.ready_once is None


async def test_the_plan_tells_of_the_override_it_counts_on(site: Day, ask: Ask) -> None:
    """Who asks for the plan sees that it is not all the scheduler's own."""
    until = dt_util.utcnow() + 2 * HOUR
    await ask("hold", until=until.isoformat())
    await site.run(0.01)
    published = await ask.answer("get_plan")
    assert published["override"]["action"] == "hold"
    assert published["override"]["until"] == until.isoformat()
    assert {slot["action"] for slot in published["slots"][:3]} == {"hold"}


async def test_why_not_uses_the_inputs_of_the_plan(site: Day, ask: Ask) -> None:
    """A setting that is changed before the next plan does not change the answer."""
    peak = in_hours(17)
    snapshot = site.site.planned_from
    assert snapshot is not None
    with_no_peak = replace(site.site.preferences, peak_start=time(1), peak_end=time(1))
    site.site.orders.preferences = with_no_peak
    answer = await ask.answer("explain", at=peak, action="charge")
    assert answer["why_not"]["verdict"] == "forbidden"
    assert answer["why_not"]["forbidden_by"] == "peak"


async def test_a_session_entered_by_hand_is_planned_for_and_removed(site: Day, ask: Ask) -> None:
    """A session entered by hand is planned by and taken back."""
    answer = await ask.answer(
        "add_session", kind="power_down", start=in_hours(17), end=in_hours(18)
    )
    session_id = answer["sessions"][0]["session_id"]
    plan = await ask.answer("get_plan")
    assert [session["session_id"] for session in plan["sessions"]] == [session_id]
    assert site.site.sessions.at(dt_util.utcnow() + 17.5 * HOUR) is Session.POWER_DOWN
    await ask("remove_session", session_id=session_id)
    assert site.site.sessions.known == ()


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-3, -2), (1, 60)])
async def test_session_times_are_checked(site: Day, ask: Ask, start: int, end: int) -> None:
    """A session that is over, too long or ends before its start is refused."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask("add_session", kind="free", start=in_hours(start), end=in_hours(end))
    assert caught.value.translation_key == "session_times"


async def test_the_plan_is_returned_and_explained(site: Day, ask: Ask) -> None:
    """The plan is told and explained."""
    plan = await ask.answer("get_plan")
    assert len(plan["slots"]) >= 96
    why = await ask.answer("explain")
    assert why["slot"]["start"] == plan["slots"][0]["start"]
    assert why["text"].startswith("The battery is due to ")
    assert why["why_not"] is None
    charging = next(slot for slot in plan["slots"] if slot["action"] == "charge")
    why_not = await ask.answer("explain", at=charging["start"], action="use")
    assert why_not["why_not"]["verdict"] in {"costs_more", "costs_the_same", "kept_plan"}
    assert why_not["why_not"]["extra_p"] is not None
    peak = in_hours(17)
    forbidden = await ask.answer("explain", at=peak, action="charge")
    assert forbidden["why_not"]["verdict"] == "forbidden"
    with pytest.raises(ServiceValidationError):
        await ask.answer("explain", at=in_hours(100))


async def test_decisions_can_be_looked_up_by_kind_and_age(site: Day, ask: Ask) -> None:
    """One line is of the kind ``seen``; none is younger than zero hours."""
    await ask("charge")
    await site.run(0.2)
    published = (await ask.answer("get_decisions"))["decisions"]
    seen = (await ask.answer("get_decisions", kind="seen", hours=1))["decisions"]
    assert len(published) > len(seen) == 1
    assert seen[0]["evidence"]["seen_w"] < 0
    assert seen[0]["text"]
    assert (await ask.answer("get_decisions", hours=0))["decisions"] == []
    with pytest.raises(ServiceValidationError):
        await ask.answer("get_decisions", hours=-1)


async def test_rates_are_returned_as_published(site: Day, ask: Ask) -> None:
    """Rates are told as published."""
    rates = await ask.answer("get_rates")
    now = dt_util.utcnow()
    known = site.site.rates.data.imports.at(now)
    assert known is not None
    assert rates["import"][0]["p_per_kwh"] == known.p_per_kwh
    assert rates["export"]
    one = await ask.answer("get_rates", start=in_hours(1), end=in_hours(2))
    assert len(one["import"]) == 2
    for start, end in ((2, 1), (0, 1000)):
        with pytest.raises(ServiceValidationError):
            await ask.answer("get_rates", start=in_hours(start), end=in_hours(end))


async def test_what_if_compares_and_changes_nothing(site: Day, ask: Ask) -> None:
    """A larger battery saves more than a smaller one; the preferences stay."""
    before = site.site.preferences
    same = await ask.answer("what_if", wear_p_per_kwh=before.wear_p_per_kwh)
    assert same["saves_p"] == pytest.approx(0, abs=0.2)
    bigger = await ask.answer("what_if", battery_kwh=27)
    smaller = await ask.answer("what_if", battery_kwh=4)
    assert bigger["saves_p"] > smaller["saves_p"]
    full = await ask.answer("what_if", ready_by_percent=100)
    assert full["saves_p"] < 0
    never = await ask.answer("what_if", price_ceiling_p_per_kwh=-20)
    assert never["saves_p"] <= 0.2
    assert "charge" not in {slot["action"] for slot in never["slots"]}
    assert site.site.preferences == before


def test_the_form_of_what_if_has_the_bounds_of_the_settings() -> None:
    """What can be set can be tried, and nothing else."""
    services: Any = parse_yaml((FOLDER / "services.yaml").read_text("utf-8"))
    fields = services["what_if"]["fields"]
    assert set(fields) == {"battery_kwh", *TRIABLE}
    for name in TRIABLE:
        form, limits = fields[name]["selector"]["number"], LIMITS[name]
        assert (form["min"], form["max"], form["step"]) == (limits.least, limits.most, limits.step)
        assert form["unit_of_measurement"] == limits.unit


@pytest.mark.parametrize("data", [{}, {"battery_kwh": 0}, {"reserve_floor_percent": 81}])
async def test_what_if_needs_something_to_try(site: Day, ask: Ask, data: dict[str, float]) -> None:
    """Without a setting or a battery size it is refused."""
    with pytest.raises(ServiceValidationError):
        await ask.answer("what_if", **data)


async def test_replan_makes_a_new_plan(site: Day, ask: Ask) -> None:
    """Another plan object is in force afterwards."""
    before = site.site.planner.data
    await site.run(0.05)
    await ask("replan")
    assert site.site.planner.data is not before
