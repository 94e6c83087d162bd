"""Whole days inside Home Assistant, in front of the fake cloud."""
