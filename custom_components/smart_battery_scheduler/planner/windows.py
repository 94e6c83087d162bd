"""The best level to stop at within reach of every level."""

from __future__ import annotations

import numpy as np

from .grid import LEVELS, Bools, Floats

# Stands for "cannot be": finite, because a share of infinity is not a number.
NEVER_P = 1e9


def windowed(worth: Floats, stops: Bools, window: int) -> Floats:
    """The least of ``worth`` (level, ...) among the stops above each level and within reach.

    Stops are whole percents: every second level. From a whole percent and from the half above it
    the next stop is the same; only where the window is odd does the half see one stop further.
    """
    best = np.full_like(worth, NEVER_P)
    if window < 1:
        return best
    wholes, odd = divmod(window, 2)
    ahead = np.full((LEVELS // 2 + 1 + wholes, *worth.shape[1:]), NEVER_P)
    ahead[: LEVELS // 2][stops[2::2]] = worth[2::2][stops[2::2]]
    if wholes:
        least = _sliding(ahead, wholes)[: LEVELS // 2 + 1]
        best[::2] = least
        best[1::2] = least[:-1]
    if odd:
        further = ahead[wholes : wholes + LEVELS // 2]
        best[1::2] = np.minimum(best[1::2], further)
    return best


def _sliding(values: Floats, window: int) -> Floats:
    """The least of ``window`` neighbours, from each on (place, ...)."""
    least, width = values, 1
    while width < window:
        step = min(width, window - width)
        least = np.minimum(least[:-step], least[step:])
        width += step
    return least
