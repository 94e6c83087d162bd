"""Tests of the solar forecasts."""
