"""The campaign's last line and its exit status."""

import json

from .summary import summary

FIGURES = {"events": 3, "requests": 900, "writes": 20, "decisions": 40}


def line(seed: int, *broken: str) -> str:
    """A day's result."""
    return json.dumps({"seed": seed, "broken": broken, **FIGURES})


def test_all_held() -> None:
    """The sums, and success."""
    text, held = summary([line(1), line(2)], 2, 1)
    assert held
    assert text == (
        "Fault campaign from seed 1: 2 of 2 days held every invariant"
        " (6 events, 1800 requests, 40 writes, 80 decisions)"
    )


def test_a_broken_day_is_named() -> None:
    """By its seed, and the campaign fails."""
    text, held = summary([line(1), line(2, "settings lost")], 2, 1)
    assert not held
    assert text.endswith("broken seeds: [2]")


def test_a_day_without_result_is_no_success() -> None:
    """A crash in the middle of a day must not pass."""
    text, held = summary([line(1)], 2, 1)
    assert not held
    assert text.endswith("1 days ended without a result")
