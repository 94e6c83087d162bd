"""Octopus' GraphQL API: one token for all, and what its refusals mean."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
import re
import traceback
from typing import Any

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.codec import Json
from custom_components.smart_battery_scheduler.tariff.dispatches import Device
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffAuthError,
    TariffBlockedError,
    TariffError,
    TariffRateLimitError,
    TariffReplyError,
    TariffUnreachableError,
)
from custom_components.smart_battery_scheduler.tariff.kraken_errors import (
    DispatchesUnavailableError,
    FeatureGoneError,
    SessionNotJoinableError,
)
from custom_components.smart_battery_scheduler.tariff.octopus_graphql import (
    FREE_ELECTRICITY,
    REQUESTS_PER_HOUR,
    OctopusGraphQL,
)
from custom_components.smart_battery_scheduler.tariff.sessions import (
    OctoplusSession,
    OctoplusSessions,
    SessionKind,
)

from ..wire import Wire
from .bodies import ACCOUNT, API_KEY
from .kraken import MAIN, NOW, Asked, Clock, Kraken, Reply, allowance, refusal

CAR = Device(id="00000000-0000-4000-8000-000000000001", name="Mini Cooper SE")
ACCOUNTS: Reply = {"data": {"viewer": {"accounts": [{"number": ACCOUNT}]}}}
NO_SESSIONS: Reply = {"data": {"savingSessions": {"events": [], "account": None}}}
PAGE = "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD></HTML>"


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock()


@pytest.fixture
def kraken(wire: Wire, clock: Clock) -> Kraken:
    """The API; it knows our accounts and no session."""
    found = Kraken(wire, clock)
    found.replies["Accounts"] = ACCOUNTS
    found.replies["Sessions"] = NO_SESSIONS
    return found


@pytest.fixture
def octopus(session: aiohttp.ClientSession, clock: Clock) -> OctopusGraphQL:
    """The client under test."""
    return OctopusGraphQL(session, API_KEY, clock=clock)


# --- the token ----------------------------------------------------------------------------------


async def test_account_numbers_from_the_key_alone(octopus: OctopusGraphQL, kraken: Kraken) -> None:
    """The token is sent raw, minted by the key, which goes as a variable and not in the query."""
    assert await octopus.accounts() == (ACCOUNT,)
    mint, query = kraken.asked
    assert mint.variables == {"input": {"APIKey": API_KEY}}
    assert "Authorization" not in mint.headers
    assert query.headers["Authorization"] == "t1"
    assert query.headers["User-Agent"]


async def test_a_token_is_reused(octopus: OctopusGraphQL, kraken: Kraken, clock: Clock) -> None:
    """By all queries for 55 minutes; also by those that come at the same time."""
    await asyncio.gather(*(octopus.accounts() for _ in range(5)))
    clock.tick(minutes=54)
    await octopus.sessions(ACCOUNT)
    assert octopus.tokens_minted == kraken.minted == 1


async def test_a_token_is_renewed_by_its_refresh_token_5_min_before_expiry(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """Not by the key."""
    await octopus.accounts()
    clock.tick(minutes=55)
    await octopus.accounts()
    assert [each.variables["input"] for each in kraken.of("ObtainToken")] == [
        {"APIKey": API_KEY},
        {"refreshToken": "r1"},
    ]
    assert kraken.asked[-1].headers["Authorization"] == "t2"


async def test_refresh_expires_in_is_a_moment_and_not_a_span(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """After a week the key is needed again."""
    await octopus.accounts()
    clock.tick(days=7)
    await octopus.accounts()
    assert kraken.of("ObtainToken")[1].variables == {"input": {"APIKey": API_KEY}}


@pytest.mark.parametrize("expires", [None, "soon", -1, 1e12, 604800])
async def test_a_refresh_token_of_unknown_age_is_not_used(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock, expires: Any
) -> None:
    """A span in place of a moment lies in 1970."""
    token: Reply = {
        "data": {
            "obtainKrakenToken": {"token": "t", "refreshToken": "r", "refreshExpiresIn": expires}
        }
    }
    kraken.replies["ObtainToken"] = token
    await octopus.accounts()
    clock.tick(minutes=56)
    await octopus.accounts()
    assert all("APIKey" in each.variables["input"] for each in kraken.of("ObtainToken"))


@pytest.mark.parametrize("code", ["KT-CT-1139", "KT-CT-1124", "KT-CT-1135", "OE-0103"])
async def test_a_refused_refresh_token_falls_back_to_the_key(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock, code: str
) -> None:
    """Once; the key is still good."""
    await octopus.accounts()
    mint = kraken._mint
    kraken.replies["ObtainToken"] = lambda asked: (
        mint(asked) if "APIKey" in asked.variables["input"] else refusal(code)
    )
    clock.tick(minutes=56)
    assert await octopus.accounts() == (ACCOUNT,)
    assert octopus.tokens_minted == 3


@pytest.mark.parametrize("code", ["KT-CT-1120", "KT-CT-1124", "KT-CT-1128", "KT-CT-1111"])
async def test_an_expired_token_is_renewed_once_and_the_query_repeated(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock, code: str
) -> None:
    """Clocks differ: it may end before we think so."""
    await octopus.accounts()
    clock.tick(minutes=40)

    def accounts(asked: Asked) -> Reply:
        return ACCOUNTS if asked.headers["Authorization"] == "t2" else refusal(code)

    kraken.replies["Accounts"] = accounts
    assert await octopus.accounts() == (ACCOUNT,)
    assert kraken.minted == 2


async def test_a_query_that_is_always_refused_does_not_mint_and_mint(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """A young token is not refused for its age. Asked for an hour, every 4 minutes."""
    kraken.replies["Sessions"] = refusal("KT-CT-1111")
    for _ in range(15):
        with pytest.raises(TariffAuthError):
            await octopus.sessions(ACCOUNT)
        clock.tick(minutes=4)
    assert octopus.tokens_minted <= 5


# --- refusals -----------------------------------------------------------------------------------


async def test_a_bad_key_is_told(octopus: OctopusGraphQL, kraken: Kraken) -> None:
    """KT-CT-1139 is for a person to mend."""
    kraken.replies["ObtainToken"] = refusal("KT-CT-1139", obtainKrakenToken=None)
    with pytest.raises(TariffAuthError):
        await octopus.accounts()
    assert [each.operation for each in kraken.asked] == ["ObtainToken"]


@pytest.mark.parametrize("code", ["KT-CT-1111", "KT-CT-1134", "KT-CT-1143", "OE-0103"])
async def test_a_key_without_rights_is_a_bad_key(
    octopus: OctopusGraphQL, kraken: Kraken, code: str
) -> None:
    """No token can be had with it."""
    kraken.replies["ObtainToken"] = refusal(code)
    with pytest.raises(TariffAuthError):
        await octopus.accounts()
    assert API_KEY not in repr(octopus._keeper)


async def test_kt_ct_1199_on_the_token_is_a_rate_limit_and_not_a_bad_key(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """Its type says AUTHORIZATION. It lasts for hours: ask ever less often, up to every six."""
    kraken.replies["ObtainToken"] = refusal("KT-CT-1199")
    waits = []
    for _ in range(24 * 60):
        with pytest.raises(TariffRateLimitError) as caught:
            await octopus.accounts()
        waits.append(caught.value.retry_after_s)
        clock.tick(minutes=1)
    assert waits[0] == 3600
    assert waits[1] == 3540
    assert len(kraken.asked) == 6  # after 0, 1, 3, 7, 13 and 19 hours
    kraken.replies["ObtainToken"] = kraken._mint
    clock.tick(hours=6)
    assert await octopus.accounts() == (ACCOUNT,)


async def test_kt_ct_1199_while_renewing_does_not_try_the_key_too(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """It would be one more request of the kind that is too many."""
    await octopus.accounts()
    clock.tick(minutes=56)
    kraken.replies["ObtainToken"] = refusal("KT-CT-1199")
    with pytest.raises(TariffRateLimitError):
        await octopus.accounts()
    assert len(kraken.of("ObtainToken")) == 2
    # The refresh token is kept for when it is over.
    clock.tick(hours=1)
    kraken.replies["ObtainToken"] = kraken._mint
    await octopus.accounts()
    assert kraken.of("ObtainToken")[-1].variables == {"input": {"refreshToken": "r1"}}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(refusal("KT-CT-1199"), TariffRateLimitError, id="KT-CT-1199 rate limited"),
        pytest.param(refusal("KT-CT-1113"), FeatureGoneError, id="KT-CT-1113 field disabled"),
        pytest.param(
            {"errors": [{"message": "Cannot query field 'viewer' on type 'Query'."}]},
            FeatureGoneError,
            id="field taken out of the schema",
        ),
        pytest.param(refusal("KT-CT-1188"), TariffReplyError, id="KT-CT-1188 too complex"),
        pytest.param(refusal("KT-CT-1189"), TariffReplyError, id="KT-CT-1189 too many nodes"),
        pytest.param(refusal("KT-CT-1201"), TariffReplyError, id="KT-CT-1201 first missing"),
        pytest.param(refusal("KT-CT-1112"), TariffReplyError, id="KT-CT-1112 no header"),
        pytest.param(refusal(None), TariffReplyError, id="no code"),
        pytest.param({"errors": "many"}, TariffReplyError, id="errors no list"),
        pytest.param({"errors": [None]}, TariffReplyError, id="error no object"),
        pytest.param({"data": None}, TariffReplyError, id="no data"),
        pytest.param({"data": {"viewer": None}}, TariffReplyError, id="no viewer"),
        pytest.param(
            refusal("KT-CT-9999") | ACCOUNTS,
            TariffReplyError,
            id="partial data beside an error",
        ),
    ],
)
async def test_a_200_that_carries_errors_is_read_for_its_codes(
    octopus: OctopusGraphQL, kraken: Kraken, reply: Reply, error: type[TariffError]
) -> None:
    """Told apart, and none repeats the API's own text, which may quote what was sent."""
    kraken.replies["Accounts"] = reply
    with pytest.raises(error) as caught:
        await octopus.accounts()
    assert type(caught.value) is error
    assert "sk_live" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(
            {"status": 403, "body": PAGE}, TariffBlockedError, id="backend 403 page is a firewall"
        ),
        pytest.param({"status": 401, "payload": {}}, TariffAuthError, id="401"),
        pytest.param({"status": 503, "body": ""}, TariffUnreachableError, id="503"),
        pytest.param({"status": 400, "payload": {}}, TariffReplyError, id="400"),
        pytest.param({"status": 400, "payload": []}, TariffReplyError, id="400 of another shape"),
        pytest.param(
            {"status": 400, "payload": {"errors": [{"message": "Cannot query field 'x'."}]}},
            FeatureGoneError,
            id="400 for a field that is gone",
        ),
        pytest.param({"body": "text"}, TariffReplyError, id="text"),
        pytest.param({"payload": []}, TariffReplyError, id="list"),
        pytest.param({"exception": TimeoutError()}, TariffUnreachableError, id="time-out"),
        pytest.param(
            {"exception": aiohttp.ClientError(API_KEY)}, TariffUnreachableError, id="no line"
        ),
    ],
)
async def test_failures_below_graphql(
    octopus: OctopusGraphQL, wire: Wire, reply: dict[str, Any], error: type[TariffError]
) -> None:
    """Each as what it is, and the key in none."""
    wire.post(MAIN, **reply)
    with pytest.raises(error) as caught:
        await octopus.accounts()
    assert type(caught.value) is error
    assert API_KEY not in "".join(traceback.format_exception(caught.value)) + repr(octopus)


async def test_429_is_honoured(octopus: OctopusGraphQL, wire: Wire) -> None:
    """Also by a token that would be minted next."""
    wire.post(MAIN, status=429, headers={"Retry-After": "90"})
    for _ in range(2):
        with pytest.raises(TariffRateLimitError) as caught:
            await octopus.accounts()
    assert caught.value.retry_after_s == 90
    assert sum(map(len, wire.requests.values())) == 1


@pytest.mark.parametrize("token", [None, "", "tökén", "t\r\nX: y", 7])
async def test_what_is_no_token_is_not_sent(
    octopus: OctopusGraphQL, kraken: Kraken, token: Any
) -> None:
    """Least of all as a second header."""
    kraken.replies["ObtainToken"] = {"data": {"obtainKrakenToken": {"token": token}}}
    with pytest.raises(TariffReplyError):
        await octopus.accounts()


# --- budgets ------------------------------------------------------------------------------------


async def test_our_own_budget_ends_before_theirs(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """A loop of ours gone wild asks sixty times an hour, no more."""
    for _ in range(REQUESTS_PER_HOUR - 1):
        await octopus.accounts()
        clock.tick(seconds=1)
    with pytest.raises(TariffRateLimitError) as caught:
        await octopus.accounts()
    assert len(kraken.asked) == REQUESTS_PER_HOUR
    clock.tick(seconds=caught.value.retry_after_s)
    await octopus.accounts()


async def test_the_points_allowance(octopus: OctopusGraphQL, kraken: Kraken) -> None:
    """``ttl`` is the moment when it is renewed, and no span."""
    points = await octopus.points()
    assert (points.limit, points.remaining, points.is_blocked) == (50000, 46705, False)
    assert points.renewed_at == NOW + timedelta(minutes=40)
    kraken.replies["Points"] = allowance(None)
    with pytest.raises(TariffReplyError):
        await octopus.points()


@pytest.mark.parametrize(
    "scarce",
    [allowance(4_999), allowance(50_000, isBlocked=True)],
    ids=["few are left", "blocked"],
)
async def test_scarce_points_are_left_to_other_applications(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock, scarce: Reply
) -> None:
    """Nothing more is asked until they are renewed; then all is as before."""
    kraken.replies["Points"] = scarce
    for _ in range(3):
        with pytest.raises(TariffRateLimitError) as caught:
            await octopus.sessions(ACCOUNT)
        assert caught.value.retry_after_s == 40 * 60
    assert len(kraken.of("Points")) == 1
    assert not kraken.of("Sessions")
    clock.tick(minutes=40)
    kraken.replies["Points"] = allowance()
    await octopus.sessions(ACCOUNT)
    assert len(kraken.of("Sessions")) == 1


@pytest.mark.parametrize("ttl", [None, 0, -5, 1e15, 1.0, "soon"])
async def test_scarce_points_without_a_sensible_renewal_are_looked_at_again_soon(
    octopus: OctopusGraphQL, kraken: Kraken, ttl: Json
) -> None:
    """Neither never nor at once."""
    kraken.replies["Points"] = allowance(0, ttl=ttl)
    with pytest.raises(TariffRateLimitError) as caught:
        await octopus.devices(ACCOUNT)
    assert caught.value.retry_after_s == 600


async def test_points_are_looked_at_once_an_hour(
    octopus: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """They cost points themselves."""
    for _ in range(12):
        await octopus.sessions(ACCOUNT)
        clock.tick(minutes=10)
    assert len(kraken.of("Points")) == 2


@pytest.mark.parametrize(
    "told",
    [refusal("KT-CT-1113"), refusal("KT-CT-1111"), refusal("KT-CT-1199"), {"data": {}}],
    ids=["switched off", "not allowed", "too often", "nonsense"],
)
async def test_an_allowance_that_is_not_told_stops_nothing(
    octopus: OctopusGraphQL, kraken: Kraken, told: Reply
) -> None:
    """The question itself says whether it is answered."""
    kraken.replies["Points"] = told
    assert await octopus.sessions(ACCOUNT) == OctoplusSessions()


# --- what is asked ------------------------------------------------------------------------------


def test_a_connection_is_asked_for_fewer_than_100() -> None:
    """Without ``first``, or with more, it is refused."""
    (first,) = re.findall(r"first: (\d+)", FREE_ELECTRICITY)
    assert 0 < int(first) < 100


async def test_sessions_are_asked_of_the_backend_host_with_a_user_agent(
    octopus: OctopusGraphQL, kraken: Kraken
) -> None:
    """The main host lost them; the backend refuses requests without a User-Agent."""
    await octopus.sessions(ACCOUNT)
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


async def test_joining(octopus: OctopusGraphQL, kraken: Kraken) -> None:
    """By account and code, on the backend host."""
    joined: Reply = {"joinedEventCodes": ["EVENT_41_050826"]}
    kraken.replies["Join"] = {"data": {"joinSavingSessionsEvent": joined}}
    await octopus.join(ACCOUNT, power_down())
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
async def test_what_was_not_joined_is_told(
    octopus: OctopusGraphQL, kraken: Kraken, reply: Reply
) -> None:
    """Neither a refusal nor an empty reply is a success."""
    kraken.replies["Join"] = reply
    with pytest.raises(SessionNotJoinableError):
        await octopus.join(ACCOUNT, power_down())


async def test_a_session_without_a_code_cannot_be_joined(
    octopus: OctopusGraphQL, kraken: Kraken
) -> None:
    """Nothing is sent."""
    with pytest.raises(SessionNotJoinableError):
        await octopus.join(ACCOUNT, power_down(code=None))
    assert not kraken.asked


async def test_free_electricity_by_mpan(octopus: OctopusGraphQL, kraken: Kraken) -> None:
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
    (found,) = await octopus.free_electricity(ACCOUNT, "1200000000001")
    assert (found.kind, found.joined, found.reward_p_per_kwh) == (SessionKind.FREE, True, 0.0)
    assert found.start == datetime(2026, 8, 16, 12, tzinfo=UTC)
    assert kraken.asked[-1].variables == {"account": ACCOUNT, "mpan": "1200000000001"}


async def test_a_feature_that_is_gone_says_so(octopus: OctopusGraphQL, kraken: Kraken) -> None:
    """The rest goes on without it."""
    kraken.replies["FreeElectricity"] = refusal("KT-CT-1113")
    with pytest.raises(FeatureGoneError):
        await octopus.free_electricity(ACCOUNT, "1200000000001")
    assert await octopus.accounts() == (ACCOUNT,)


async def test_devices_and_dispatches(octopus: OctopusGraphQL, kraken: Kraken) -> None:
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
    assert await octopus.devices(ACCOUNT) == (CAR,)
    found = await octopus.dispatches(ACCOUNT, CAR)
    assert [each.start.hour for each in found.planned] == [22]
    assert kraken.asked[-1].variables == {"account": ACCOUNT, "device": CAR.id}


async def test_kt_ct_4340_planned_dispatches_unavailable(
    octopus: OctopusGraphQL, kraken: Kraken
) -> None:
    """An error of its own, so that what was last told can be kept."""
    kraken.replies["Dispatches"] = refusal(
        "KT-CT-4340", devices=[], flexPlannedDispatches=None, completedDispatches=[]
    )
    with pytest.raises(DispatchesUnavailableError):
        await octopus.dispatches(ACCOUNT, CAR)


async def test_kt_ct_4341_completed_dispatches_unavailable_leaves_the_planned(
    octopus: OctopusGraphQL, kraken: Kraken
) -> None:
    """The past does not matter to a plan."""
    planned: Reply = {"start": "2026-08-14T22:00:00Z", "end": "2026-08-14T23:00:00Z", "type": None}
    kraken.replies["Dispatches"] = refusal(
        "KT-CT-4341", devices=[], flexPlannedDispatches=[planned], completedDispatches=None
    )
    found = await octopus.dispatches(ACCOUNT, CAR)
    assert len(found.planned) == 1
    assert found.completed == ()
