"""Tests of the planner: no Home Assistant, no clock, no network."""
