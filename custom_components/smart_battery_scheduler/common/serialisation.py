"""Frozen dataclasses to JSON and back, for what is stored or shown to a maintainer.

``decode`` is given the type and trusts nothing: data of another shape raises ``TypeError`` or
``ValueError``, so that a damaged store is noticed.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

# What most values are, asked for first: a save encodes some ten thousand of them.
_PLAIN = frozenset({NoneType, bool, int, float, str})

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


def encode(value: object, *, omit_defaults: bool = False) -> Json:
    """Turn a value made of dataclasses, tuples, mappings, enums and datetimes into JSON.

    ``omit_defaults`` leaves out what ``decode`` would fill in by itself: for what is stored.
    """
    if type(value) in _PLAIN:
        return cast(Json, value)
    match value:
        case Enum():
            return cast(str, value.value)
        case bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [encode(item, omit_defaults=omit_defaults) for item in value]
        case Mapping():
            return {
                cast(str, encode(key)): encode(item, omit_defaults=omit_defaults)
                for key, item in value.items()
            }
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} cannot be stored")
    encoded: dict[str, Json] = {}
    for name, default in _fields(cast(Hashable, type(value))):
        item = getattr(value, name)
        if not omit_defaults or item is not default:
            encoded[name] = encode(item, omit_defaults=omit_defaults)
    return encoded


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, object], ...]:
    """Names and defaults; asking the dataclass each time took most of a save."""
    return tuple((item.name, item.default) for item in fields(kind))


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def decode[T](kind: type[T], data: Json) -> T:
    """Rebuild a value of ``kind``."""
    return cast(T, _decode(kind, data))


def decode_parts[T](kind: type[T], data: Json) -> tuple[T, dict[str, Json]]:
    """Rebuild a dataclass, every field of which has a default, part by part.

    What cannot be read takes its default and comes back beside the value, under its field's name;
    of a tuple of rows only those rows are left out. Data that is no mapping comes back whole, under
    the empty name.
    """
    if not isinstance(data, Mapping):
        return kind(), {"": data}
    hints = _hints(cast(Hashable, kind))
    values: dict[str, object] = {}
    unreadable: dict[str, Json] = {}
    for name, _ in _fields(cast(Hashable, kind)):
        if name not in data:
            continue
        try:
            values[name], left_out = _decode_part(hints[name], data[name])
        except _UNREADABLE:
            unreadable[name] = data[name]
            continue
        if left_out:
            unreadable[name] = left_out
    return kind(**values), unreadable


# What damaged data may raise: wrong types and values, missing attributes, absurd dates and depths.
_UNREADABLE = (TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError)


def _decode_part(kind: Any, data: Json) -> tuple[object, list[Json]]:
    """One field, and the rows of it that could not be read."""
    arguments = get_args(kind)
    is_rows = get_origin(kind) is tuple and arguments[1:] == (Ellipsis,)
    if not is_rows or not isinstance(data, list):
        return _decode(kind, data), []
    rows: list[object] = []
    left_out: list[Json] = []
    for row in data:
        try:
            rows.append(_decode(arguments[0], row))
        except _UNREADABLE:
            left_out.append(row)
    return tuple(rows), left_out


def _decode(kind: Any, data: Any) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if data is None and NoneType in arguments:
            return None
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _decode(inner, data)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_decode(arguments[0], item) for item in data)
        return tuple(_decode(each, item) for each, item in zip(arguments, data, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        key, value = arguments
        return {_decode(key, name): _decode(value, item) for name, item in data.items()}
    if is_dataclass(kind):
        return _decode_dataclass(cast(type[Any], kind), data)
    if isinstance(kind, type) and issubclass(kind, datetime):
        return datetime.fromisoformat(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if not isinstance(data, kind):
        raise TypeError(f"expected {kind}, found {type(data).__name__}")
    return data


def _decode_dataclass(kind: type[Any], data: Any) -> object:
    if not isinstance(data, Mapping):
        raise TypeError(f"expected {kind.__name__}, found {type(data).__name__}")
    hints = _hints(cast(Hashable, kind))
    values: dict[str, object] = {}
    for item in fields(kind):
        if item.name in data:
            values[item.name] = _decode(hints[item.name], data[item.name])
        elif item.default is MISSING and item.default_factory is MISSING:
            raise ValueError(f"{kind.__name__} without {item.name}")
    return kind(**values)
