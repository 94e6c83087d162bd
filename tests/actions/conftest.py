"""Fixtures of a site that runs."""

from ..entities.conftest import ask, calm, day, enabled, frozen, plans, site

__all__ = ["ask", "calm", "day", "enabled", "frozen", "plans", "site"]
