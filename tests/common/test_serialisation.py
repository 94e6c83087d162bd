"""Stored and read back is the same; anything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
import json

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import (
    Json,
    decode,
    decode_parts,
    encode,
)


class Colour(StrEnum):
    """A choice."""

    RED = "red"


@dataclass(frozen=True)
class Inner:
    """A part."""

    name: str
    level: float | None = None


@dataclass(frozen=True)
class Outer:
    """A whole."""

    at: datetime
    colour: Colour
    inners: tuple[Inner, ...] = ()
    pair: tuple[Colour, int] = (Colour.RED, 1)
    numbers: Mapping[str, float] = field(default_factory=dict)
    on: bool = True


WHOLE = Outer(
    at=datetime(2026, 1, 1, tzinfo=UTC),
    colour=Colour.RED,
    inners=(Inner("a", 1.5), Inner("b")),
    numbers={"x_p": 2.0},
)


def test_round_trip_through_json() -> None:
    """Types come back, not only values."""
    assert decode(Outer, json.loads(json.dumps(encode(WHOLE)))) == WHOLE


def test_what_is_missing_takes_its_default() -> None:
    """An older file without a newer field is read."""
    data: dict[str, Json] = {"at": "2026-01-01T00:00:00+00:00", "colour": "red"}
    assert decode(Outer, data).inners == ()


@pytest.mark.parametrize(
    "damage",
    [
        {"colour": "blue"},
        {"colour": None},
        {"at": 5},
        {"inners": [{"level": 1}]},
        {"inners": [3]},
        {"inners": [{"name": 3}]},
        {"pair": ["red"]},
        {"on": "yes"},
    ],
)
def test_damage_is_noticed(damage: dict[str, object]) -> None:
    """A file of another shape is an error, never a guess."""
    data = {**json.loads(json.dumps(encode(WHOLE))), **damage}
    with pytest.raises((TypeError, ValueError)):
        decode(Outer, data)


def test_what_cannot_be_stored_is_said() -> None:
    """Objects without a stored form are refused when storing, not when reading."""
    with pytest.raises(TypeError, match="cannot be stored"):
        encode(object())


def test_defaults_may_be_left_out() -> None:
    """What is stored stays small and reads back the same."""
    stored = encode(WHOLE, omit_defaults=True)
    assert stored == {
        "at": "2026-01-01T00:00:00+00:00",
        "colour": "red",
        "inners": [{"name": "a", "level": 1.5}, {"name": "b"}],
        "numbers": {"x_p": 2.0},
    }
    assert decode(Outer, stored) == WHOLE


@dataclass(frozen=True)
class Parts:
    """What is stored of many things at once: each field has a default."""

    colour: Colour = Colour.RED
    inners: tuple[Inner, ...] = ()
    pair: tuple[Colour, int] = (Colour.RED, 1)
    number: float = 1.0


@pytest.mark.parametrize(
    ("damage", "left_out"),
    [
        ({"colour": "blue"}, {"colour": "blue"}),
        ({"number": None}, {"number": None}),
        ({"pair": ["red"]}, {"pair": ["red"]}),
        ({"inners": "many"}, {"inners": "many"}),
        (
            {"inners": [{"name": "a", "level": 2.0}, {"name": 3}, None]},
            {"inners": [{"name": 3}, None]},
        ),
    ],
    ids=str,
)
def test_a_part_that_cannot_be_read_costs_no_other_part(
    damage: dict[str, Json], left_out: dict[str, Json]
) -> None:
    """Nor does one row cost the others; what was left out is there to be kept."""
    whole = Parts(inners=(Inner("a", 2.0),), pair=(Colour.RED, 7), number=4.0)
    data = encode(whole)
    assert isinstance(data, dict)
    value, unreadable = decode_parts(Parts, {**data, **damage})
    assert unreadable == left_out
    untouched = set(data) - set(damage)
    assert {name: getattr(value, name) for name in untouched} == {
        name: getattr(whole, name) for name in untouched
    }
    if isinstance(damage.get("inners"), list):
        assert value.inners == whole.inners


@pytest.mark.parametrize("data", [None, [], "text", 5], ids=str)
def test_data_that_is_no_mapping_comes_back_whole(data: Json) -> None:
    """Under the empty name."""
    assert decode_parts(Parts, data) == (Parts(), {"": data})
