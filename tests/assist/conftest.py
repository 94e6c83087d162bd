"""Fixtures of a demo home."""

from __future__ import annotations

from ..automations.conftest import frozen, home, other_home

__all__ = ["frozen", "home", "other_home"]
