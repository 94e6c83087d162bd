"""A patch brings the other side exactly to what is."""

from typing import Any

from hypothesis import given, strategies as st

from custom_components.smart_battery_scheduler.frontend.merge_patch import (
    merge_patch,
    without_nulls,
)

from .test_line import patched

LEAVES = st.booleans() | st.integers() | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)
STATES = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(STATES, STATES)
def test_it_brings_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Applied, the patch of any two states gives the second; of equal ones it is empty."""
    assert patched(before, merge_patch(before, after)) == after
    assert merge_patch(after, after) == {}


def test_unknown_is_absent() -> None:
    """Nulls go at any depth of objects, and keep their place in lists."""
    assert without_nulls({"a": None, "b": {"c": None, "d": [None, {"e": None}]}}) == {
        "b": {"d": [None, {}]}
    }
