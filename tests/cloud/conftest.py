"""Fixtures of the stand-in's own tests."""

from .fixtures import cloud, netzero, scenario, session

__all__ = ["cloud", "netzero", "scenario", "session"]
