"""Octopus' GraphQL API on the wire.

Operations are answered by their name; what is not in ``OPERATIONS``, or is in the account's
``fields_gone``, is answered as the real one answers a field that was switched off: status 200 with
an error of code KT-CT-1113.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
import json
import re

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json

from .faults import Endpoint
from .octoplus import HOME_REGION
from .replies import answer, page, refuse
from .world import ACCOUNT_NUMBER, World

type Variables = Mapping[str, Json]
type Operation = Callable[[World, Variables], Json]

MINT = "ObtainToken"
POINTS_AN_HOUR = 50_000
POINTS_A_QUESTION = 40
_NAME = re.compile(r"(?:query|mutation)\s+(\w+)")


class KrakenError(Exception):
    """An error with a code, status 200."""

    def __init__(self, code: str, message: str) -> None:
        """Keep what is told."""
        super().__init__(message)
        self.code = code


def error(code: str, message: str, kind: str = "APPLICATION") -> Json:
    """An error as Kraken puts it."""
    return {
        "message": message,
        "locations": [{"line": 1, "column": 1}],
        "path": None,
        "extensions": {"errorType": kind, "errorCode": code, "errorDescription": message},
    }


def _mint(world: World, variables: Variables) -> Json:
    credentials = variables.get("input")
    assert isinstance(credentials, dict)
    refresh = credentials.get("refreshToken")
    if refresh not in world.octoplus.refresh_tokens and credentials.get("APIKey") != world.api_key:
        raise KrakenError("KT-CT-1139", "Authentication failed.")
    return {"obtainKrakenToken": world.octoplus.mint(world.clock())}


def _accounts(world: World, _: Variables) -> Json:
    return {"viewer": {"accounts": [{"number": number} for number in world.account_numbers]}}


def _points(world: World, _: Variables) -> Json:
    """The hour begins anew when its time is over; each question costs some points."""
    now = world.clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    used = sum(
        POINTS_A_QUESTION
        for each in world.requests
        if each.endpoint is Endpoint.GRAPHQL and each.at >= hour
    )
    allowance: Json = {
        "limit": POINTS_AN_HOUR,
        "remainingPoints": POINTS_AN_HOUR - used - world.octoplus.points_used_by_others,
        "ttl": round((hour + timedelta(hours=1)).timestamp()),
        "isBlocked": False,
    }
    return {"rateLimitInfo": {"pointsAllowanceRateLimit": allowance}}


def _sessions(world: World, variables: Variables) -> Json:
    octoplus = world.octoplus
    _check(variables.get("account"))
    return {
        "savingSessions": {
            "events": [each.as_event for each in octoplus.sessions],
            "account": {
                "hasJoinedCampaign": octoplus.enrolled,
                "signedUpMeterPoint": {"regionId": HOME_REGION},
                "joinedEvents": [each.as_joined for each in octoplus.sessions if each.joined],
            },
        }
    }


def _join(world: World, variables: Variables) -> Json:
    asked = variables["input"]
    assert isinstance(asked, dict)
    _check(asked["accountNumber"])
    for session in world.octoplus.sessions:
        if session.code == asked["eventCode"] and session.start > world.clock():
            session.joined = True
            return {"joinSavingSessionsEvent": {"joinedEventCodes": [session.code]}}
    raise KrakenError("OE-1305", "Saving session event not found.")


def _free(world: World, variables: Variables) -> Json:
    _check(variables.get("account"))
    return {
        "customerFlexibilityCampaignEvents": {
            "edges": [
                {
                    "node": {
                        "code": each.code,
                        "startAt": each.start.isoformat(),
                        "endAt": each.end.isoformat(),
                        "isEventParticipant": each.participant,
                    }
                }
                for each in world.octoplus.free
            ]
        }
    }


def _devices(world: World, variables: Variables) -> Json:
    _check(variables.get("account"))
    meter: Json = {
        "id": "meter-1",
        "deviceType": "ELECTRICITY_METERS",
        "status": {"current": "LIVE"},
    }
    cars: list[Json] = [
        {
            "id": key,
            "deviceType": "ELECTRIC_VEHICLES",
            "status": {"current": "LIVE"},
            "make": "Example",
            "model": model,
        }
        for key, model in world.octoplus.cars.items()
    ]
    return {"devices": [meter, *cars]}


def _dispatches(world: World, variables: Variables) -> Json:
    device = variables.get("device")
    now = world.clock()
    if device not in world.octoplus.cars:
        raise KrakenError("KT-CT-4340", "Unable to fetch planned dispatches.")
    planned: list[Json] = [
        {"start": start.isoformat(), "end": end.isoformat(), "type": kind}
        for start, end, kind in world.octoplus.dispatches
        if end > now
    ]
    return {
        "devices": [{"id": device, "status": {"currentState": world.octoplus.car_state}}],
        "flexPlannedDispatches": [
            *world.octoplus.odd_dispatches,
            *planned,
        ],
        "completedDispatches": [
            {
                "start": start.isoformat(),
                "end": end.isoformat(),
                "delta": "-3.5",
                "meta": {"source": None, "location": "AT_HOME"},
            }
            for start, end in world.octoplus.completed
        ],
    }


OPERATIONS: dict[str, Operation] = {
    MINT: _mint,
    "Accounts": _accounts,
    "Points": _points,
    "Sessions": _sessions,
    "Join": _join,
    "FreeElectricity": _free,
    "Devices": _devices,
    "Dispatches": _dispatches,
}


def _check(number: object) -> None:
    if number != ACCOUNT_NUMBER:
        raise KrakenError("KT-CT-1111", "Unauthorized.")


class GraphQL:
    """The one endpoint for everything."""

    def __init__(self, world: World) -> None:
        """Stand in front of a world."""
        self._world = world

    async def answer(self, request: web.Request) -> web.Response:
        """POST /v1/graphql/."""
        try:
            body = json.loads(await request.read())
        except ValueError:
            return refuse(400, "POST body sent invalid JSON.")
        if not request.headers.get("User-Agent"):
            return page("Request blocked.", 403)
        query = body.get("query") if isinstance(body, dict) else None
        found = _NAME.match(query) if isinstance(query, str) else None
        try:
            data = self._data(found[1] if found else "", body, request)
        except KrakenError as err:
            return answer({"data": None, "errors": [error(err.code, str(err))]})
        return answer({"data": data})

    def _data(self, name: str, body: Mapping[str, Json], request: web.Request) -> Json:
        octoplus, operation = self._world.octoplus, OPERATIONS.get(name)
        if operation is None or name in octoplus.fields_gone:
            raise KrakenError("KT-CT-1113", "Disabled field.")
        if (code := octoplus.errors.get(name)) is not None:
            raise KrakenError(code, "As the test wants it.")
        token = request.headers.get("Authorization")
        if name != MINT and (
            token is None or octoplus.tokens.get(token, self._world.clock()) <= self._world.clock()
        ):
            raise KrakenError("KT-CT-1124", "Token expired.")
        variables = body.get("variables")
        return operation(self._world, variables if isinstance(variables, dict) else {})
