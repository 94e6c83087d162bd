"""Taking JSON apart: what is not of the expected shape is an error, what is absent is not."""

from collections.abc import Mapping

from .errors import TariffReplyError

type JsonObject = Mapping[object, object]


def objects(body: JsonObject, key: str) -> list[JsonObject]:
    """The objects of a list, nulls left out; none if it is absent. Raises TariffReplyError."""
    items = body.get(key)
    if items is None:
        return []
    if not isinstance(items, list):
        raise TariffReplyError(f"{key} is not a list")
    return [one_object(item, key) for item in items if item is not None]


def one_object(body: object, name: str) -> JsonObject:
    """An object that must be there. Raises TariffReplyError."""
    if not isinstance(body, Mapping):
        raise TariffReplyError(f"{name} is missing or no object")
    return body


def text(body: JsonObject, key: str) -> str:
    """A text that must be there. Raises TariffReplyError."""
    found = body.get(key)
    if not isinstance(found, str) or not found:
        raise TariffReplyError(f"{key} is missing")
    return found
