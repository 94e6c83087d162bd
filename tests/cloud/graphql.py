"""Octopus' GraphQL API on the wire.

Operations are answered by name of their root field; what is not in ``OPERATIONS`` is answered as
the real one answers a field that was switched off: status 200 with an error of code KT-CT-1113.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import json
import re

from aiohttp import web

from custom_components.smart_battery_scheduler.codec import Json

from .replies import answer, refuse
from .world import World

type Operation = Callable[[World, Mapping[str, Json]], Json]

OPERATIONS: dict[str, Operation] = {}

_ROOT_FIELD = re.compile(r"\{\s*(\w+)")


def error(code: str, message: str, kind: str = "APPLICATION") -> Json:
    """An error as Kraken puts it."""
    return {
        "message": message,
        "locations": [{"line": 1, "column": 1}],
        "path": None,
        "extensions": {"errorType": kind, "errorCode": code, "errorDescription": message},
    }


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
        query = body.get("query") if isinstance(body, dict) else None
        found = _ROOT_FIELD.search(query) if isinstance(query, str) else None
        operation = OPERATIONS.get(found[1]) if found else None
        if found is None or operation is None:
            return answer({"data": None, "errors": [error("KT-CT-1113", "Disabled field.")]})
        return answer({"data": {found[1]: operation(self._world, body.get("variables") or {})}})
