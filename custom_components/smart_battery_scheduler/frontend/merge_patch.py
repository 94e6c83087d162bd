"""What has changed between two JSON objects, as a merge patch (RFC 7396).

An object here holds no null: what is unknown is absent, so that null can mean "gone".
"""

from collections.abc import Mapping

from ..common.serialisation import Json


def without_nulls(value: Json) -> Json:
    """The value with every null member of an object left out, at any depth; lists stay as long."""
    match value:
        case dict():
            return {key: without_nulls(item) for key, item in value.items() if item is not None}
        case list():
            return [without_nulls(item) for item in value]
    return value


def merge_patch(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    """The patch that makes ``after`` of ``before``; empty if they are equal.

    Neither may hold a null member. A list that differs is sent whole.
    """
    patch: dict[str, Json] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            if inner := merge_patch(old, value):
                patch[key] = inner
        elif old != value:
            patch[key] = value
    return patch
