"""Sessions of an account in a whole home, and what goes on when Octopus does not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.planner.model import Action, Session
from custom_components.smart_battery_scheduler.sources.octopus_account import OctoplusFeed
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.octoplus import HOME_REGION, CampaignSession, FreeSession
from ..cloud.octopus import account_body
from ..days.stage import Day
from .test_account_rates import LONG_AGO, notices

INTELLIGENT = (("E-1R-INTELLI-VAR-24-10-29-C", LONG_AGO, None),)
NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
EVENING = datetime(2026, 1, 14, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


def feed(day: Day) -> OctoplusFeed:
    """The home's feed of sessions and dispatches."""
    found = day.site.grid_events.octoplus
    assert found is not None
    return found


async def asked_again(day: Day, after: timedelta = timedelta(0)) -> None:
    """Ask for everything once more."""
    day.freezer.tick(after)
    for coordinator in (feed(day).sessions, feed(day).free, feed(day).dispatches):
        await coordinator.async_refresh()
    await day.settle()


async def test_a_joined_power_down_reaches_the_plan(day: Day) -> None:
    """The battery is full before, nothing is charged in it, the house runs from it."""
    day.cloud.world.octoplus.sessions = [
        CampaignSession(id=1, start=NOON, end=NOON + HOUR, joined=True)
    ]
    await day.start()
    (session,) = day.site.sessions.known
    assert (session.kind, session.start, session.reward_p_per_kwh) == (
        SessionKind.POWER_DOWN,
        NOON,
        22.5,
    )
    assert day.site.sessions.at(NOON) is Session.POWER_DOWN
    await day.run(0.01)
    plan = day.site.planner.data
    assert plan is not None
    before, within = plan.slot_at(NOON - HOUR / 2), plan.slot_at(NOON)
    assert before is not None
    assert within is not None
    assert before.end_percent > 90.0
    assert within.action is Action.USE


async def test_a_power_up_that_is_paid_by_the_kwh_is_a_lower_price(day: Day) -> None:
    """22.5 p for each kWh is no gift: what the rate leaves is still to be paid."""
    day.cloud.world.octoplus.sessions = [
        CampaignSession(id=1, start=NOON, end=NOON + HOUR, kind="TURN_UP", joined=True)
    ]
    await day.start()
    assert [each.kind for each in day.site.sessions.known] == [SessionKind.POWER_UP]
    assert day.site.sessions.at(NOON) is None
    await day.run(0.01)
    plan, rate = day.site.planner.data, day.site.rates.data.imports.at(NOON)
    assert plan is not None
    assert rate is not None
    slot = plan.slot_at(NOON)
    assert slot is not None
    assert slot.import_p_per_kwh == pytest.approx(rate.p_per_kwh - 22.5)


@pytest.mark.parametrize(
    ("session", "kind"),
    [
        ({"kind": "TURN_UP", "points": 0}, SessionKind.POWER_UP),
        ({"kind": "WEEKEND_HAPPY_HOUR", "points": 0}, SessionKind.FREE),
    ],
    ids=["power up", "happy hour"],
)
async def test_sessions_of_every_kind(
    day: Day, session: dict[str, object], kind: SessionKind
) -> None:
    """Each is told by its type, not by its name."""
    day.cloud.world.octoplus.sessions = [
        CampaignSession(id=1, start=EVENING, end=EVENING + HOUR, joined=True, **session)  # type: ignore[arg-type]  # of the test's table
    ]
    await day.start()
    assert [each.kind for each in day.site.sessions.known] == [kind]
    assert day.site.sessions.at(EVENING) is Session.POWER_UP


async def test_free_electricity_is_asked_of_the_main_host_by_the_meter(day: Day) -> None:
    """Only what the account takes part in counts."""
    day.cloud.world.octoplus.free = [
        FreeSession("FREE_1", EVENING, EVENING + HOUR),
        FreeSession("FREE_2", EVENING + 2 * HOUR, EVENING + 3 * HOUR, participant=False),
    ]
    await day.start()
    assert [each.joined for each in day.site.sessions.known] == [True, False]


async def test_nothing_is_joined_without_being_asked(day: Day) -> None:
    """A session on offer is shown and left alone; one of another region is not even shown."""
    day.cloud.world.octoplus.sessions = [
        CampaignSession(id=1, start=EVENING, end=EVENING + HOUR, regions=(HOME_REGION,)),
        CampaignSession(id=2, start=EVENING, end=EVENING + HOUR, regions=(HOME_REGION + 1,)),
    ]
    await day.start()
    assert [each.id for each in day.site.sessions.known] == ["1"]
    assert day.site.sessions.at(EVENING) is None
    assert not any(each.joined for each in day.cloud.world.octoplus.sessions)


async def test_sessions_are_joined_and_published_if_the_owner_wants_it(day: Day) -> None:
    """Once; the plan knows of it at once."""
    day.cloud.world.octoplus.sessions = [
        CampaignSession(id=1, start=EVENING, end=EVENING + HOUR),
        CampaignSession(id=2, start=EVENING, end=EVENING + HOUR, kind="WEEKEND_HAPPY_HOUR"),
    ]
    await day.start()
    published: list[SiteEvent] = []

    def listen(site_event: SiteEvent, data: Mapping[str, object]) -> None:
        published.append(site_event)

    day.site.events.async_listen(listen)
    await day.site.async_prefer(join_sessions=True)
    await day.settle()
    await asked_again(day)
    await asked_again(day)
    assert [each.joined for each in day.cloud.world.octoplus.sessions] == [True, False]
    assert day.site.sessions.at(EVENING) is Session.POWER_DOWN
    assert published.count(SiteEvent.SESSION_JOINED) == 1


@pytest.mark.parametrize("code", ["OE-1305", "OE-1308"])
async def test_a_session_that_cannot_be_joined_is_tried_once(day: Day, code: str) -> None:
    """Not found, or a criterion not met: "already signed up" (HomeAssistant-OctopusEnergy#1865)."""
    day.cloud.world.octoplus.sessions = [CampaignSession(id=1, start=EVENING, end=EVENING + HOUR)]
    day.cloud.world.octoplus.errors["Join"] = code
    await day.start(join_sessions=True)
    day.cloud.requests.clear()
    await asked_again(day)
    assert not [each for each in day.cloud.requests if "mutation Join" in str(each.body)]
    assert feed(day).sessions.last_update_success


@pytest.mark.parametrize("code", ["KT-GB-9999", "KT-CT-1113", "KT-CT-1111"])
async def test_a_join_that_fails_leaves_the_other_sessions_alone(day: Day, code: str) -> None:
    """An error that we do not know, a join that is switched off, one that the key may not do."""
    sessions = [
        CampaignSession(id=1, start=EVENING, end=EVENING + HOUR),
        CampaignSession(id=2, start=NOON, end=NOON + HOUR, joined=True),
    ]
    day.cloud.world.octoplus.sessions = sessions
    day.cloud.world.octoplus.errors["Join"] = code
    await day.start(join_sessions=True)
    assert day.site.sessions.at(NOON) is Session.POWER_DOWN
    assert day.site.sessions.at(EVENING) is None
    assert notices(day) == set()
    assert day.hass.config_entries.flow.async_progress() == []
    day.cloud.world.octoplus.errors.clear()
    await asked_again(day, HOUR / 3)
    assert day.site.sessions.at(EVENING) is Session.POWER_DOWN


async def test_one_token_serves_all_questions_of_a_day(day: Day) -> None:
    """An hour each, from the refresh token, never one for each question."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    day.cloud.world.octoplus.cars = {"car-1": "One"}
    await day.start()
    for _ in range(8):
        await asked_again(day, HOUR / 2)
    assert day.cloud.world.octoplus.minted <= 6


@pytest.mark.parametrize(
    ("operation", "notice"),
    [
        ("Sessions", "sessions_gone"),
        ("FreeElectricity", "free_gone"),
        ("Dispatches", "dispatches_gone"),
    ],
)
async def test_a_field_that_is_gone_is_reported_once_and_the_rest_goes_on(
    day: Day, operation: str, notice: str
) -> None:
    """KT-CT-1113. It is asked for again the next day, and the notice goes by itself."""
    day.cloud.octopus.account = account_body(INTELLIGENT, ())
    octoplus = day.cloud.world.octoplus
    octoplus.cars = {"car-1": "One"}
    octoplus.free = [FreeSession("FREE_1", EVENING, EVENING + HOUR)]
    octoplus.sessions = [
        CampaignSession(
            id=1, start=EVENING, end=EVENING + HOUR, kind="TURN_UP", points=0, joined=True
        )
    ]
    octoplus.fields_gone = {operation}
    await day.start()
    await day.run(0.05)
    assert notices(day) == {notice}
    assert day.site.rates.data.imports.rates
    assert day.site.sessions.at(EVENING) is Session.POWER_UP
    waits = {
        "Sessions": feed(day).sessions.update_interval,
        "FreeElectricity": feed(day).free.update_interval,
        "Dispatches": feed(day).dispatches.update_interval,
    }
    assert waits[operation] == timedelta(hours=24)
    octoplus.fields_gone = set()
    await asked_again(day, timedelta(hours=1))
    await day.run(0.05)
    assert notices(day) == set()


async def test_a_sessions_query_refused_with_a_good_key_asks_for_no_other_key(day: Day) -> None:
    """HomeAssistant-OctopusEnergy#885: it was asked for ever. Said once; the rest goes on."""
    octoplus = day.cloud.world.octoplus
    octoplus.errors["Sessions"] = "KT-CT-1111"
    octoplus.free = [FreeSession("FREE_1", EVENING, EVENING + HOUR)]
    await day.start()
    await day.run(0.05)
    assert day.hass.config_entries.flow.async_progress() == []
    assert notices(day) == {"sessions_gone"}
    assert day.site.sessions.at(EVENING) is Session.POWER_UP
    minted = octoplus.minted
    for _ in range(6):
        await asked_again(day, HOUR)
    assert octoplus.minted <= minted + 7, "a token an hour, not two for each refusal"
    assert day.hass.config_entries.flow.async_progress() == []
    octoplus.errors.clear()
    await asked_again(day)
    await day.run(0.05)
    assert notices(day) == set()


async def test_points_that_another_application_used_up_are_waited_for(day: Day) -> None:
    """What is known holds, and the owner's other applications keep the last points."""
    octoplus = day.cloud.world.octoplus
    octoplus.sessions = [CampaignSession(id=1, start=EVENING, end=EVENING + HOUR, joined=True)]
    await day.start()
    octoplus.points_used_by_others = 48_000
    await asked_again(day, HOUR)
    asked = len(day.cloud.requests)
    await asked_again(day, HOUR / 4)
    assert len(day.cloud.requests) == asked
    assert day.site.sessions.at(EVENING) is Session.POWER_DOWN
    assert notices(day) == set()
    octoplus.points_used_by_others = 0
    await asked_again(day, HOUR)
    assert feed(day).sessions.last_update_success


@pytest.mark.parametrize(
    "fault", [Fault.FORBIDDEN_PAGE, Fault.SERVER_ERROR_PAGE, Fault.DISCONNECT, Fault.RATE_LIMITED]
)
async def test_graphql_down_stops_nothing_but_new_sessions(day: Day, fault: Fault) -> None:
    """A firewall's 403 is no refused key: token and key are kept, rates and sessions stay."""
    day.cloud.world.octoplus.sessions = [
        CampaignSession(id=1, start=EVENING, end=EVENING + HOUR, joined=True)
    ]
    await day.start()
    minted = day.cloud.world.octoplus.minted
    day.cloud.faults.add(fault, Endpoint.GRAPHQL)
    await asked_again(day, HOUR / 3)
    assert day.site.sessions.at(EVENING) is Session.POWER_DOWN
    assert day.site.rates.last_update_success
    assert day.hass.config_entries.flow.async_progress() == []
    assert notices(day) == set()
    day.cloud.faults.clear(fault)
    await asked_again(day, HOUR / 3)
    assert feed(day).sessions.last_update_success
    assert day.cloud.world.octoplus.minted == minted


async def test_a_blocked_token_request_is_left_alone_for_long(day: Day) -> None:
    """KT-CT-1199 on the mint: each further try may prolong it."""
    day.cloud.world.octoplus.errors["ObtainToken"] = "KT-CT-1199"
    await day.start()
    day.cloud.requests.clear()
    for _ in range(8):
        await asked_again(day, HOUR / 8)
    asked = [each for each in day.cloud.requests if each.endpoint is Endpoint.GRAPHQL]
    assert len(asked) <= 1
    assert day.site.rates.data.imports.rates
    assert day.hass.config_entries.flow.async_progress() == []


async def test_a_key_refused_by_graphql_asks_for_another_once(day: Day) -> None:
    """KT-CT-1139 is the key itself."""
    day.cloud.world.octoplus.errors["ObtainToken"] = "KT-CT-1139"
    await day.start()
    await asked_again(day, timedelta(hours=7))
    flows = day.hass.config_entries.flow.async_progress()
    assert [flow["step_id"] for flow in flows] == ["reauth_octopus"]
    day.cloud.world.octoplus.errors.clear()
    await asked_again(day, timedelta(hours=7))
    assert day.hass.config_entries.flow.async_progress() == []
    assert dt_util.utcnow() < day.site.rates.data.imports.known_until(dt_util.utcnow())
