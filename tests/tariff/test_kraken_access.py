"""Octopus' GraphQL API: one token for all, what its refusals mean, and how much may be asked."""

import asyncio
from datetime import timedelta
import traceback
from typing import Any

import aiohttp
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffAuthError,
    TariffBlockedError,
    TariffError,
    TariffRateLimitError,
    TariffReplyError,
    TariffUnreachableError,
)
from custom_components.smart_battery_scheduler.tariff.kraken_errors import (
    FeatureGoneError,
    NotForThisKeyError,
)
from custom_components.smart_battery_scheduler.tariff.octopus_graphql import (
    REQUESTS_PER_HOUR,
    OctopusGraphQL,
)
from custom_components.smart_battery_scheduler.tariff.sessions import OctoplusSessions

from ..clock import Clock
from ..wire import Wire
from .bodies import ACCOUNT, API_KEY
from .kraken import ACCOUNTS, MAIN, NOW, Asked, Kraken, Reply, allowance, refusal

PAGE = "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD></HTML>"


async def test_account_numbers_from_the_key_alone(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """The token is sent raw, minted by the key, which goes as a variable and not in the query."""
    assert await graphql.accounts() == (ACCOUNT,)
    mint, query = kraken.asked
    assert mint.variables == {"input": {"APIKey": API_KEY}}
    assert "Authorization" not in mint.headers
    assert query.headers["Authorization"] == "t1"
    assert query.headers["User-Agent"]


async def test_a_token_is_reused(graphql: OctopusGraphQL, kraken: Kraken, clock: Clock) -> None:
    """By all queries for 55 minutes; also by those that come at the same time."""
    await asyncio.gather(*(graphql.accounts() for _ in range(5)))
    clock.tick(minutes=54)
    await graphql.sessions(ACCOUNT)
    assert kraken.minted == 1


async def test_a_clock_far_ahead_for_minutes_leaves_no_token_budget_or_wait_behind(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """What was minted, counted and waited for by it holds no longer when it is right again."""
    now = clock.now
    clock.now = now + timedelta(days=4000)
    for _ in range(REQUESTS_PER_HOUR - 2):
        await graphql.accounts()
    clock.now = now
    await graphql.sessions(ACCOUNT)
    assert kraken.minted == 2
    for _ in range(REQUESTS_PER_HOUR // 2):
        await graphql.accounts()


async def test_scarce_points_are_not_waited_for_by_a_clock_that_was_ahead(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """They are renewed within the hour, whatever the clock said when they were scarce."""
    now = clock.now
    clock.now = now + timedelta(days=4000)
    kraken.replies["Points"] = allowance(10)
    with pytest.raises(TariffRateLimitError):
        await graphql.sessions(ACCOUNT)
    clock.now, kraken.replies["Points"] = now, allowance()
    await graphql.sessions(ACCOUNT)


async def test_a_token_is_renewed_by_its_refresh_token_5_min_before_expiry(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """Not by the key."""
    await graphql.accounts()
    clock.tick(minutes=55)
    await graphql.accounts()
    assert [each.variables["input"] for each in kraken.of("ObtainToken")] == [
        {"APIKey": API_KEY},
        {"refreshToken": "r1"},
    ]
    assert kraken.asked[-1].headers["Authorization"] == "t2"


async def test_refresh_expires_in_is_a_moment_and_not_a_span(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """After a week the key is needed again."""
    await graphql.accounts()
    clock.tick(days=7)
    await graphql.accounts()
    assert kraken.of("ObtainToken")[1].variables == {"input": {"APIKey": API_KEY}}


@pytest.mark.parametrize("expires", [None, "soon", -1, 1e12, 604800])
async def test_a_refresh_token_of_unknown_age_is_not_used(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock, expires: Any
) -> None:
    """A span in place of a moment lies in 1970."""
    token: Reply = {
        "data": {
            "obtainKrakenToken": {"token": "t", "refreshToken": "r", "refreshExpiresIn": expires}
        }
    }
    kraken.replies["ObtainToken"] = token
    await graphql.accounts()
    clock.tick(minutes=56)
    await graphql.accounts()
    assert all("APIKey" in each.variables["input"] for each in kraken.of("ObtainToken"))


@pytest.mark.parametrize("code", ["KT-CT-1139", "KT-CT-1124", "KT-CT-1135", "OE-0103"])
async def test_a_refused_refresh_token_falls_back_to_the_key(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock, code: str
) -> None:
    """Once; the key is still good."""
    await graphql.accounts()
    mint = kraken._mint
    kraken.replies["ObtainToken"] = lambda asked: (
        mint(asked) if "APIKey" in asked.variables["input"] else refusal(code)
    )
    clock.tick(minutes=56)
    assert await graphql.accounts() == (ACCOUNT,)
    assert len(kraken.of("ObtainToken")) == 3


@pytest.mark.parametrize("code", ["KT-CT-1120", "KT-CT-1124", "KT-CT-1128", "KT-CT-1111"])
async def test_an_expired_token_is_renewed_once_and_the_query_repeated(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock, code: str
) -> None:
    """Clocks differ: it may end before we think so."""
    await graphql.accounts()
    clock.tick(minutes=40)

    def accounts(asked: Asked) -> Reply:
        return ACCOUNTS if asked.headers["Authorization"] == "t2" else refusal(code)

    kraken.replies["Accounts"] = accounts
    assert await graphql.accounts() == (ACCOUNT,)
    assert kraken.minted == 2


async def test_a_query_that_is_always_refused_does_not_mint_and_mint(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """A young token is not refused for its age, and the key not for one question (BD#885).

    Asked for an hour, every 4 minutes.
    """
    kraken.replies["Sessions"] = refusal("KT-CT-1111")
    for _ in range(15):
        with pytest.raises(NotForThisKeyError):
            await graphql.sessions(ACCOUNT)
        clock.tick(minutes=4)
    assert kraken.minted <= 5


# --- refusals -----------------------------------------------------------------------------------


async def test_a_bad_key_is_reported(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """KT-CT-1139 is for a person to mend."""
    kraken.replies["ObtainToken"] = refusal("KT-CT-1139", obtainKrakenToken=None)
    with pytest.raises(TariffAuthError):
        await graphql.accounts()
    assert [each.operation for each in kraken.asked] == ["ObtainToken"]


@pytest.mark.parametrize("code", ["KT-CT-1111", "KT-CT-1134", "KT-CT-1143", "OE-0103"])
async def test_a_key_without_rights_is_a_bad_key(
    graphql: OctopusGraphQL, kraken: Kraken, code: str
) -> None:
    """No token can be had with it."""
    kraken.replies["ObtainToken"] = refusal(code)
    with pytest.raises(TariffAuthError):
        await graphql.accounts()
    assert API_KEY not in repr(graphql._keeper)


async def test_kt_ct_1199_on_the_token_is_a_rate_limit_and_not_a_bad_key(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """Its type says AUTHORIZATION. It lasts for hours: ask ever less often, up to every six."""
    kraken.replies["ObtainToken"] = refusal("KT-CT-1199")
    waits = []
    for _ in range(24 * 60):
        with pytest.raises(TariffRateLimitError) as caught:
            await graphql.accounts()
        waits.append(caught.value.retry_after_s)
        clock.tick(minutes=1)
    assert waits[0] == 3600
    assert waits[1] == 3540
    assert len(kraken.asked) == 6  # after 0, 1, 3, 7, 13 and 19 hours
    kraken.replies["ObtainToken"] = kraken._mint
    clock.tick(hours=6)
    assert await graphql.accounts() == (ACCOUNT,)


async def test_kt_ct_1199_while_renewing_does_not_try_the_key_too(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """It would be one more request of the kind that is too many."""
    await graphql.accounts()
    clock.tick(minutes=56)
    kraken.replies["ObtainToken"] = refusal("KT-CT-1199")
    with pytest.raises(TariffRateLimitError):
        await graphql.accounts()
    assert len(kraken.of("ObtainToken")) == 2
    # The refresh token is kept for when it is over.
    clock.tick(hours=1)
    kraken.replies["ObtainToken"] = kraken._mint
    await graphql.accounts()
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
    graphql: OctopusGraphQL, kraken: Kraken, reply: Reply, error: type[TariffError]
) -> None:
    """Told apart, and none repeats the API's own text, which may quote what was sent."""
    kraken.replies["Accounts"] = reply
    with pytest.raises(error) as caught:
        await graphql.accounts()
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
    graphql: OctopusGraphQL, wire: Wire, reply: dict[str, Any], error: type[TariffError]
) -> None:
    """Each as what it is, and the key in none."""
    wire.post(MAIN, **reply)
    with pytest.raises(error) as caught:
        await graphql.accounts()
    assert type(caught.value) is error
    assert API_KEY not in "".join(traceback.format_exception(caught.value)) + repr(graphql)


async def test_429_is_honoured(graphql: OctopusGraphQL, wire: Wire) -> None:
    """Also by a token that would be minted next."""
    wire.post(MAIN, status=429, headers={"Retry-After": "90"})
    for _ in range(2):
        with pytest.raises(TariffRateLimitError) as caught:
            await graphql.accounts()
    assert caught.value.retry_after_s == 90
    assert sum(map(len, wire.requests.values())) == 1


@pytest.mark.parametrize("token", [None, "", "tökén", "t\r\nX: y", 7])
async def test_what_is_no_token_is_not_sent(
    graphql: OctopusGraphQL, kraken: Kraken, token: Any
) -> None:
    """Least of all as a second header."""
    kraken.replies["ObtainToken"] = {"data": {"obtainKrakenToken": {"token": token}}}
    with pytest.raises(TariffReplyError):
        await graphql.accounts()


# --- budgets ------------------------------------------------------------------------------------


async def test_our_own_budget_ends_before_theirs(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """A loop of ours gone wild asks sixty times an hour, no more."""
    for _ in range(REQUESTS_PER_HOUR - 1):
        await graphql.accounts()
        clock.tick(seconds=1)
    with pytest.raises(TariffRateLimitError) as caught:
        await graphql.accounts()
    assert len(kraken.asked) == REQUESTS_PER_HOUR
    clock.tick(seconds=caught.value.retry_after_s)
    await graphql.accounts()


async def test_the_points_allowance(graphql: OctopusGraphQL, kraken: Kraken) -> None:
    """``ttl`` is the moment when it is renewed, and no span."""
    points = await graphql.points()
    assert (points.limit, points.remaining, points.is_blocked) == (50000, 46705, False)
    assert points.renewed_at == NOW + timedelta(minutes=40)
    kraken.replies["Points"] = allowance(None)
    with pytest.raises(TariffReplyError):
        await graphql.points()


@pytest.mark.parametrize(
    "scarce",
    [allowance(4_999), allowance(50_000, isBlocked=True)],
    ids=["few are left", "blocked"],
)
async def test_scarce_points_are_left_to_other_applications(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock, scarce: Reply
) -> None:
    """Nothing more is asked until they are renewed; then all is as before."""
    kraken.replies["Points"] = scarce
    for _ in range(3):
        with pytest.raises(TariffRateLimitError) as caught:
            await graphql.sessions(ACCOUNT)
        assert caught.value.retry_after_s == 40 * 60
    assert len(kraken.of("Points")) == 1
    assert not kraken.of("Sessions")
    clock.tick(minutes=40)
    kraken.replies["Points"] = allowance()
    await graphql.sessions(ACCOUNT)
    assert len(kraken.of("Sessions")) == 1


@pytest.mark.parametrize("ttl", [None, 0, -5, 1e15, 1.0, "soon"])
async def test_scarce_points_without_a_sensible_renewal_are_looked_at_again_soon(
    graphql: OctopusGraphQL, kraken: Kraken, ttl: Json
) -> None:
    """Neither never nor at once."""
    kraken.replies["Points"] = allowance(0, ttl=ttl)
    with pytest.raises(TariffRateLimitError) as caught:
        await graphql.devices(ACCOUNT)
    assert caught.value.retry_after_s == 600


async def test_points_are_looked_at_once_an_hour(
    graphql: OctopusGraphQL, kraken: Kraken, clock: Clock
) -> None:
    """They cost points themselves."""
    for _ in range(12):
        await graphql.sessions(ACCOUNT)
        clock.tick(minutes=10)
    assert len(kraken.of("Points")) == 2


@pytest.mark.parametrize(
    "published",
    [refusal("KT-CT-1113"), refusal("KT-CT-1111"), refusal("KT-CT-1199"), {"data": {}}],
    ids=["switched off", "not allowed", "too often", "nonsense"],
)
async def test_an_allowance_that_is_not_reported_stops_nothing(
    graphql: OctopusGraphQL, kraken: Kraken, published: Reply
) -> None:
    """The question itself says whether it is answered."""
    kraken.replies["Points"] = published
    assert await graphql.sessions(ACCOUNT) == OctoplusSessions()
