"""Tests of the assist package."""
