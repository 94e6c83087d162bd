"""Fixtures of homes on an Octopus account."""

from ..sources.conftest import calm, day, frozen

__all__ = ["calm", "day", "frozen"]
