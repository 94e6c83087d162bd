"""Fixtures of a demo home."""

from __future__ import annotations

from ..automations.conftest import frozen, other_site, site

__all__ = ["frozen", "other_site", "site"]
