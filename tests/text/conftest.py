"""Fixtures of a demo home."""

from ..automations.conftest import frozen, other_site, site

__all__ = ["frozen", "other_site", "site"]
