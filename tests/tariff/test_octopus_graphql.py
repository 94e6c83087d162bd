"""Octopus' GraphQL API: what is asked of which host, and what comes back."""

from datetime import UTC, datetime, timedelta
import re
import threading

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.tariff import octopus_graphql
from custom_components.smart_battery_scheduler.tariff.dispatches import (
    Device,
    Dispatches,
    parse_dispatches,
)
from custom_components.smart_battery_scheduler.tariff.json_shape import JsonObject
from custom_components.smart_battery_scheduler.tariff.kraken_errors import (
    DispatchesUnavailableError,
    FeatureGoneError,
    SessionNotJoinableError,
)
from custom_components.smart_battery_scheduler.tariff.octopus_graphql import (
    FREE_ELECTRICITY,
    OctopusGraphQL,
)
from custom_components.smart_battery_scheduler.tariff.sessions import OctoplusSession, SessionKind

from .bodies import ACCOUNT
from .kraken import NOW, Kraken, Reply, refusal

CAR = Device(id="00000000-0000-4000-8000-000000000001", name="Mini Cooper SE")


def test_a_connection_is_asked_for_fewer_than_100() -> None:
    """Without ``first``, or with more, it is refused."""
    (first,) = re.findall(r"first: (\d+)", FREE_ELECTRICITY)
    assert 0 < int(first) < 100


async def test_sessions_are_asked_of_the_backend_host_with_a_user_agent(
    graphql: OctopusGraphQL, kraken: Kraken
) -> None:
    """The main host lost them; the backend refuses requests without a User-Agent."""
    await graphql.sessions(ACCOUNT)
    mint, points, query = kraken.asked
    assert mint.host == points.host == "api.octopus.energy"
    assert query.host == "api.backend.octopus.energy"
    assert query.headers["User-Agent"]
    assert query.variables == {"account": ACCOUNT}


def power_down(code: str | None = "EVENT_41_050826") -> OctoplusSession:
    """A session on offer."""
    return OctoplusSession(
        id="4809",
        code=code,
        kind=SessionKind.POWER_DOWN,
        start=NOW + timedelta(hours=9),
        end=NOW + timedelta(hours=10),
        reward_p_per_kwh=11.6,
        joined=False,
    )


async def test_joining(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """By account and code, on the backend host."""
    joined: Reply = {"joinedEventCodes": ["EVENT_41_050826"]}
    kraken.replies["Join"] = {"data": {"joinSavingSessionsEvent": joined}}
    await graphql.join(ACCOUNT, power_down())
    asked = kraken.asked[-1]
    assert asked.host == "api.backend.octopus.energy"
    assert asked.variables == {"input": {"accountNumber": ACCOUNT, "eventCode": "EVENT_41_050826"}}


@pytest.mark.parametrize(
    "reply",
    [
        refusal("OE-1305", joinSavingSessionsEvent=None),
        refusal("KT-GB-5117", joinSavingSessionsEvent=None),
        {"data": {"joinSavingSessionsEvent": {"joinedEventCodes": []}}},
        {"data": {"joinSavingSessionsEvent": {"joinedEventCodes": None}}},
        {"data": {"joinSavingSessionsEvent": {"joinedEventCodes": ["EVENT_40_010826"]}}},
    ],
)
async def test_what_was_not_joined_is_reported(
    graphql: OctopusGraphQL, kraken: Kraken, reply: Reply
) -> None:
    """Neither a refusal nor an empty reply is a success."""
    kraken.replies["Join"] = reply
    with pytest.raises(SessionNotJoinableError):
        await graphql.join(ACCOUNT, power_down())


async def test_a_session_without_a_code_cannot_be_joined(
    graphql: OctopusGraphQL, kraken: Kraken
) -> None:
    """Nothing is sent."""
    with pytest.raises(SessionNotJoinableError):
        await graphql.join(ACCOUNT, power_down(code=None))
    assert not kraken.asked


async def test_free_electricity_by_mpan(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """A campaign's events on the main host."""
    node: Reply = {
        "code": "1",
        "startAt": "2026-08-16T12:00:00+00:00",
        "endAt": "2026-08-16T14:00:00+00:00",
        "isEventParticipant": True,
    }
    kraken.replies["FreeElectricity"] = {
        "data": {"customerFlexibilityCampaignEvents": {"edges": [{"node": node}]}}
    }
    (found,) = await graphql.free_electricity(ACCOUNT, "1200000000001")
    assert (found.kind, found.joined, found.reward_p_per_kwh) == (SessionKind.FREE, True, 0.0)
    assert found.start == datetime(2026, 8, 16, 12, tzinfo=UTC)
    variables = kraken.asked[-1].variables
    assert variables == {"account": ACCOUNT, "mpan": "1200000000001", "after": None}


async def test_free_electricity_of_all_pages(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """The newest session may be on the last page; endless pages are not followed."""
    node: Reply = {
        "code": "1",
        "startAt": "2026-08-16T12:00:00+00:00",
        "endAt": "2026-08-16T14:00:00+00:00",
    }
    page: Reply = {
        "edges": [{"node": node}],
        "pageInfo": {"hasNextPage": True, "endCursor": "abc"},
    }
    kraken.replies["FreeElectricity"] = {"data": {"customerFlexibilityCampaignEvents": page}}
    found = await graphql.free_electricity(ACCOUNT, "1200000000001")
    asked = [each.variables["after"] for each in kraken.asked if "mpan" in each.variables]
    assert asked == [None, "abc", "abc", "abc", "abc"]
    assert len(found) == len(asked)


async def test_a_feature_that_is_gone_says_so(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """The rest goes on without it."""
    kraken.replies["FreeElectricity"] = refusal("KT-CT-1113")
    with pytest.raises(FeatureGoneError):
        await graphql.free_electricity(ACCOUNT, "1200000000001")
    assert await graphql.accounts() == (ACCOUNT,)


async def test_devices_and_dispatches(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """For each live car its own plan."""
    kraken.replies["Devices"] = {
        "data": {
            "devices": [
                {
                    "id": CAR.id,
                    "deviceType": "ELECTRIC_VEHICLES",
                    "status": {"current": "LIVE"},
                    "make": "Mini",
                    "model": "Cooper SE",
                }
            ]
        }
    }
    planned: Reply = {
        "start": "2026-08-14T22:00:00+00:00",
        "end": "2026-08-14T23:00:00+00:00",
        "type": "SMART",
        "energyAddedKwh": "3.72",
    }
    kraken.replies["Dispatches"] = {
        "data": {"devices": [], "flexPlannedDispatches": [planned], "completedDispatches": []}
    }
    assert await graphql.devices(ACCOUNT) == (CAR,)
    found = await graphql.dispatches(ACCOUNT, CAR)
    assert [each.start.hour for each in found.planned] == [22]
    assert kraken.asked[-1].variables == {"account": ACCOUNT, "device": CAR.id}


@pytest.mark.parametrize(("count", "aside"), [(4, False), (300, True)])
async def test_completed_dispatches_of_years_are_not_parsed_on_the_event_loop(
    graphql: OctopusGraphQL,
    kraken: Kraken,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    aside: bool,
) -> None:
    """They took it 150 ms; a day's few are read where they are."""
    threads: list[threading.Thread] = []

    def parsed(data: JsonObject, since: datetime) -> Dispatches:
        threads.append(threading.current_thread())
        return parse_dispatches(data, since)

    monkeypatch.setattr(octopus_graphql, "parse_dispatches", parsed)
    ends = [NOW - timedelta(hours=12 * index) for index in range(1, 1 + count)]
    completed: list[Json] = [
        {"start": (end - timedelta(hours=1)).isoformat(), "end": end.isoformat(), "delta": "-3.5"}
        for end in ends
    ]
    kraken.replies["Dispatches"] = {
        "data": {"devices": [], "flexPlannedDispatches": [], "completedDispatches": completed}
    }
    assert len((await graphql.dispatches(ACCOUNT, CAR)).completed) <= 6
    assert [thread is not threading.current_thread() for thread in threads] == [aside]


async def test_kt_ct_4340_planned_dispatches_unavailable(
    graphql: OctopusGraphQL, kraken: Kraken
) -> None:
    """An error of its own, so that what was last told can be kept."""
    kraken.replies["Dispatches"] = refusal(
        "KT-CT-4340", devices=[], flexPlannedDispatches=None, completedDispatches=[]
    )
    with pytest.raises(DispatchesUnavailableError):
        await graphql.dispatches(ACCOUNT, CAR)


async def test_kt_ct_4341_completed_dispatches_unavailable_leaves_the_planned(
    graphql: OctopusGraphQL, kraken: Kraken
) -> None:
    """The past does not matter to a plan."""
    planned: Reply = {"start": "2026-08-14T22:00:00Z", "end": "2026-08-14T23:00:00Z", "type": None}
    kraken.replies["Dispatches"] = refusal(
        "KT-CT-4341", devices=[], flexPlannedDispatches=[planned], completedDispatches=None
    )
    found = await graphql.dispatches(ACCOUNT, CAR)
    assert len(found.planned) == 1
    assert found.completed == ()
