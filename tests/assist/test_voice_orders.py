"""What Assist does when it is asked for something, with the sentences written out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    Phase,
    Suspension,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.intent import tonight
from custom_components.smart_battery_scheduler.planner.model import Action, Note, NoteCode, ReadyBy
from custom_components.smart_battery_scheduler.site.site import Site
from homeassistant.core import HomeAssistant

from ..automations.conftest import NOW
from .conftest import HALF_HOUR, a_night_plan, say


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
    assert await say(hass, "cancel that") == "It may charge tonight after all."
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


@pytest.mark.parametrize(
    ("sentence", "percent", "at"),
    [
        ("charge to 80 percent by 6", 80, datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("charge the battery to 70% by 6 pm", 70, datetime(2026, 11, 21, 18, tzinfo=UTC)),
        ("charge the battery to 90 percent by 7:30", 90, datetime(2026, 11, 21, 7, 30, tzinfo=UTC)),
        (
            "charge my home battery to 75 percent by 22 o'clock",
            75,
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
    assert f"The battery should be at {percent} percent" in answer
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
    assert answer == "The battery is already at 66 percent."
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
    assert answer.startswith("The plan is already in force. The battery is at 66 percent")
    await say(hass, "charge to 80 percent by 6")
    await say(hass, "charge to 80 percent")
    assert await say(hass, "let the battery go back to the plan") == "Back to the plan."
    assert site.override is None
    assert site.ready_once is None


async def test_back_to_the_plan_after_a_suspension(
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
