"""Fixtures of homes on an Octopus account."""

from __future__ import annotations

from ..sources.conftest import calm, day, frozen

__all__ = ["calm", "day", "frozen"]
