"""Replies of every kind, right and wrong, that do not depend on what was asked."""

from collections.abc import Mapping
import json

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json

ERROR_PAGE = (
    '<!doctype html><html lang="en"><head><title>Server Error (500)</title></head>'
    "<body><h1>Server Error (500)</h1></body></html>"
)
FIREWALL_PAGE = (
    "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD>"
    "<BODY><H1>403 ERROR</H1>Request blocked.</BODY></HTML>"
)


def answer(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON, as the APIs send it."""
    return web.json_response(body, status=status, headers=headers)


def refuse(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error in the style of Django REST Framework."""
    return answer({"detail": detail}, status, headers)


def page(content: str, status: int) -> web.Response:
    """A web page."""
    return web.Response(text=content, status=status, content_type="text/html")


def bent(body: Json, value: Json) -> Json:
    """The same shape with every number, text and flag replaced by one value."""
    if isinstance(body, dict):
        return {key: bent(item, value) for key, item in body.items()}
    if isinstance(body, list):
        return [bent(item, value) for item in body]
    return value


def with_numbers(body: Json, value: float) -> Json:
    """The same body with every number replaced by one."""
    if isinstance(body, dict):
        return {key: with_numbers(item, value) for key, item in body.items()}
    if isinstance(body, list):
        return [with_numbers(item, value) for item in body]
    return value if isinstance(body, int | float) and not isinstance(body, bool) else body


def content(body: Json) -> bytes:
    """JSON as bytes."""
    return json.dumps(body).encode()
