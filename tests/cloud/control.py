"""The control endpoint: look at the world and change it from outside the process.

- ``GET /control/state``: time, speed, battery, faults.
- ``GET /control/requests``: what was received; ``DELETE`` forgets it.
- ``GET /control/faults``: the rules; ``DELETE`` disarms all; ``POST`` arms one:
  ``{"fault": "timeout", "endpoints": ["netzero_read"], "skip": 2, "times": 1, "detail": "30"}``.
- ``POST /control/time``: ``{"now": ISO, "speed": 60, "advance_s": 1800}``, any of them.
- ``POST /control/circumstances``: ``{"on_grid": false}``, ``{"storm_watch": true}``,
  ``{"forced_battery_w": 0}``.
- ``POST /control/app``: settings changed by a person in the app, by their names on the wire.
- ``POST /control/level``: ``{"percent": 30}``.
- ``POST /control/publication``: ``{"imports_at": "16:05", "exports_at": "17:00"}``.
- ``POST /control/quirks``: ``{"gateway_behind_s": 900}``, any of ``quirks.py``; the others stay.
- ``POST /control/delivery``: ``{"shortest_s": 5, "longest_s": 180, "seed": 1}``.

Every change is answered with the state after it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
import json

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json, decode, encode
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances
from custom_components.smart_battery_scheduler.powerwall.simulated import after_a_while

from .clock import ScaledClock
from .faults import Endpoint, Fault
from .netzero import parse_change
from .quirks import Quirks
from .world import World

type Change = Callable[[World, Mapping[str, Json]], None]


def control_routes(world: World) -> Iterable[web.RouteDef]:
    """All paths of the control endpoint."""
    changes: dict[str, Change] = {
        "time": _set_time,
        "faults": _arm,
        "circumstances": _meet,
        "app": _set_in_app,
        "level": _set_level,
        "publication": _publish,
        "delivery": _deliver,
        "quirks": _be_odd,
    }
    views: dict[str, Callable[[World], Json]] = {
        "state": _state,
        "requests": lambda world: encode(list(world.requests)),
        "faults": lambda world: encode(list(world.faults)),
    }
    yield from (web.get(f"/control/{name}", _view(world, view)) for name, view in views.items())
    yield from (web.post(f"/control/{name}", _post(world, do)) for name, do in changes.items())
    yield web.delete("/control/requests", _forget(world, world.requests.clear))
    yield web.delete("/control/faults", _forget(world, world.faults.clear))


type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _view(world: World, view: Callable[[World], Json]) -> _Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.json_response(view(world))

    return handle


def _post(world: World, change: Change) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            change(world, _object(await request.read()))
        except (ValueError, TypeError, KeyError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(_state(world))

    return handle


def _object(raw: bytes) -> Mapping[str, Json]:
    body = json.loads(raw)
    if not isinstance(body, dict):
        raise TypeError("expected an object")
    return body


def _forget(world: World, forget: Callable[[], None]) -> _Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        forget()
        return web.json_response(_state(world))

    return handle


def _state(world: World) -> Json:
    clock, powerwall = world.clock, world.powerwall
    return {
        "now": clock().isoformat(),
        "speed": clock.speed if isinstance(clock, ScaledClock) else 1.0,
        "charge_level_percent": powerwall.soc_percent,
        "powerwall": encode(powerwall.state),
        "reading": encode(powerwall.reading()),
        "faults": encode(list(world.faults)),
        "requests": len(world.requests),
    }


def _set_time(world: World, body: Mapping[str, Json]) -> None:
    clock = world.clock
    if not isinstance(clock, ScaledClock):
        raise TypeError("this world's clock is moved by the test that made it")
    # What was passes under the old clock.
    world.powerwall.reading()
    if "now" in body or "speed" in body:
        now, speed = body.get("now"), body.get("speed")
        clock.set(
            now=None if now is None else datetime.fromisoformat(decode(str, now)),
            speed=None if speed is None else decode(float, speed),
        )
    if "advance_s" in body:
        clock.advance(timedelta(seconds=decode(float, body["advance_s"])))


def _arm(world: World, body: Mapping[str, Json]) -> None:
    times, detail = body.get("times"), body.get("detail")
    world.faults.add(
        Fault(decode(str, body["fault"])),
        *(Endpoint(name) for name in decode(tuple[str, ...], body.get("endpoints", []))),
        skip=decode(int, body.get("skip", 0)),
        times=None if times is None else decode(int, times),
        detail=None if detail is None else decode(str, detail),
    )


def _meet(world: World, body: Mapping[str, Json]) -> None:
    encoded = encode(world.powerwall.state.circumstances)
    assert isinstance(encoded, dict)
    world.powerwall.meet(decode(Circumstances, {**encoded, **body}))


def _set_in_app(world: World, body: Mapping[str, Json]) -> None:
    world.powerwall.set_in_app(parse_change(body))


def _set_level(world: World, body: Mapping[str, Json]) -> None:
    percent = decode(float, body["percent"])
    if not 0.0 <= percent <= 100.0:
        raise ValueError("percent: expected 0-100")
    world.powerwall.set_soc(percent)


def _publish(world: World, body: Mapping[str, Json]) -> None:
    moments = {key: time.fromisoformat(decode(str, value)) for key, value in body.items()}
    world.publication = replace(world.publication, **moments)


def _deliver(world: World, body: Mapping[str, Json]) -> None:
    world.deliver = after_a_while(
        decode(int, body.get("seed", 0)),
        timedelta(seconds=decode(float, body["shortest_s"])),
        timedelta(seconds=decode(float, body["longest_s"])),
    )


def _be_odd(world: World, body: Mapping[str, Json]) -> None:
    known = encode(world.quirks)
    assert isinstance(known, dict)
    if unknown := set(body) - set(known):
        raise ValueError(f"Unknown quirks: {sorted(unknown)}")
    world.quirks = decode(Quirks, {**known, **body})
