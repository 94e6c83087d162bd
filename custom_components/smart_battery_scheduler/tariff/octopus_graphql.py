"""Octopus Energy's GraphQL API (Kraken): accounts of a key, sessions, dispatches.

Queries are never written around a value: account numbers, codes and keys go as variables. Sessions
live on a host of their own, which wants a User-Agent. Facts: docs.octopus.energy, "GraphQL API".
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus

import aiohttp
from yarl import URL

from ..common.http import TIMEOUT_S, NoReplyError, NotJsonError, Reply, ask, utc_now
from .account import account_number
from .dispatches import REMEMBERED, Device, Dispatches, parse_devices, parse_dispatches
from .errors import TariffAuthError, TariffRateLimitError, TariffReplyError, TariffUnreachableError
from .json_shape import JsonObject, objects, one_object, text
from .kraken_errors import (
    COMPLETED_UNAVAILABLE,
    NotForThisKeyError,
    SessionNotJoinableError,
    TokenRefusedError,
    error_codes,
    error_for,
)
from .kraken_points import POINTS, Allowance, Points, parse_points
from .kraken_token import TokenKeeper
from .octopus_rest import raise_for
from .sessions import OctoplusSession, OctoplusSessions, parse_free_electricity, parse_sessions

BASE_URL = "https://api.octopus.energy"
SESSIONS_URL = "https://api.backend.octopus.energy"
USER_AGENT = "SmartBatteryScheduler (Home Assistant)"
# The API allows 50,000 points an hour, of which a query costs tens. What is more frequent than
# this is a bug in this client.
REQUESTS_PER_HOUR = 60

ACCOUNTS = "query Accounts { viewer { accounts { number } } }"
SESSIONS = """query Sessions($account: String!) {
  savingSessions {
    events(includeDev: false) {
      id code rewardPerKwhInOctoPoints startAt endAt devEvent eventType
      targetRegion { regionId }
    }
    account(accountNumber: $account) {
      hasJoinedCampaign
      signedUpMeterPoint { regionId }
      joinedEvents { eventId startAt endAt rewardGivenInOctoPoints eventType }
    }
  }
}"""
JOIN = """mutation Join($input: JoinSavingSessionsEventInput!) {
  joinSavingSessionsEvent(input: $input) { joinedEventCodes }
}"""
FREE_ELECTRICITY = """query FreeElectricity($account: String!, $mpan: String!, $after: String) {
  customerFlexibilityCampaignEvents(
    accountNumber: $account, supplyPointIdentifier: $mpan
    campaignSlug: "free_electricity", first: 50, after: $after
  ) {
    edges { node { code startAt endAt isEventParticipant } }
    pageInfo { hasNextPage endCursor }
  }
}"""
# A session a week fills a page in a year.
MOST_PAGES = 5
DEVICES = """query Devices($account: String!) {
  devices(accountNumber: $account) {
    id deviceType status { current }
    ... on SmartFlexVehicle { make model }
    ... on SmartFlexChargePoint { make model }
  }
}"""
DISPATCHES = """query Dispatches($account: String!, $device: String!) {
  devices(accountNumber: $account, deviceId: $device) { id status { currentState } }
  flexPlannedDispatches(deviceId: $device) { start end type energyAddedKwh }
  completedDispatches(accountNumber: $account) { start end delta meta { source location } }
}"""


# Longer replies are parsed in a thread: years of dispatches blocked the event loop for 150 ms.
LONG_REPLY = 50_000
LONG_LIST = 200


async def _aside[T](work: Callable[[], T]) -> T:
    """Do it in a thread of its own."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


class OctopusGraphQL:
    """The API behind one key. Have one for each key, so that all share its token.

    Every method raises a TariffError when it fails: FeatureGoneError where the API has switched
    something off.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: str,
        *,
        base_url: str = BASE_URL,
        sessions_url: str = SESSIONS_URL,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Nothing is sent yet."""
        self._session = session
        self._main = URL(base_url) / "v1/graphql/"
        self._backend = URL(sessions_url) / "v1/graphql/"
        self._clock = clock
        self._timeout_s = timeout_s
        self._sent: deque[datetime] = deque()
        self._keeper = TokenKeeper(api_key, self._mint, clock)
        self._allowance = Allowance(self.points, clock)

    def __repr__(self) -> str:
        """Without the key."""
        return f"<{type(self).__name__}>"

    async def accounts(self) -> tuple[str, ...]:
        """The numbers of the key's accounts."""
        data = await self._query(self._main, ACCOUNTS, {})
        viewer = one_object(data.get("viewer"), "viewer")
        return tuple(account_number(text(each, "number")) for each in objects(viewer, "accounts"))

    async def points(self) -> Points:
        """What is left of the hour's allowance."""
        return parse_points(await self._query(self._main, POINTS, {}))

    async def sessions(self, account: str) -> OctoplusSessions:
        """Power Down, Power Up and happy hours that concern an account."""
        await self._allowance.require()
        return parse_sessions(await self._query(self._backend, SESSIONS, {"account": account}))

    async def join(self, account: str, session: OctoplusSession) -> None:
        """Join a session. Raises SessionNotJoinableError if that is not possible (any more)."""
        if session.code is None:
            raise SessionNotJoinableError("the session has no code to join by")
        variables = {"input": {"accountNumber": account, "eventCode": session.code}}
        data = await self._query(self._backend, JOIN, variables)
        codes = one_object(data.get("joinSavingSessionsEvent"), "the join").get("joinedEventCodes")
        if not isinstance(codes, list) or session.code not in codes:
            raise SessionNotJoinableError("the session was not joined")

    async def free_electricity(self, account: str, import_mpan: str) -> tuple[OctoplusSession, ...]:
        """Free electricity sessions, those long past among them: no order is documented."""
        found: tuple[OctoplusSession, ...] = ()
        after = None
        for _ in range(MOST_PAGES):
            await self._allowance.require()
            variables = {"account": account, "mpan": import_mpan, "after": after}
            page = parse_free_electricity(
                await self._query(self._main, FREE_ELECTRICITY, variables)
            )
            found += page.sessions
            after = page.next_cursor
            if after is None:
                break
        return found

    async def devices(self, account: str) -> tuple[Device, ...]:
        """The live cars and chargers that Octopus steers."""
        await self._allowance.require()
        return parse_devices(await self._query(self._main, DEVICES, {"account": account}))

    async def dispatches(self, account: str, device: Device) -> Dispatches:
        """When the car is to be charged. Raises DispatchesUnavailableError: keep the last."""
        await self._allowance.require()
        variables = {"account": account, "device": device.id}
        data = await self._query(self._main, DISPATCHES, variables, without=COMPLETED_UNAVAILABLE)
        since = self._clock() - REMEMBERED
        # The API returns the completed ones of all years, whatever is asked for.
        completed = data.get("completedDispatches")
        if isinstance(completed, list) and len(completed) > LONG_LIST:
            return await _aside(partial(parse_dispatches, data, since))
        return parse_dispatches(data, since)

    async def _query(
        self,
        url: URL,
        query: str,
        variables: Mapping[str, object],
        *,
        without: str | None = None,
    ) -> JsonObject:
        """The reply's data. A refused token is renewed once; an error ``without`` is let pass."""
        token = await self._keeper.token()
        try:
            return await self._post(url, query, variables, token, without)
        except TokenRefusedError:
            token = await self._keeper.token(refused=token)
        try:
            return await self._post(url, query, variables, token, without)
        except TokenRefusedError as error:
            raise NotForThisKeyError("Octopus does not answer this for the key") from error

    async def _mint(self, query: str, variables: Mapping[str, object]) -> JsonObject:
        return await self._post(self._main, query, variables, None)

    async def _post(
        self,
        url: URL,
        query: str,
        variables: Mapping[str, object],
        token: str | None,
        without: str | None = None,
    ) -> JsonObject:
        try:
            return await self._answer(url, query, variables, token, without)
        except TariffAuthError as error:
            if token is None:
                raise
            # Only a refusal to make a token is about the key itself.
            raise TokenRefusedError("Octopus refused the token") from error

    async def _answer(
        self,
        url: URL,
        query: str,
        variables: Mapping[str, object],
        token: str | None,
        without: str | None,
    ) -> JsonObject:
        self._spend()
        headers = {"User-Agent": USER_AGENT}
        if token is not None:
            headers["Authorization"] = token
        try:
            reply = await ask(
                self._session,
                url,
                service="Octopus",
                headers=headers,
                body={"query": query, "variables": variables},
                timeout_s=self._timeout_s,
            )
        except NoReplyError as error:
            raise TariffUnreachableError(str(error)) from error
        body = await self._body(reply)
        codes = tuple(code for code in error_codes(body) if code != without)
        if codes:
            raise error_for(codes, minting=token is None)
        return one_object(body.get("data"), "data")

    async def _body(self, reply: Reply) -> JsonObject:
        """The reply's JSON; a query that does not fit the schema is answered with 400."""
        if reply.status != HTTPStatus.BAD_REQUEST:
            raise_for(reply, self._clock())
        try:
            is_long = len(reply.content) > LONG_REPLY
            body = one_object(await _aside(reply.json) if is_long else reply.json(), "the reply")
        except NotJsonError as error:
            raise TariffReplyError("the reply is not JSON") from error
        if reply.status == HTTPStatus.BAD_REQUEST and not error_codes(body):
            raise_for(reply, self._clock())
        return body

    def _spend(self) -> None:
        """Count a request. Raises TariffRateLimitError when the hour has had enough."""
        now = self._clock()
        hour = timedelta(hours=1)
        # Those from the future were counted by a clock that was ahead.
        self._sent = deque(at for at in self._sent if abs(now - at) < hour)
        if len(self._sent) >= REQUESTS_PER_HOUR:
            raise TariffRateLimitError((self._sent[0] + hour - now).total_seconds())
        self._sent.append(now)
