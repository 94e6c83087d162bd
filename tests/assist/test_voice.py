"""What Assist understands and says, with the sentences written out."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
import re
import shutil
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    Phase,
    Suspension,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.intent import (
    INTENT_CHARGE_TO,
    INTENT_HOLD,
    INTENT_NEXT_CHARGE,
    INTENT_RATE,
    INTENT_RESUME,
    INTENT_SAVED,
    INTENT_SKIP_TONIGHT,
    INTENT_STATUS,
    INTENT_USE,
    INTENT_WHY,
    next_time,
    tonight,
)
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Note,
    NoteCode,
    Plan,
    ReadyBy,
    Reason,
    ReasonCode,
)
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component

from ..automations.conftest import NOW, plan_of
from ..plans import a_plan, a_slot

SENTENCES = Path(__file__).parents[2] / "docs" / "custom_sentences"
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
async def assist(
    hass: HomeAssistant, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assist with the sentence file where its instructions say."""
    config = tmp_path / "config"
    await hass.async_add_executor_job(shutil.copytree, SENTENCES, config / "custom_sentences")
    monkeypatch.setattr(hass.config, "config_dir", str(config))
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()


async def say(hass: HomeAssistant, text: str) -> str:
    """Say something to Assist through the action, and return what it answers."""
    reply = await hass.services.async_call(
        "conversation",
        "process",
        {"text": text, "language": "en"},
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


@pytest.mark.parametrize(
    "sentence",
    [
        "what is the battery doing",
        "What's my home battery up to?",
        "how full is the Powerwall",
        "what is the battery of Demo home doing",
    ],
)
async def test_what_is_the_battery_doing(
    hass: HomeAssistant, night: Site, assist: None, sentence: str
) -> None:
    """The level, what its meter shows, and the plan."""
    answer = await say(hass, sentence)
    assert answer.startswith("The battery is at 45 percent")
    assert answer.endswith("The plan is to power the house until 22:00.")


@pytest.mark.parametrize(
    "sentence",
    ["when will it charge", "when will the battery charge next", "when is the next charge?"],
)
async def test_when_will_it_charge(
    hass: HomeAssistant, night: Site, assist: None, sentence: str
) -> None:
    """From when to when, how far, at what rate."""
    answer = await say(hass, sentence)
    assert answer == "It will charge at 22:00 until 23:00, to 80 percent, at 9.8 pence."


WAYS_TO_SAY = {
    INTENT_STATUS: (
        "is it charging",
        "is my powerwall charging right now",
        "is the battery of Demo home charging from the grid",
        "what is the battery doing now",
        "is the battery full",
        "how much charge is in the battery",
        "how much is left in the battery",
        "what's the battery level",
        "what is the charge level of my home battery",
        "what percentage is the powerwall at",
        "what is the battery's plan",
    ),
    INTENT_NEXT_CHARGE: (
        "when does the powerwall start charging",
        "when is the battery going to charge",
        "when will the battery next charge",
        "what time will the battery charge",
        "when will the battery of Demo home charge again",
        "when's the battery charging next",
    ),
    INTENT_WHY: (
        "why is the battery charging now",
        "why is it not charging",
        "why isn't the battery charging",
        "why does it do that",
    ),
    INTENT_CHARGE_TO: (
        "fill the battery",
        "start charging the battery",
        "charge the battery now",
        "get the battery to 80 percent by 7",
        "charge the battery to 80 percent by half past six",
        "fill the battery by 7am",
    ),
    INTENT_RESUME: (
        "stop charging",
        "go back to the plan",
        "back to the plan",
        "resume the plan",
        "put the battery back to automatic",
        "put the battery on automatic",
        "cancel that",
    ),
    INTENT_RATE: ("is it cheap right now", "what's the price now", "how much is electricity"),
    INTENT_SAVED: ("how much did I save today", "how much has the battery saved this month"),
    INTENT_HOLD: (
        "hold the battery",
        "hold the battery for an hour",
        "keep the powerwall for 2 hours",
    ),
    INTENT_USE: ("use the battery for an hour", "use my battery for 45 minutes"),
    INTENT_SKIP_TONIGHT: (
        "don't charge tonight",
        "don't charge the battery tonight",
        "skip tonight's charge",
    ),
}


async def test_ways_to_say_it(hass: HomeAssistant, night: Site, assist: None) -> None:
    """The ways in which people say the same are all understood, and as what was meant."""
    received: list[str] = []

    class Listener(intent.IntentHandler):
        """Notes what came through."""

        def __init__(self, intent_type: str) -> None:
            """Stand in for its handler."""
            self.intent_type = intent_type

        @override
        async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
            """Understand it."""
            received.append(intent_obj.intent_type)
            response = intent_obj.create_response()
            response.async_set_speech("Heard.")
            return response

    for intent_type in WAYS_TO_SAY:
        intent.async_register(hass, Listener(intent_type))
    for intent_type, sentences in WAYS_TO_SAY.items():
        for sentence in sentences:
            received.clear()
            await say(hass, sentence)
            assert received == [intent_type], sentence


async def test_filled_by_seven(hass: HomeAssistant, site: Site, assist: None) -> None:
    """To the brim, whatever "Charge now" is set to."""
    await site.async_prefer(charge_now_percent=70.0)
    await hass.async_block_till_done()
    await say(hass, "fill the battery by 7am")
    assert site.ready_once == ReadyBy(at=datetime(2026, 11, 21, 7, tzinfo=UTC), percent=100)


async def test_an_hour_of_holding_and_cancelling_that(
    hass: HomeAssistant, site: Site, assist: None
) -> None:
    """With an end that is said; "cancel that" ends it."""
    answer = await say(hass, "hold the battery for an hour")
    assert answer == "I have asked the battery to keep what it has until 21:00."
    assert site.override is not None
    assert (site.override.action, site.override.until) == (Action.HOLD, NOW + timedelta(hours=1))
    await say(hass, "use the battery for half an hour")
    assert (site.override.action, site.override.until) == (Action.USE, NOW + HALF_HOUR)
    assert await say(hass, "cancel that") == "Back to the plan."
    assert site.override is None


async def test_no_charge_tonight(hass: HomeAssistant, site: Site, assist: None) -> None:
    """A manual slot until the morning, which the next words take back."""
    answer = await say(hass, "don't charge tonight")
    assert answer == "I will not charge it from the grid until tomorrow at 08:00."
    (slot,) = site.manual.slots
    assert slot.blocked
    assert (slot.start, slot.end) == (NOW, datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert await say(hass, "cancel that") == "It may charge tonight again."
    assert site.manual.slots == ()


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ((20, 23, 40), (20, 23, 30), (21, 8, 0)),
        ((20, 2, 10), (20, 2, 0), (20, 8, 0)),
        ((20, 11, 0), (20, 18, 0), (21, 8, 0)),
    ],
)
async def test_which_night_is_meant(
    hass: HomeAssistant,
    now: tuple[int, int, int],
    start: tuple[int, int, int],
    end: tuple[int, int, int],
) -> None:
    """The one that runs, or the next."""
    await hass.config.async_set_time_zone("UTC")
    at = [datetime(2026, 11, *each, tzinfo=UTC) for each in (now, start, end)]
    assert tonight(at[0]) == (at[1], at[2])


async def test_money_by_voice(hass: HomeAssistant, site: Site, assist: None) -> None:
    """What it costs now, when it is cheapest, what was saved."""
    answer = await say(hass, "is it cheap right now")
    assert re.match(
        r"(Yes, it is cheap|No, it is expensive|It is about average): [\d.]+ pence", answer
    )
    assert "has saved" in await say(hass, "how much did I save today")


async def test_half_past(hass: HomeAssistant, site: Site, assist: None) -> None:
    """The clock as it is said."""
    await say(hass, "charge the battery to 80 percent by half past six")
    assert site.ready_once is not None
    assert site.ready_once.at == datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


async def test_no_charge_is_an_answer_too(hass: HomeAssistant, site: Site, assist: None) -> None:
    """And it says how far the plan sees."""
    site.planner.async_set_updated_data(plan_of(*[Action.USE] * 10))
    answer = await say(hass, "when will it charge")
    assert answer == "No charge from the grid is planned until tomorrow at 01:00."


async def test_why(
    hass: HomeAssistant, night: Site, assist: None, frozen: FrozenDateTimeFactory
) -> None:
    """In pence, with the moment it pays off."""
    assert "no later half-hour needs it more" in await say(hass, "why is the battery doing that")
    frozen.move_to(NOW + timedelta(hours=2, minutes=10))
    night.planner.async_set_updated_data(a_night_plan())
    assert await say(hass, "why is it charging?") == (
        "It is to charge from the grid because 9.8 pence now avoids 24.1 pence tomorrow at 17:30."
    )


@pytest.mark.parametrize(
    ("sentence", "percent", "at"),
    [
        ("charge to 80 percent by 6", 80, datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("charge the battery to 70% by 6 pm", 70, datetime(2026, 11, 21, 18, tzinfo=UTC)),
        ("charge the battery to 90 percent by 7:30", 90, datetime(2026, 11, 21, 7, 30, tzinfo=UTC)),
        (
            "charge my home battery to 60 percent by 22 o'clock",
            60,
            datetime(2026, 11, 20, 22, tzinfo=UTC),
        ),
        (
            "charge to 80 percent by 6 in the morning",
            80,
            datetime(2026, 11, 21, 6, tzinfo=UTC),
        ),
    ],
)
async def test_charge_to_so_much_by_then(
    hass: HomeAssistant, site: Site, assist: None, sentence: str, percent: int, at: datetime
) -> None:
    """A manual slot for one time, planned at the least cost, not a charge at once."""
    answer = await say(hass, sentence)
    assert site.ready_once == ReadyBy(at=at, percent=percent)
    assert site.override is None
    assert f"The battery is to be at {percent} percent" in answer
    assert f"{at:%H:%M}" in answer


async def test_the_request_is_planned_for(hass: HomeAssistant, site: Site, assist: None) -> None:
    """The plan reaches the level in time, and says when it charges."""
    site.orders.preferences = site.preferences.from_options({"price_ceiling_p_per_kwh": 100.0})
    answer = await say(hass, "charge to 75 percent by 7")
    await hass.async_block_till_done()
    await site.async_replan()
    plan = site.planner.data
    assert plan is not None
    at_seven = plan.slot_at(datetime(2026, 11, 21, 7, tzinfo=UTC))
    assert at_seven is not None
    assert at_seven.start_percent >= 74
    assert "tomorrow at 07:00" in answer


async def test_a_request_that_cannot_be_met(
    hass: HomeAssistant, site: Site, assist: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How far it gets is said at once, if it is planned at once."""
    short = Note(
        code=NoteCode.READY_BY_MISSED,
        numbers={"wanted_percent": 100.0, "reached_percent": 63.2},
        at=NOW + timedelta(hours=1),
    )

    async def plan() -> None:
        """An hour is too short from 45 to 100 percent."""
        site.planner.async_set_updated_data(replace(a_night_plan(), made_at=NOW, notes=(short,)))

    monkeypatch.setattr(site, "async_replan", plan)
    answer = await say(hass, "charge to 100 percent by 21 o'clock")
    assert answer.endswith("at 21:00. It can only get to 63 percent by then.")


@pytest.mark.parametrize("sentence", ["charge to 80 percent", "charge the battery to 80% now"])
async def test_charge_at_once(hass: HomeAssistant, site: Site, assist: None, sentence: str) -> None:
    """Without a time it is an override, with an end."""
    answer = await say(hass, sentence)
    assert site.override is not None
    assert (site.override.action, site.override.target_percent) == (Action.CHARGE, 80)
    assert site.override.until == NOW + timedelta(hours=4)
    asked = "I have asked the battery to charge to 80 percent"
    assert answer == f"{asked}, until tomorrow at 00:00 at the latest."


async def test_nothing_to_charge(hass: HomeAssistant, site: Site, assist: None) -> None:
    """A battery that is that full is left alone."""
    answer = await say(hass, "charge to 20 percent by 6")
    assert answer == "The battery is at 45 percent already."
    assert site.override is None
    assert site.ready_once is None


async def test_a_charge_that_may_not_be(hass: HomeAssistant, site: Site, assist: None) -> None:
    """In a dry run nothing is asked of the battery, and it is not said to be."""
    await site.async_prefer(dry_run=True)
    await hass.async_block_till_done()
    answer = await say(hass, "charge the battery to 90 percent")
    assert "This is a dry run" in answer
    assert "I have asked" not in answer


async def test_back_to_the_plan(hass: HomeAssistant, site: Site, assist: None) -> None:
    """Ends the override and the request."""
    answer = await say(hass, "stop charging the battery")
    assert answer.startswith("The plan is in force already. The battery is at 45 percent")
    await say(hass, "charge to 80 percent by 6")
    await say(hass, "charge to 80 percent")
    assert await say(hass, "let the battery go back to the plan") == "Back to the plan."
    assert site.override is None
    assert site.ready_once is None


async def test_back_to_the_plan_after_stepping_back(
    hass: HomeAssistant, site: Site, assist: None
) -> None:
    """Control is taken again, as by the button; the plan was not in force."""
    suspension = Suspension(cause=SuspensionCause.USER, since=NOW, until=NOW + timedelta(hours=2))
    site.controller.state = ControlState(phase=Phase.SUSPENDED, suspension=suspension)
    assert await say(hass, "back to the plan") == "Back to the plan."
    assert site.controller.state.suspension is None


async def test_a_charge_in_the_peak(
    hass: HomeAssistant, site: Site, assist: None, frozen: FrozenDateTimeFactory
) -> None:
    """What is asked for is said not to be done, and why."""
    frozen.move_to(NOW + timedelta(hours=21))
    answer = await say(hass, "charge the battery to 90 percent")
    assert "but nothing is charged from the grid in your peak window" in answer
    assert "I have asked" not in answer


async def test_the_override_is_spoken(hass: HomeAssistant, night: Site, assist: None) -> None:
    """On whose word it acts."""
    await night.async_set_override(
        Override(action=Action.HOLD, made_at=NOW, until=NOW + timedelta(hours=1))
    )
    status = await say(hass, "what is the battery doing")
    assert status.endswith("You asked it to keep what it has until 21:00 at the latest.")
    assert "somebody asked for it" in await say(hass, "why")


async def test_several_homes(
    hass: HomeAssistant, night: Site, other_site: Site, assist: None
) -> None:
    """One is chosen by its name; without it nothing is guessed."""
    other_site.planner.async_set_updated_data(plan_of(Action.HOLD))
    answer = await say(hass, "what is the battery of other home doing")
    assert answer.endswith("The plan is to keep what it has until 20:30.")
    with pytest.raises(intent.IntentHandleError, match="several homes"):
        await intent.async_handle(hass, "test", INTENT_STATUS)


async def test_no_home(hass: HomeAssistant, site: Site, assist: None) -> None:
    """An unloaded home says nothing and nothing breaks."""
    await hass.config_entries.async_unload(site.entry.entry_id)
    with pytest.raises(intent.IntentHandleError, match="no home"):
        await intent.async_handle(hass, "test", INTENT_STATUS)
    assert await say(hass, "what is the battery doing")


@pytest.mark.parametrize(
    "slots",
    [
        {"percent": 0},
        {"percent": 101},
        {"percent": "lots"},
        {"percent": 80, "hour": 24},
        {"percent": 80, "hour": 6, "half_of_day": "noonish"},
    ],
)
async def test_hostile_slots(
    hass: HomeAssistant, site: Site, assist: None, slots: dict[str, Any]
) -> None:
    """Refused, and nothing is done."""
    with pytest.raises(intent.InvalidSlotInfo):
        await intent.async_handle(
            hass, "test", INTENT_CHARGE_TO, {key: {"value": value} for key, value in slots.items()}
        )
    assert site.override is None


@pytest.mark.parametrize(
    ("now", "said", "expected"),
    [
        ((2026, 11, 20, 5, 0), (6, 0), time(6)),
        ((2026, 11, 20, 6, 0), (6, 0), time(18)),
        ((2026, 11, 20, 6, 0), (12, 0), time(12)),
        ((2026, 11, 20, 13, 0), (12, 0), time(0)),
        ((2026, 11, 20, 13, 0), (12, 0, "pm"), time(12)),
        ((2026, 11, 20, 6, 0), (6, 0, "am"), time(6)),
        ((2026, 11, 20, 6, 0), (0, 30), time(0, 30)),
        ((2026, 11, 20, 20, 0), (19, 0), time(19)),
    ],
)
def test_the_next_such_time(now: tuple[int, ...], said: tuple[Any, ...], expected: time) -> None:
    """Always ahead, at most a day."""
    moment = datetime(*now, tzinfo=UTC)  # type: ignore[misc, arg-type]  # five numbers
    found = next_time(moment, *said)
    assert moment < found <= moment + timedelta(days=1)
    assert found.astimezone(UTC).time() == expected


async def test_processing_needs_no_sentences_of_ours_for_the_switch(
    hass: HomeAssistant, site: Site
) -> None:
    """Built-in sentences reach the scheduler's switch by device and name."""
    assert await async_setup_component(hass, "conversation", {})
    result = await conversation.async_converse(
        hass, "turn off demo home scheduler", None, Context(), language="en"
    )
    await hass.async_block_till_done()
    assert result.response.response_type is intent.IntentResponseType.ACTION_DONE
    assert not site.preferences.scheduler_enabled


async def test_the_charge_switch_by_built_in_sentences(hass: HomeAssistant, site: Site) -> None:
    """On, asked about, and off, without a sentence of ours."""
    assert await async_setup_component(hass, "conversation", {})
    await say(hass, "turn on the demo home charge now")
    await hass.async_block_till_done()
    assert site.override is not None
    assert site.override.action is Action.CHARGE
    assert "yes" in (await say(hass, "is demo home charge now on")).casefold()
    await say(hass, "turn off demo home charge now")
    await hass.async_block_till_done()
    assert site.override is None
