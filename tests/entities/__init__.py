"""Tests of the entities package."""
