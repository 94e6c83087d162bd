"""What Assist understands and says, with the sentences written out."""

from datetime import UTC, datetime, time, timedelta
import re
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
import pytest

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
)
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component

from ..automations.conftest import NOW, plan_of
from .conftest import a_night_plan, say


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
    assert answer.startswith("The battery is at 66 percent")
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
    assert "using it now saves more" in await say(hass, "why is the battery doing that")
    frozen.move_to(NOW + timedelta(hours=2, minutes=10))
    night.planner.async_set_updated_data(a_night_plan())
    assert await say(hass, "why is it charging?") == (
        "The plan is to charge from the grid because 9.8 pence now avoids 24.1 pence tomorrow at 17:30."
    )


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
