"""Tests of the carbon package."""
