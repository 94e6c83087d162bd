"""Octoplus sessions: which concern us, and what they are about."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.tariff.errors import TariffReplyError
from custom_components.smart_battery_scheduler.tariff.sessions import (
    OctoplusSessions,
    SessionKind,
    parse_free_electricity,
    parse_sessions,
)

from .bodies import Body

MORNING = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)


def event(number: int = 4809, *regions: int, **changes: Json) -> Body:
    """A Power Down at 19:00-20:00 UTC for these regions (all, if none is named)."""
    published: Body = {
        "id": number,
        "code": f"EVENT_{number}",
        "rewardPerKwhInOctoPoints": 93,
        "startAt": "2026-08-05T19:00:00+00:00",
        "endAt": "2026-08-05T20:00:00+00:00",
        "devEvent": False,
        "targetRegion": [{"regionId": region} for region in regions],
        "status": "UPCOMING",
        "eventType": "TURN_DOWN",
    }
    return published | changes


def happy_hour(number: int, hour: int) -> Body:
    """One hour of several that are on offer."""
    return event(
        number,
        rewardPerKwhInOctoPoints=0,
        eventType="WEEKEND_HAPPY_HOUR",
        startAt=f"2026-08-09T{hour}:00:00+00:00",
        endAt=f"2026-08-09T{hour + 1}:00:00+00:00",
    )


def joined_event(number: int, **changes: Json) -> Body:
    """How a joined session is told: without its code and reward."""
    published: Body = {
        "eventId": number,
        "startAt": "2026-08-05T19:00:00+00:00",
        "endAt": "2026-08-05T20:00:00+00:00",
        "rewardGivenInOctoPoints": None,
        "eventType": "TURN_DOWN",
    }
    return published | changes


def sessions(
    *events: Json, joined: tuple[Json, ...] = (), region: Json = 7, enrolled: bool = True
) -> OctoplusSessions:
    """What a reply comes to."""
    return parse_sessions(
        {
            "savingSessions": {
                "events": list(events),
                "account": {
                    "hasJoinedCampaign": enrolled,
                    "signedUpMeterPoint": None if region is None else {"regionId": region},
                    "joinedEvents": list(joined),
                },
            }
        }
    )


def test_a_session_appears() -> None:
    """On offer, with its reward in pence: 800 points are a pound."""
    found = sessions(event())
    (only,) = found.sessions
    assert found.enrolled
    assert only.kind is SessionKind.POWER_DOWN
    assert only.code == "EVENT_4809"
    assert only.reward_p_per_kwh == 11.625
    assert only.end - only.start == timedelta(hours=1)
    assert not only.joined
    assert found.joinable(MORNING) == (only,)


def test_a_session_is_joined() -> None:
    """Then it counts, once, with code and reward from the offer."""
    found = sessions(event(), joined=(joined_event(4809),))
    (only,) = found.sessions
    assert only.joined
    assert (only.code, only.reward_p_per_kwh) == ("EVENT_4809", 11.625)
    assert found.joinable(MORNING) == ()


def test_joined_events_lack_a_code() -> None:
    """One that is no longer on offer is known from there alone."""
    (only,) = sessions(joined=(joined_event(4700),)).sessions
    assert only.joined
    assert only.code is None
    assert only.reward_p_per_kwh is None
    assert only.kind is SessionKind.POWER_DOWN


@pytest.mark.parametrize(
    ("region", "regions", "concerned"),
    [
        (7, (), True),
        (7, (5, 6, 7), True),
        ("7", (5, 6, 7), True),
        (1, (5, 6, 7), False),
        (None, (), True),
        (None, (5, 6, 7), False),
    ],
)
def test_a_session_of_the_wrong_region_is_left_out(
    region: Json, regions: tuple[int, ...], concerned: bool
) -> None:
    """No region named: everywhere. Ids are compared as text."""
    assert bool(sessions(event(1, *regions), region=region).sessions) is concerned


def test_a_joined_session_counts_in_whatever_region() -> None:
    """Octopus let us join it."""
    assert sessions(event(1, 5), joined=(joined_event(1),), region=1).sessions


def test_without_a_type_a_reward_of_nothing_is_energy_given_away() -> None:
    """Listed as if it were a Power Down."""
    (only,) = sessions(event(eventType=None, rewardPerKwhInOctoPoints=0)).sessions
    assert only.kind is SessionKind.FREE


def test_a_power_down_stays_one_while_its_reward_is_not_set() -> None:
    """Taken for energy given away it would be charged through, at the full rate."""
    (only,) = sessions(event(rewardPerKwhInOctoPoints=0)).sessions
    assert only.kind is SessionKind.POWER_DOWN


def test_turn_up_is_paid_for_using_more_and_is_not_free() -> None:
    """Rewarded in points as a Power Down is."""
    (only,) = sessions(event(eventType="TURN_UP", rewardPerKwhInOctoPoints=40)).sessions
    assert (only.kind, only.reward_p_per_kwh) == (SessionKind.POWER_UP, 5.0)


def test_of_happy_hours_on_offer_only_the_booked_one_counts() -> None:
    """The others are offered to be chosen, by hand: joining refuses them."""
    booked = joined_event(
        2,
        eventType="WEEKEND_HAPPY_HOUR",
        startAt="2026-08-09T11:00:00+00:00",
        endAt="2026-08-09T12:00:00+00:00",
    )
    found = sessions(happy_hour(1, 10), happy_hour(2, 11), happy_hour(3, 12), joined=(booked,))
    (counts,) = (each for each in found.sessions if each.joined)
    assert (counts.id, counts.kind) == ("2", SessionKind.FREE)
    assert found.joinable(MORNING) == ()


def test_a_session_without_a_type_is_a_power_down() -> None:
    """As it was before there were others; one that we do not know is left out."""
    (only,) = sessions(event(eventType=None)).sessions
    assert only.kind is SessionKind.POWER_DOWN
    assert sessions(event(eventType="TURN_AROUND")).sessions == ()


def test_test_events_are_left_out() -> None:
    """Joined or not."""
    assert sessions(event(devEvent=True)).sessions == ()
    assert sessions(event(devEvent=True), joined=(joined_event(4809),)).sessions == ()


def test_a_session_that_has_begun_cannot_be_joined() -> None:
    """It is too late then."""
    found = sessions(event())
    assert found.joinable(found.sessions[0].start) == ()


def test_sessions_are_in_order_of_time() -> None:
    """The oldest first."""
    late = event(1, startAt="2026-08-06T19:00:00+00:00", endAt="2026-08-06T20:00:00+00:00")
    assert [each.id for each in sessions(late, event(2)).sessions] == ["2", "1"]


def test_who_is_not_enrolled_has_a_null_account() -> None:
    """Sessions are on offer all the same."""
    found = parse_sessions({"savingSessions": {"events": [event()], "account": None}})
    assert not found.enrolled
    assert len(found.sessions) == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"savingSessions": None},
        {"savingSessions": {"events": "none"}},
        {"savingSessions": {"events": [event(startAt=None)]}},
        {"savingSessions": {"events": [event(endAt="2026-08-05T19:00:00+00:00")]}},
        {"savingSessions": {"events": [event(startAt="2026-08-05T19:00:00")]}},
        {"savingSessions": {"events": [event(id=None)]}},
        {"savingSessions": {"events": [event(id=True)]}},
    ],
)
def test_nonsense_is_refused(data: dict[object, object]) -> None:
    """A session at the wrong time costs money."""
    with pytest.raises(TariffReplyError):
        parse_sessions(data)


def test_a_null_among_sessions_hides_no_other() -> None:
    """Octopus has answered lists with holes: what is there counts."""
    whole, holed = [event()], [None, event()]
    assert parse_sessions({"savingSessions": {"events": holed}}) == parse_sessions(
        {"savingSessions": {"events": whole}}
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"customerFlexibilityCampaignEvents": {"edges": [{"node": None}]}},
        {"customerFlexibilityCampaignEvents": {"edges": [{"node": {"code": ""}}]}},
        {"customerFlexibilityCampaignEvents": {"edges": [{"node": {"code": "1"}}]}},
        {"customerFlexibilityCampaignEvents": {"edges": [], "pageInfo": {"hasNextPage": True}}},
    ],
)
def test_nonsense_about_free_electricity_is_refused(data: dict[object, object]) -> None:
    """Likewise."""
    with pytest.raises(TariffReplyError):
        parse_free_electricity(data)
