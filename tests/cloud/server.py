"""The clouds as one server on loopback; their paths do not collide, so one address serves all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
import json
from typing import cast

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json

from .carbon import Carbon
from .control import control_routes
from .faults import Endpoint, Fault, FaultRule, Faults
from .graphql import GraphQL
from .log import Received, RequestLog
from .netzero import NetZero
from .octopus import Octopus, handlers
from .open_meteo import MINUTELY_LIMIT, OpenMeteo, complaint
from .replies import ERROR_PAGE, FIREWALL_PAGE, bent, content, page, refuse, with_numbers
from .world import World

_NETZERO = frozenset({Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE})
CARBON_PATH = "/regional/intensity/{since}/fw48h/regionid/{region}"
ABSURD = 1e12

type Answer = Callable[[web.Request, Sequence[FaultRule]], Awaitable[web.StreamResponse]]


class Cloud:
    """A running stand-in. ``url`` is the base address of every service."""

    def __init__(self, world: World) -> None:
        """Stand in front of a world; nothing listens yet."""
        self.world = world
        self.url = ""
        self.netzero = NetZero(world)
        self.octopus = Octopus(world)
        self._open_meteo = OpenMeteo(world)
        self._graphql = GraphQL(world)
        self._closing = asyncio.Event()
        self._kept_waiting = asyncio.Event()

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        return self.world.faults

    @property
    def requests(self) -> RequestLog:
        """What was received."""
        return self.world.requests

    def app(self) -> web.Application:
        """Every path of every service, and the control endpoint."""
        app = web.Application()
        app.add_routes(control_routes(self.world))
        self._route(app, "GET", "/api/v1/{site_id}/config", Endpoint.NETZERO_READ)
        self._route(app, "POST", "/api/v1/{site_id}/config", Endpoint.NETZERO_WRITE)
        self._route(app, "GET", "/v1/forecast", Endpoint.FORECAST)
        self._route(app, "POST", "/v1/graphql/", Endpoint.GRAPHQL)
        self._route(app, "GET", CARBON_PATH, Endpoint.CARBON)
        for path, (endpoint, _) in handlers(self.octopus).items():
            self._route(app, "GET", path, endpoint)
        return app

    async def someone_waits(self) -> None:
        """Until a request has come that gets no reply (``Fault.TIMEOUT``).

        Under a frozen clock a client's time-out does not run: move the clock now.
        """
        await self._kept_waiting.wait()
        self._kept_waiting.clear()

    def close(self) -> None:
        """Let go of those who still wait for a reply."""
        self._closing.set()

    def _route(self, app: web.Application, method: str, path: str, endpoint: Endpoint) -> None:
        answer = self._answer_of(endpoint, path)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, endpoint, answer)

        app.router.add_route(method, path, handle)

    def _answer_of(self, endpoint: Endpoint, path: str) -> Answer:
        async def octopus(request: web.Request, rules: Sequence[FaultRule]) -> web.StreamResponse:
            return handlers(self.octopus)[path][1](request, rules)

        async def forecast(request: web.Request, rules: Sequence[FaultRule]) -> web.StreamResponse:
            return self._open_meteo.answer(request, rules)

        async def graphql(request: web.Request, _: Sequence[FaultRule]) -> web.StreamResponse:
            return await self._graphql.answer(request)

        async def carbon(request: web.Request, _: Sequence[FaultRule]) -> web.StreamResponse:
            return Carbon().answer(request)

        if endpoint in _NETZERO:
            return self.netzero.answer
        others = {
            Endpoint.FORECAST: forecast,
            Endpoint.GRAPHQL: graphql,
            Endpoint.CARBON: carbon,
        }
        return others.get(endpoint, octopus)

    async def _handle(
        self, request: web.Request, endpoint: Endpoint, answer: Answer
    ) -> web.StreamResponse:
        rules = self.faults.strike(endpoint)
        body, at = await _body(request), self.world.clock()
        response: web.StreamResponse | None = None
        try:
            response = await self._spoilt(request, endpoint, rules, answer)
        finally:
            self.requests.add(
                Received(
                    at=at,
                    endpoint=endpoint,
                    method=request.method,
                    path=request.path,
                    query=dict(request.query),
                    body=body,
                    status=None if response is None else response.status,
                    faults=tuple(rule.fault for rule in rules),
                )
            )
        if response is None:
            return _cut(request)
        # A kept connection would look broken to a client whose frozen clock jumps ahead.
        response.force_close()
        return response

    async def _spoilt(
        self,
        request: web.Request,
        endpoint: Endpoint,
        rules: Sequence[FaultRule],
        answer: Answer,
    ) -> web.StreamResponse | None:
        """The reply after all faults; None for none at all."""
        kinds = [rule.fault for rule in rules]
        if Fault.TIMEOUT in kinds:
            self._kept_waiting.set()
            await self._closing.wait()
            return None
        if Fault.DISCONNECT in kinds:
            return None
        for rule in rules:
            if (instead := self._instead(rule)) is not None:
                return instead
        response = await answer(request, rules)
        if Fault.DONE_THEN_DISCONNECT in kinds:
            return None
        for rule in rules:
            _bend(response, rule)
        if Fault.CUT_SHORT in kinds and isinstance(response, web.Response):
            await _send_half(request, response)
            return None
        return response

    def _instead(self, rule: FaultRule) -> web.Response | None:
        """What a fault sends in place of the API's own reply, if it does."""
        if rule.fault is Fault.RATE_LIMITED:
            return self._limited(rule)
        reply = _INSTEAD.get(rule.fault)
        return None if reply is None else reply()

    def _limited(self, rule: FaultRule) -> web.Response:
        if rule.endpoint in _NETZERO:
            return self.netzero.limited(None if rule.detail is None else float(rule.detail))
        if rule.endpoint is Endpoint.FORECAST:
            return complaint(MINUTELY_LIMIT, 429)
        return refuse(429, "Request was throttled.", {"Retry-After": rule.detail or "30"})


_INSTEAD: dict[Fault, Callable[[], web.Response]] = {
    Fault.UNAUTHORISED: lambda: refuse(401, "Authentication credentials were not provided."),
    Fault.FORBIDDEN: lambda: refuse(403, "You do not have permission to perform this action."),
    Fault.FORBIDDEN_PAGE: lambda: page(FIREWALL_PAGE, 403),
    Fault.NOT_FOUND: lambda: refuse(404, "Not found."),
    Fault.SERVER_ERROR_PAGE: lambda: page(ERROR_PAGE, 500),
    Fault.UNAVAILABLE: lambda: refuse(503, "Service unavailable.", {"Retry-After": "10"}),
    Fault.PAGE: lambda: page("<html><body>We will be back soon.</body></html>", 200),
    Fault.PLAIN_TEXT: lambda: web.Response(text="Unexpected error while streaming data"),
    Fault.EMPTY: lambda: web.Response(body=b"", content_type="application/json"),
    Fault.WRONG_SHAPE: lambda: web.json_response(["not", "what", "was", "asked", "for"]),
}


@asynccontextmanager
async def running(world: World, port: int = 0) -> AsyncIterator[Cloud]:
    """Serve on loopback (a free port, if none is given) in the present event loop."""
    cloud = Cloud(world)
    runner = web.AppRunner(
        cloud.app(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, actual_port = cast(tuple[str, int], runner.addresses[0])
        cloud.url = f"http://{host}:{actual_port}"
        yield cloud
    finally:
        cloud.close()
        await runner.cleanup()


async def _body(request: web.Request) -> Json:
    """The body as JSON, or as text if it is none. A GraphQL body may hold a key: not kept."""
    raw = await request.read()
    if not raw:
        return None
    try:
        body: Json = json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
    if request.path.startswith("/v1/graphql"):
        return body.get("query") if isinstance(body, dict) else None
    return body


def _bend(response: web.StreamResponse, rule: FaultRule) -> None:
    """Replace values in a JSON reply."""
    if not isinstance(response, web.Response) or response.status != 200:
        return
    body: Json = json.loads(response.body) if isinstance(response.body, bytes) else None
    match rule.fault:
        case Fault.WRONG_TYPES:
            response.body = content(bent(body, "wrong"))
        case Fault.NULLS:
            response.body = content(bent(body, None))
        case Fault.ABSURD_NUMBERS:
            response.body = content(with_numbers(body, float(rule.detail or ABSURD)))


def _cut(request: web.Request) -> web.Response:
    """Close the connection; what is returned cannot be sent any more."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _send_half(request: web.Request, response: web.Response) -> None:
    """Promise the whole reply and send half of it."""
    whole = response.body
    assert isinstance(whole, bytes)
    partial = web.StreamResponse(
        headers={"Content-Type": response.content_type, "Content-Length": str(len(whole))}
    )
    await partial.prepare(request)
    await partial.write(whole[: len(whole) // 2])
